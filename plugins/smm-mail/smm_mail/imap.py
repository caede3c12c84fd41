"""Reading what came to the mailbox for replies. Nothing is changed there: the folder is opened for reading only."""

from __future__ import annotations

import imaplib
import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from types import TracebackType

from msgspec import Struct

from smm_core import NeedsLogin, SmmError, TryLater
from smm_mail.settings import WHERE, Server

PATIENCE = 20.0
"""Seconds to wait for each answer of the server."""
MOST = 50
"""Mails that are read in one go; the others wait for the next round."""
LARGEST = 1_000_000
"""Bytes that are read of a mail; what a person writes stands at its beginning."""
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Place(Struct, frozen=True, kw_only=True):
    """Where the last reading stopped: the folder's UIDVALIDITY, and the UID of the last mail."""

    validity: int = 0
    uid: int = 0

    @classmethod
    def parse(cls, cursor: str) -> Place:
        """The place of a cursor; anything that is none is the beginning."""
        found = re.fullmatch(r"(\d{1,10}):(\d{1,10})", cursor)
        return cls(validity=int(found[1]), uid=int(found[2])) if found else cls()

    def __str__(self) -> str:
        return f"{self.validity}:{self.uid}"


class Mailbox:
    """One folder on the server, open while this is entered."""

    def __init__(self, server: Server, folder: str) -> None:
        self._server = server
        self._folder = folder
        self._imap: imaplib.IMAP4 | None = None

    def __enter__(self) -> Mailbox:
        with self._told():
            self._imap = self._connected()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._imap is not None:
            try:
                self._imap.logout()
            except (imaplib.IMAP4.error, OSError):
                with suppress(OSError):
                    self._imap.shutdown()

    def since(self, place: Place, first_day: datetime) -> tuple[list[bytes], Place]:
        """The next mails after a place, oldest first, at most `MOST`, and where they end.

        A folder that was made anew is read from `first_day` (UTC) on, as it is the first time.
        """
        with self._told():
            imap = self._open()
            validity = _number(imap.response("UIDVALIDITY")[1])
            if validity != place.validity:
                place = Place(validity=validity)
            uids = sorted(uid for uid in self._search(imap, place, first_day) if uid > place.uid)[:MOST]
            mails = [self._fetch(imap, uid) for uid in uids]
        return [mail for mail in mails if mail], Place(validity=validity, uid=uids[-1]) if uids else place

    def _connected(self) -> imaplib.IMAP4:
        server = self._server
        imap: imaplib.IMAP4
        if server.security == "tls":
            imap = imaplib.IMAP4_SSL(
                server.host, server.port, timeout=PATIENCE, ssl_context=ssl.create_default_context()
            )
        else:
            imap = imaplib.IMAP4(server.host, server.port, timeout=PATIENCE)
        try:
            if server.security == "starttls":
                imap.starttls(ssl.create_default_context())
            self._log_in(imap)
            answer, _ = imap.select(_quoted(self._folder), readonly=True)
            if answer != "OK":
                raise SmmError(
                    f"IMAP server {server.host} has no folder {self._folder!r}", hint=f"look at imap_folder in {WHERE}"
                )
        except BaseException:
            imap.shutdown()
            raise
        return imap

    def _log_in(self, imap: imaplib.IMAP4) -> None:
        server = self._server
        try:
            imap.login(server.user, server.password.reveal() if server.password else "")
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error:
            raise NeedsLogin(
                f"IMAP server {server.host}:{server.port} does not accept the login of {server.user}",
                hint=f"look at imap_user and imap_password in {WHERE}",
            ) from None

    def _open(self) -> imaplib.IMAP4:
        if self._imap is None:
            raise imaplib.IMAP4.abort("not connected")
        return self._imap

    def _search(self, imap: imaplib.IMAP4, place: Place, first_day: datetime) -> list[int]:
        since = f"{first_day.day}-{_MONTHS[first_day.month - 1]}-{first_day.year}"
        answer, lines = imap.uid("SEARCH", f"UID {place.uid + 1}:* SINCE {since}")
        if answer != "OK":
            raise imaplib.IMAP4.abort("SEARCH was refused")
        return [int(word) for line in lines if line for word in line.split() if word.isdigit()]

    def _fetch(self, imap: imaplib.IMAP4, uid: int) -> bytes:
        answer, lines = imap.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
        if answer != "OK":
            raise imaplib.IMAP4.abort("FETCH was refused")
        found = [line[1] for line in lines if isinstance(line, tuple) and len(line) > 1]
        return bytes(found[0])[:LARGEST] if found else b""  # a mail that somebody has removed meanwhile

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the library raises, as errors that say what to do."""
        place = f"IMAP server {self._server.host}:{self._server.port}"
        try:
            yield
        except imaplib.IMAP4.error as error:
            raise TryLater(f"{place} said something that is no answer ({type(error).__name__})") from None
        except ssl.SSLError as error:
            raise SmmError(
                f"{place}: no private connection ({error.reason or error})",
                hint=f"look at imap_host, imap_port and imap_security in {WHERE}",
            ) from None
        except OSError as error:
            raise TryLater(
                f"{place} cannot be reached ({error.strerror or error})",
                hint=f"look at imap_host and imap_port in {WHERE}",
            ) from None


def _quoted(folder: str) -> str:
    if not folder.isascii() or not folder.isprintable():
        raise SmmError(
            f"{WHERE} imap_folder {folder!r}", hint="write it as the server lists it, in ASCII (RFC 3501, 5.1.3)"
        )
    escaped = folder.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _number(lines: list[bytes | None] | list[object]) -> int:
    word = next((line for line in lines if isinstance(line, bytes)), b"")
    return int(word) if word.isdigit() else 0
