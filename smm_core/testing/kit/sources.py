"""What every source is asked: that it finds everything once, goes on where it stopped, and takes bad answers calmly.

::

    @pytest.fixture
    def case() -> Iterator[SourceCase]:
        with Loopback(...) as site:
            yield SourceCase(make=News, settings=Settings(url=site.url), keys=("1", "2"), platform=site, add=...)

    class TestSource(SourceSuite): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from smm_core.contracts import CollectPage, CollectRequest, HttpClient, Source
from smm_core.model import IdeaFound, from_json, to_json
from smm_core.testing.kit.bench import BAD_ANSWERS, HOSTILE_TEXTS, Bench, FamilySuite, NoConnection, must_not_show
from smm_core.testing.kit.registering import check_importing_of, check_settings
from smm_core.testing.loopback import Loopback

_MOST_PAGES = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceCase:
    """A source and the place that it reads in this test.

    `make` makes the source, as the plugin's hook does: it is called anew wherever smm could have been started again.
    `keys` are the keys of all that is there; `add` puts one more thing there, titled as asked, and returns its key.
    `platform` is the loopback site that it reads, if it uses the network. `secrets` are values that must show nowhere.
    """

    make: Callable[[], Source]
    settings: Any
    keys: tuple[str, ...]
    platform: Loopback | None = None
    add: Callable[[str], str] | None = None
    secrets: tuple[str, ...] = ()


class SourceSuite(FamilySuite):
    """The tests of a source."""

    def test_importing_touches_nothing(self, case: SourceCase) -> None:
        """Every command of smm gets slower, and a machine that is offline cannot even start it."""
        check_importing_of(type(case.make()))

    def test_settings_are_typed_and_explained(self, case: SourceCase) -> None:
        """A person who sets the source up must read its code, and a mistake in smm.toml shows only at night."""
        check_settings(case.make().settings)

    def test_finds_everything_once(self, case: SourceCase, bench: Bench) -> None:
        """Ideas are missing, or somebody sees the same one twice in a list."""
        found = [idea.key for page in walk(case, bench) for idea in _things(page)]
        assert sorted(found) == sorted(set(found)), "the same key came twice in one walk"
        assert set(found) == set(case.keys), "what was found is not what is there"

    def test_the_walk_ends_and_gets_on(self, case: SourceCase, bench: Bench) -> None:
        """Smm asks for the same page for ever, and the other sources wait."""
        pages = list(walk(case, bench))
        assert not pages[-1].more, f"still more after {_MOST_PAGES} pages"
        cursors = ["", *(page.cursor for page in pages)]
        for number, page in enumerate(pages):
            assert not page.more or cursors[number] != cursors[number + 1], (
                f"page {number + 1} says there is more, but its cursor is the one it was asked with"
            )

    def test_the_cursor_is_plain_text_without_secrets(self, case: SourceCase, bench: Bench) -> None:
        """The database keeps what must never lie in it, or cannot keep the cursor at all."""
        pages = list(walk(case, bench))
        for page in (*pages, collect(case, bench, pages[-1].cursor)):
            assert isinstance(page.cursor, str)
            assert len(page.cursor) < 1_000_000, "the cursor is not the place for content"
            page.cursor.encode("utf-8")
            must_not_show(case.secrets, "the cursor", page.cursor)

    def test_a_page_may_be_asked_for_again(self, case: SourceCase, bench: Bench) -> None:
        """After a crash smm asks with the cursor that it had: what was on that page must come again."""
        cursor = ""
        for page in walk(case, bench):
            again = collect(case, bench, cursor)
            assert _known(again) >= _known(page), f"asked again with the cursor {cursor!r}, something was missing"
            cursor = page.cursor

    def test_goes_on_after_a_restart(self, case: SourceCase, bench: Bench) -> None:
        """The cursor is all that survives: a source that remembers its place in memory loses it when the laptop sleeps."""
        seen: set[str] = set()
        cursor = ""
        for page in walk(case, bench):
            seen |= _known(page)
            cursor = page.cursor
            rest = {key for later in walk(case, bench, cursor) for key in _known(later)}
            assert seen | rest == set(case.keys), f"after a restart at the cursor {cursor!r} something was never found"

    def test_finds_what_is_new(self, case: SourceCase, bench: Bench) -> None:
        """The source works once and then never says anything again."""
        add = _add_of(case)
        cursor = [page.cursor for page in walk(case, bench)][-1]
        key = add("Something new")
        assert key in {found for page in walk(case, bench, cursor) for found in _known(page)}
        assert key in {found for page in walk(case, bench) for found in _known(page)}

    def test_ideas_can_be_used(self, case: SourceCase, bench: Bench) -> None:
        """An idea shows as an empty line, its link leads nowhere, or its date moves with the machine's zone."""
        for page in walk(case, bench):
            for idea in page.ideas:
                _check_idea(idea)
            assert from_json(to_json(page), CollectPage) == page, "the page does not survive the way through JSON"

    def test_hostile_content_is_content(self, case: SourceCase, bench: Bench) -> None:
        """Anybody can write a feed. One bad entry must cost that entry at most, never the source or the machine."""
        add = _add_of(case)
        before = set(case.keys)
        for text in HOSTILE_TEXTS:
            add(text)
            pages = list(walk(case, bench))
            assert before <= {key for page in pages for key in _known(page)}, f"an entry {text[:40]!r} hid the others"
            for page in pages:
                for idea in page.ideas:
                    _check_idea(idea)
                to_json(page).encode("utf-8")

    def test_bad_answers_lose_nothing(self, case: SourceCase, bench: Bench) -> None:
        """A site that is down is a line in the report; and when it is up again, everything is found."""
        site = _site_of(case)
        for name, fault in BAD_ANSWERS:
            site.fault(fault)
            page, error = bench.failure(
                f"collect, on {name},",
                lambda ctx: case.make().collect(_request(case), ctx),
                expect=CollectPage,
                http=bench.client(patience=self.patience_of(fault)),
            )
            assert error is not None or page.troubles or _known(page) == set(case.keys), (
                f"{name} was taken for a page without anything. Raise an error, or put a Trouble into the page."
            )
            assert page is None or not page.gone, f"{name} was taken for a proof that posts were deleted"
            said = str(error) if error else to_json(page)
            must_not_show(case.secrets, f"what is said about {name}", said + bench.said)
            found = {key for later in walk(case, bench, page.cursor if page else "") for key in _known(later)}
            assert found | (_known(page) if page else set()) == set(case.keys), (
                f"after {name} something was never found"
            )

    def test_offline_is_said(self, case: SourceCase, bench: Bench) -> None:
        """A laptop on a train is the usual case, not an exception that nobody thought of."""
        _site_of(case)
        page, error = bench.failure(
            "collect, offline,",
            lambda ctx: case.make().collect(_request(case), ctx),
            expect=CollectPage,
            http=NoConnection(),
        )
        assert error is not None or page.troubles, "offline was taken for a page without anything"

    def test_no_secret_shows(self, case: SourceCase, bench: Bench) -> None:
        """A token in a log or a report is a token that has to be changed."""
        must_not_show(case.secrets, "the repr of the settings", repr(case.settings))
        pages = list(walk(case, bench))
        must_not_show(case.secrets, "a page", "".join(map(to_json, pages)) + repr(pages))
        must_not_show(case.secrets, "the log", bench.said)
        must_not_show(case.secrets, "the repr of the source", repr(case.make()))


