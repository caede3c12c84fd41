"""The app: which address leads to which view, and what comes before every one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from smm_core import BadLink, MediaError, NotAllowed, NotFound, ReviewDesk, Reviewer, SmmError, Tongue
from smm_web import verdicts, views
from smm_web.entry import COOKIE, WrongLinks, forget, is_ours, remember
from smm_web.forms import BadForm, Form, read_form
from smm_web.guard import Guard
from smm_web.pages import HERE, Pages
from smm_web.site import Site
from smm_web.visit import Visit

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import ASGIApp

View = Callable[[Visit], "Response"]

LOOKS: Mapping[str, View] = {
    "/": views.waiting,
    "/left": views.left,
    "/thanks": views.thanks,
    "/calendar": views.calendar,
    "/reviews/{number}": views.review,
    "/reviews/{number}/preview/{profile}": views.preview,
    "/reviews/{number}/drawn/{profile}": views.drawn,
    "/reviews/{number}/pictures/{sha256}": views.picture,
}
SAYS: Mapping[str, View] = {
    "/left": verdicts.approve_left,
    "/leave": verdicts.leave,
    "/reviews/{number}/approve": verdicts.approve,
    "/reviews/{number}/rework": verdicts.rework,
    "/reviews/{number}/remark": verdicts.remark,
}
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_FOR_EVER = "public, max-age=31536000, immutable"


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """What all requests share. `now` and `tick` are clocks: of the world, and for the limit on guessing."""

    desk: ReviewDesk
    site: Site
    now: Callable[[], datetime] = _utc_now
    tick: Callable[[], float] = time.monotonic
    pages: Pages = field(default_factory=Pages)
    wrong: WrongLinks = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "wrong", WrongLinks(self.tick))

    def app(self) -> ASGIApp:
        """The ASGI app."""
        from starlette.applications import Starlette
        from starlette.exceptions import HTTPException
        from starlette.routing import Route

        routes = [Route("/r/{token}", self._entrance(), methods=["GET"]), *_static_routes()]
        routes += [Route(path, self._endpoint(view, "GET"), methods=["GET"]) for path, view in LOOKS.items()]
        routes += [Route(path, self._endpoint(view, "POST"), methods=["POST"]) for path, view in SAYS.items()]

        async def wrong_address(request: Request, error: Exception) -> Response:
            status = error.status_code if isinstance(error, HTTPException) else 500
            return self._stop(request, "not-found" if status in (404, 405) else "broken", status)

        async def broken(request: Request, error: Exception) -> Response:
            return self._stop(request, "broken", 500)

        return Guard(
            Starlette(routes=routes, exception_handlers={HTTPException: wrong_address, 500: broken}), self.site
        )

    # ------------------------------------------------------------ coming in

    def _entrance(self) -> Callable[[Request], object]:
        """A link is opened: its token goes into a cookie, and the address that holds it is left behind at once.

        The page leads on by itself instead of redirecting: a redirect still counts as coming from the site on which the link
        was clicked, and browsers would keep back the strict cookie that has just been set. It decides nothing.
        """
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import HTMLResponse

        async def entrance(request: Request) -> Response:
            token = request.path_params["token"]
            try:
                reviewer = await run_in_threadpool(self._enter, request, token)
            except _Stop as stop:
                return self._stop(request, stop.why, stop.status)
            response = HTMLResponse(
                self.pages.draw("enter", self._tongue(reviewer), self.now(), self.site, reviewer=reviewer)
            )
            response.headers["referrer-policy"] = "no-referrer"
            remember(response, token, reviewer, self.site, self.now())
            return response

        return entrance

    def _endpoint(self, view: View, method: str) -> Callable[[Request], object]:
        from starlette.concurrency import run_in_threadpool

        async def endpoint(request: Request) -> Response:
            try:
                form = await self._form(request) if method == "POST" else Form()
                return await run_in_threadpool(self._answer, view, request, form)
            except BadForm as bad:
                return self._stop(request, "not-found" if bad.status == 404 else "bad-form", bad.status)
            except _Stop as stop:
                return self._stop(request, stop.why, stop.status)

        return endpoint

    async def _form(self, request: Request) -> Form:
        if request.headers.get("origin", "") not in self.site.origins:
            raise _Stop("not-ours", 403)
        return await read_form(request)

    def _answer(self, view: View, request: Request, form: Form) -> Response:
        token = request.cookies.get(COOKIE, "")
        reviewer = self._enter(request, token)
        if request.method == "POST" and not is_ours(token, form.get("proof")):
            raise _Stop("not-ours", 403)
        visit = Visit(
            desk=self.desk,
            pages=self.pages,
            site=self.site,
            now=self.now(),
            reviewer=reviewer,
            token=token,
            tongue=self._tongue(reviewer),
            path=request.path_params,
            query=request.query_params,
            form=form,
        )
        try:
            return view(visit)
        except BadLink:
            raise _Stop("bad-link", 403) from None
        except (NotFound, MediaError):
            raise _Stop("not-found", 404) from None
        except NotAllowed:
            raise _Stop("not-allowed", 403) from None
        except SmmError:
            raise _Stop("broken", 503) from None

    def _enter(self, request: Request, token: str) -> Reviewer:
        """Whoever holds this link. All that does not hold is told alike, and counts against the address it came from."""
        address = request.client.host if request.client else ""
        if self.wrong.is_over(address):
            raise _Stop("too-often", 429)
        try:
            if not token:
                raise BadLink
            return self.desk.enter(token)
        except BadLink:
            if token:
                self.wrong.count(address)
            raise _Stop("bad-link", 403) from None
        except SmmError:
            raise _Stop("broken", 503) from None

    # ------------------------------------------------------------ going out

    def _stop(self, request: Request, why: str, status: int) -> Response:
        """A page that says what is the matter, without saying anything about anybody."""
        from starlette.responses import HTMLResponse

        tongue = self.pages.languages.asked_for(request.headers.get("accept-language", ""))
        response = HTMLResponse(self.pages.draw("stop", tongue, self.now(), self.site, why=why), status_code=status)
        if why == "bad-link" and COOKIE in request.cookies:
            forget(response, self.site)
        if status == 429:
            response.headers["retry-after"] = "60"
        return response

    def _tongue(self, reviewer: Reviewer) -> Tongue:
        return self.pages.languages.of(reviewer.person.language, reviewer.person.zone)


class _Stop(Exception):
    """The request goes no further."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.status = status


def _static_routes() -> list[Route]:
    """Our style, script and sign, read once. They are named with a mark of what is in them, so that they may be kept."""
    from starlette.responses import Response
    from starlette.routing import Route

    def serve(body: bytes, kind: str) -> Callable[[Request], Response]:
        return lambda request: Response(body, media_type=kind, headers={"cache-control": _FOR_EVER})

    return [
        Route(f"/static/{path.name}", serve(path.read_bytes(), _TYPES[path.suffix]), methods=["GET"])
        for path in sorted((HERE / "static").iterdir())
        if path.suffix in _TYPES
    ]
