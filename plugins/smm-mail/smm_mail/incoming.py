"""What a mail that came in is: from whom, in reply to what, written by a person or by a machine, and what it says.

Nothing in it is believed: whoever wrote it may mean no good, and what cannot be read is simply not there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.header import decode_header
from email.message import Message
from typing import Any

from msgspec import Struct

_ID = re.compile(r"<[^<>\s]{3,250}>")
_MAILBOX = re.compile(r"(?:[^<]*<)?\s*([^\s<>\"(),;:@]+@[^\s<>\"(),;:@]+?)\s*>?\s*")
_DMARC = re.compile(r";\s*dmarc\s*=\s*pass\b", re.IGNORECASE)
_LARGEST_TEXT = 200_000
_MOST_IDS = 200


class Incoming(Struct, frozen=True, kw_only=True):
    """A mail. `sender` is an address in small letters, empty where it is not one and clear.

    `replies_to` are the Message-IDs that it answers; `names` are the words by which the sender calls themself. `addressed` is
    where it says that it goes, and its subject, in small letters. `bounces` are the Message-IDs of mails that it says
    were not delivered, and `why`. `digest` stands for the whole.
    """

    digest: str
    sender: str
    names: tuple[str, ...]
    replies_to: tuple[str, ...]
    addressed: str
    text: str
    is_automatic: bool
    bounces: tuple[str, ...]
    why: str
    results: tuple[str, ...]

    def is_vouched_for(self, authserv_id: str) -> bool:
        """Whether our own mail server says that the sender's domain stands behind it. Only its first word counts: below may
        stand what the sender wrote."""
        first = next((one for one in self.results if _server_of(one) == authserv_id.lower()), "")
        return bool(self.results and first == self.results[0] and _DMARC.search(first))


def read(body: bytes) -> Incoming:
    """The mail in these bytes; any bytes are one."""
    mail = message_from_bytes(body)
    sender, names = _sender(mail)
    bounces, why = _bounces(mail)
    return Incoming(
        digest=hashlib.sha256(_head(mail, "Message-ID").encode() or body).hexdigest()[:24],
        sender=sender,
        names=names,
        replies_to=_ids(" ".join((_head(mail, "In-Reply-To"), _all(mail, "References")))),
        addressed=" ".join(
            _all(mail, name) for name in ("Subject", "To", "Cc", "Delivered-To", "X-Original-To")
        ).lower(),
        text=_text(mail),
        is_automatic=_is_automatic(mail),
        bounces=bounces,
        why=why,
        results=tuple(_plain(one) for one in mail.get_all("Authentication-Results", [])),
    )


# ---------------------------------------------------------------- headers


def _head(mail: Message, name: str) -> str:
    return _plain(mail.get(name, ""))


def _all(mail: Message, name: str) -> str:
    return " ".join(_plain(one) for one in mail.get_all(name, []))


def _plain(value: Any) -> str:
    """A header as text, encoded words decoded, on one line."""
    try:
        pieces = [
            piece if isinstance(piece, str) else piece.decode(charset or "ascii", "replace")
            for piece, charset in decode_header(str(value))
        ]
    except (ValueError, LookupError, AttributeError, IndexError):
        pieces = [str(value)]
    return " ".join("".join(pieces).split())


def _sender(mail: Message) -> tuple[str, tuple[str, ...]]:
    """The one address that it is from, read from the header as it stands: what an encoded word says is only a name."""
    found = mail.get_all("From", [])
    if len(found) != 1:
        return "", ()
    raw = " ".join(str(found[0]).split())
    match = _MAILBOX.fullmatch(raw)
    name = _plain(raw).rpartition("<")[0]
    return (match[1].lower() if match else ""), tuple(re.findall(r"\w+", name.lower()))


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_ID.findall(text)))[-_MOST_IDS:]


def _server_of(result: str) -> str:
    return re.split(r"[\s;]", result.strip(), maxsplit=1)[0].lower()


def _is_automatic(mail: Message) -> bool:
    """Whether a machine wrote it: out of office, a receipt, a list (RFC 3834, and what was usual before it)."""
    submitted = _head(mail, "Auto-Submitted").lower()
    return (
        (submitted != "" and not submitted.startswith("no"))
        or _head(mail, "Precedence").lower() in ("bulk", "junk", "list", "auto_reply")
        or any(name in mail for name in ("X-Autoreply", "X-Autorespond", "X-Auto-Response-From", "List-Id"))
        or _head(mail, "Return-Path") == "<>"
        or mail.get_content_type() == "multipart/report"
    )


# ---------------------------------------------------------------- what was not delivered


def _bounces(mail: Message) -> tuple[tuple[str, ...], str]:
    """The mails that a delivery report is about (RFC 3464), and its reason; nothing when none has failed."""
    if mail.get_content_type() != "multipart/report":
        return (), ""
    failed, why, ids = False, "", ""
    for part in mail.walk():
        action = _head(part, "Action").lower()
        failed = failed or action == "failed"
        why = why or _head(part, "Diagnostic-Code") or _head(part, "Status")
        if part is not mail:
            ids += " " + _head(part, "Message-ID")
        if part.get_content_type() == "text/rfc822-headers":
            ids += " " + _head(message_from_bytes(_bytes(part)), "Message-ID")
    return (_ids(ids), why[:200]) if failed else ((), "")


# ---------------------------------------------------------------- the text


def _text(mail: Message) -> str:
    """What it says as plain text; of a mail that is HTML only, the words of it."""
    for kind in ("text/plain", "text/html"):
        for part in _shown(mail):
            if part.get_content_type() == kind:
                text = _decoded(part)
                return (text if kind == "text/plain" else _words_of(text)).replace("\r\n", "\n").replace("\r", "\n")
    return ""


def _shown(mail: Message) -> Iterator[Message]:
    """Its leaves that are no attachments and no mails of others."""
    if mail.get_content_maintype() == "message" or mail.get_content_disposition() == "attachment":
        return
    children = mail.get_payload()
    if mail.is_multipart() and isinstance(children, list):
        for child in children:
            if isinstance(child, Message):
                yield from _shown(child)
        return
    yield mail


def _bytes(part: Message) -> bytes:
    try:
        body = part.get_payload(decode=True)
    except (ValueError, LookupError, AssertionError):
        return b""
    return body if isinstance(body, bytes) else b""


def _decoded(part: Message) -> str:
    body = _bytes(part)[:_LARGEST_TEXT]
    try:
        return body.decode(str(part.get_content_charset("utf-8")), "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _words_of(html: str) -> str:
    """The words of HTML, without what it quotes."""
    from smm_mail.html_words import words_of

    return words_of(html)
