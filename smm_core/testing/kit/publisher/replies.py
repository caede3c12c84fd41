"""What each answer of a platform means for a post."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smm_core.contracts import Finds, Pending, Resumes
from smm_core.errors import NeedsLogin, OutcomeUnknown, Rejected, TryLater
from smm_core.model import Receipt
from smm_core.testing.faults import CutBody, Fault, Nonsense, Status
from smm_core.testing.kit.answers import ROWS, TABLE, Row
from smm_core.testing.kit.publisher.given import answering
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of, outcome_of
from smm_core.testing.kit.suite import Suite

_PROVES_NOTHING: tuple[Fault, ...] = (
    Status(code=429),
    Status(code=500),
    Status(code=503),
    Nonsense(),
    Nonsense(body=b'{"ok":true}'),
    CutBody(),
)


class Answers(Suite):
    """Tests of what a publisher makes of an answer."""

    @pytest.mark.parametrize("name", [row.name for row in TABLE])
    def test_an_answer_becomes_the_right_error(self, harness: Harness, name: str) -> None:
        """A post is sent a second time that is out already, or one that could still go out is given up."""
        row = ROWS[name]
        job = harness.job("Bread")
        handles = harness.prepare(job).handles
        if harness.case.platform is None:
            if harness.case.misbehave is None or not harness.case.misbehave(name):
                harness.untried = f"cannot be made to answer with {name}"
                return
            outcome = outcome_of(lambda: harness.send(job, handles))
        else:
            outcome = outcome_of(lambda: harness.send(job, handles, row=row))
        self._judge(harness, row, outcome)

    def _judge(self, harness: Harness, row: Row, outcome: object) -> None:
        differs = harness.case.answers.get(row.name)
        means = differs.to if differs else row.means
        if differs:
            harness.differences[row.name] = differs.why
        names = " or ".join(kind.__name__ for kind in means)
        assert type(outcome) in means, f"{row.name} must become {names}, not {type(outcome).__name__}: {outcome}"
        if isinstance(outcome, TryLater):
            self._waits_right(row, outcome)
        status = getattr(row.how, "code", None)
        if status is not None and isinstance(outcome, (TryLater, Rejected)):
            assert status in harness.guarantees.not_sent, (
                f"after {status} it says that nothing was published: put {status} into guarantees.not_sent"
            )
        if isinstance(outcome, Exception):
            assert str(outcome).strip(), "an error needs words"
        if harness.case.platform is not None:
            assert len(harness.posts()) <= row.published, f"after {row.name} the platform shows {harness.posts()}"

    @staticmethod
    def _waits_right(row: Row, error: TryLater) -> None:
        if row.after is not None:
            assert error.after is not None, f"{row.name}: the platform says how long to wait, and the error does not"
            off = abs(error.after - row.after)
            assert off < timedelta(seconds=2), f"{row.name}: to wait {row.after}, not {error.after}"
        elif error.after is not None:
            assert timedelta(0) <= error.after <= timedelta(days=1), f"{row.name}: to wait {error.after}"

    def test_a_refusal_says_why(self, harness: Harness) -> None:
        """ "Refused" is all that a person reads, and nobody knows what to change."""
        if not harness.speaks_http():
            return
        error = failure_of(lambda: harness.publish(harness.job("Bread"), row=ROWS["422"]))
        if isinstance(error, Rejected):
            assert "The oven is broken" in str(error), f"the platform's own words are not in: {error}"

    def test_only_a_clear_no_settles_a_search(self, harness: Harness) -> None:
        """The platform was down for a moment, smm took that for "not there", and the post is out twice."""
        if not harness.has(Finds) or not harness.speaks_http():
            return
        platform = harness.case.platform
        assert platform is not None
        for fault in _PROVES_NOTHING:
            job = harness.job("Bread")
            since = harness.clock.now()
            answer = failure_of(lambda job=job: harness.publish(job, row=ROWS["lost answer"]))  # type: ignore[misc]
            assert isinstance(answer, OutcomeUnknown), f"{answer!r}"
            platform.fault(fault)
            error = failure_of(lambda job=job, since=since: harness.find(job, since))  # type: ignore[misc]
            assert error is not None, f"find gave an answer where the platform gave none ({fault}): raise TryLater"
            assert not isinstance(error, (NeedsLogin, Rejected)), f"after {fault} find raised {type(error).__name__}"
        job = harness.job("Bread")
        harness.prepare(job)
        with answering(platform, Status(code=401)):
            error = failure_of(lambda: harness.find(job, harness.clock.now()))
        assert isinstance(error, NeedsLogin), "find must raise NeedsLogin after a 401"

    def test_a_question_that_is_not_answered_is_put_again(self, harness: Harness) -> None:
        """A post that the platform still works on is given up, because it could not be asked for a moment."""
        if not harness.has(Resumes) or not harness.speaks_http():
            return
        platform = harness.case.platform
        assert platform is not None
        assert harness.case.pending is not None, "it claims Resumes: give the case `pending=`"
        harness.case.pending()
        job = harness.job("Bread")
        answer = harness.publish(job)
        assert isinstance(answer, Pending)
        for fault in _PROVES_NOTHING:
            platform.fault(fault)
            error = failure_of(lambda: harness.resume(job, answer.handles))
            assert error is not None, f"resume gave an answer where the platform gave none ({fault}): raise TryLater"
            assert not isinstance(error, (NeedsLogin, Rejected)), f"after {fault} resume raised {type(error).__name__}"
        harness.let_time_pass(answer.check_after)
        assert isinstance(harness.resume(job, answer.handles), Receipt)
