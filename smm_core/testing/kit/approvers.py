"""What every approver is asked: that a question is put once, and an answer counts for exactly what was asked.

::

    @pytest.fixture
    def case(tmp_path: Path) -> ApproverCase:
        return ApproverCase(make=Slips, asked=lambda: ..., answer=lambda review, decision, remark: ...)

    class TestApprover(ApproverSuite): ...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from smm_core.contracts import (
    Answer,
    Approver,
    Asked,
    AskRequest,
    AsksTogether,
    AskTogetherRequest,
    Context,
    HttpClient,
    PollPage,
    PollRequest,
)
from smm_core.errors import SmmError
from smm_core.model import (
    Decision,
    Level,
    Part,
    Post,
    PostContent,
    PostState,
    Problem,
    Review,
    ReviewState,
    Variant,
    sealed,
    to_json,
)
from smm_core.testing.kit.bench import BAD_ANSWERS, HOSTILE_TEXTS, NOW, Bench, FamilySuite, NoConnection, must_not_show
from smm_core.testing.kit.registering import check_importing_of
from smm_core.testing.loopback import Loopback
from smm_core.values import replace
from smm_core.workflow import Person


@dataclass(frozen=True, kw_only=True, slots=True)
class Replied:
    """A person's reply to a review, for `ApproverCase.answer` to put where the approver looks. `workspace` is its folder."""

    review: Review
    decision: Decision
    remark: str
    workspace: Path


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproverCase:
    """An approver, and the people whom it asks in this test.

    `make` makes the approver, as the plugin's hook does: it is called anew wherever smm could have been started again.
    `asked` are the texts of the questions that people can see now, one for each review; it is given the workspace's folder.
    `answer` lets a person reply. `decides_alone` is for rules, which answer when they are asked. `can_rework`: whether people
    can ask for changes this way. `platform` is the loopback server, if the network is used. `secrets` are values that must show nowhere.
    `settings` are the approver's, `persons` those whom it writes to.
    """

    make: Callable[[], Approver]
    asked: Callable[[Path], Sequence[str]]
    answer: Callable[[Replied], None]
    decides_alone: bool = False
    can_rework: bool = True
    platform: Loopback | None = None
    secrets: tuple[str, ...] = ()
    settings: Any = None
    persons: tuple[Person, ...] = ()


