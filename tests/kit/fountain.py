"""A correct publisher for another platform that nobody has: its tokens rotate, and it fetches pictures itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from smm_core import (
    Context,
    FindRequest,
    Finds,
    Guarantees,
    ImageLimits,
    Inspected,
    InspectRequest,
    Limits,
    NeedsLogin,
    OutcomeUnknown,
    PluginError,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Provenance,
    Publisher,
    Receipt,
    Rejected,
    Rendering,
    Response,
    Secret,
    SendRequest,
    TextLimit,
    TextUnit,
    TryLater,
    hookimpl,
    render_plain,
    retry_after,
)

_FETCHES_WITHIN = timedelta(days=1)
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a profile sets."""

    url: str = field(metadata={"help": "The address of the fountain."})
    refresh: Secret = field(metadata={"help": "The refresh token that the fountain gave at the first login."})


class Fountain:
    """Publishes at the fountain."""

    name = "fountain"
    title = "Fountain"
    settings: type = Settings
    guarantees = Guarantees(
        key_life=timedelta(hours=24),
        find="resemblance",
        not_sent=frozenset({400, 401, 403, 404, 409, 413, 422, 429}),
    )
    abilities: frozenset[type] = frozenset({Finds})

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Who we are."""
        return Inspected(account=_object(_ask(ctx, request.profile, "GET", "/me"))["name"])

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """What the fountain takes."""
        return Limits(
            text=(TextLimit(maximum=300, unit=TextUnit.GRAPHEMES),),
            images=ImageLimits(maximum=2, formats=("jpeg",)),
            parts=5,
            provenance={"*": Provenance(source="https://fountain.example/docs/limits", as_of="2026-11-23")},
        )

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """As plain text."""
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Fetch the first token, and tell the fountain where the pictures are."""
        _token(ctx, request.profile)
        until = request.due_at + _FETCHES_WITHIN
        fetched = []
        for picture in request.part.media:
            body = {"url": ctx.public_url(picture.sha256, until), "alt": picture.alt}
            fetched.append(_object(_ask(ctx, request.profile, "POST", "/containers", json=body))["id"])
        return Prepared(handles={"media": fetched})

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        """Publish with the token that is there: a new one would be a second request."""
        body = {
            "text": request.part.text,
            "media": request.handles.get("media", []),
            "parent": request.parent.remote_id if request.parent else None,
            "key": request.key,
        }
        answer = _request(ctx, request.profile, "POST", "/posts", json=body)
        if answer.status != 201:
            raise _error(answer, ctx)
        return Receipt(remote_id=str(_object(answer)["id"]))

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """A post that looks like ours in everything that the fountain tells, from the newest page back to the attempt."""
        parent = request.parent.remote_id if request.parent else None
        ours = (request.part.text, len(request.handles["media"]), parent)
        since = request.since - _CLOCKS_DIFFER
        page: int | None = 1
        while page is not None:
            answer = _object(_ask(ctx, request.profile, "GET", "/posts", params={"page": str(page)}))
            for post in answer["posts"]:
                if datetime.fromisoformat(post["at"]) < since:
                    return None
                if (post["text"], post["pictures"], post["parent"]) == ours:
                    return Receipt(remote_id=post["id"])
            page = answer["next"]
        return None


# ---------------------------------------------------------------- tokens


def _token(ctx: Context, profile: Profile) -> Secret:
    """The token in use; the first one is fetched with what the settings have."""
    return ctx.credentials.get("access") or _new_token(ctx, profile)


def _new_token(ctx: Context, profile: Profile) -> Secret:
    """A new token. With it comes a new refresh token, and the old one is over: both are kept before anything else."""
    refresh = ctx.credentials.get("refresh") or profile.settings.refresh
    answer = ctx.http.request("POST", f"{profile.settings.url}/token", json={"refresh": refresh.reveal()})
    if answer.status != 201:
        raise _error(answer, ctx, asking=True)
    fresh = _object(answer)
    ctx.credentials.put("refresh", Secret(fresh["refresh"]))
    ctx.credentials.put("access", Secret(fresh["access"]))
    return Secret(fresh["access"])


# ---------------------------------------------------------------- the API


def _ask(ctx: Context, profile: Profile, method: str, path: str, **more: Any) -> Response:
    """A request that may be repeated, with a new token where the old one is over; only a success comes back."""
    answer = _request(ctx, profile, method, path, **more)
    if answer.status == 401:
        _new_token(ctx, profile)
        answer = _request(ctx, profile, method, path, **more)
    if answer.status not in (200, 201):
        raise _error(answer, ctx, asking=True)
    return answer


def _request(ctx: Context, profile: Profile, method: str, path: str, **more: Any) -> Response:
    headers = {"authorization": f"Bearer {_token(ctx, profile).reveal()}"}
    return ctx.http.request(method, profile.settings.url + path, headers=headers, **more)


def _object(answer: Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or found.keys().isdisjoint({"id", "name", "access", "posts"}):
        raise OutcomeUnknown("the fountain answered with something else")
    return found


def _error(answer: Response, ctx: Context, *, asking: bool = False) -> PluginError:
    said = f"the fountain answered {answer.status}: {answer.text[:200]}"
    if answer.status == 401:
        return NeedsLogin(said)
    if answer.status == 429 or (asking and answer.status >= 500):
        return TryLater(said, after=retry_after(answer, ctx.now()))
    return Rejected(said) if 400 <= answer.status < 500 else OutcomeUnknown(said)


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The publisher `fountain`."""
    return [Fountain()]
