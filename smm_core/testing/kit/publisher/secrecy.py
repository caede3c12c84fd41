"""Secrets stay where they are."""

from __future__ import annotations

from smm_core.contracts import Deletes, Finds, Resumes
from smm_core.errors import SecretError
from smm_core.model import Receipt, to_json
from smm_core.testing.faults import Status
from smm_core.testing.kit.answers import ROWS
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of
from smm_core.testing.kit.suite import Suite

_BAD_DAYS = (
    "400",
    "401",
    "403",
    "422",
    "429",
    "503",
    "lost answer",
    "a web page with 200",
    "JSON without an id with 200",
)


class Secrecy(Suite):
    """Tests that look for the secrets of the case in everything that is kept or shown."""

    def test_no_secret_is_told(self, harness: Harness) -> None:
        """A token lies in a log that somebody attaches to a question, in the database, or on the screen."""
        if not harness.case.secrets:
            harness.untried = "has no secrets"
            return
        kept = self._a_good_day(harness)
        if harness.case.platform is not None:
            self._bad_days(harness)
        kept += [repr(harness.publisher), str(harness.publisher), repr(harness.profile)]
        for value, reference in harness.known_secrets.items():
            assert value not in harness.heard.everything, (
                f"the secret behind {reference} is told:\n{_around(harness.heard.everything, value)}"
            )
            for text in kept:
                assert value not in text, f"the secret behind {reference} is kept:\n{_around(text, value)}"
            self._nowhere_on_disk(harness, value)

    @staticmethod
    def _bad_days(harness: Harness) -> None:
        """Everything that can go wrong, so that there is something to tell."""
        assert harness.case.platform is not None
        asks = harness.asks_to_inspect()
        for name in _BAD_DAYS:
            failure_of(lambda name=name: harness.publish(harness.job("Bread"), row=ROWS[name]))  # type: ignore[misc]
        for code in (401, 403, 503) if asks else ():
            harness.case.platform.fault(Status(code=code))
            failure_of(harness.inspect)

    @staticmethod
    def _a_good_day(harness: Harness) -> list[str]:
        """Everything there is, once; what smm keeps of it."""
        job = harness.job("Bread", pictures=min(1, harness.limits.images.maximum))
        kept = [to_json(harness.inspect())]
        if harness.case.rotate is not None:
            harness.case.rotate()
        prepared = harness.prepare(job)
        receipt = harness.send(job, prepared.handles)
        kept += [to_json(dict(prepared.handles)), repr(prepared), to_json(receipt), repr(receipt)]
        if Finds in harness.publisher.abilities:
            kept.append(repr(harness.find(job, harness.clock.now())))
        if Resumes in harness.publisher.abilities and harness.case.pending is not None:
            harness.case.pending()
            waiting = harness.publish(harness.job("Bread, slowly"))
            kept.append(repr(waiting) + to_json(waiting))
            harness.case.ready()
        if Deletes in harness.publisher.abilities and isinstance(receipt, Receipt):
            kept.append(repr(harness.delete(receipt, "d" * 64)))
        return kept

    @staticmethod
    def _nowhere_on_disk(harness: Harness, value: str) -> None:
        for path in harness.folder.rglob("*"):
            if path.is_file() and path not in harness.secrets.files and path.parent.name != "credentials":
                assert value.encode() not in path.read_bytes(), f"a secret lies in {path.relative_to(harness.folder)}"

    def test_a_secret_that_the_platform_says_back_is_not_told(self, harness: Harness) -> None:
        """The platform quotes the request in its error, and with it the token goes into the log and the database."""
        if not harness.case.secrets or harness.case.platform is None:
            harness.untried = "has no secrets, or speaks no HTTP"
            return
        words = "You sent " + " and ".join(harness.case.secrets.values())
        job = harness.job("Bread")
        handles = harness.prepare(job).handles
        for code in (400, 401, 500):
            harness.case.platform.fault(Status(code=code, body=harness.case.refusal(words)))
            error = failure_of(lambda: harness.send(job, handles))
            for value in harness.case.secrets.values():
                assert value not in f"{error} {error!r}", f"the error says what the platform said back: {error}"

    def test_nothing_is_printed(self, harness: Harness) -> None:
        """What a plugin prints stands in the middle of a table, or breaks `--json`."""
        harness.inspect()
        harness.publish(harness.job("Bread"))
        assert not harness.heard.printed, f"it prints {harness.heard.printed[:100]!r}: use ctx.log"

    def test_a_missing_secret_is_named(self, harness: Harness) -> None:
        """A reference leads nowhere, and the message does not say which; or a post goes out without being signed."""
        if not harness.case.secrets:
            harness.untried = "has no secrets"
            return
        job = harness.job("Bread")
        with harness.secrets.missing():
            errors = [failure_of(lambda: harness.publish(job))]
        handles = harness.prepare(job).handles
        if not harness.credentials.puts:  # what has a token of its own by now needs the secret no more
            with harness.secrets.missing():
                errors.append(failure_of(lambda: harness.send(job, handles)))
        assert not harness.posts(), "it published without its secret"
        for error in errors:
            assert isinstance(error, SecretError), f"{error!r}: let the SecretError of the reference pass"
            assert any(reference in str(error) for reference in harness.case.secrets), (
                f"it does not name the reference: {error}"
            )


def _around(text: str, value: str) -> str:
    """Where it stands, without saying it."""
    at = text.index(value)
    return "…" + text[max(0, at - 60) : at] + "•••"
