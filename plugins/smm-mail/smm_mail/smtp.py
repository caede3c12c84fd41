"""Handing mails to the server that takes them."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from types import TracebackType

from smm_core import NeedsLogin, SmmError, TryLater
from smm_mail.settings import WHERE, Server

PATIENCE = 20.0
"""Seconds to wait for each answer of the server."""


class Refused(SmmError):
    """The server will never take mail for this address."""


class Outbox:
    """A connection to the server, opened when the first mail is sent. Errors never hold what the server said about a login."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Outbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._smtp is not None:
            try:
                self._smtp.quit()
            except (smtplib.SMTPException, OSError):
                self._smtp.close()

    def send(self, message: EmailMessage, sender: str, address: str) -> None:
        """Hand one mail over. `Refused` when there is no such address, `TryLater` when the server is away or busy, another
        `SmmError` when somebody has to mend the settings."""
        with self._told():
            if self._smtp is None:
                self._smtp = self._connected()
            self._smtp.send_message(message, from_addr=sender, to_addrs=[address])

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        context = None if server.security == "none" else ssl.create_default_context()
        smtp: smtplib.SMTP
        if server.security == "tls":
            smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE, context=context)
        else:
            smtp = smtplib.SMTP(server.host, server.port, timeout=PATIENCE)
        try:
            if server.security == "starttls":
                smtp.starttls(context=context)
            if server.user and server.password is not None:
                smtp.login(server.user, server.password.reveal())
        except BaseException:
            smtp.close()
            raise
        return smtp

    @contextmanager
    def _told(self) -> Iterator[None]:
        """What the library raises, as errors that say what to do."""
        place = f"mail server {self._server.host}:{self._server.port}"
        try:
            yield
        except smtplib.SMTPAuthenticationError:
            raise NeedsLogin(
                f"{place} does not accept the login of {self._server.user}",
                hint=f"look at user and password in {WHERE}",
            ) from None
        except smtplib.SMTPRecipientsRefused as error:
            ((address, (code, words)),) = error.recipients.items()
            if code < 500:
                raise TryLater(f"{place} does not take mail for {address} now: {_said(code, words)}") from None
            raise Refused(
                f"{place} refuses {address}: {_said(code, words)}", hint="mend the person's address"
            ) from None
        except smtplib.SMTPNotSupportedError as error:
            raise SmmError(f"{place}: {error}", hint=f"look at smtp_security and user in {WHERE}") from None
        except smtplib.SMTPResponseException as error:
            said = _said(error.smtp_code, error.smtp_error)
            if error.smtp_code < 500:
                raise TryLater(f"{place} takes no mail now: {said}") from None
            raise SmmError(f"{place} refused the mail: {said}", hint=f"look at sender in {WHERE}") from None
        except smtplib.SMTPException:
            raise TryLater(f"{place} hung up; the mail is sent again, with the same Message-ID") from None
        except ssl.SSLError as error:
            raise SmmError(
                f"{place}: no private connection ({error.reason or error})",
                hint=f"look at smtp_host, smtp_port and smtp_security in {WHERE}",
            ) from None
        except OSError as error:
            raise TryLater(
                f"{place} cannot be reached ({error.strerror or error})",
                hint=f"look at smtp_host and smtp_port in {WHERE}",
            ) from None


def _said(code: int, words: bytes | str) -> str:
    text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    return f"{code} {' '.join(text.split())[:200]}"
