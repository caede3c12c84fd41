"""The approver `web`: what waits stands on the page, and whoever answers there is heard at once."""

from __future__ import annotations

from typing import ClassVar

from smm_core import Asked, AskRequest, Context, PollPage, PollRequest


class WebApprover:
    """Asks by waiting: each person finds what is theirs behind their own link (`smm web --link PERSON`).

    It sends nothing by itself, so it keeps nothing: the page shows what the desk says at that moment, and the desk records
    an answer when it is given. To write to people as well, take an approver that does, whose messages lead to the page.
    """

    name = "web"
    abilities: ClassVar[frozenset[type]] = frozenset()

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """The question is on the page as soon as the review is open, so there is nothing to put and nothing to repeat."""
        return Asked()

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Nothing: the page gives its answers to the desk itself."""
        return PollPage(cursor=request.cursor)
