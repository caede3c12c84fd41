"""A correct publisher for a small platform that nobody has: the subject on which the kit itself is tested."""

from __future__ import annotations

import html
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

from smm_core import (
    ActionKind,
    CompleteLoginRequest,
    Context,
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    FindRequest,
    Finds,
    Guarantees,
    HandOverRequest,
    ImageLimits,
    Inspected,
    InspectRequest,
    Interaction,
    InteractionKind,
    Limits,
    ListenPage,
    ListenRequest,
    Listens,
    LoggedIn,
    LoginBegun,
    LoginRequest,
    LogsIn,
    NeedsLogin,
    OutcomeUnknown,
    Part,
    Pending,
    PluginError,
    PostContent,
    Prepared,
    PrepareRequest,
    Preview,
    PreviewRequest,
    Previews,
    Profile,
    Provenance,
    Publisher,
    Receipt,
    Rejected,
    Rendering,
    Replies,
    ReplyRequest,
    Response,
    ResumeRequest,
    Resumes,
    SchedulesNatively,
    Scheduling,
    Secret,
    SendRequest,
    TakeBackRequest,
    TextLimit,
    TextUnit,
    TryLater,
    VariesByServer,
    WentOutRequest,
    hookimpl,
    render_plain,
)

_SOON = timedelta(seconds=5)
_UPLOADS_HOLD = timedelta(hours=20)
_PAGE = 100
_NOTICES = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a profile sets."""

    url: str = field(metadata={"help": "The address of the plaza."})
    token: Secret = field(metadata={"help": "A reference to the account's token."})


class Plaza:
    """Publishes on the plaza."""

    name = "plaza"
    title = "Plaza"
    settings: type = Settings
    guarantees = Guarantees(
        key_life=timedelta(hours=24),
        find="exact",
        absent_after=timedelta(minutes=5),
        not_sent=frozenset({400, 401, 403, 404, 413, 415, 422, 429}),
    )
    scheduling = Scheduling(at_least=timedelta(minutes=5), at_most=timedelta(days=7))
    abilities: frozenset[type] = frozenset(
        {Deletes, Edits, Finds, Listens, LogsIn, Previews, Replies, Resumes, SchedulesNatively, VariesByServer}
    )

    def guarantees_for(self, profile: Profile, known: Mapping[str, Any]) -> Guarantees:
        """Of a plaza that was never asked, that it knows keys is not promised."""
        if "max_text" in known:
            return self.guarantees
        return Guarantees(find=self.guarantees.find, not_sent=self.guarantees.not_sent)

    def scheduling_for(self, profile: Profile, known: Mapping[str, Any]) -> Scheduling | None:
        """Every plaza has a scheduler."""
        return self.scheduling

    def begin_login(self, request: LoginRequest, ctx: Context) -> LoginBegun:
        """Where a person says yes."""
        state = secrets.token_urlsafe(16)
        query = urlencode({"state": state, "redirect": request.redirect})
        return LoginBegun(url=f"{request.profile.settings.url}/allow?{query}", state=state)

    def complete_login(self, request: CompleteLoginRequest, ctx: Context) -> LoggedIn:
        """A token for a code."""
        form = {"code": request.code.reveal(), "redirect": request.redirect}
        answer = ctx.http.request("POST", f"{request.profile.settings.url}/tokens", data=form)
        if answer.status == 400:
            raise NeedsLogin("the plaza does not take that code", hint="begin anew")
        ctx.credentials.put("token", Secret(_object(answer)["id"]))
        return LoggedIn()

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Who we are."""
        answer = _ask(ctx, request.profile, "GET", "/me")
        known = _object(answer)
        return Inspected(account=f"@{known['name']}", known={"max_text": known["max_text"]})

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """What the plaza takes."""
        return Limits(
            text=(TextLimit(maximum=known.get("max_text", 280), unit=TextUnit.GRAPHEMES),),
            alt_text=TextLimit(maximum=1000, unit=TextUnit.GRAPHEMES),
            images=ImageLimits(maximum=4, formats=("png", "jpeg")),
            parts=10,
            first_comment=True,
            provenance={"*": Provenance(source="https://plaza.example/docs/limits", as_of="2026-11-23")},
        )

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """As plain text."""
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Upload the pictures."""
        uploaded = []
        for attachment in request.part.media:
            body = ctx.media.read(attachment.sha256)
            file = (f"picture.{attachment.format}", body, f"image/{attachment.format}")
            answer = _ask(ctx, request.profile, "POST", "/media", data={"alt": attachment.alt}, files={"file": file})
            uploaded.append(_object(answer)["id"])
        return Prepared(handles={"media": uploaded}, expires_at=ctx.now() + _UPLOADS_HOLD)

    def send(self, request: SendRequest, ctx: Context) -> Receipt | Pending:
        """Publish a part or a comment."""
        parent = request.parent.remote_id if request.parent else None
        return _answered(_post(ctx, request, "/posts", parent=parent), ctx)

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt | Pending:
        """Publish below another post."""
        return _answered(_post(ctx, request, "/posts", parent=request.to.remote_id), ctx)

    def edit(self, request: EditRequest, ctx: Context) -> Receipt | Pending:
        """Change a post."""
        path = f"/posts/{request.receipt.remote_id}"
        body = _body(request.part, request.handles)
        return _answered(_once(ctx, request.profile, "PUT", path, json=body), ctx)

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt:
        """Take a post off."""
        answer = _request(ctx, request.profile, "DELETE", f"/posts/{request.receipt.remote_id}")
        if answer.status in (204, 404):
            return Receipt(remote_id=request.receipt.remote_id, at=ctx.now())
        raise _error(answer, ctx.now())

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """The post of a key, looked for from the newest on."""
        if request.action is ActionKind.HAND_OVER:
            return None
        before = ""
        while True:
            params = {"limit": str(_PAGE), **({"before": before} if before else {})}
            answer = _ask(ctx, request.profile, "GET", "/posts", params=params)
            listed = _list(answer)
            for post in listed:
                if post["key"] == request.key:
                    return _receipt(post)
            if len(listed) < _PAGE:
                return None
            before = listed[-1]["id"]

    def resume(self, request: ResumeRequest, ctx: Context) -> Receipt | Pending:
        """What became of a job."""
        job = _object(_ask(ctx, request.profile, "GET", f"/jobs/{request.handles['job']}"))
        if "id" in job:
            return _receipt(job)
        return Pending(check_after=_SOON, handles={"job": job["job"]}, note="the plaza is still working on it")

    def hand_over(self, request: HandOverRequest, ctx: Context) -> Receipt | Pending:
        """Give it to the plaza's scheduler."""
        return _answered(_post(ctx, request, "/schedules", at=request.at.isoformat()), ctx)

    def take_back(self, request: TakeBackRequest, ctx: Context) -> Receipt:
        """Have the plaza forget a schedule."""
        answer = _request(ctx, request.profile, "DELETE", f"/schedules/{request.schedule.remote_id}")
        if answer.status in (204, 404):
            return Receipt(remote_id=request.schedule.remote_id, at=ctx.now())
        raise _error(answer, ctx.now())

    def went_out(self, request: WentOutRequest, ctx: Context) -> Receipt | Pending | None:
        """What became of a schedule."""
        answer = _request(ctx, request.profile, "GET", f"/schedules/{request.schedule.remote_id}")
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise _error(answer, ctx.now(), asking=True)
        schedule = _object(answer)
        return _receipt(schedule["post"]) if schedule["post"] else Pending(check_after=_SOON)

    def listen(self, request: ListenRequest, ctx: Context) -> ListenPage:
        """What came after the last notice that we know, oldest first."""
        params = {"limit": str(_NOTICES), **({"after": request.cursor} if request.cursor else {})}
        notices = _list(_ask(ctx, request.profile, "GET", "/notices", params=params))
        return ListenPage(
            interactions=tuple(_interaction(one, request.profile) for one in notices),
            cursor=notices[-1]["notice"] if notices else request.cursor,
            more=len(notices) == _NOTICES,
        )

    def preview(self, request: PreviewRequest, ctx: Context) -> Preview:
        """The text on a white page."""
        from PIL import Image

        file = BytesIO()
        Image.new("RGB", (300, 200), "white").save(file, "png")
        words = html.escape(" ".join(part.text for part in request.variant.parts))
        return Preview(html=f"<p>{words}</p>", png=file.getvalue(), width=300, height=200)


