"""Once and only once: the same key makes one post, and what was published is found again."""

from __future__ import annotations

from datetime import timedelta

from smm_core.contracts import Finds
from smm_core.errors import OutcomeUnknown
from smm_core.model import Receipt
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import outcome_of
from smm_core.testing.kit.suite import Suite

_NEWER = 300
_OLDER = timedelta(minutes=15)


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
        second = outcome_of(lambda: harness.publish(job))
        assert isinstance(second, Receipt), f"sent again, word for word, under the same key, it ended with {second!r}"
        assert first.remote_id == second.remote_id, "the second answer names another post than the first"
        assert sum(post.text == "Bread" for post in harness.posts()) == 1
        other = harness.published(harness.job("Bread", pictures=len(job.part.media)))
        assert other.remote_id != first.remote_id, "another key must make another post, even of the same text"

    def test_the_same_key_with_new_uploads_makes_no_second_post(self, harness: Harness) -> None:
        """Nobody knows whether it is out, the uploads have run out meanwhile, and smm is told that nothing was published."""
        promises = harness.publisher.guarantees
        if promises.key_life is None and not promises.natural_id:
            harness.untried = "promises no key"
            return
        since = harness.clock.now()
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        first = harness.published(job)
        harness.clock.advance(promises.key_settles)
        harness.restart()
        handles = harness.prepare(job).handles
        second = outcome_of(lambda: harness.send(job, handles))
        assert sum(post.text == "Bread" for post in harness.posts()) == 1
        if isinstance(second, OutcomeUnknown):
            if Finds not in harness.publisher.abilities:
                return  # then a person looks
            second = harness.find(job, since)
            assert second is not None, (
                "prepared anew and sent under the same key, it ended with OutcomeUnknown, and then find says that it is not"
                " there: it is out with the uploads of before, whose names are not in `handles` any more"
            )
        assert isinstance(second, Receipt), (
            f"prepared anew and sent under the same key, it ended with {second!r}. The post of this key is out: a Receipt,"
            " or OutcomeUnknown where the platform only says that it is another request (many answer 409)"
        )
        assert second.remote_id == first.remote_id, f"that is {second.remote_id}, and the key made {first.remote_id}"

    def test_what_got_out_is_found(self, harness: Harness) -> None:
        """An answer got lost, the post is out, smm does not find it among newer ones and publishes it again."""
        if not harness.has(Finds):
            return
        since = harness.clock.now()
        older = harness.published(harness.job("Bread"))
        job = harness.job("Bread, but other bread", pictures=min(1, harness.limits.images.maximum))
        harness.lose_the_answer(job)
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
        harness.clock.advance(_OLDER)
        since = harness.clock.now() if not exact else harness.clock.now() - 2 * _OLDER
        job = harness.job("Bread")
        harness.prepare(job)
        found = harness.find(job, since)
        assert found is None, f"find says {found}, which is {twin.remote_id}, a post of another key" + (
            "" if exact else f" and {_OLDER} older than `since`; allow for the platform's clock by a few minutes only"
        )

    def test_what_only_reads_the_same_is_not_found(self, harness: Harness) -> None:
        """Somebody wrote the same words by hand, without the picture; smm takes that for ours, which is never published."""
        if not harness.has(Finds):
            return
        images = harness.limits.images
        if images.maximum == images.minimum:
            harness.untried = "cannot have one picture more or less"
            return
        since = harness.clock.now()
        harness.published(harness.job("Bread"))
        job = harness.job("Bread", pictures=images.minimum + 1)
        harness.prepare(job)
        found = harness.find(job, since)
        assert found is None, f"find says {found}, which has {images.minimum} pictures; ours has {images.minimum + 1}"

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
        harness.lose_the_answer(job)
        found = harness.find(job, since)
        shown = next(post for post in harness.posts() if post.text == "Part two")
        assert found is not None and found.remote_id == shown.id

    def test_equal_parts_of_a_thread_are_told_apart(self, harness: Harness) -> None:
        """The second part never got out; smm takes the first, which says the same, for it, and the thread ends there."""
        if not harness.has(Finds):
            return
        if harness.limits.parts < 2:
            harness.untried = "has no threads"
            return
        since = harness.clock.now()
        root = harness.published(harness.job("Da capo"))
        job = harness.job("Da capo", parent=root, root=root)
        harness.prepare(job)
        found = harness.find(job, since)
        assert found is None, f"find says {found}, which hangs below nothing; ours hangs below {root.remote_id}"
        harness.lose_the_answer(job)
        harness.clock.advance(harness.publisher.guarantees.key_settles)
        found = harness.find(job, since)
        shown = next(post for post in harness.posts() if post.parent == root.remote_id)
        assert found is not None and found.remote_id == shown.id, f"find says {found}, it is {shown.id}"
