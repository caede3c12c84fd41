"""The approvers that ship with smm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

import pytest

from smm_core import (
    Approver,
    AskRequest,
    Context,
    Decision,
    Level,
    PollRequest,
    Post,
    PostContent,
    PostState,
    Problem,
    Review,
    ReviewState,
    Variant,
)
from smm_core.builtin import approvers

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
# Neither approver may need anything of the context, so there is none.
NO_CONTEXT = cast(Context, None)


def approver(name: str) -> Approver:
    return next(one for one in approvers.smm_approvers() if one.name == name)


def question(*levels: Level, digests: dict[str, str] | None = None) -> AskRequest:
    content = PostContent(parts=("Rye.",))
    return AskRequest(
        review=Review(
            id=7,
            post_id=1,
            client="bakery",
            approver="rule",
            digests={"one": "aa", "two": "bb"} if digests is None else digests,
            state=ReviewState.OPEN,
            asked_at=NOW,
        ),
        post=Post(
            id=1,
            client="bakery",
            slug="rye",
            source="content",
            content=content,
            state=PostState.REVIEWING,
            revision=1,
            created_at=NOW,
            updated_at=NOW,
        ),
        variants=tuple(
            Variant(profile=name, parts=(), digest=digest) for name, digest in (("one", "aa"), ("two", "bb"))
        ),
        problems=tuple(Problem(level=level, code="x.y", message="…") for level in levels),
    )


def test_both_are_approvers() -> None:
    found = {one.name: one for one in approvers.smm_approvers()}
    assert sorted(found) == ["hand", "rule"]
    assert all(isinstance(one, Approver) for one in found.values())


def test_hand_leaves_everything_to_a_person() -> None:
    assert approver("hand").ask(question(), NO_CONTEXT).answers == ()


@pytest.mark.parametrize("levels", [(), (Level.INFO, Level.INFO)])
def test_the_rule_approves_exactly_what_was_checked(levels: tuple[Level, ...]) -> None:
    (answer,) = approver("rule").ask(question(*levels), NO_CONTEXT).answers
    assert (answer.review_id, answer.decision, answer.by) == (7, Decision.APPROVE, "rule")
    assert answer.digests == {"one": "aa", "two": "bb"}


@pytest.mark.parametrize("levels", [(Level.WARN,), (Level.BLOCK,), (Level.INFO, Level.WARN)])
def test_the_rule_leaves_doubts_to_a_person(levels: tuple[Level, ...]) -> None:
    assert approver("rule").ask(question(*levels), NO_CONTEXT).answers == ()


@pytest.mark.parametrize("digests", [{"one": "aa"}, {"one": "aa", "two": "changed"}, {}])
def test_the_rule_does_not_approve_what_it_was_not_shown(digests: dict[str, str]) -> None:
    assert approver("rule").ask(question(digests=digests), NO_CONTEXT).answers == ()


@pytest.mark.parametrize("name", ["hand", "rule"])
def test_polling_finds_nothing_and_keeps_the_cursor(name: str) -> None:
    page = approver(name).poll(PollRequest(reviews=(), cursor="c"), NO_CONTEXT)
    assert (page.answers, page.cursor) == ((), "c")
