"""From questions to mails that are out: who gets which, in which thread, and never the same twice."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from msgspec import Struct

from smm_core import Asked, AskKind, AskRequest, AskTogetherRequest, Context, Person, SmmError, Tongue, Variant, replace
from smm_mail.compose import mail_of, parsed, sender_of, templates_of
from smm_mail.journal import About, Journal, Letter
from smm_mail.language import languages
from smm_mail.letter import PictureView, subject_of, view_of
from smm_mail.pictures import MOST_BYTES, Pictures, Shown
from smm_mail.settings import Settings, smtp_server
from smm_mail.smtp import Outbox, Refused

MOST = 25
"""Posts in one mail. A longer one is read by nobody."""


class Parcel(Struct, frozen=True, kw_only=True):
    """What one person is to be written in one mail. `letter` is there where this very mail was begun before."""

    person: Person
    kind: AskKind
    root: str
    questions: tuple[AskRequest, ...]
    letter: Letter | None = None


def write(request: AskTogetherRequest, settings: Settings, ctx: Context) -> tuple[Asked, ...]:
    """See `MailApprover.ask_together`."""
    journal = Journal(ctx.data_dir())
    writer = _Writer(settings=settings, ctx=ctx, journal=journal)
    with Outbox(smtp_server(settings)) as outbox:
        for parcel in parcels(request.questions, journal.letters()):
            writer.send(parcel, outbox)
    return writer.outcome(request.questions)


def parcels(questions: Sequence[AskRequest], known: dict[str, Letter]) -> Iterable[Parcel]:
    """What still has to go out, by person, thread and reason.

    A question that a mail of the journal holds belongs to that mail for ever: one that is out is left alone, one that was only begun
    goes out with the same questions and the same Message-ID.
    """
    begun: dict[str, list[AskRequest]] = {}
    new: dict[tuple[str, AskKind, str], list[AskRequest]] = {}
    persons: dict[str, Person] = {}
    mail_of_question = {(letter.person, one.key): letter for letter in known.values() for one in letter.about}
    for question in questions:
        for person in question.persons:
            persons[person.name] = person
            letter = mail_of_question.get((person.name, key_of(question)))
            if letter is None:
                root = "" if question.kind is AskKind.ASK else roots_of(question.thread).get(person.name, "")
                new.setdefault((person.name, question.kind, root), []).append(question)
            elif not letter.is_sent:
                begun.setdefault(letter.message_id, []).append(question)
    for message_id, ours in begun.items():
        letter = known[message_id]
        root = letter.root if letter.root != message_id else ""
        yield Parcel(person=persons[letter.person], kind=ours[0].kind, root=root, questions=tuple(ours), letter=letter)
    for (name, kind, root), ours in new.items():
        for start in range(0, len(ours), MOST):
            yield Parcel(person=persons[name], kind=kind, root=root, questions=tuple(ours[start : start + MOST]))


def key_of(question: AskRequest) -> str:
    """What names a question for good."""
    return question.key or f"{question.review.id}.{question.stage}.{question.kind}"


def roots_of(thread: str) -> dict[str, str]:
    """Person → the Message-ID of the mail in which they were asked, from what `Asked.thread` said."""
    try:
        found = json.loads(thread) if thread else {}
    except ValueError:
        return {}
    return {str(name): str(root) for name, root in found.items()} if isinstance(found, dict) else {}


@dataclass(kw_only=True)
class _Writer:
    settings: Settings
    ctx: Context
    journal: Journal
    refused: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._sender = sender_of(self.settings)
        self._pictures = Pictures(ctx=self.ctx, drawn={})
        self._templates = templates_of()
        self._tongues: dict[tuple[str, str], Tongue] = {}

    def send(self, parcel: Parcel, outbox: Outbox) -> None:
        """One mail: written down, handed over, written down as sent."""
        try:
            address = parsed(parcel.person.address, f"person {parcel.person.name}").addr_spec
        except SmmError as error:
            self.refused[parcel.person.name] = str(error)
            return
        tongue = self._tongue(parcel.person)
        letter = self._letter(parcel, address, tongue)
        view_pictures: dict[str, Shown] = {}
        view = view_of(
            parcel.kind,
            parcel.person,
            parcel.questions,
            tongue,
            self.ctx,
            subject=letter.subject,
            by_reply=self._by_reply(len(parcel.questions), tongue),
            pictures=lambda one, variant: self._inside(view_pictures, one, variant, parcel.person, letter),
        )
        mail = mail_of(letter, view, view_pictures, parcel.person, self.settings, tongue, self._templates)
        self.journal.write(letter)
        try:
            outbox.send(mail, self._sender.addr_spec, letter.address)
        except Refused as error:
            self.refused[parcel.person.name] = str(error)
            return
        self.journal.write(replace(letter, is_sent=True))

    def _tongue(self, person: Person) -> Tongue:
        key = (person.language, person.zone)
        if key not in self._tongues:
            self._tongues[key] = languages().of(*key)
        return self._tongues[key]

    def outcome(self, questions: Sequence[AskRequest]) -> tuple[Asked, ...]:
        """What core is told. A question that reached nobody is an `SmmError`, so that it is put again."""
        known = self.journal.letters()
        sent = {(one.person, about.key): one for one in known.values() if one.is_sent for about in one.about}
        outcomes, unheard = [], []
        for question in questions:
            mails = {one.name: sent.get((one.name, key_of(question))) for one in question.persons}
            roots = {name: letter.root for name, letter in mails.items() if letter is not None}
            if not roots:
                unheard.append(question)
            outcomes.append(Asked(thread=json.dumps(roots, sort_keys=True)))
        for name, why in self.refused.items():
            self.ctx.log.error("person %s gets no mail: %s", name, why)
        if unheard:
            self._say_unheard(unheard)
        return tuple(outcomes)

    def _say_unheard(self, unheard: Sequence[AskRequest]) -> None:
        posts = ", ".join(dict.fromkeys(one.post.slug for one in unheard[:5]))
        if self.refused:
            raise SmmError(f"post {posts}: nobody could be written to: {'; '.join(self.refused.values())}"[:1500])
        raise SmmError(
            f"post {posts}: there is nobody to write to", hint="name persons in the stage, or let it ask in another way"
        )

    def _letter(self, parcel: Parcel, address: str, tongue: Tongue) -> Letter:
        keys = "\n".join(f"{key_of(one)} {one.review.asked_at.isoformat()}" for one in parcel.questions)
        name = hashlib.sha256(f"{parcel.person.name}\n{keys}".encode()).hexdigest()[:40]
        message_id = f"<smm.{name}@{self._sender.domain}>"
        about = tuple(
            About(key=key_of(one), review_id=one.review.id, digests=dict(one.review.digests), stage=one.stage)
            for one in parcel.questions
        )
        if parcel.letter is not None:  # a yes to it must not count for what is no longer in it
            return replace(parcel.letter, about=about, address=address)
        thread = self.journal.letters().get(parcel.root)
        return Letter(
            message_id=message_id,
            root=parcel.root or message_id,
            person=parcel.person.name,
            address=address,
            subject=thread.subject if thread else subject_of(parcel.kind, parcel.questions, tongue),
            token=secrets.token_hex(8),
            at=self.ctx.now(),
            about=about,
        )

    def _by_reply(self, count: int, tongue: Tongue) -> str:
        _, many = tongue.words.gettext, tongue.words.ngettext
        if not self.settings.imap_host:
            return ""
        if self.settings.replies == "comments":
            return _("If you reply to this mail, your reply is kept as a comment; it decides nothing.")
        return many(
            "You can also reply: “ok” alone on the first line approves this post, anything else asks for changes.",
            "You can also reply: “ok” alone on the first line approves all %(count)d posts of this mail.",
            count,
        ) % {"count": count}

    def _inside(
        self, inside: dict[str, Shown], question: AskRequest, variant: Variant, person: Person, letter: Letter
    ) -> tuple[PictureView, ...]:
        """The pictures of a variant, as long as the mail does not get too large by them."""
        views = []
        for shown in self._pictures.of(question, person, variant):
            if sum(len(one.body) for one in inside.values()) + len(shown.body) > MOST_BYTES:
                break
            cid = f"{len(inside) + 1}.{letter.message_id.strip('<>')}"
            inside[cid] = shown
            views.append(PictureView(cid=cid, shown=shown))
        return tuple(views)
