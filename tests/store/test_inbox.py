"""What others said is kept once, together with where to go on, and people's word on it stays."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smm_core.errors import NotFound
from smm_core.model import Interaction, InteractionKind, InteractionState
from smm_core.store import Store
from smm_core.values import replace
from tests.conftest import MONDAY

NEW, READ, DONE = InteractionState


def said(name: str = "c1", text: str = "Is there some left?", at: datetime = MONDAY) -> Interaction:
    """A comment."""
    return Interaction(
        profile="social", kind=InteractionKind.COMMENT, remote_id=name, author="ann.example", text=text, at=at
    )


def test_a_page_is_kept_with_where_to_go_on(store: Store) -> None:
    kept = store.inbox.keep("social", "acme", [said("c1"), said("c2")], "after c2", MONDAY)
    assert [one.remote_id for one in kept.new] == ["c1", "c2"]
    assert store.inbox.cursor("social") == "after c2"
    assert store.inbox.listened("social") == (MONDAY, timedelta(0))
    entry = store.inbox.get(1)
    assert (entry.interaction, entry.client, entry.state, entry.by) == (said("c1"), "acme", NEW, "")


def test_a_page_that_cannot_be_kept_moves_no_cursor(store: Store) -> None:
    store.inbox.keep("social", "acme", [said("c1")], "after c1", MONDAY)
    broken = replace(said("c3"), at=None)  # type: ignore[arg-type]
    with pytest.raises(AttributeError):
        store.inbox.keep("social", "acme", [said("c2"), broken], "after c3", MONDAY)
    assert store.inbox.cursor("social") == "after c1"
    with pytest.raises(NotFound):
        store.inbox.get(2)


def test_an_edited_text_is_kept_said_and_new_again(store: Store) -> None:
    store.inbox.keep("social", "acme", [said()], "", MONDAY)
    store.inbox.mark([1], DONE, "mirjam", MONDAY)
    later = MONDAY + timedelta(hours=1)
    kept = store.inbox.keep("social", "acme", [said(text="Is there some left today?")], "", later)
    assert (len(kept.new), [one.text for one in kept.edited]) == (0, ["Is there some left today?"])
    entry = store.inbox.get(1)
    assert (entry.interaction.text, entry.state) == ("Is there some left today?", NEW)
    assert (entry.edited_at, entry.changed_at, entry.by) == (later, later, "")


def test_what_is_not_its_text_changes_quietly(store: Store) -> None:
    store.inbox.keep("social", "acme", [said()], "", MONDAY)
    store.inbox.mark([1], DONE, "mirjam", MONDAY)
    kept = store.inbox.keep("social", "acme", [replace(said(), author_name="Ann", on="p1")], "", MONDAY)
    assert (kept.new, kept.edited) == ((), ())
    entry = store.inbox.get(1)
    assert (entry.interaction.author_name, entry.interaction.on, entry.state) == ("Ann", "p1", DONE)


@pytest.mark.parametrize(
    ("before", "to", "after"),
    [
        (NEW, READ, READ),
        (NEW, DONE, DONE),
        (READ, DONE, DONE),
        (READ, NEW, NEW),
        (DONE, NEW, NEW),
        (DONE, READ, DONE),
        (READ, READ, READ),
    ],
)
def test_what_a_person_makes_of_it(
    store: Store, before: InteractionState, to: InteractionState, after: InteractionState
) -> None:
    store.inbox.keep("social", "acme", [said()], "", MONDAY)
    store.inbox.mark([1], before, "ann", MONDAY)
    changed = store.inbox.mark([1, 1], to, "bob", MONDAY + timedelta(hours=1))
    entry = store.inbox.get(1)
    assert (entry.state, changed) == (after, [1] if after is not before else [])
    if changed:
        assert (entry.by, entry.changed_at) == ("bob", MONDAY + timedelta(hours=1))


def test_an_unknown_number_changes_nothing(store: Store) -> None:
    store.inbox.keep("social", "acme", [said()], "", MONDAY)
    with pytest.raises(NotFound, match="no interaction 9"):
        store.inbox.mark([1, 9], DONE, "ann", MONDAY)
    assert store.inbox.get(1).state is NEW


_numbers = itertools.count()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pages=st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["hello", "hello again"])), max_size=4), max_size=6
    )
)
def test_whatever_comes_however_often_is_there_once_as_it_was_last(
    pages: list[list[tuple[str, str]]], store: Store
) -> None:
    profile = f"profile-{next(_numbers)}"
    last: dict[str, str] = {}
    for number, page in enumerate(pages):
        told = [replace(said(name, text), profile=profile) for name, text in page]
        kept = store.inbox.keep(profile, "acme", told, str(number), MONDAY)
        first = {name for name, _ in page if name not in last}
        assert sorted(one.remote_id for one in kept.new) == sorted(first)
        last.update(page)
    rows = store._db.rows("SELECT id FROM interactions WHERE profile = ?", (profile,))
    now = [store.inbox.get(row["id"]).interaction for row in rows]
    assert sorted((one.remote_id, one.text) for one in now) == sorted(last.items())


def test_its_post_is_found_by_an_index(tmp_path: Path) -> None:
    from smm_core.store.lists import OURS

    with Store(tmp_path / "smm.db") as store:
        plan = store._db.rows(f"EXPLAIN QUERY PLAN SELECT {OURS} FROM interactions i WHERE i.id = 1")  # noqa: S608 - constant
    assert any("actions_by_remote (profile=? AND <expr>=?)" in row["detail"] for row in plan)
