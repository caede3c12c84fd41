"""Ideas are kept once, whatever of their names comes again."""

from __future__ import annotations

from smm_core.clock import FakeClock
from smm_core.model import IdeaFound
from smm_core.store import Store


def found(key: str, *alternatives: str) -> IdeaFound:
    return IdeaFound(key=key, title=key, alternatives=alternatives)


def test_an_idea_is_kept_once_by_any_of_its_names(store: Store, clock: FakeClock) -> None:
    keep = store.ideas.keep
    assert keep("news", "acme", [found("a", "link-a"), found("b", "link-b")], "1", clock.now()) == 2
    assert keep("news", "acme", [found("a2", "link-a"), found("c", "b")], "2", clock.now()) == 0
    assert keep("news", "acme", [found("d", "a2")], "3", clock.now()) == 0, "the new names were learned"
    assert [idea.found.key for idea in store.ideas.listed()] == ["b", "a"]
    assert store.sources.cursor("news") == "3"


def test_twice_on_one_page_is_once(store: Store, clock: FakeClock) -> None:
    assert store.ideas.keep("news", "acme", [found("a", "x"), found("b", "x"), found("c", "b")], None, clock.now()) == 1


def test_sources_do_not_share_names(store: Store, clock: FakeClock) -> None:
    assert store.ideas.keep("news", "acme", [found("a")], None, clock.now()) == 1
    assert store.ideas.keep("blog", "acme", [found("a")], None, clock.now()) == 1


def test_a_page_of_many(store: Store, clock: FakeClock) -> None:
    page = [found(f"key-{number}", f"link-{number}", f"title-{number}") for number in range(1200)]
    assert store.ideas.keep("news", "acme", page, None, clock.now()) == 1200
    assert store.ideas.keep("news", "acme", list(reversed(page)), None, clock.now()) == 0
