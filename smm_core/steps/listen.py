"""listen: what others said → the inbox."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, timedelta

from smm_core.contracts import ListenPage, ListenRequest, Listens
from smm_core.errors import NeedsLogin, NotFound, PluginError, SmmError, StoreError, TryLater
from smm_core.model import Interaction, InteractionKind, Profile, from_json, to_json
from smm_core.steps import Report
from smm_core.text import clean
from smm_core.values import replace
from smm_core.workspace import Workspace

PAGES = 20
"""The most pages of one profile in one turn; what is left comes with the next."""

_SLACK = timedelta(seconds=1)


def listen(
    ws: Workspace,
    *,
    only: Collection[str] = (),
    due_only: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> Report:
    """Ask every profile (or `only` these; or those whose time has come) what others said, and keep what is new.

    A profile that fails is reported and the others go on. One that is logged out is left alone until it is logged in.
    """
    report = Report(step="listen")
    for name in only:
        if name not in ws.config.profiles:
            raise NotFound(
                f"there is no profile {name!r}", hint=f"there are: {', '.join(ws.config.profiles) or 'none'}"
            )
    for name in only or ws.config.profiles:
        try:
            _listen_to(ws, name, report, due_only=due_only, asked_for=name in only, progress=progress)
        except StoreError:
            raise  # nothing of any profile can be kept now
        except SmmError as error:
            report.failed(f"profile {name}: {error}")
            rest = error.after if isinstance(error, TryLater) and error.after is not None else timedelta(0)
            ws.store.inbox.rest(name, rest, ws.clock.now())
    return report


def _listen_to(
    ws: Workspace,
    name: str,
    report: Report,
    *,
    due_only: bool,
    asked_for: bool,
    progress: Callable[[str], None],
) -> None:
    known = ws.config.profiles[name]
    if due_only and not _is_due(ws, known):
        return
    if not asked_for and known.platform not in ws.plugins.names("publisher"):
        return  # its plugin is away, which is said where it is missed
    profile = ws.profile(name)
    publisher = ws.plugins.publisher(profile.platform)
    if not isinstance(publisher, Listens) or Listens not in publisher.abilities:
        if asked_for:
            report.failed(f"profile {name}: {profile.platform} does not tell what others say")
        return
    if not asked_for and ws.store.profiles.state(name).logged_out:
        return
    progress(name)
    news = Counter[str]()
    try:
        _ask(ws, profile, publisher, news)
    except NeedsLogin as error:
        ws.store.profiles.log_out(name, str(error))
        line = f"profile {name} needs a login: {error}"
        ws.note("profile.logged-out", line, client=profile.client, subject=f"profile:{name}", urgent=True)
        raise
    finally:
        _tell(ws, profile, news, report)


def _is_due(ws: Workspace, profile: Profile) -> bool:
    last = ws.store.inbox.listened(profile.name)
    if last is None:
        return True
    at, rest = last
    # One that was last listened to in the future was so before the clock was set back.
    return abs(ws.clock.now() - at) + _SLACK >= max(profile.listen_every, rest)


def _ask(ws: Workspace, profile: Profile, publisher: Listens, news: Counter[str]) -> None:
    """Page by page, each kept with its cursor before the next is asked for."""
    for _ in range(PAGES):
        request = ListenRequest(profile=profile, cursor=ws.store.inbox.cursor(profile.name))
        page = ws.calls.call(
            "publisher",
            profile.platform,
            "listen",
            lambda ctx, request=request: publisher.listen(request, ctx),  # type: ignore[misc]
            expect=ListenPage,
            subject=profile.name,
            http=ws.profile_client(profile),
        )
        interactions = _usable(ws, profile, page)
        kept = ws.store.inbox.keep(profile.name, profile.client, interactions, page.cursor, ws.clock.now())
        news.update(one.kind for one in kept.new)
        news["edited"] += len(kept.edited)
        if not page.more:
            return


def _usable(ws: Workspace, profile: Profile, page: ListenPage) -> list[Interaction]:
    """The page's interactions, safe to store and to show. A page that holds other things than it should is the plugin's mistake."""
    try:
        if not isinstance(page.cursor, str):
            raise TypeError(f"its cursor is {page.cursor!r}")
        return [_checked(profile, one) for one in page.interactions]
    except (AttributeError, TypeError, ValueError) as error:
        owner = ws.plugins.owner("publisher", profile.platform)
        log = logging.getLogger("smm.plugins")
        log.warning("plugin %s: listen returned a page that cannot be used", owner, exc_info=error)
        raise PluginError(
            f"plugin {owner}: listen returned a page that cannot be used: {error}", plugin=owner, method="listen"
        ) from error


def _checked(profile: Profile, one: Interaction) -> Interaction:
    one = from_json(to_json(one), Interaction)
    if one.profile != profile.name:
        raise ValueError(f"an interaction of profile {one.profile!r}")
    if not one.remote_id:
        raise ValueError("an interaction without remote_id")
    if one.at.tzinfo is None:
        raise ValueError(f"{one.remote_id} was written at an instant without a zone")
    return replace(
        one,
        at=one.at.astimezone(UTC),
        text=clean(one.text),
        author=_one_line(one.author),
        author_name=_one_line(one.author_name),
    )


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _tell(ws: Workspace, profile: Profile, news: Counter[str], report: Report) -> None:
    words = [say_number(news[kind], f"new {kind}") for kind in InteractionKind if news[kind]]
    if news["edited"]:
        words.append(f"{news['edited']} edited")
    if words:
        report.did(f"{profile.name}: {_listed(words)}")
        line = f"{profile.name} has {_listed(words)}: smm inbox"
        ws.note("inbox.new", line, client=profile.client, subject=f"profile:{profile.name}")


def say_number(number: int, what: str) -> str:
    """`1 new comment`, `3 new comments`."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
