"""Once and only once: the same key makes one post, and what was published is found again."""

from __future__ import annotations

from datetime import timedelta

from smm_core.contracts import Finds
from smm_core.errors import OutcomeUnknown
from smm_core.model import Receipt
from smm_core.testing.kit.answers import ROWS
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import Job, failure_of
from smm_core.testing.kit.suite import Suite

_NEWER = 300


class Finding(Suite):
    """Tests of what happens after an answer was lost."""

    def test_the_same_key_twice_makes_one_post(self, harness: Harness) -> None:
        """An answer got lost, smm asks again as the plugin said it may, and the world sees the post twice."""
        promises = harness.guarantees
        if promises.key_life is None and not promises.natural_id:
            harness.untried = "promises no key"
            return
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        first = harness.published(job)
        harness.clock.advance(promises.key_settles)
        harness.flood(_NEWER)
        harness.restart()
        second = harness.published(job)
        assert first.remote_id == second.remote_id, "the second answer names another post than the first"
        assert sum(post.text == "Bread" for post in harness.posts()) == 1
        other = harness.published(harness.job("Bread", pictures=len(job.part.media)))
        assert other.remote_id != first.remote_id, "another key must make another post, even of the same text"

    def test_what_got_out_is_found(self, harness: Harness) -> None:
        """An answer got lost, the post is out, smm does not find it among newer ones and publishes it again."""
        if not harness.has(Finds):
            return
        since = harness.clock.now()
        older = harness.published(harness.job("Bread"))
        job = harness.job("Bread, but other bread", pictures=min(1, harness.limits.images.maximum))
        self._lose(harness, job)
        ours = next(post for post in reversed(harness.posts()) if post.text == job.part.text)
        harness.flood(_NEWER)
        harness.clock.advance(max(harness.guarantees.key_settles, timedelta(minutes=1)))
        harness.restart()
        found = harness.find(job, since)
        assert found is not None, f"it is out below {_NEWER} newer posts, and find says that it is not there"
        assert found.remote_id == ours.id != older.remote_id, f"find says {found.remote_id}, it is {ours.id}"

    def test_what_never_got_out_is_not_found(self, harness: Harness) -> None:
        """smm takes another post of the same text for ours: the one that was due is never published."""
        if not harness.has(Finds):
            return
        exact = harness.guarantees.find == "exact"
        twin = harness.published(harness.job("Bread"))
        harness.clock.advance(timedelta(hours=1))
        since = harness.clock.now() if not exact else harness.clock.now() - timedelta(hours=2)
        found = harness.find(harness.job("Bread"), since)
        assert found is None, f"find says {found}, which is {twin.remote_id}, a post of another key"

    def test_parts_and_comments_are_found(self, harness: Harness) -> None:
        """The second part of a thread is out, its answer got lost, and it is published again."""
        if not harness.has(Finds):
            return
        if harness.limits.parts < 2:
            harness.untried = "has no threads"
            return
        root = harness.published(harness.job("Part one"))
        job = harness.job("Part two", parent=root, root=root)
        since = harness.clock.now()
        self._lose(harness, job)
        found = harness.find(job, since)
        shown = next(post for post in harness.posts() if post.text == "Part two")
        assert found is not None and found.remote_id == shown.id

    @staticmethod
    def _lose(harness: Harness, job: Job) -> None:
        """Publish it, and lose the answer."""
        handles = harness.prepare(job).handles
        if harness.case.platform is not None:
            error = failure_of(lambda: harness.send(job, handles, row=ROWS["lost answer"]))
            assert isinstance(error, OutcomeUnknown), f"a lost answer must stay an OutcomeUnknown: {error!r}"
            return
        if harness.case.misbehave is not None and harness.case.misbehave("lost answer"):
            failure_of(lambda: harness.send(job, handles))
        else:
            assert isinstance(harness.send(job, handles), Receipt)
