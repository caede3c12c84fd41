"""Signed tokens: what a link says of itself, and that this workspace said so.

A token is JSON and an HMAC-SHA256 over it, both in base64url. The key lies beside the database, in a file that only the user
can read, and never in it. Whatever is wrong with a token is the same `BadLink`.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from smm_core.errors import BadLink, WorkspaceError
from smm_core.secrets import Secret

_PURPOSE = b"smm review link, version 1"
_LONGEST = 2000


class Claims(Struct, frozen=True, kw_only=True):
    """What a link says: for which workspace, under which id, for whom, to which review (None: all of theirs) and the digest of
    the digests that this asks about, and until when (UTC)."""

    workspace: str
    id: str
    person: str
    until: datetime
    review: int | None = None
    digests: str = ""


def new_id() -> str:
    """An id that nobody can guess and that never comes again."""
    return secrets.token_urlsafe(16)


class Signer:
    """Signs and checks claims with the key of one workspace, which is made when it is first needed."""

    def __init__(self, key_file: Path) -> None:
        self._path = key_file

    def sign(self, claims: Claims) -> Secret:
        """The token that says this."""
        body = _encode(msgspec.json.encode(claims, order="deterministic"))
        return Secret(f"{body}.{_encode(self._mac(body))}")

    def check(self, token: str) -> Claims:
        """What a token says, if this workspace signed it; otherwise `BadLink`. Whether it still holds is not looked at."""
        body, _, mac = token.partition(".") if len(token) <= _LONGEST and token.isascii() else ("", "", "")
        if not hmac.compare_digest(_encode(self._mac(body)), mac):
            raise BadLink
        try:
            return msgspec.json.decode(_decode(body), type=Claims)
        except (ValueError, binascii.Error, msgspec.MsgspecError):
            raise BadLink from None

    def _mac(self, body: str) -> bytes:
        key = hmac.digest(self._key(), _PURPOSE, hashlib.sha256)
        return hmac.digest(key, body.encode("ascii"), hashlib.sha256)

    def _key(self) -> bytes:
        with contextlib.suppress(FileNotFoundError):
            return self._read()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path.with_name(f"{self._path.name}.{new_id()}")
        try:
            with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(fresh, self._path)  # two processes may come at once: the first one's key is the key
            fresh.unlink()
        except OSError as error:
            raise WorkspaceError(f"{self._path}: {error.strerror}", hint="the workspace must be writable") from None
        return self._read()

    def _read(self) -> bytes:
        key = self._path.read_bytes()
        if len(key) < 32 or self._path.stat().st_mode & 0o077:
            raise WorkspaceError(
                f"{self._path} is no key, or others can read it",
                hint="delete it: a new one is made, and links that were sent before no longer hold",
            )
        return key


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
