"""What can be said of a publisher before anything is sent: importing, settings, claims, limits, who we are."""

from __future__ import annotations

import dataclasses
import re
from datetime import timedelta

from smm_core.contracts import ByHand, Finds, Guarantees, Imitates, Previews, Scheduling, VariesByServer
from smm_core.errors import NeedsLogin, Rejected
from smm_core.limits import Limits
from smm_core.model import to_json
from smm_core.testing.faults import Status
from smm_core.testing.kit.publisher.given import answering
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of
from smm_core.testing.kit.purity import touches
from smm_core.testing.kit.registering import check_importing
from smm_core.testing.kit.suite import Suite

_A_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


class Form(Suite):
    """Tests of what a publisher says of itself."""

    def test_importing_touches_nothing(self, harness: Harness) -> None:
        """Every command of smm becomes slow, or fails without a network, because the plugin works while it is imported."""
        offers = check_importing(harness.case.plugin).offers.get("publishers", ())
        assert harness.publisher.name in offers, (
            f"smm_publishers() of {harness.case.plugin} offers {offers}, not {harness.publisher.name!r}"
        )

    def test_settings_are_typed_and_explained(self, harness: Harness) -> None:
        """A mistake in smm.toml is found when a post is due instead of when smm starts, and nobody knows what to write."""
        kind = harness.publisher.settings
        assert dataclasses.is_dataclass(kind) and isinstance(kind, type), "settings must be a dataclass"
        assert _is_frozen(kind), f"{kind.__name__} must be frozen: @dataclass(frozen=True, kw_only=True)"
        without = [field.name for field in dataclasses.fields(kind) if not field.metadata.get("help")]
        assert not without, f'these settings have no metadata={{"help": "…"}}: {", ".join(without)}'
        assert isinstance(harness.profile.settings, kind)

    def test_settings_hold_references_and_no_secrets(self, harness: Harness) -> None:
        """A token lies open in smm.toml, from where it gets into backups and version control."""
        settings = harness.profile.settings
        for reference, value in harness.case.secrets.items():
            assert value not in repr(dict(harness.case.settings)), (
                f"the settings hold the secret behind {reference} itself"
            )
            assert value not in repr(settings), f"repr of the settings shows the secret behind {reference}"

    def test_it_has_what_it_claims(self, harness: Harness) -> None:
        """smm relies on an ability or a promise that is not there, and finds out with a post on its way."""
        publisher = harness.publisher
        for ability in publisher.abilities:
            assert isinstance(publisher, ability), f"it claims {ability.__name__} but lacks a method of it"
        for promises in (publisher.guarantees, harness.guarantees):
            self._are_in_order(promises, finds=Finds in publisher.abilities)

    @staticmethod
    def _are_in_order(promises: Guarantees, *, finds: bool) -> None:
        assert finds == (promises.find is not None), (
            "guarantees.find says how sure `find` is: set it exactly with Finds"
        )
        assert promises.absent_after is None or promises.find == "exact", (
            "absence proves something only where find is exact: leave absent_after out"
        )
        proves = sorted(status for status in promises.not_sent if status >= 500 or status < 300)
        assert not proves, f"{proves} in guarantees.not_sent: such an answer does not prove that nothing was published"
        assert promises.key_life is None or promises.key_life > timedelta(0)

    def test_promises_of_a_server_are_pure(self, harness: Harness) -> None:
        """Whether a lost answer may be sent again depends on the weather, or on a server that nobody has asked yet."""
        publisher = harness.publisher
        if not isinstance(publisher, VariesByServer) or not harness.has(VariesByServer):
            harness.untried = "does not claim VariesByServer"
            return
        profile = harness.profile
        unknown, touched = touches(lambda: publisher.guarantees_for(profile, {}))
        takes, touched_too = touches(lambda: publisher.scheduling_for(profile, {}))
        assert not touched + touched_too, f"both must be pure, but touch {', '.join(touched + touched_too)}"
        assert isinstance(unknown, Guarantees), f"guarantees_for answered {unknown!r} for a server nobody has asked"
        assert takes is None or isinstance(takes, Scheduling)
        assert unknown.key_life is None, "a server that nobody has asked may not know keys: promise none"
        assert harness.guarantees == harness.guarantees, "guarantees_for gave two answers to one question"

    def test_limits_are_pure_and_have_a_source(self, harness: Harness) -> None:
        """Posts are blocked or refused for limits that change by themselves, or that nobody can look up."""
        profile = harness.profile
        first = harness.publisher.limits(profile, {})
        harness.publisher.limits(profile, {})
        second, touched = touches(lambda: harness.publisher.limits(profile, {}))
        assert isinstance(first, Limits)
        assert first == second, "limits(profile, known) gave two answers to one question"
        assert not touched, f"limits must be pure, but touches {', '.join(touched)}"
        bare = Limits()
        for name in Limits.__struct_fields__:
            if name != "provenance" and getattr(first, name) != getattr(bare, name):
                known = first.provenance_of(name)
                assert known is not None and known.source.strip(), f"limits.{name} has no provenance"
                assert _A_DAY.fullmatch(known.as_of), f"limits.{name} is as of {known.as_of!r}: write 2026-11-23"
        assert all(limit.maximum > 0 for limit in first.text)

    def test_it_says_who_we_are(self, harness: Harness) -> None:
        """`smm profiles` and `smm doctor` say that all is well with an account that is somebody else's, or with none."""
        before = [post.id for post in harness.posts()]
        inspected = harness.inspect()
        assert inspected.account.strip(), "inspect must name the account"
        assert harness.case.account in inspected.account, (
            f"inspect says {inspected.account}, not {harness.case.account}"
        )
        to_json(inspected)
        assert isinstance(harness.publisher.limits(harness.profile, inspected.known), Limits)
        assert [post.id for post in harness.posts()] == before, "inspect must change nothing"

    def test_inspecting_tells_a_lost_login_from_a_bad_day(self, harness: Harness) -> None:
        """A platform that is down for a moment pauses the profile, or a login that is over is never noticed."""
        if harness.case.platform is None or not harness.asks_to_inspect():
            harness.untried = "inspect sends nothing"
            return
        with answering(harness.case.platform, Status(code=401)):
            error = failure_of(harness.inspect)
        assert isinstance(error, NeedsLogin), f"inspect must raise NeedsLogin where all answers are 401, not {error!r}"
        with answering(harness.case.platform, Status(code=503)):
            error = failure_of(harness.inspect)
        assert error is not None and not isinstance(error, (NeedsLogin, Rejected)), (
            f"after a 503 inspect must raise TryLater, not {type(error).__name__}: it says nothing of the login"
        )

    def test_small_abilities_keep_their_word(self, harness: Harness) -> None:
        """A preview, a set of rules or an instruction is empty just where a person looks at it."""
        publisher, claimed = harness.publisher, harness.publisher.abilities & {Previews, ByHand, Imitates}
        if not claimed:
            harness.untried = "claims neither Previews, ByHand nor Imitates"
        if Previews in claimed:
            self._previews(harness)
        if ByHand in claimed:
            words = publisher.instructions(harness.send_request(harness.job("Bread")))  # type: ignore[attr-defined]
            assert isinstance(words, str) and words.strip(), "instructions must say what to do"
        if Imitates in claimed:
            rules = publisher.rule_sets()  # type: ignore[attr-defined]
            assert rules and all(name and line for name, line in rules.items()), "rule_sets: name → one line about it"

    @staticmethod
    def _previews(harness: Harness) -> None:
        from smm_core.contracts import Preview, PreviewRequest
        from smm_core.model import Variant, sealed

        part = harness.job("Bread <script>alert(1)</script>", pictures=1).part
        variant = sealed(Variant(profile=harness.profile.name, parts=(part,)))
        request = PreviewRequest(
            profile=harness.profile, variant=variant, limits=harness.limits, now=harness.clock.now()
        )
        before = harness.requests
        preview: Preview = harness.call("preview", request, Preview)
        assert preview.png.startswith(b"\x89PNG") and preview.width > 0 and preview.height > 0
        assert "<script>" not in preview.html, "the preview's HTML does not escape the text"
        assert harness.requests == before, "a preview must not use the network"


def _is_frozen(kind: type) -> bool:
    return bool(getattr(kind, "__dataclass_params__").frozen)  # noqa: B009 - mypy does not know it
