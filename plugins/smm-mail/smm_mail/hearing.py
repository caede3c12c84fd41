"""From the mails that came in to answers, comments, and what a person should look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from smm_core import Answer, Context, Decision, PollRequest, Remark, Repeated, Review, SmmError, Trouble
from smm_mail.incoming import Incoming, read
from smm_mail.journal import About, Letter
from smm_mail.reply import Meaning, said
from smm_mail.settings import Settings


@dataclass(kw_only=True, slots=True)
class Hearing:
    """Hears mails one by one. `letters` are those that we sent, by Message-ID; what came of it is in `answers` and `troubles`."""

    request: PollRequest
    settings: Settings
    letters: Mapping[str, Letter]
    ctx: Context
    answers: list[Answer] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)

    def hear(self, body: bytes) -> None:
        """One mail. What is no answer to a mail of ours is somebody else's business."""
        mail = read(body)
        lost = [self.letters[one] for one in mail.bounces if one in self.letters]
        if lost:
            self._trouble(lost[0], f"the mail to {lost[0].address} was not delivered: {mail.why or 'no reason given'}")
            return
        thread = [self.letters[one] for one in mail.replies_to if one in self.letters]
        if not thread or mail.is_automatic:
            return
        letter = next((one for one in reversed(thread) if one.token.lower() in mail.addressed), None)
        if letter is None:
            self._trouble(
                thread[-1], "a reply came without the mark of the mail that it answers; it counts for nothing"
            )
        elif mail.sender != letter.address.lower():
            found = mail.sender or "somebody who cannot be told"
            self._trouble(letter, f"a reply came from {found}, not from {letter.address}; it counts for nothing")
        else:
            self._heard(letter, mail)

    def _heard(self, letter: Letter, mail: Incoming) -> None:
        reviews = {one.id: one for one in self.request.reviews}
        about = [one for one in letter.about if _is_open(one, reviews.get(one.review_id))]
        heard = said(mail.text, (*mail.names, *letter.person.lower().split("-")))
        if not about:
            words = f": {heard.text[:200]}" if heard.text else ""
            self._trouble(letter, f"{letter.person} answered when nothing of it was open any more{words}")
        elif not heard.text:
            self._trouble(letter, f"{letter.person} replied and wrote nothing above the quoted mail")
        elif self.settings.replies == "comments":
            self._comment(letter, mail, about, heard.text)
        elif self.settings.authserv_id and not mail.is_vouched_for(self.settings.authserv_id):
            self._comment(letter, mail, about, heard.text)
            self._trouble(letter, f"the reply of {letter.person} has no proof of where it is from; kept as a comment")
        elif heard.meaning is Meaning.APPROVE:
            self._answer(letter, mail, about, Decision.APPROVE)
        elif heard.meaning is Meaning.REWORK and len(letter.about) == 1:
            self._answer(letter, mail, about, Decision.REWORK, heard.text)
        else:
            self._comment(letter, mail, about, heard.text)
            which = f" to a mail about {len(letter.about)} posts" if len(letter.about) > 1 else ""
            self._trouble(letter, f"the reply of {letter.person}{which} is no clear yes; kept as a comment: ask them")

    def _answer(self, letter: Letter, mail: Incoming, about: list[About], decision: Decision, remark: str = "") -> None:
        self.answers += [
            Answer(
                review_id=one.review_id,
                decision=decision,
                by=letter.person,
                digests=dict(one.digests),
                remark=remark,
                stage=one.stage,
                once=_once(letter, mail, one),
            )
            for one in about
        ]

    def _comment(self, letter: Letter, mail: Incoming, about: list[About], text: str) -> None:
        for one in about:
            try:
                desk = self.ctx.reviews
                desk.comment(
                    desk.reviewer(letter.person), one.review_id, Remark(text=text), once=_once(letter, mail, one)
                )
            except Repeated:
                continue
            except SmmError as error:
                self._trouble(letter, f"the reply of {letter.person} about review {one.review_id} is not kept: {error}")

    def _trouble(self, letter: Letter, message: str) -> None:
        self.troubles.append(Trouble(where=f"mail “{letter.subject}”", message=message))


def _is_open(about: About, review: Review | None) -> bool:
    """Whether a review still waits with what the mail asked about."""
    return review is not None and dict(review.digests) == dict(about.digests)


def _once(letter: Letter, mail: Incoming, about: About) -> str:
    return f"mail:{letter.token}:{mail.digest}:{about.review_id}"
