"""A letter as a mail: plain text, HTML with its pictures inside, and headers that no text from outside can break out of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING

from smm_core import Person, SmmError, Tongue
from smm_mail.journal import Letter
from smm_mail.letter import LetterView
from smm_mail.pictures import Shown
from smm_mail.settings import TOKEN, WHERE, Settings
from smm_mail.text import one_line

if TYPE_CHECKING:
    from jinja2 import Environment

_ADDRESS = re.compile(r"[^\s@<>\"(),;:\\\x00-\x1f]+@[^\s@<>\"(),;:\\\x00-\x1f]+")
_NAMED = re.compile(r"\s*(?:(?P<name>[^<>]*?)\s*<(?P<address>[^<>]+)>|(?P<bare>[^<>\s]+))\s*")


def sender_of(settings: Settings) -> Address:
    """Whom the mails are from."""
    return parsed(settings.sender, f"{WHERE} sender")


def parsed(text: str, whose: str) -> Address:
    """`Name <address>` or a bare address; anything else is an `SmmError` that says whose it is."""
    found = _NAMED.fullmatch(text)
    address = (found["address"] or found["bare"] or "") if found else ""
    if found is None or not _ADDRESS.fullmatch(address):
        raise SmmError(f"{whose}: {text!r} is no mail address", hint="it looks like anna@acme.example")
    try:
        name = one_line((found["name"] or "").strip().strip('"'))
        return Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError):
        raise SmmError(f"{whose}: {text!r} is no mail address", hint="it looks like anna@acme.example") from None


def mail_of(
    letter: Letter,
    view: LetterView,
    pictures: Mapping[str, Shown],
    person: Person,
    settings: Settings,
    tongue: Tongue,
    templates: Environment,
) -> EmailMessage:
    """The mail. The same letter gives the same Message-ID, however often it is made."""
    sender = sender_of(settings)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    to = parsed(person.address, f"person {person.name}")
    mail["To"] = Address(display_name=one_line(person.title or ""), addr_spec=to.addr_spec)
    mail["Reply-To"] = _reply_address(settings, sender, letter)
    mail["Subject"] = _subject(letter, settings)
    mail["Date"] = _date(letter.at)
    mail["Message-ID"] = letter.message_id
    if letter.root != letter.message_id:
        mail["In-Reply-To"] = letter.root
        mail["References"] = letter.root
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    words = {"letter": view, "_": tongue.words.gettext}
    mail.set_content(templates.get_template("letter.txt.j2").render(words), cte="quoted-printable")
    mail.add_alternative(templates.get_template("letter.html.j2").render(words), "html", cte="quoted-printable")
    html = mail.get_payload()[1]  # type: ignore[index]
    assert isinstance(html, EmailMessage)  # noqa: S101 - the alternative that was just added
    for number, (cid, shown) in enumerate(pictures.items(), 1):
        html.add_related(
            shown.body, "image", "jpeg", cid=f"<{cid}>", filename=f"preview-{number}.jpg", disposition="inline"
        )
    return mail


def _reply_address(settings: Settings, sender: Address, letter: Letter) -> Address:
    if not settings.reply_to:
        return sender
    return parsed(settings.reply_to.replace(TOKEN, letter.token), f"{WHERE} reply_to")


def _subject(letter: Letter, settings: Settings) -> str:
    """The letter's subject; where no reply address holds the token and replies are read, the subject does."""
    subject = letter.subject
    if letter.root != letter.message_id:
        subject = f"Re: {subject}"
    if settings.imap_host and TOKEN not in settings.reply_to:
        subject = f"{subject} [{letter.token}]"
    return subject


def _date(at: datetime) -> str:
    return format_datetime(at)


def templates_of() -> Environment:
    """The two templates of a mail, ready to be filled in; making them takes longer than filling them in."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    return Environment(
        loader=PackageLoader("smm_mail"),
        autoescape=select_autoescape(enabled_extensions=("html.j2",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
