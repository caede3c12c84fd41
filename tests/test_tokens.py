"""Signed tokens: only what this workspace said, to the letter."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smm_core.errors import BadLink, WorkspaceError
from smm_core.tokens import Claims, Signer, new_id

CLAIMS = Claims(workspace="w", id="i", person="carla", until=datetime(2026, 12, 1, tzinfo=UTC), review=3, digests="abc")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer(tmp_path / ".smm" / "link-key")


def test_what_was_signed_comes_back(signer: Signer) -> None:
    assert signer.check(signer.sign(CLAIMS).reveal()) == CLAIMS


def test_the_key_is_private_and_made_once_however_many_come_at_once(tmp_path: Path) -> None:
    tokens: list[str] = []
    threads = [
        threading.Thread(target=lambda: tokens.append(Signer(tmp_path / "key").sign(CLAIMS).reveal())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens) == 8
    assert len(set(tokens)) == 1
    assert stat.S_IMODE((tmp_path / "key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("key*")] == ["key"]


def test_a_key_that_others_can_read_is_not_used(signer: Signer, tmp_path: Path) -> None:
    signer.sign(CLAIMS)
    (tmp_path / ".smm" / "link-key").chmod(0o644)
    with pytest.raises(WorkspaceError, match="others can read it"):
        signer.sign(CLAIMS)


def test_another_workspace_s_key_does_not_fit(signer: Signer, tmp_path: Path) -> None:
    with pytest.raises(BadLink):
        signer.check(Signer(tmp_path / "other").sign(CLAIMS).reveal())


def test_a_token_never_shows(signer: Signer) -> None:
    token = signer.sign(CLAIMS)
    assert token.reveal() not in f"{token} {token!r}"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_a_letter_is_noticed(signer: Signer, data: st.DataObject) -> None:
    token = signer.sign(CLAIMS).reveal()
    at = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.characters(min_codepoint=32, max_codepoint=126).filter(lambda one: one != token[at]))
    with pytest.raises(BadLink):
        signer.check(token[:at] + letter + token[at + 1 :])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(token=st.one_of(st.text(max_size=100), st.from_regex(r"[\w-]{0,40}\.[\w-]{0,43}", fullmatch=True)))
def test_anything_else_is_refused_in_the_same_words(signer: Signer, token: str) -> None:
    with pytest.raises(BadLink) as caught:
        signer.check(token)
    assert str(caught.value) == str(BadLink())


def test_ids_do_not_come_again() -> None:
    assert len({new_id() for _ in range(1000)}) == 1000
