"""Deleting, editing, replying and the platform's own scheduler, where they are claimed."""

from __future__ import annotations

from datetime import timedelta

from smm_core.contracts import Deletes, Edits, Pending, Replies, SchedulesNatively
from smm_core.errors import OutcomeUnknown, PluginError
from smm_core.model import Receipt
from smm_core.testing.kit.answers import ROWS
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of
from smm_core.testing.kit.suite import Suite


class Acts(Suite):
    """Tests of the other things that cannot be taken back."""

    def test_deleting_takes_off_that_post_and_no_other(self, harness: Harness) -> None:
        """A mistake stays visible, or another post disappears with it."""
        if not harness.has(Deletes):
            return
        kept, gone = harness.published(harness.job("Bread")), harness.published(harness.job("Bred"))
        harness.restart()
        before = harness.requests
        answer = harness.delete(gone, "d" * 64)
        assert harness.case.platform is None or harness.requests - before == 1, "delete must be one request"
        assert isinstance(answer, Receipt)
        assert [post.id for post in harness.posts()] == [kept.remote_id]

    def test_deleting_what_is_gone_is_a_success(self, harness: Harness) -> None:
        """The answer to a deletion got lost, smm asks again, and reports a failure for something that worked."""
        if not harness.has(Deletes):
            return
        gone = harness.published(harness.job("Bread"))
        harness.delete(gone, "d" * 64)
        assert isinstance(harness.delete(gone, "d" * 64), Receipt)

    def test_a_deletion_without_an_answer_is_unknown(self, harness: Harness) -> None:
        """smm says that a post is gone, and it is still there."""
        if not harness.has(Deletes) or not harness.speaks_http():
            return
        post = harness.published(harness.job("Bread"))
        for name in ("500", "lost answer"):
            error = failure_of(lambda name=name: harness.delete(post, "d" * 64, row=ROWS[name]))  # type: ignore[misc]
            assert type(error) is OutcomeUnknown, f"{name} must become OutcomeUnknown, not {error!r}"

    def test_editing_changes_that_post(self, harness: Harness) -> None:
        """A correction makes a second post, changes the wrong one, or forgets the pictures' descriptions."""
        if not harness.has(Edits):
            return
        other, post = harness.published(harness.job("Butter")), harness.published(harness.job("Bred"))
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        harness.edit(post, job)
        harness.restart()
        answer = harness.edit(post, job)
        assert isinstance(answer, Receipt)
        assert [shown.text for shown in harness.posts()] == ["Butter", "Bread"]
        assert harness.posts()[0].id == other.remote_id
        assert harness.posts()[1].id == answer.remote_id, "the receipt must name the post as it is known from now on"
        assert harness.posts()[1].alts == tuple(attachment.alt for attachment in job.part.media)

    def test_a_reply_hangs_below_what_it_answers(self, harness: Harness) -> None:
        """A reply to one person stands as a post for everybody, or below another post."""
        if not harness.has(Replies):
            return
        to = harness.published(harness.job("Bread"))
        harness.published(harness.job("Butter"))
        answer = harness.reply(to, harness.job("Thank you!"))
        assert isinstance(answer, Receipt)
        shown = {post.id: post for post in harness.posts()}[answer.remote_id]
        assert (shown.text, shown.parent) == ("Thank you!", to.remote_id)

    def test_what_is_handed_over_goes_out_later(self, harness: Harness) -> None:
        """A post that was to go out on Friday is visible at once, or never."""
        if not harness.has(SchedulesNatively):
            return
        at = harness.clock.now() + self._ahead(harness)
        job = harness.job("Bread")
        schedule = harness.hand_over(job, at)
        assert isinstance(schedule, Receipt)
        assert not harness.posts(), "it is visible before its time"
        harness.restart()
        assert isinstance(harness.went_out(job, schedule, at), Pending), (
            "while the platform has it, went_out is Pending"
        )
        harness.let_time_pass(self._ahead(harness) + timedelta(minutes=1))
        receipt = harness.went_out(job, schedule, at)
        assert isinstance(receipt, Receipt), f"it is out, and went_out answers {receipt}"
        assert [(post.id, post.text) for post in harness.posts()] == [(receipt.remote_id, "Bread")]
        error = failure_of(lambda: harness.take_back(schedule, "t" * 64))
        assert isinstance(error, PluginError), "what is out cannot be taken back: raise Rejected"

    def test_what_is_taken_back_stays_in(self, harness: Harness) -> None:
        """A post that a person withdrew goes out all the same."""
        if not harness.has(SchedulesNatively):
            return
        at = harness.clock.now() + self._ahead(harness)
        job = harness.job("Bread")
        schedule = harness.hand_over(job, at)
        assert isinstance(schedule, Receipt)
        for _ in range(2):
            harness.restart()
            assert isinstance(harness.take_back(schedule, "t" * 64), Receipt), "what is gone already is a success"
        assert harness.went_out(job, schedule, at) is None, "the platform knows neither schedule nor post: None"
        harness.let_time_pass(self._ahead(harness) + timedelta(minutes=1))
        assert not harness.posts()

    @staticmethod
    def _ahead(harness: Harness) -> timedelta:
        """Far enough ahead for the platform's scheduler."""
        takes = harness.scheduling
        ahead: timedelta = takes.at_least + (takes.at_most - takes.at_least) / 10
        return ahead
