"""Logging in by a browser: a person says yes, and a code becomes a token."""

from __future__ import annotations

import pytest

from smm_core.contracts import LogsIn
from smm_core.errors import NeedsLogin
from smm_core.testing.kit.publisher.harness import Harness
from smm_core.testing.kit.publisher.kept import failure_of
from smm_core.testing.kit.suite import Suite

_REDIRECT = "http://127.0.0.1:49152/"


class LoggingIn(Suite):
    """Tests of the login, where it is claimed."""

    @pytest.mark.parametrize("redirect", ["", _REDIRECT], ids=["a code to copy", "a browser that comes back"])
    def test_a_person_logs_in(self, harness: Harness, redirect: str) -> None:
        """Nobody gets in, or somebody else's code is taken for ours."""
        if not harness.has(LogsIn):
            return
        agrees = harness.case.agrees
        if agrees is None:
            pytest.fail("it claims LogsIn: give the case `agrees=`, a function that opens an address as a person would")
        begun = harness.begin_login(redirect)
        assert begun.url.startswith(("https://", "http://")), f"a person cannot open {begun.url}"
        other = harness.begin_login(redirect)
        assert not redirect or begun.state != other.state, "`state` must be another one every time: nobody may guess it"
        code = agrees(other.url)
        harness.restart()
        harness.complete_login(code, redirect)
        assert harness.credentials.puts, "the token must be in ctx.credentials"
        for text in (repr(begun), harness.heard.everything):
            assert code not in text, "the code shows; treat it like a password"

    def test_a_wrong_code_is_told(self, harness: Harness) -> None:
        """Somebody mistyped the code, and smm says that all is well, or that it has a mistake in itself."""
        if not harness.has(LogsIn):
            return
        harness.begin_login()
        error = failure_of(lambda: harness.complete_login("not-the-code"))
        assert isinstance(error, NeedsLogin), f"{error!r}: raise NeedsLogin and say that the login must begin anew"