# ---------------------------------------------------------------- the API


def _headers(profile: Profile) -> dict[str, str]:
    return {"authorization": f"Bearer {profile.settings.token.reveal()}"}


def _request(ctx: Context, profile: Profile, method: str, path: str, **more: Any) -> Response:
    headers = {**_headers(profile), **more.pop("headers", {})}
    return ctx.http.request(method, profile.settings.url + path, headers=headers, **more)


def _ask(ctx: Context, profile: Profile, method: str, path: str, **more: Any) -> Response:
    """A request that may be repeated; only a success comes back."""
    answer = _request(ctx, profile, method, path, **more)
    if answer.status not in (200, 201):
        raise _error(answer, ctx.now(), asking=True)
    return answer


def _once(ctx: Context, profile: Profile, method: str, path: str, **more: Any) -> Response:
    """A request that cannot be taken back; only a success comes back."""
    answer = _request(ctx, profile, method, path, **more)
    if answer.status not in (200, 201, 202):
        raise _error(answer, ctx.now())
    return answer


def _post(
    ctx: Context,
    request: SendRequest | ReplyRequest | HandOverRequest,
    path: str,
    *,
    parent: str | None = None,
    **more: str,
) -> Response:
    body = {**_body(request.part, request.handles), "parent": parent, **more}
    headers = {"idempotency-key": request.key}
    return _once(ctx, request.profile, "POST", path, json=body, headers=headers)


