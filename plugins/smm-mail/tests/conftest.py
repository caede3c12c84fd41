"""Real servers on loopback: one that takes mail, one that shows a mailbox; and a workspace whose reviews go out by mail."""

from __future__ import annotations

import io
import logging
import re
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword, Session
from PIL import Image, ImageDraw
from smm_mail.settings import Settings

from smm_core import Secret
from smm_core.clock import FakeClock
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.workspace import Workspace

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
PASSWORD = "canary-9d41c7e2"  # looked for in everything that is said

SMM_TOML = """
[workspace]
name = "Studio"
zone = "Europe/Amsterdam"

[plugins]
enabled = ["mail"]

[clients.acme]
title = "Acme Bakery"
zone = "Europe/Amsterdam"

[persons.wim]
address = "wim@studio.example"
roles = {{ acme = ["writer"] }}

[persons.bob]
title = "Bob Bakker"
address = "bob@acme.example"
language = "nl"
zone = "Europe/Amsterdam"
roles = {{ acme = ["client"] }}

[persons.anna]
title = "Anna"
address = "Anna@acme.example"
zone = "America/New_York"
roles = {{ acme = ["client"] }}

[persons.mia]
address = "mia@studio.example"
roles = {{ acme = ["manager"] }}

[profiles.acme-social]
platform = "manual"
slots = ["mon-fri 09:00", "mon-fri 17:00"]

[sources.content]
type = "folder"

[reviews]
public_url = "https://approve.acme.example"

[workflows.standard]
approver = "mail"
approve_by = "1 working day before"
remind = ["4 working hours before"]
[[workflows.standard.stages]]
name = "client"
audience = "client"
need = "all"
[[workflows.standard.escalate]]
before = "1 working hour before"
to = ["mia"]

[approvers.mail.settings]
sender = "Acme approvals <approve@studio.example>"
smtp_host = "127.0.0.1"
smtp_port = {smtp}
smtp_security = "none"
user = "studio"
password = "file:password"
reply_to = "approve+{{token}}@studio.example"
imap_host = "127.0.0.1"
imap_port = {imap}
imap_security = "none"
replies = "verdicts"
"""


