"""Hearing what others say, where it is claimed."""

from __future__ import annotations

from datetime import timedelta

from smm_core.contracts import ListenPage, Listens, Replies
from smm_core.errors import NeedsLogin, PluginError, Rejected, TryLater
from smm_core.model import Interaction, InteractionKind, Receipt, to_json
from smm_core.testing.faults import CutBody, Fault, Nonsense, Status
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of
from smm_core.testing.kit.suite import Suite

QUESTION = 'Is 1 < 2 & "fresh" <b>bread</b> &amp; butter?\nAsking for a friend.'
"""What is markup elsewhere is just text here, and the other way round."""

_MANY = 120
_MOST_PAGES = 60
_NO_ANSWERS: tuple[Fault, ...] = (Status(code=500), Status(code=503), Nonsense(), CutBody())
_READS = frozenset({"GET", "HEAD"})


class Hearing(Suite):
    """Tests of what comes to the inbox."""

    def test_a_comment_comes_as_it_was_written(self, harness: Harness) -> None:
        """A customer's question is shown as markup, as somebody else's, below another post, or at another hour."""
        if not harness.has(Listens):
            return
        other, post = harness.published(harness.job("Butter")), harness.published(harness.job("Bread"))
        said = _says(harness, QUESTION, post.remote_id)
        heard = _by_id(harness)
        assert said in heard, f"the comment {said} was not heard: {sorted(heard)}"
        one = heard[said]
        assert one.text == QUESTION, f"its text came as {one.text!r}"
        assert (one.kind, one.on) == (InteractionKind.COMMENT, post.remote_id), "it is a comment on that post of ours"
        assert one.profile == harness.profile.name
        assert one.author, "it does not say who wrote it"
        assert not one.author.startswith("@"), f"the author is written without @: {one.author}"
        assert one.at.utcoffset() == timedelta(0), f"it was written at an instant in UTC, not {one.at!r}"
        assert {other.remote_id, post.remote_id}.isdisjoint(heard), "what we wrote ourselves is no news"

    def test_a_mention_is_on_nothing_of_ours(self, harness: Harness) -> None:
        """Somebody recommends us, and nobody here hears of it, or it is taken for a comment."""
        if not harness.has(Listens):
            return
        harness.published(harness.job("Bread"))
        said = _says(harness, f"Have a look at {harness.profile.handle}", None)
        heard = _by_id(harness)
        assert said in heard, f"the mention {said} was not heard: {sorted(heard)}"
        assert (heard[said].kind, heard[said].on) == (InteractionKind.MENTION, None)

    def test_listening_goes_on_where_it_stopped(self, harness: Harness) -> None:
        """After a restart a comment is missed for good, or everything is read from the beginning every few minutes."""
        if not harness.has(Listens):
            return
        post = harness.published(harness.job("Bread"))
        first = [_says(harness, f"Question {number}", post.remote_id) for number in range(3)]
        heard, cursor = _all(harness)
        assert {one.remote_id for one in heard} >= set(first)
        harness.restart()
        new = _says(harness, "One more question", post.remote_id)
        heard, cursor = _all(harness, cursor)
        assert new in {one.remote_id for one in heard}, "what came after the cursor is missed"
        for _ in range(2):
            harness.restart()
            heard, cursor = _all(harness, cursor)
            assert len(heard) <= 1, f"nothing is new, and {len(heard)} come again: the cursor does not go on"

    def test_all_of_many_come_page_by_page(self, harness: Harness) -> None:
        """After a post that everybody talks about, most of what was said is never seen."""
        if not harness.has(Listens):
            return
        post = harness.published(harness.job("Bread"))
        first = _says(harness, "First!", post.remote_id)
        _, cursor = _all(harness)
        said = {_says(harness, f"Question {number}", post.remote_id) for number in range(_MANY)}
        heard, _ = _all(harness, cursor)
        missed = said - {one.remote_id for one in heard}
        assert not missed, f"{len(missed)} of {_MANY} are missed, such as {min(missed)}"
        again, _ = _all(harness)
        assert {one.remote_id for one in again} >= {first}, "with an empty cursor it begins anew"

    def test_the_same_comes_twice_as_the_same(self, harness: Harness) -> None:
        """Every comment stands in the inbox twice, or seems to be edited all the time."""
        if not harness.has(Listens):
            return
        post = harness.published(harness.job("Bread"))
        for number in range(3):
            _says(harness, f"Question {number}", post.remote_id)
        before = _by_id(harness)
        harness.restart()
        harness.clock.advance(timedelta(seconds=10))
        after = _by_id(harness)
        changed = [name for name in before if name in after and to_json(before[name]) != to_json(after[name])]
        assert not changed, f"{before[changed[0]]} came again as {after[changed[0]]}"
        assert set(before) <= set(after)

    def test_listening_only_reads(self, harness: Harness) -> None:
        """What nobody has looked at yet is marked as read on the platform, and its own app shows nothing new."""
        if not harness.has(Listens) or not harness.speaks_http():
            return
        post = harness.published(harness.job("Bread"))
        _says(harness, "Question", post.remote_id)
        _, cursor = _all(harness)  # whatever a login needs is done by now
        assert harness.case.platform is not None
        before = len(harness.case.platform.requests)
        _says(harness, "Another", post.remote_id)
        _all(harness, cursor)
        written = [
            f"{request.method} {request.path}"
            for request in harness.case.platform.requests[before:]
            if request.method not in _READS
        ]
        assert not written, f"listening makes requests that change something: {', '.join(written)}"

    def test_what_was_said_can_be_answered(self, harness: Harness) -> None:
        """The answer to a question stands where the one who asked never sees it."""
        if not harness.has(Listens) or not harness.has(Replies):
            return
        post = harness.published(harness.job("Bread"))
        said = _says(harness, "Is there more?", post.remote_id)
        one = _by_id(harness)[said]
        harness.restart()
        to = Receipt(remote_id=one.remote_id, url=one.url, at=one.at, extra=one.extra)
        answer = harness.reply(to, harness.job("Yes, from six o'clock"))
        assert isinstance(answer, Receipt)
        shown = {post.id: post for post in harness.posts()}[answer.remote_id]
        assert shown.parent == said, f"the answer stands below {shown.parent}, not below {said}"

    def test_no_answer_is_not_nothing_new(self, harness: Harness) -> None:
        """The platform was down for a moment, and what was said in the meantime is never heard; or a login that has
        ended is never told."""
        if not harness.has(Listens) or not harness.speaks_http():
            return
        harness.published(harness.job("Bread"))
        _all(harness)
        platform = harness.case.platform
        assert platform is not None
        for fault in _NO_ANSWERS:
            platform.fault(fault)
            error = failure_of(harness.listen)
            assert isinstance(error, PluginError), (
                f"after {fault} listen answers as if nothing were new: raise TryLater"
            )
            assert not isinstance(error, (NeedsLogin, Rejected)), f"after {fault} listen raised {type(error).__name__}"
        platform.fault(Status(code=429))
        error = failure_of(harness.listen)
        assert isinstance(error, TryLater), f"after a 429 listen must raise TryLater, not {error!r}"
        platform.fault(Status(code=401))
        error = failure_of(harness.listen)
        assert isinstance(error, NeedsLogin), f"after a 401 listen must raise NeedsLogin, not {error!r}"

    def test_what_is_kept_of_others_holds_no_secret(self, harness: Harness) -> None:
        """Our token lies in the database, beside what somebody said."""
        if not harness.has(Listens):
            return
        post = harness.published(harness.job("Bread"))
        _says(harness, "Question", post.remote_id)
        kept = "".join(map(to_json, _by_id(harness).values())) + _all(harness)[1]
        for reference, value in harness.case.secrets.items():
            assert value not in kept, f"the secret behind {reference} is kept with an interaction, or in the cursor"


def _says(harness: Harness, text: str, on: str | None) -> str:
    assert harness.case.says is not None, (
        "it claims Listens: give the case `says=`, a function (text, on) that lets somebody else say something at the"
        " imitation, and returns the platform's id for it"
    )
    harness.clock.advance(timedelta(seconds=1))
    return harness.case.says(text, on)


def _all(harness: Harness, cursor: str = "") -> tuple[list[Interaction], str]:
    """Everything there is from a cursor on, and where it stops."""
    heard: list[Interaction] = []
    for _ in range(_MOST_PAGES):
        page: ListenPage = harness.listen(cursor)
        heard += page.interactions
        cursor = page.cursor
        if not page.more:
            return heard, cursor
    raise AssertionError(f"after {_MOST_PAGES} pages it still has more: does the cursor go on?")


def _by_id(harness: Harness) -> dict[str, Interaction]:
    return {one.remote_id: one for one in _all(harness)[0]}
