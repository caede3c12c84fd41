"""A platform where others say what stands in a file, and which misbehaves as its profile's settings say."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from smm_core import (
    Context,
    Guarantees,
    Inspected,
    InspectRequest,
    Interaction,
    InteractionKind,
    Limits,
    ListenPage,
    ListenRequest,
    Listens,
    NeedsLogin,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Publisher,
    Receipt,
    Rendering,
    SendRequest,
    TryLater,
    hookimpl,
    render_plain,
)

_PAGE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What it does instead of answering; nothing: it answers."""

    does: str = field(default="", metadata={"help": "What goes wrong."})


class Chatter:
    """Listens, and publishes nowhere."""

    name = "chatter"
    title = "Chatter"
    settings: type = Settings
    guarantees = Guarantees(natural_id=True, http_only=False)
    abilities: frozenset[type] = frozenset({Listens})

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        return Inspected(account=request.profile.name)

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        return Limits()

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        return Prepared()

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        return Receipt(remote_id=request.key)

    def listen(self, request: ListenRequest, ctx: Context) -> Any:
        with (ctx.workspace / f"{request.profile.name}.asked").open("a") as asked:
            asked.write(f"{request.cursor or 'begin'}\n")
        match request.profile.settings.does:
            case "raise":
                raise RuntimeError("the sky fell")
            case "hang":
                threading.Event().wait()
            case "login":
                raise NeedsLogin("the token has ended")
            case "later":
                raise TryLater("too many requests", after=timedelta(minutes=20))
            case "number":
                return 7
            case "hollow":
                return ListenPage(interactions=(None,))  # type: ignore[arg-type]
            case "naive":
                return ListenPage(interactions=(_said(request.profile, "n1", "Hello", datetime(2026, 11, 23)),))
            case "stranger":
                return ListenPage(interactions=(_said(request.profile, "n1", "Hello", profile="somebody"),))
            case "endless":
                number = int(request.cursor or 0) + 1
                said = _said(request.profile, f"n{number}", "Hello")
                return ListenPage(interactions=(said,), cursor=str(number), more=True)
        return self._page(request, ctx)

    def _page(self, request: ListenRequest, ctx: Context) -> ListenPage:
        path = ctx.workspace / f"{request.profile.name}.said"
        lines = path.read_text("utf-8").split("\n") if path.exists() else []
        begin = int(request.cursor or 0)
        page = lines[begin : begin + _PAGE]
        return ListenPage(
            interactions=tuple(
                _said(request.profile, f"n{number}", text.replace("\\", "\n"))
                for number, text in enumerate(page, begin)
            ),
            cursor=str(begin + len(page)),
            more=begin + len(page) < len(lines),
        )


def _said(
    of: Profile, name: str, text: str, at: datetime = datetime(2026, 11, 23, 9, tzinfo=UTC), *, profile: str = ""
) -> Interaction:
    return Interaction(
        profile=profile or of.name,
        kind=InteractionKind.MENTION if "@" in text else InteractionKind.COMMENT,
        remote_id=name,
        author="ann.example",
        text=text,
        at=at,
    )


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    return [Chatter()]
