"""render: posts → variants, fitted and checked."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from smm_core.clock import instant_of, wall_of
from smm_core.contracts import CheckRequest, Drawn, DrawRequest, Draws
from smm_core.engine import Call
from smm_core.errors import ConfigError, MediaError, NotFound, PluginError, SmmError, TooLate
from smm_core.limits import Limits, Size
from smm_core.model import (
    ActionKind,
    Attachment,
    Level,
    Part,
    Picture,
    Post,
    PostContent,
    PostState,
    Problem,
    Profile,
    RenderedPart,
    Rendering,
    Variant,
    WhenKind,
    sealed,
)
from smm_core.render import resolve_content
from smm_core.steps import Report
from smm_core.steps.crowding import crowding
from smm_core.values import replace
from smm_core.workspace import Workspace

log = logging.getLogger("smm.plugins")
Checked = tuple[Variant, tuple[Problem, ...]]
DEFAULT_CARD = Size(width=1080, height=1080)


def render(ws: Workspace, *, blocked_too: bool = False, progress: Callable[[str], None] = lambda line: None) -> Report:
    """Render every written post for each of its profiles; one that breaks a limit or the brand book is blocked."""
    report = Report(step="render")
    if blocked_too:
        for post in ws.store.posts.listed(states=[PostState.BLOCKED]):
            ws.store.posts.move(post, PostState.WRITTEN, ws.clock.now(), "tried again")
    for post in ws.store.posts.listed(states=[PostState.WRITTEN]):
        progress(post.slug)
        try:
            _render_post(ws, post, report)
        except TooLate:
            continue
        except SmmError as error:
            report.failed(f"post {post.slug}: {error}")
    return report


def _render_post(ws: Workspace, post: Post, report: Report) -> None:
    out = ws.store.ledger.started(post.id)
    profiles = [name for name in post.content.profiles if name not in out]
    checked = [
        in_company(
            ws,
            post.content,
            post.id,
            render_variant(ws, post.content, post.client, name, slug=post.series or post.slug),
        )
        for name in profiles
    ]
    blocking = [problem for _, problems in checked for problem in problems if problem.level is Level.BLOCK]
    state = PostState.BLOCKED if blocking else PostState.RENDERED
    reason = blocking[0].message if blocking else ""
    ws.store.posts.keep_variants(post, checked, state, reason, ws.clock.now())
    if blocking:
        report.failed(f"post {post.slug} is blocked: {reason}")
        ws.note("post.blocked", f"post {post.slug} is blocked: {reason}", client=post.client, subject=f"post:{post.id}")
    else:
        report.did(f"post {post.slug}: {len(checked)} variant{'s' if len(checked) != 1 else ''}")


def in_company(ws: Workspace, content: PostContent, number: int, checked: Checked) -> Checked:
    """What there is to say of a variant beside the profile's other posts: repetitions, and times that crowd them.

    `number` is the post's own, 0 for one that the store does not have.
    """
    variant, problems = _with_repetitions(ws, content, number, checked)
    profile = ws.config.profiles.get(variant.profile)
    return (variant, (*problems, *crowding(ws, content, number, profile))) if profile else (variant, problems)


def _with_repetitions(ws: Workspace, content: PostContent, number: int, checked: Checked) -> Checked:
    """The same text to the same profile within the window needs a word to pass: `repeat_allowed = true`. Where the other
    post is not out yet, whoever approves this one is told."""
    variant, problems = checked
    if content.repeat_allowed or content.repeat is not None or not variant.parts:
        return checked
    now, window = ws.clock.now(), ws.config.publish.repeat_window
    since = now - window
    for slug, at, text in ws.store.neighbours.published_texts(variant.profile, since, without=number):
        if text == variant.parts[0].text:
            message = f"the same text went to {variant.profile} on {at:%Y-%m-%d} (post {slug}); say repeat_allowed = true if it is meant"
            return variant, (*problems, Problem(level=Level.BLOCK, code="content.repeated", message=message, by="core"))
    twin = ws.store.neighbours.planned_with(variant.parts[0].text, variant.profile, since, now + window, without=number)
    if twin is None:
        return checked
    message = f"post {twin} for {variant.profile} has the same text; say repeat_allowed = true if it is meant"
    return variant, (*problems, Problem(level=Level.WARN, code="content.repeated", message=message, by="core"))


def render_variant(
    ws: Workspace, content: PostContent, client: str, name: str, *, slug: str = "", on: Profile | None = None
) -> Checked:
    """One variant with what every check says of it. `on` renders it as for `name` but for another (test) profile.

    What goes wrong on the way (a picture that cannot be used, a plugin that fails) is a blocking problem, not an error.
    """
    try:
        return _rendered(ws, content, client, name, slug, on)
    except (PluginError, NotFound, ConfigError) as error:
        problem = Problem(level=Level.BLOCK, code="plugin.failed", message=str(error))
        return sealed(Variant(profile=on.name if on is not None else name, parts=())), (problem,)


def _rendered(ws: Workspace, content: PostContent, client: str, name: str, slug: str, on: Profile | None) -> Checked:
    profile = on if on is not None else ws.profile(name)
    brand = ws.client(client).brand
    limits = ws.limits_of(profile)
    rules = ws.rules_of(profile)
    resolved = resolve_content(
        content, replace(profile, name=name), brand, platform=profile.imitates or profile.platform, post=slug
    )
    call = Call(plugin=ws.plugins.owner("publisher", rules.name), method="render", subject=name)
    rendering = ws.engine.run(call, lambda: rules.render(resolved, profile, limits), expect=Rendering)
    try:
        parts, problems = _fitted(ws, rendering, client, limits)
        variant = sealed(
            Variant(profile=profile.name, parts=parts, first_comment=rendering.first_comment, options=rendering.options)
        )
    except (AttributeError, TypeError, ValueError) as error:
        log.warning("plugin %s: render returned something that cannot be used", call.plugin, exc_info=error)
        raise PluginError(
            f"plugin {call.plugin}: render returned something that cannot be used: {error}", plugin=call.plugin
        ) from error
    problems += _check(ws, CheckRequest(content=resolved, variant=variant, profile=profile, limits=limits, brand=brand))
    problems += _past(content, profile, ws.clock.now())
    return variant, tuple(problems)


def _check(ws: Workspace, request: CheckRequest) -> list[Problem]:
    problems: list[Problem] = []
    for name, answer in ws.plugins.broadcast(
        ws.engine, "smm_check_variant", subject=request.profile.name, request=request
    ):
        if isinstance(answer, PluginError):
            log.warning("%s", answer)
            problems.append(Problem(level=Level.WARN, code="check.failed", message=str(answer), by=name))
            continue
        found = list(answer) if isinstance(answer, Iterable) else [answer] if answer is not None else []
        if not all(isinstance(problem, Problem) for problem in found):
            message = f"plugin {name}: smm_check_variant returned something that is no Problem"
            log.warning(message)
            problems.append(Problem(level=Level.WARN, code="check.failed", message=message, by=name))
            continue
        problems += [problem if problem.by else replace(problem, by=name) for problem in found]
    return problems


def check_reply(ws: Workspace, content: PostContent, variant: Variant, profile: Profile) -> tuple[Problem, ...]:
    """What every check says of a reply. What a platform or a brand book asks of posts alone (a picture, a call to action) is
    not asked of it; where the platform limits comments otherwise than posts, that limit holds."""
    limits, brand = ws.limits_of(profile), ws.client(profile.client).brand
    text = (limits.first_comment_text,) if limits.first_comment and limits.first_comment_text else limits.text
    request = CheckRequest(
        content=content,
        variant=variant,
        profile=profile,
        limits=replace(limits, text=text, images=replace(limits.images, minimum=0)),
        brand=replace(brand, require_call_to_action=False, require_hashtag_set=False),
        action=ActionKind.REPLY,
    )
    return tuple(_check(ws, request))


def _past(content: PostContent, profile: Profile, now: datetime) -> list[Problem]:
    """A wall time that is over is refused, not published at once."""
    if content.when.kind is not WhenKind.AT or content.when.wall is None:
        return []
    zone = content.when.zone or profile.zone
    due = instant_of(content.when.wall, zone)
    if due > now - timedelta(minutes=1):
        return []
    message = f'{content.when.wall:%Y-%m-%d %H:%M} {zone} is past (now {wall_of(now, zone):%Y-%m-%d %H:%M}); give another time, or `at = "now"`'
    return [Problem(level=Level.BLOCK, code="when.past", message=message)]


# ---------------------------------------------------------------- pictures


def _fitted(ws: Workspace, rendering: Rendering, client: str, limits: Limits) -> tuple[tuple[Part, ...], list[Problem]]:
    parts: list[Part] = []
    problems: list[Problem] = []
    for number, part in enumerate(rendering.parts, start=1):
        media, found = _fit_part(ws, part, client, limits)
        parts.append(Part(text=part.text, media=tuple(media), link=part.link))
        problems += [replace(problem, part=number) for problem in found]
    return tuple(parts), problems


def _fit_part(ws: Workspace, part: RenderedPart, client: str, limits: Limits) -> tuple[list[Attachment], list[Problem]]:
    media: list[Attachment] = []
    problems: list[Problem] = []
    for number, picture in enumerate(part.pictures, start=1):
        try:
            attachment, found = _fit_picture(ws, picture, client, limits)
        except (MediaError, PluginError, NotFound) as error:
            message = f"picture {number}: {_without_place(ws, picture, str(error))}"
            problems.append(Problem(level=Level.BLOCK, code="picture.unusable", message=message))
            continue
        media.append(replace(attachment, alt=picture.alt))
        problems += found
    return media, problems


def _without_place(ws: Workspace, picture: Picture, message: str) -> str:
    """The message without the path under which the picture is stored, which says nothing to a person."""
    with contextlib.suppress(MediaError):
        return message.removeprefix(f"{ws.media.path(picture.media or '')}: ")
    return message


def _fit_picture(ws: Workspace, picture: Picture, client: str, limits: Limits) -> tuple[Attachment, list[Problem]]:
    from smm_core.media.fit import Fitted, fit_picture

    problems: list[Problem] = []
    if picture.card is not None:
        source, problems = _draw(ws, picture, client, limits)
    elif picture.media is not None:
        source = ws.media.path(picture.media)
    else:
        raise MediaError("a picture has neither a file nor a card", hint="give it `file` or `card`")
    fitted = ws.engine.run(
        Call(plugin="core", method="fit_picture"),
        lambda: fit_picture(source, limits.images, focus=picture.focus, store=ws.media),
        expect=Fitted,
    )
    return fitted.attachment, [*problems, *fitted.problems]


def _draw(ws: Workspace, picture: Picture, client: str, limits: Limits) -> tuple[Path, list[Problem]]:
    card = picture.card
    assert card is not None  # noqa: S101 - the caller has looked
    template = ws.plugins.template(card.template)
    if not isinstance(template, Draws):
        raise NotFound(f"the template {card.template!r} draws no cards", hint="use one that does, such as cards:quote")
    draw = template.draw
    sizes = limits.images.sizes[:1] or (DEFAULT_CARD,)
    form = "png" if "png" in limits.images.formats else limits.images.formats[0]
    request = DrawRequest(
        card=card,
        brand=ws.client(client).brand,
        sizes=sizes,
        format="jpeg" if card.picture and "jpeg" in limits.images.formats else form,
        folder=ws.root / "templates",
        max_bytes=limits.images.max_bytes,
        picture=ws.media.path(card.picture) if card.picture else None,
        focus=picture.focus,
        language=ws.client(client).language,
    )
    drawn = ws.calls.call(
        "template", card.template, "draw", lambda ctx: draw(request, ctx), expect=tuple, subject=card.layout
    )
    if len(drawn) != len(sizes) or not isinstance(drawn[0], Drawn):
        raise PluginError(f"template {card.template}: draw returned {len(drawn)} pictures, {len(sizes)} were asked for")
    return ws.media.path(ws.media.keep(drawn[0].body)), list(drawn[0].problems)
