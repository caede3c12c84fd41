"""Tokens that rotate, and public addresses of pictures: for publishers that use `ctx.credentials` and `ctx.public_url`."""

from __future__ import annotations

from datetime import timedelta

from smm_core.contracts import LogsIn
from smm_core.errors import MediaError, NeedsLogin, Rejected, TryLater
from smm_core.model import Receipt
from smm_core.testing.faults import Status
from smm_core.testing.kit.publisher.given import answering, carries
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import Job, failure_of
from smm_core.testing.kit.suite import Suite
from smm_core.testing.loopback import Loopback

_AHEAD = timedelta(hours=1)
_REQUESTS = 3


class Belongings(Suite):
    """Tests of what core keeps for a publisher, and gives it."""

    def test_a_new_token_is_stored_before_it_is_used(self, harness: Harness) -> None:
        """smm is killed just after the platform gave a new token: the old one is over, the new one lost, the profile paused."""
        platform = self._rotated(harness)
        if platform is None:
            return
        before = len(harness.credentials.puts)
        _must_publish(harness, "after the platform ended its token")
        assert len(harness.credentials.puts) > before, (
            "the platform ended the token, and ctx.credentials got no new one"
        )
        seen = set[str]()
        for put in harness.credentials.puts:
            used = any(carries(request, put.value) for request in platform.requests[: put.after])
            assert put.value in seen or not used, (
                f"the new {put.name!r} was used before ctx.credentials.put had stored it"
            )
            seen.add(put.value)

    def test_a_new_token_outlives_a_restart(self, harness: Harness) -> None:
        """After each start smm comes with a token that is over, and a person has to log in again."""
        if self._rotated(harness) is None:
            return
        _must_publish(harness, "after the platform ended its token")
        harness.restart()
        _must_publish(harness, "after a restart")

    def test_a_new_token_that_does_not_come_today_comes_tomorrow(self, harness: Harness) -> None:
        """The platform is down for a moment while a token is renewed, and for that the profile is paused for good."""
        platform = self._rotated(harness)
        if platform is None:
            return
        for number in range(_REQUESTS):
            with answering(platform, Status(code=503), only=number):
                error = failure_of(lambda: harness.prepare(_job(harness)))
            assert not isinstance(error, (NeedsLogin, Rejected)), (
                f"after a 503 on the way to a new token it must raise TryLater, not {type(error).__name__}: {error}"
            )
            harness.restart()
        _must_publish(harness, "when the platform is back")

    def test_sending_fetches_no_token(self, harness: Harness) -> None:
        """The token is over when a post is due: the request for a new one is taken for the post, and that is held."""
        platform = self._rotated(harness)
        if platform is None or harness.case.rotate is None:
            return
        job = _job(harness)
        handles = harness.prepare(job).handles
        harness.case.rotate()
        error = failure_of(lambda: harness.send(job, handles))
        assert isinstance(error, (NeedsLogin, TryLater)), (
            f"send must not fetch a token, that is a second request: with one that is over it raises NeedsLogin, not {error!r}"
        )

    @staticmethod
    def _rotated(harness: Harness) -> Loopback | None:
        """The platform, which has just ended the token that was in use; None for a publisher that keeps no tokens."""
        harness.inspect()
        harness.published(_job(harness))
        platform, rotate = harness.case.platform, harness.case.rotate
        if not harness.credentials.is_used:
            harness.untried = "keeps nothing in ctx.credentials"
            return None
        if rotate is None and LogsIn in harness.publisher.abilities and not harness.credentials.puts:
            harness.untried = "keeps what a login gave it, and changes nothing of that by itself"
            return None
        if platform is None:
            harness.untried = "speaks no HTTP"
            return None
        assert rotate is not None, (
            "it keeps tokens in ctx.credentials: give the case `rotate=`,"
            " a function that makes the imitation end the token of now, so that a new one is wanted"
        )
        rotate()
        harness.restart()
        return platform

    def test_pictures_have_public_addresses_that_last(self, harness: Harness) -> None:
        """The platform comes for a picture and finds nothing there: the post is out without it, or never."""
        platform = harness.case.platform
        if platform is None or not self._wants_addresses(harness):
            harness.untried = harness.untried or "asks for no public addresses"
            return
        due_at = harness.clock.now() + _AHEAD
        harness.host.given.clear()
        job = harness.job("Bread", pictures=min(2, harness.limits.images.maximum))
        prepared = harness.prepare(job, due_at=due_at)
        assert isinstance(harness.send(job, prepared.handles), Receipt)
        for given in harness.host.given:
            assert any(carries(request, given.url) for request in platform.requests), (
                f"{given.url} was never told to it"
            )
            assert given.until > due_at, (
                f"an address that holds until {given.until} is over when the post is due ({due_at})"
            )

    def test_without_a_media_host_it_says_what_is_missing(self, harness: Harness) -> None:
        """A post goes out without its pictures, or is tried for ever, because nobody is told that a media host is needed."""
        if not self._wants_addresses(harness):
            harness.untried = harness.untried or "asks for no public addresses"
            return
        before = len(harness.posts())
        harness.host.is_open = False
        harness.restart()
        error = failure_of(lambda: harness.publish(harness.job("Bread", pictures=1)))
        assert len(harness.posts()) == before, "it published, although there was no public address for the picture"
        assert isinstance(error, MediaError), (
            f"{error!r}: let the MediaError of ctx.public_url pass, it says what to do"
        )
        if not harness.limits.images.minimum:
            error = failure_of(lambda: harness.published(harness.job("Bread")))
            assert error is None, f"a post without pictures needs no media host, and ends with {error!r}"

    @staticmethod
    def _wants_addresses(harness: Harness) -> bool:
        """Whether it asks for public addresses when it publishes a picture."""
        if not harness.limits.images.maximum:
            harness.untried = "takes no pictures"
            return False
        harness.published(harness.job("Bread", pictures=1))
        return bool(harness.host.given)


def _must_publish(harness: Harness, when: str) -> None:
    error = failure_of(lambda: harness.published(_job(harness)))
    assert error is None, (
        f"{when} it no longer publishes: {error!r}. Keep all that the platform gives with ctx.credentials.put, at once,"
        " and take it from there."
    )


def _job(harness: Harness) -> Job:
    return harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
