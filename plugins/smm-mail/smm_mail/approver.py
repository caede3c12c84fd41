"""The approver `mail`."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from smm_core import (
    Asked,
    AskRequest,
    AsksTogether,
    AskTogetherRequest,
    ConfigError,
    Context,
    PollPage,
    PollRequest,
)
from smm_mail.settings import Settings


class MailApprover:
    """Writes to each person about all that waits for them, and hears their replies where a mailbox is set up.

    It keeps no state of its own: which mails went out stands in the plugin's folder, and is looked up at each call.
    """

    name = "mail"
    settings = Settings
    abilities: ClassVar[frozenset[type]] = frozenset({AsksTogether})

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """One question."""
        together = AskTogetherRequest(client=request.review.client, questions=(request,), settings=request.settings)
        (asked,) = self.ask_together(together, ctx)
        return asked

    def ask_together(self, request: AskTogetherRequest, ctx: Context) -> tuple[Asked, ...]:
        """Many questions: one mail to each person about all of theirs. What a person has had already is not sent again.

        `TryLater` when the server is away, another `SmmError` when a question reaches nobody.
        """
        from smm_mail.writing import write

        return write(request, _settings(request.settings), ctx)

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """The replies that came since, where a mailbox is set up."""
        settings = _settings(request.settings)
        if not settings.imap_host or not request.reviews:
            return PollPage(cursor=request.cursor)
        from smm_mail.hearing import Hearing
        from smm_mail.imap import Mailbox, Place
        from smm_mail.journal import Journal
        from smm_mail.settings import imap_server

        first_day = min(one.asked_at for one in request.reviews) - timedelta(days=1)  # a server has a zone of its own
        with Mailbox(imap_server(settings), settings.imap_folder) as mailbox:
            mails, place = mailbox.since(Place.parse(request.cursor), first_day)
        letters = Journal(ctx.data_dir()).letters()
        hearing = Hearing(request=request, settings=settings, letters=letters, ctx=ctx)
        for mail in mails:
            hearing.hear(mail)
        return PollPage(answers=tuple(hearing.answers), cursor=str(place), troubles=tuple(hearing.troubles))


def _settings(settings: object) -> Settings:
    if isinstance(settings, Settings):
        return settings
    raise ConfigError(
        "is missing", where="smm.toml [approvers.mail.settings]", hint="write sender and smtp_host at least"
    )