def _body(part: Part, handles: Mapping[str, Any]) -> dict[str, Any]:
    return {"text": part.text, "media": handles.get("media", [])}


def _answered(answer: Response, ctx: Context) -> Receipt | Pending:
    post = _object(answer)
    if "job" in post:
        return Pending(check_after=_SOON, handles={"job": post["job"]})
    if not post.get("id"):
        raise OutcomeUnknown("the plaza answered without an id")
    return _receipt(post)


def _interaction(notice: Mapping[str, Any], profile: Profile) -> Interaction:
    return Interaction(
        profile=profile.name,
        kind=InteractionKind.COMMENT if notice["on"] else InteractionKind.MENTION,
        remote_id=notice["id"],
        author=notice["by"].removeprefix("@"),
        text=html.unescape(notice["html"].replace("<br>", "\n")),
        at=datetime.fromisoformat(notice["at"]).astimezone(UTC),
        url=f"https://plaza.example/{notice['id']}",
        on=notice["on"],
    )


def _receipt(post: Mapping[str, Any]) -> Receipt:
    return Receipt(remote_id=post["id"], url=post.get("url"))


def _object(answer: Response) -> dict[str, Any]:
    found = _json(answer)
    if not isinstance(found, dict) or found.keys().isdisjoint({"id", "job", "name", "post"}):
        raise OutcomeUnknown("the plaza answered with something else")
    return found


def _list(answer: Response) -> list[dict[str, Any]]:
    found = _json(answer)
    if not isinstance(found, list):
        raise OutcomeUnknown("the plaza answered with something else")
    return found


def _json(answer: Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        raise OutcomeUnknown("the plaza answered with something that is not JSON") from None


def _error(answer: Response, now: datetime, *, asking: bool = False) -> PluginError:
    said = f"the plaza answered {answer.status}: {_words(answer)}"
    if answer.status == 401:
        return NeedsLogin(said)
    if answer.status == 429 or (asking and answer.status >= 500):
        return TryLater(said, after=_wait(answer, now))
    if answer.status == 409:
        return OutcomeUnknown(said)  # the key has made something else, or what is to be deleted is being changed
    if 400 <= answer.status < 500:
        return Rejected(said)
    return OutcomeUnknown(said)


def _words(answer: Response) -> str:
    try:
        return str(answer.json()["error"])[:200]
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _wait(answer: Response, now: datetime) -> timedelta | None:
    said = answer.headers.get("retry-after", "")
    if said.isdigit():
        return timedelta(seconds=int(said))
    try:
        return max(parsedate_to_datetime(said) - now, timedelta(0))
    except ValueError:
        return None


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `plaza`."""
    return [Plaza()]
