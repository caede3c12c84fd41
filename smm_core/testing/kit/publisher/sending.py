"""`prepare` and `send`: what was approved is what gets out, once, with its pictures, in its order."""

from __future__ import annotations

from datetime import timedelta

import pytest

from smm_core.contracts import Pending, Resumes
from smm_core.errors import NeedsLogin, PluginError, Rejected, TryLater
from smm_core.model import ActionKind, Part, PostContent, Receipt
from smm_core.testing.faults import Status
from smm_core.testing.kit.answers import ROWS
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import Job, failure_of, outcome_of
from smm_core.testing.kit.suite import Suite, for_each
from smm_core.testing.kit.texts import texts
from smm_core.values import replace

_HELD = timedelta(days=30)
_JUST_BEFORE = timedelta(seconds=1)


class Sending(Suite):
    """Tests of the way out, when nothing goes wrong."""

    def test_what_was_approved_is_what_gets_out(self, harness: Harness) -> None:
        """The world sees another text than the one a person said yes to."""

        def check(text: str) -> None:
            rendered = harness.publisher.render(PostContent(parts=(text,)), harness.profile, harness.limits)
            job = harness.job(rendered.parts[0].text)
            if not harness.passes(job.part):
                return
            before = len(harness.posts())
            receipt = harness.published(job)
            shown = harness.posts()[before:]
            assert [post.text for post in shown] == [job.part.text]
            assert receipt.remote_id == shown[0].id, f"the receipt says {receipt.remote_id}, the post is {shown[0].id}"

        for_each(texts(pieces=8), check, examples=20)

    def test_sending_is_exactly_one_request(self, harness: Harness) -> None:
        """smm is killed between two requests of one send, and the post is half out, or out twice."""
        if not harness.speaks_http():
            return
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        handles = harness.prepare(job).handles
        assert not harness.posts(), "prepare made something visible"
        before = harness.requests
        answer = harness.send(job, handles)
        assert harness.requests - before == 1, f"send made {harness.requests - before} requests"
        assert isinstance(answer, Receipt | Pending)
        assert len(harness.posts()) == 1

    def test_preparing_may_be_repeated(self, harness: Harness) -> None:
        """After a crash in the middle of an upload the post never gets out, or is seen too early."""
        job = harness.job("Bread", pictures=min(2, harness.limits.images.maximum))
        harness.prepare(job)
        harness.restart()
        handles = harness.prepare(job).handles
        assert not harness.posts(), "prepare made something visible"
        harness.restart()
        harness.send(job, handles)
        (post,) = harness.posts()
        assert len(post.alts) == len(job.part.media)

    def test_uploads_that_ran_out_are_made_anew(self, harness: Harness) -> None:
        """A post is held for weeks, approved at last, and sent with pictures that the platform has thrown away."""
        pictures = min(1, harness.limits.images.maximum)
        job = harness.job("Bread", pictures=pictures)
        prepared = harness.prepare(job)
        if isinstance(prepared, Pending) or not prepared.handles:
            harness.untried = "prepare gives nothing that could run out"
            return
        until = prepared.expires_at
        said = f"it said that this holds {f'until {until}' if until else 'for ever: say Prepared(expires_at=…)'}"
        assert until is None or until > harness.clock.now(), f"prepared at {harness.clock.now()}, and {said}"
        harness.let_time_pass(until - harness.clock.now() - _JUST_BEFORE if until else _HELD)
        harness.restart()
        answer = outcome_of(lambda: harness.send(job))
        assert isinstance(answer, Receipt | Pending), f"at {harness.clock.now()} it ended with {answer!r}; {said}"
        if until is None:
            return
        late = harness.job("Butter", pictures=pictures)
        harness.prepare(late)
        harness.let_time_pass(until - harness.clock.now() + _HELD)
        harness.restart()
        before = harness.requests
        harness.prepare(late)
        assert harness.is_ready(late), f"prepared anew at {harness.clock.now()}, it has run out already"
        assert harness.requests > before or harness.case.platform is None, (
            "prepare was handed what has run out, and gave it back: `request.handles` may be of an upload that is gone"
        )
        answer = outcome_of(lambda: harness.send(late))
        assert isinstance(answer, Receipt | Pending), (
            f"prepared anew after its handles ran out, it ended with {answer!r}"
        )

    def test_an_upload_that_fails_is_tried_again(self, harness: Harness) -> None:
        """The platform is down for a moment while a picture is uploaded: the post goes out without it, or never."""
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        if harness.case.platform is None or not self._uploads_ahead(harness, job):
            harness.untried = "prepare makes no request"
            return
        harness.case.platform.fault(Status(code=503))
        error = failure_of(lambda: harness.prepare(job))
        assert error is not None, "prepare says that all is ready, after an upload that failed"
        assert isinstance(error, PluginError) and not isinstance(error, (NeedsLogin, Rejected)), (
            f"after a 503 prepare must raise TryLater, not {type(error).__name__}: {error}"
        )
        harness.send(job, harness.prepare(job).handles)
        assert [len(post.alts) for post in harness.posts()] == [len(job.part.media)]

    @staticmethod
    def _uploads_ahead(harness: Harness, job: Job) -> bool:
        before = harness.requests
        harness.prepare(job)
        return harness.requests > before

    def test_nothing_is_sent_when_the_time_is_over(self, harness: Harness) -> None:
        """A laptop that slept over lunch sends at two what was to go out at twelve, behind the back of the ledger."""
        job = harness.job("Bread")
        handles = harness.prepare(job).handles
        send_by = harness.clock.now() - timedelta(seconds=1)
        error = failure_of(lambda: harness.send(job, handles, send_by=send_by))
        assert not harness.posts(), "something was published after send_by"
        assert isinstance(error, TryLater), (
            f"{error!r}: let the TryLater of ctx.http pass, it proves that nothing was sent"
        )

    def test_pictures_are_uploaded_once(self, harness: Harness) -> None:
        """Every try uploads all pictures anew: slow, and a reason for platforms to lock an account."""
        if harness.case.platform is None or not harness.limits.images.maximum:
            harness.untried = "uploads nothing over HTTP"
            return
        job = harness.job("Bread", pictures=min(2, harness.limits.images.maximum))
        handles = harness.prepare(job).handles
        failure_of(lambda: harness.send(job, handles, row=ROWS["429"]))
        harness.restart()
        harness.send(job, handles)
        for attachment in job.part.media:
            count = self._uploads(harness, harness.media.read(attachment.sha256))
            # One that travels with the post itself goes with each of the two tries.
            allowed = 2 if self._travels_with_the_post(harness, job) else 1
            assert count <= allowed, f"a picture was uploaded {count} times"

    @staticmethod
    def _uploads(harness: Harness, body: bytes) -> int:
        import base64

        assert harness.case.platform is not None
        forms = (body, base64.b64encode(body))
        return sum(any(form in request.body for form in forms) for request in harness.case.platform.requests)

    def _travels_with_the_post(self, harness: Harness, job: Job) -> bool:
        assert harness.case.platform is not None
        body = harness.media.read(job.part.media[0].sha256)
        import base64

        last = harness.case.platform.requests[-1].body
        return body in last or base64.b64encode(body) in last

    def test_pictures_have_their_alternative_texts(self, harness: Harness) -> None:
        """Blind people hear "image", or the description of another picture."""
        if not harness.limits.images.maximum:
            harness.untried = "takes no pictures"
            return
        job = harness.job("Bread", pictures=min(3, harness.limits.images.maximum))
        harness.published(job)
        (post,) = harness.posts()
        assert post.alts == tuple(attachment.alt for attachment in job.part.media)

    def test_one_picture_twice_has_two_alternative_texts(self, harness: Harness) -> None:
        """The same photograph stands in a post twice, for two things in it, and is described with the same words."""
        if harness.limits.images.maximum < 2:
            harness.untried = "takes no two pictures"
            return
        picture = harness.picture()
        media = tuple(replace(picture, alt=alt) for alt in ("On the left, a loaf", "On the right, a baker"))
        harness.published(harness.job("Bread", media=media))
        (post,) = harness.posts()
        assert post.alts == tuple(attachment.alt for attachment in media)

    def test_a_thread_hangs_together(self, harness: Harness) -> None:
        """The parts of a thread stand apart, in the wrong order, or the last one is missing."""
        if harness.limits.parts < 2:
            harness.untried = "has no threads"
            return
        receipts: list[Receipt] = []
        for number in range(1, min(harness.limits.parts, 4) + 1):
            parent, root = (receipts[-1], receipts[0]) if receipts else (None, None)
            receipts.append(harness.published(harness.job(f"Part {number}", parent=parent, root=root)))
            harness.restart()
        ids = [receipt.remote_id for receipt in receipts]
        assert [post.id for post in harness.posts()] == ids
        assert [post.parent for post in harness.posts()] == [None, *ids[:-1]], "each part hangs below the one before it"

    def test_a_first_comment_hangs_below_its_post(self, harness: Harness) -> None:
        """What was meant as a remark below the post stands as a post of its own on the profile."""
        if not harness.limits.first_comment:
            harness.untried = "has no first comments"
            return
        post = harness.published(harness.job("Bread"))
        comment = Job(part=Part(text="Baked at six."), key="c" * 64, action=ActionKind.COMMENT, parent=post, root=post)
        receipt = harness.published(comment)
        shown = {one.id: one for one in harness.posts()}
        assert shown[receipt.remote_id].parent == post.remote_id
        assert shown[receipt.remote_id].text == "Baked at six."

    def test_a_receipt_leads_to_the_post(self, harness: Harness) -> None:
        """The link that smm shows leads nowhere, and what happened when is told wrongly."""
        receipt = harness.published(harness.job("Bread"))
        assert receipt.remote_id in [post.id for post in harness.posts()]
        assert receipt.url is None or receipt.url.startswith(("https://", "http://")), receipt.url
        assert receipt.at is None or receipt.at.tzinfo is not None, "a receipt's instant must be aware"

    def test_a_pending_answer_is_resumed_after_a_restart(self, harness: Harness) -> None:
        """smm is restarted while the platform still works on a video, and never learns what became of it."""
        if not harness.has(Resumes):
            return
        if harness.case.pending is None:
            pytest.fail(
                "it claims Resumes: give the case `pending=`, a function that makes the next post take its time"
            )
        job = harness.job("Bread")
        harness.case.pending()
        answer = harness.publish(job)
        assert isinstance(answer, Pending), f"the platform is still working on it, and send answered {answer}"
        assert not harness.posts()
        harness.restart()
        again = harness.resume(job, answer.handles)
        assert isinstance(again, Pending), f"the platform is still working on it, and resume answered {again}"
        handles = {**answer.handles, **again.handles}
        harness.let_time_pass(max(answer.check_after, again.check_after))
        harness.restart()
        receipt = harness.resume(job, handles)
        assert isinstance(receipt, Receipt), f"the platform is done, and resume answered {receipt}"
        assert [post.id for post in harness.posts()] == [receipt.remote_id]
