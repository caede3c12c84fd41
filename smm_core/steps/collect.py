"""collect: sources → ideas and posts."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection

from smm_core.config import SourceConfig
from smm_core.contracts import CollectPage, CollectRequest
from smm_core.errors import NotFound, PluginError, SmmError, StoreError, TooLate, did_you_mean
from smm_core.model import PostFound, Trouble
from smm_core.series import RepeatMistake, check_repeat
from smm_core.steps import Report
from smm_core.steps.repeating import end_series, keep_series, make_dates, tell_change
from smm_core.values import replace
from smm_core.workspace import Workspace

PAGES = 10_000


def collect(
    ws: Workspace,
    *,
    only: Collection[str] = (),
    due_only: bool = False,
    progress: Callable[[str], None] = lambda line: None,
) -> Report:
    """Read every configured source (or `only` these; or those whose time has come) and keep what is new.

    A source that fails is reported and the others go on.
    """
    report = Report(step="collect")
    for name, source in ws.config.sources.items():
        if only and name not in only:
            continue
        if due_only and not _is_due(ws, source):
            continue
        progress(name)
        try:
            _collect_one(ws, source, report)
        except StoreError:
            raise  # nothing of any source can be kept now
        except SmmError as error:
            _tell_troubles(ws, source, [Trouble(where=f"source {name}", message=str(error))], report)
            # Its turn is over, and the next one comes when it is due: what hangs or fails does so once a turn.
            ws.store.sources.keep_cursor(name, ws.store.sources.cursor(name), ws.clock.now())
    make_dates(ws, report, only=only)
    for name in only:
        if name not in ws.config.sources:
            raise NotFound(f"there is no source {name!r}", hint=f"there are: {', '.join(ws.config.sources) or 'none'}")
    return report


def _is_due(ws: Workspace, source: SourceConfig) -> bool:
    last = ws.store.sources.last(source.name)
    # One that was last read in the future was so before the clock was set back.
    return last is None or abs(ws.clock.now() - last) >= source.every


def _collect_one(ws: Workspace, source: SourceConfig, report: Report) -> None:
    plugin = ws.plugins.source(source.type)
    settings = ws.source_settings(source.name)
    cursor = ws.store.sources.cursor(source.name)
    troubles: list[Trouble] = []
    refused: list[Trouble] = []
    for _ in range(PAGES):
        request = CollectRequest(instance=source.name, client=source.client, settings=settings, cursor=cursor)
        page = ws.calls.call(
            "source",
            source.type,
            "collect",
            lambda ctx, request=request: plugin.collect(request, ctx),  # type: ignore[misc]
            expect=CollectPage,
            subject=source.name,
            http=ws.source_client(source),
        )
        refused += _kept(ws, source, page, report, keep_cursor=not refused)
        troubles += page.troubles
        cursor = page.cursor
        if not page.more:
            break
    _tell_troubles(ws, source, [*troubles, *refused], report)


def _tell_troubles(ws: Workspace, source: SourceConfig, troubles: list[Trouble], report: Report) -> None:
    """Keep them in place of those of the last turn, and tell what is new of them."""
    for trouble in ws.store.sources.keep_troubles(source.name, troubles, ws.clock.now()):
        ws.note(
            "source.trouble",
            f"{trouble.where}: {trouble.message}",
            client=source.client,
            subject=f"source:{source.name}",
        )
    report.troubles += [f"{trouble.where}: {trouble.message}" for trouble in troubles]


def _kept(
    ws: Workspace, source: SourceConfig, page: CollectPage, report: Report, *, keep_cursor: bool
) -> list[Trouble]:
    """The page, kept, and the posts of it that were refused. One that holds other things than it should is the plugin's mistake."""
    try:
        return _keep_page(ws, source, page, report, keep_cursor=keep_cursor)
    except (AttributeError, TypeError, ValueError) as error:
        owner = ws.plugins.owner("source", source.type)
        logging.getLogger("smm.plugins").warning(
            "plugin %s: collect returned a page that cannot be used", owner, exc_info=error
        )
        raise PluginError(
            f"plugin {owner}: collect returned a page that cannot be used: {error}", plugin=owner, method="collect"
        ) from error


def _keep_page(
    ws: Workspace, source: SourceConfig, page: CollectPage, report: Report, *, keep_cursor: bool
) -> list[Trouble]:
    """Posts first, then ideas with the cursor: after a crash in between the same page comes again and does no harm.

    The cursor stays behind a post that is refused, so that it is read again when smm.toml was mended.
    """
    refused = [trouble for found in page.posts for trouble in _keep_post(ws, source, found, report)]
    for key in page.gone:
        _withdraw_gone(ws, source, key, report)
    cursor = page.cursor if keep_cursor and not refused else None
    new = ws.store.ideas.keep(source.name, source.client, page.ideas, cursor, ws.clock.now())
    if new:
        report.done += new
        report.lines.append(f"{source.name}: {new} new idea{'s' if new != 1 else ''}")
    return refused


def _keep_post(ws: Workspace, source: SourceConfig, found: PostFound, report: Report) -> list[Trouble]:
    own = [name for name, profile in ws.config.profiles.items() if profile.client == source.client]
    unknown = [name for name in found.content.profiles if name not in own]
    if unknown:
        return [Trouble(where=found.key, message=_unknown_profile(unknown[0], own, source.client))]
    if not found.content.profiles:
        found = replace(found, content=replace(found.content, profiles=real_profiles(ws, source.client)))
    try:
        if found.content.repeat is not None:
            check_repeat(found.content.repeat)
            keep_series(ws, source, found, report)
            return []
        end_series(ws, source.name, found.key, "its file is one post now", report)
        change = ws.store.posts.put(source.name, source.client, found, ws.clock.now(), ws.by)
    except RepeatMistake as mistake:
        return [Trouble(where=found.key, message=f"{mistake} ({mistake.hint})" if mistake.hint else str(mistake))]
    except StoreError:
        raise
    except SmmError as error:
        return [Trouble(where=found.key, message=str(error))]
    tell_change(ws, source.name, change, report)
    return []


def real_profiles(ws: Workspace, client: str) -> tuple[str, ...]:
    """All profiles of a client but those on which others are tried out: where a post goes that names none."""
    rehearsals = {profile.test_profile for profile in ws.config.profiles.values()}
    return tuple(name for name, one in ws.config.profiles.items() if one.client == client and name not in rehearsals)


def _unknown_profile(name: str, known: list[str], client: str) -> str:
    right = did_you_mean(name, known, f"{client} has: {', '.join(known) or 'none'}")
    return f"profiles: there is no profile {name!r} of client {client} ({right})"


def _withdraw_gone(ws: Workspace, source: SourceConfig, key: str, report: Report) -> None:
    end_series(ws, source.name, key, "its file was deleted", report)
    post = ws.store.posts.by_key(source.name, key)
    if post is None or post.series:
        return
    try:
        change = ws.store.posts.withdraw(post.id, ws.clock.now(), "its file was deleted", ws.by)
    except TooLate:
        return
    if change.changed:
        report.did(f"{source.name}: post {post.slug} is withdrawn, its file was deleted")
        ws.note(
            "post.withdrawn",
            f"post {post.slug} is withdrawn: its file was deleted",
            client=post.client,
            subject=f"post:{post.id}",
        )