class ApproverSuite(FamilySuite):
    """The tests of an approver."""

    def test_importing_touches_nothing(self, case: ApproverCase) -> None:
        """Every command of smm gets slower, and a machine that is offline cannot even start it."""
        check_importing_of(type(case.make()))

    def test_shows_exactly_what_will_be_sent(self, case: ApproverCase, bench: Bench) -> None:
        """A person who approves something else than what goes out has approved nothing."""
        _with_people(case)
        ask(case, bench)
        (question,) = case.asked(bench.root)
        for variant in _variants():
            for part in variant.parts:
                assert part.text in question, f"the text for {variant.profile} is not in the question"
            assert variant.profile in question, f"the question does not say that it is for {variant.profile}"

    def test_shows_what_the_checks_said(self, case: ApproverCase, bench: Bench) -> None:
        """A person approves what smm has doubts about, without having heard of them."""
        _with_people(case)
        ask(case, bench)
        assert _problem().message in case.asked(bench.root)[0]

    def test_asking_twice_asks_once(self, case: ApproverCase, bench: Bench) -> None:
        """After a crash smm asks again. People who get every question twice stop reading them."""
        _with_people(case)
        ask(case, bench)
        ask(case, bench)
        assert len(case.asked(bench.root)) == 1

    def test_nobody_answered_is_no_answer(self, case: ApproverCase, bench: Bench) -> None:
        """Silence must never publish anything."""
        _with_people(case)
        assert ask(case, bench).answers == ()
        assert poll(case, bench).answers == ()

    def test_an_approval_is_heard(self, case: ApproverCase, bench: Bench) -> None:
        """Posts wait although somebody said yes, and expire."""
        answer = _answered(case, bench, Decision.APPROVE)
        assert answer.decision is Decision.APPROVE

    def test_a_rework_is_heard_with_its_remark(self, case: ApproverCase, bench: Bench) -> None:
        """What somebody wants changed must reach whoever wrote the post, and must never count as a yes."""
        if not case.can_rework:
            pytest.skip("people cannot ask for changes this way")
        answer = _answered(case, bench, Decision.REWORK, remark="Warmer, please.")
        assert answer.decision is Decision.REWORK
        assert "Warmer, please." in answer.remark

    def test_an_answer_names_what_it_is_for(self, case: ApproverCase, bench: Bench) -> None:
        """An approval belongs to exact bytes. Without their digests it would count for whatever the post became."""
        answer = _answered(case, bench, Decision.APPROVE)
        assert answer.review_id == _review().id
        assert dict(answer.digests) == dict(_review().digests)
        assert answer.by.strip(), "an answer says who gave it"

    def test_an_answer_to_something_older_does_not_count(self, case: ApproverCase, bench: Bench) -> None:
        """The post was changed after the question: yes to the old text is no yes to the new one."""
        _with_people(case)
        ask(case, bench)
        case.answer(_reply(bench, Decision.APPROVE))
        newer = replace(_review(), id=2, digests=dict.fromkeys(_review().digests, "0" * 64))
        for answer in poll(case, bench, reviews=(newer,)).answers:
            assert answer.review_id != newer.id or dict(answer.digests) != dict(newer.digests), (
                "an answer to another question was taken for one to this"
            )

    def test_an_answer_is_heard_after_a_restart(self, case: ApproverCase, bench: Bench) -> None:
        """The laptop slept between question and answer: nothing of it may have been kept in memory."""
        _answered(case, bench, Decision.APPROVE)  # each call goes to an approver that was made anew

    def test_polling_again_from_the_same_cursor_hears_it_again(self, case: ApproverCase, bench: Bench) -> None:
        """After a crash smm polls with the cursor that it had; an answer that was heard but not kept must come again."""
        _answered(case, bench, Decision.APPROVE)
        first, second = poll(case, bench), poll(case, bench)
        assert {one.review_id for one in first.answers} == {one.review_id for one in second.answers} == {_review().id}

    def test_the_cursor_is_plain_text_without_secrets(self, case: ApproverCase, bench: Bench) -> None:
        """The database keeps what must never lie in it, or cannot keep the cursor at all."""
        page = poll(case, bench)
        assert isinstance(page.cursor, str)
        must_not_show(case.secrets, "the cursor", page.cursor)
        assert poll(case, bench, cursor=page.cursor).answers == ()

    def test_no_open_review_is_nothing_to_do(self, case: ApproverCase, bench: Bench) -> None:
        """Most of the time nobody is asked anything."""
        assert poll(case, bench, reviews=()).answers == ()

    def test_hostile_texts_are_shown(self, case: ApproverCase, bench: Bench) -> None:
        """A post may say anything, and so may the person who answers; neither is markup, a command or a path."""
        for number, text in enumerate(HOSTILE_TEXTS, 10):
            variant = _variant("social", text)
            review = replace(_review(), id=number, digests={"social": variant.digest})
            request = AskRequest(
                review=review, post=_post(text), variants=(variant,), problems=(), persons=case.persons
            )
            _, error = bench.failure("ask", lambda ctx, request=request: _put(case, request, ctx), expect=Asked)  # type: ignore[misc]
            assert error is None, f"the text {text[:40]!r} could not be asked about: {error}"
        outside = [path for path in bench.root.parent.iterdir() if path != bench.root]
        assert outside == [], f"something was written outside of the workspace: {outside}"

    def test_bad_answers_are_no_approval(self, case: ApproverCase, bench: Bench) -> None:
        """A server that is down, or says something else, must never be heard as a yes; and later everything goes on."""
        if case.platform is None:
            pytest.skip("the approver does not use the network")
        ask(case, bench)
        for name, fault in BAD_ANSWERS:
            case.platform.fault(fault)
            page, error = bench.failure(
                f"poll, on {name},",
                lambda ctx: case.make().poll(PollRequest(reviews=(_review(),), settings=case.settings), ctx),
                expect=PollPage,
                http=bench.client(patience=self.patience_of(fault)),
            )
            assert page is None or page.answers == (), f"{name} was heard as an answer"
            must_not_show(case.secrets, f"what is said about {name}", str(error) + bench.said)
        case.answer(_reply(bench, Decision.APPROVE))
        assert poll(case, bench).answers, "after bad answers the approval was never heard"

    def test_offline_is_said(self, case: ApproverCase, bench: Bench) -> None:
        """A question that nobody got must be put again; so it must not pass for asked."""
        if case.platform is None:
            pytest.skip("the approver does not use the network")
        _, error = bench.failure(
            "ask, offline,", lambda ctx: _put(case, _request(case), ctx), expect=Asked, http=NoConnection()
        )
        assert isinstance(error, SmmError), "offline was taken for asked"

    def test_no_secret_shows(self, case: ApproverCase, bench: Bench) -> None:
        """A token in a question, a log or a report is a token that has to be changed."""
        asked = ask(case, bench)
        must_not_show(case.secrets, "an answer", to_json(asked) + repr(asked) + to_json(poll(case, bench)))
        must_not_show(case.secrets, "the question", "".join(case.asked(bench.root)))
        must_not_show(case.secrets, "the log", bench.said)
        must_not_show(case.secrets, "the repr of the approver", repr(case.make()))


