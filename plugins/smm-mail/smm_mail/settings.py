"""What `[approvers.mail.settings]` may say, and what follows from it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from smm_core import Secret, SmmError

Security = Literal["starttls", "tls", "none"]

WHERE = "[approvers.mail.settings]"
TOKEN = "{token}"  # noqa: S105 - the place of one, not one
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_SMTP_PORTS = (("starttls", 587), ("tls", 465), ("none", 25))
_IMAP_PORTS = (("starttls", 143), ("tls", 993), ("none", 143))


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The settings of the approver. Replies are read where `imap_host` is set."""

    sender: str = field(metadata={"help": "Whom the mails are from: `Acme approvals <approve@acme.example>`."})
    smtp_host: str = field(metadata={"help": "The server that takes mail, such as `smtp.acme.example`."})
    smtp_port: int | None = field(
        default=None, metadata={"help": "Its port.", "absent": "587 with starttls, 465 with tls, 25 with none"}
    )
    smtp_security: Security = field(
        default="starttls",
        metadata={"help": "How the connection is kept private; `none` only on this machine, or without a password."},
    )
    user: str = field(default="", metadata={"help": "Who logs in there.", "absent": "nobody"})
    password: Secret | None = field(
        default=None, metadata={"help": "A reference to the password of `user`.", "absent": "none"}
    )
    reply_to: str = field(
        default="",
        metadata={
            "help": "Where replies go. With `{token}` in it each mail has an address of its own"
            " (`approve+{token}@acme.example`); without, the token stands in the subject.",
            "absent": "the sender",
        },
    )
    imap_host: str = field(
        default="", metadata={"help": "The server on which replies arrive.", "absent": "replies are not read"}
    )
    imap_port: int | None = field(default=None, metadata={"help": "Its port.", "absent": "993 with tls, else 143"})
    imap_security: Security = field(default="tls", metadata={"help": "As `smtp_security`."})
    imap_user: str = field(default="", metadata={"help": "Who logs in there.", "absent": "user"})
    imap_password: Secret | None = field(
        default=None, metadata={"help": "A reference to the password of `imap_user`.", "absent": "password"}
    )
    imap_folder: str = field(default="INBOX", metadata={"help": "The folder in which replies arrive."})
    replies: Literal["comments", "verdicts"] = field(
        default="comments",
        metadata={
            "help": "What a reply is: a comment, or an answer that decides (`verdicts`). Whom a mail is from can be"
            " forged: read the README before you let replies decide."
        },
    )
    authserv_id: str = field(
        default="",
        metadata={
            "help": "The name under which your mail server writes `Authentication-Results`: replies decide only where it"
            " says `dmarc=pass`.",
            "absent": "that header is not looked at",
        },
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """A server to talk to: where, how, and as whom (no `user`: without logging in)."""

    host: str
    port: int
    security: Security
    user: str
    password: Secret | None


def smtp_server(settings: Settings) -> Server:
    """The server that takes mail. A password that would travel in the open is an `SmmError`."""
    server = Server(
        host=settings.smtp_host,
        port=settings.smtp_port or dict(_SMTP_PORTS)[settings.smtp_security],
        security=settings.smtp_security,
        user=settings.user,
        password=settings.password,
    )
    return _checked(server, "smtp_security")


def imap_server(settings: Settings) -> Server:
    """The server on which replies arrive. A password that would travel in the open is an `SmmError`."""
    server = Server(
        host=settings.imap_host,
        port=settings.imap_port or dict(_IMAP_PORTS)[settings.imap_security],
        security=settings.imap_security,
        user=settings.imap_user or settings.user,
        password=settings.imap_password or settings.password,
    )
    if not server.user:
        raise SmmError(f"{WHERE} imap_user is missing", hint="an IMAP server shows nothing to nobody")
    return _checked(server, "imap_security")


def _checked(server: Server, key: str) -> Server:
    if server.security == "none" and server.user and server.host not in _LOOPBACK:
        raise SmmError(
            f'{WHERE} {key} is "none": the password would travel to {server.host} for all to read',
            hint='write "starttls" or "tls"',
        )
    if server.user and server.password is None:
        raise SmmError(
            f"{WHERE} there is a user and no password", hint='write for instance password = "keyring:smm/mail"'
        )
    return server