def walk(case: SourceCase, bench: Bench, cursor: str = "", *, http: HttpClient | None = None) -> Iterator[CollectPage]:
    """The pages from a cursor on, each from a source that was made anew."""
    for _ in range(_MOST_PAGES):
        page = collect(case, bench, cursor, http=http)
        yield page
        if not page.more:
            return
        cursor = page.cursor


def collect(case: SourceCase, bench: Bench, cursor: str, *, http: HttpClient | None = None) -> CollectPage:
    """One page."""
    source, request = case.make(), _request(case, cursor)
    return bench.call("collect", lambda ctx: source.collect(request, ctx), expect=CollectPage, http=http)


def _request(case: SourceCase, cursor: str = "") -> CollectRequest:
    return CollectRequest(instance="tried", client="acme", settings=case.settings, cursor=cursor)


def _things(page: CollectPage) -> tuple[Any, ...]:
    return (*page.ideas, *page.posts)


def _known(page: CollectPage) -> set[str]:
    return {thing.key for thing in _things(page)}


def _check_idea(idea: IdeaFound) -> None:
    assert idea.key.strip(), "an idea without a key"
    assert idea.title.strip() or idea.text.strip(), f"the idea {idea.key!r} has neither a title nor a text"
    for text in (idea.key, idea.title, idea.text, idea.author or ""):
        text.encode("utf-8")
    if idea.url is not None:
        assert idea.url.startswith(("https://", "http://")), f"the idea {idea.key!r} links to {idea.url[:60]!r}"
    if idea.published_at is not None:
        assert idea.published_at.utcoffset() is not None, f"the date of the idea {idea.key!r} has no zone"


def _add_of(case: SourceCase) -> Callable[[str], str]:
    if case.add is None:
        pytest.fail("the case has no `add`: write a function that puts one more thing where the source reads")
    return case.add


def _site_of(case: SourceCase) -> Loopback:
    if case.platform is None:
        pytest.skip("the source does not use the network")
    return case.platform