@dataclass
class Server:
    """The mail server: what it took, and how it misbehaves."""

    port: int = 0
    taken: list[bytes] = field(default_factory=list)
    refused: frozenset[str] = frozenset()
    answer: str = "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 log in first"
        if address in self.refused:
            return "550 5.1.1 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:
        if self.answer.startswith("250"):
            assert isinstance(envelope.content, bytes)
            self.taken.append(envelope.content)
        return self.answer

    @property
    def mails(self) -> list[EmailMessage]:
        """What was taken, as a program that shows mails reads it."""
        found = [message_from_bytes(body, policy=default) for body in self.taken]
        assert all(isinstance(one, EmailMessage) for one in found)
        return found  # type: ignore[return-value]

    @staticmethod
    def plain(mail: EmailMessage) -> str:
        """The plain part."""
        part = mail.get_body(("plain",))
        assert part is not None
        return str(part.get_content())

    @staticmethod
    def html(mail: EmailMessage) -> str:
        """The HTML part."""
        part = mail.get_body(("html",))
        assert part is not None
        return str(part.get_content())

    def to(self, address: str) -> list[EmailMessage]:
        """The mails to one person, oldest first."""
        return [one for one in self.mails if address.lower() in str(one["To"]).lower()]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _login(server: Any, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and data.password == PASSWORD.encode()
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
def smtp() -> Iterator[Server]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # the server's own, which says every line of every mail
    server = Server(port=_free_port())
    controller = Controller(
        server,
        hostname="127.0.0.1",
        port=server.port,
        authenticator=_login,
        auth_require_tls=False,
    )
    controller.start()
    yield server
    controller.stop()


@pytest.fixture
def imap() -> Iterator[ImapServer]:
    with ImapServer("studio", PASSWORD) as server:
        yield server


@pytest.fixture
def make_settings(smtp: Server, imap: ImapServer) -> Callable[..., Settings]:
    def make(**changes: Any) -> Settings:
        known: dict[str, Any] = {
            "sender": "Acme approvals <approve@studio.example>",
            "smtp_host": "127.0.0.1",
            "smtp_port": smtp.port,
            "smtp_security": "none",
            "user": "studio",
            "password": Secret(PASSWORD),
            "reply_to": "approve+{token}@studio.example",
            "imap_host": "127.0.0.1",
            "imap_port": imap.port,
            "imap_security": "none",
            "replies": "verdicts",
        }
        return Settings(**known | changes)

    return make


@dataclass
class Studio:
    """A workspace with a clock, its mail server and its mailbox."""

    root: Path
    clock: FakeClock
    smtp: Server
    imap: ImapServer
    ws: Workspace

    def post(self, name: str, at: str, text: str, *, picture: bool = False, title: str = "") -> None:
        """A post file."""
        lines = [f'at = "{at}"', 'call_to_action = "Proef het."', f'title = "{title or name.title()}"']
        if picture:
            (self.root / "content" / "posts" / "loaf.png").write_bytes(loaf())
            lines.append('pictures = [{ file = "loaf.png", alt = "Een rond brood op een plank" }]')
        body = "\n".join(["+++", *lines, "+++", "", text, ""])
        (self.root / "content" / "posts" / f"{name}.md").write_text(body, "utf-8")

    def round(self) -> Report:
        """One round of the daemon, as far as asking goes."""
        collect(self.ws)
        render(self.ws)
        return review(self.ws)

    def on(self, **later: float) -> None:
        self.clock.advance(timedelta(**later))

    def set(self, old: str, new: str) -> None:
        """Change smm.toml."""
        path = self.root / "smm.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
        self.ws.reload()

    def reply(self, to: EmailMessage, text: str, *, sender: str = "", **headers: str) -> EmailMessage:
        """What a person's mail program makes of a reply, put into the mailbox."""
        mail = EmailMessage()
        mail["From"] = sender or str(to["To"])
        mail["To"] = str(to["Reply-To"])
        mail["Subject"] = f"Re: {to['Subject']}"
        mail["Message-ID"] = f"<{len(self.imap.mails)}.reply@acme.example>"
        mail["In-Reply-To"] = str(to["Message-ID"])
        mail["References"] = " ".join(filter(None, (str(to["References"] or ""), str(to["Message-ID"]))))
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        quoted = "\n".join(f"> {line}" for line in Server.plain(to).splitlines())
        mail.set_content(f"{text}\n\nOp ma 23 nov 2026 om 09:00 schreef Acme approvals <x@y.example>:\n{quoted}\n")
        self.imap.add(mail.as_bytes())
        return mail


@pytest.fixture
def studio(tmp_path: Path, smtp: Server, imap: ImapServer) -> Iterator[Studio]:
    root = tmp_path / "workspace"
    (root / "content" / "posts").mkdir(parents=True)
    (root / "smm.toml").write_text(SMM_TOML.format(smtp=smtp.port, imap=imap.port))
    (root / "password").write_text(PASSWORD)
    (root / "password").chmod(0o600)
    clock = FakeClock(MONDAY)
    with Workspace(root, clock) as ws:
        ws._by = "wim"
        yield Studio(root=root, clock=clock, smtp=smtp, imap=imap, ws=ws)


def loaf() -> bytes:
    """A picture."""
    image = Image.new("RGB", (900, 600), "#e9dcc9")
    ImageDraw.Draw(image).ellipse((250, 120, 650, 480), fill="#a9682f")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


# ---------------------------------------------------------------- a mailbox

_DATE = "%d-%b-%Y"


class ImapServer:
    """A mailbox on loopback that speaks as much IMAP4rev1 (RFC 3501) as a program that only reads needs.

    It serves INBOX to one user. `uids` begin at `first_uid`; what was asked of it is in `commands`.
    """

    def __init__(self, user: str, password: str) -> None:
        self.user, self.password = user, password
        self.mails: dict[int, tuple[date, bytes]] = {}
        self.validity = 77
        self.commands: list[str] = []
        self.falls_silent_after = ""
        self._next = 5

    def add(self, body: bytes, day: date = date(2026, 11, 23)) -> None:
        """A mail comes in."""
        self.mails[self._next] = (day, body)
        self._next += 1

    def made_anew(self) -> None:
        """The mailbox was moved to another server: the same mails under other UIDs."""
        self.validity += 1
        self.mails = {uid + 100: mail for uid, mail in self.mails.items()}
        self._next += 100

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> ImapServer:
        outer = self

        class Connection(socketserver.StreamRequestHandler):
            wbufsize = -1

            def handle(self) -> None:
                outer._serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, link: socketserver.StreamRequestHandler) -> None:
        def say(line: bytes) -> None:
            link.wfile.write(line + b"\r\n")

        say(b"* OK ready")
        link.wfile.flush()
        while line := link.rfile.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.commands.append(command)
            if self.falls_silent_after and command.startswith(self.falls_silent_after):
                return
            word = command.split()[0].upper()
            if word == "CAPABILITY":
                say(b"* CAPABILITY IMAP4rev1")
            elif word == "LOGIN":
                if command.split()[1:] != [self.user, f'"{self.password}"']:
                    say(f"{tag} NO [AUTHENTICATIONFAILED] {command}".encode())  # some servers do say it all again
                    link.wfile.flush()
                    continue
            elif word == "EXAMINE":
                if command.split()[1] != '"INBOX"':
                    say(f"{tag} NO there is no such folder".encode())
                    link.wfile.flush()
                    continue
                say(f"* {len(self.mails)} EXISTS".encode())
                say(f"* OK [UIDVALIDITY {self.validity}] valid".encode())
            elif command.startswith("UID SEARCH"):
                say(b"* SEARCH" + b"".join(f" {uid}".encode() for uid in self._found(command)))
            elif command.startswith("UID FETCH"):
                uid = int(command.split()[2])
                assert "BODY.PEEK[]" in command, "a mail that is read must not be marked as read"
                body = self.mails[uid][1]
                say(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(body)}}}".encode())
                link.wfile.write(body)
                say(b")")
            elif word == "LOGOUT":
                say(b"* BYE")
                say(f"{tag} OK".encode())
                return
            else:
                say(f"{tag} BAD unknown".encode())
                link.wfile.flush()
                continue
            say(f"{tag} OK done".encode())
            link.wfile.flush()

    def _found(self, command: str) -> list[int]:
        found = re.fullmatch(r"UID SEARCH UID (\d+):\* SINCE (\S+)", command)
        assert found is not None, command
        first, since = int(found[1]), datetime.strptime(found[2], _DATE).date()
        uids = [uid for uid, (day, _) in self.mails.items() if uid >= first and day >= since]
        return uids or [max(self.mails)] if self.mails else []  # "n:*" always has the last one (RFC 3501, 6.4.8)