def ask(case: ApproverCase, bench: Bench, *, http: HttpClient | None = None) -> Asked:
    """Put the question of the suite, by an approver that was made anew."""
    asked = bench.call("ask", lambda ctx: _put(case, _request(case), ctx), expect=Asked, http=http)
    bench.threads[_review().id] = (asked.thread,)
    return asked


def poll(case: ApproverCase, bench: Bench, *, reviews: tuple[Review, ...] | None = None, cursor: str = "") -> PollPage:
    """Ask for answers, by an approver that was made anew."""
    request = PollRequest(
        reviews=(_review(),) if reviews is None else reviews,
        cursor=cursor,
        threads=bench.threads,
        settings=case.settings,
    )
    return bench.call("poll", lambda ctx: case.make().poll(request, ctx), expect=PollPage)


def _put(case: ApproverCase, request: AskRequest, ctx: Context) -> Asked:
    """Put one question as core does it: alone, or together with others by who declares that."""
    approver: Any = case.make()
    if AsksTogether not in getattr(approver, "abilities", frozenset()):
        asked: Asked = approver.ask(replace(request, settings=case.settings), ctx)
        return asked
    together = AskTogetherRequest(client=request.review.client, questions=(request,), settings=case.settings)
    answers = approver.ask_together(together, ctx)
    assert isinstance(answers, tuple), "ask_together must return a tuple"
    assert len(answers) == 1, f"ask_together returned {len(answers)} answers to one question"
    (asked,) = answers
    return asked


def _answered(case: ApproverCase, bench: Bench, decision: Decision, remark: str = "") -> Answer:
    """Ask, let a person reply (a rule does so itself), and hear the one answer."""
    asked = ask(case, bench)
    if case.decides_alone:
        if decision is Decision.REWORK:
            pytest.skip("a rule asks for no changes")
        (answer,) = asked.answers
        return answer
    case.answer(_reply(bench, decision, remark))
    (answer,) = poll(case, bench).answers
    return answer


def _with_people(case: ApproverCase) -> None:
    if case.decides_alone:
        pytest.skip("the approver is a rule and asks nobody")


def _reply(bench: Bench, decision: Decision, remark: str = "") -> Replied:
    return Replied(review=_review(), decision=decision, remark=remark, workspace=bench.root)


def _variant(profile: str, *texts: str) -> Variant:
    variant = Variant(profile=profile, parts=tuple(Part(text=text) for text in texts))
    return sealed(variant)


def _variants() -> tuple[Variant, ...]:
    return (_variant("social", "Rye is back.", "Come and taste it."), _variant("short", "Rye is back, in short."))


def _problem() -> Problem:
    return Problem(level=Level.INFO, code="rhythm", message="three posts about rye this week")


def _post(text: str = "Rye is back.") -> Post:
    return Post(
        id=7,
        client="acme",
        slug="rye",
        source="content",
        content=PostContent(title="Rye", parts=(text,)),
        state=PostState.RENDERED,
        revision=1,
        created_at=NOW,
        updated_at=NOW,
        by="anna",
    )


def _review() -> Review:
    return Review(
        id=1,
        post_id=7,
        client="acme",
        approver="tried",
        digests={variant.profile: variant.digest for variant in _variants()},
        state=ReviewState.OPEN,
        asked_at=NOW,
        deadline=NOW + timedelta(hours=4),
    )


def _request(case: ApproverCase) -> AskRequest:
    return AskRequest(
        review=_review(), post=_post(), variants=_variants(), problems=(_problem(),), key="1.ask", persons=case.persons
    )
