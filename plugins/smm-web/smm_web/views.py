"""What people look at. Nothing here changes anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from smm_core import NotFound, ReviewSheet, digest_of
from smm_web.forms import AREAS, LONGEST_REMARK, Form
from smm_web.guard import PREVIEW_POLICY
from smm_web.month import month_named, month_of, span_of
from smm_web.sheet import profiles_of, said_about
from smm_web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response

A_PAGE = 50
A_LOT = 100
_MEDIA = re.compile(r"media:([0-9a-f]{64})")
_KEPT_FOR = "private, max-age=3600"
_SIGNS = ((b"\x89PNG", "image/png"), (b"\xff\xd8\xff", "image/jpeg"), (b"GIF8", "image/gif"))


def waiting(visit: Visit) -> Response:
    """What waits for this person, the most urgent first."""
    if visit.reviewer.review is not None:
        return visit.go(f"/reviews/{visit.reviewer.review}")
    start = start_of(visit)
    found = visit.desk.waiting(visit.reviewer, start=start, limit=A_PAGE)
    return visit.page("waiting", found=found, start=start, before=max(0, start - A_PAGE) if start else None)


def review(visit: Visit) -> Response:
    """One review."""
    return show_sheet(visit, visit.desk.review(visit.reviewer, visit.number), notice="")


def show_sheet(
    visit: Visit, sheet: ReviewSheet, *, notice: str, trouble: str = "", typed: Form | None = None, status: int = 200
) -> Response:
    """The page of a review. `notice` says why it is shown instead of what was wanted, `trouble` what is wrong with the form
    that is filled again with what was `typed`."""
    return visit.page(
        "review",
        status=status,
        sheet=sheet,
        version=version_of(sheet),
        profiles=profiles_of(sheet),
        said=said_about(sheet),
        notice=notice,
        trouble=trouble,
        typed=typed or Form(),
        areas=tuple(AREAS),
        longest=LONGEST_REMARK,
    )


def version_of(sheet: ReviewSheet) -> str:
    """What a form carries, so that it counts for exactly what was shown with it."""
    return digest_of(dict(sheet.review.digests))


def left(visit: Visit) -> Response:
    """All that is left, as one list to say yes to."""
    found = visit.desk.waiting(visit.reviewer, limit=A_LOT)
    rows = [(one, digest_of(dict(one.review.digests))) for one in found.items]
    return visit.page("left", rows=rows, total=found.total)


def thanks(visit: Visit) -> Response:
    """A kind word, and what is left."""
    found = visit.desk.waiting(visit.reviewer, limit=3)
    did, count = visit.query.get("did", ""), visit.query.get("count", "")
    missed = visit.query.get("missed", "")
    return visit.page(
        "thanks",
        did=did,
        count=int(count) if count.isascii() and count.isdecimal() and len(count) < 6 else 0,
        missed=int(missed) if missed.isascii() and missed.isdecimal() and len(missed) < 6 else 0,
        found=found,
    )


def calendar(visit: Visit) -> Response:
    """A month of what is coming; who came by a link to one review sees that one."""
    if visit.reviewer.review is not None:
        return visit.go(f"/reviews/{visit.reviewer.review}")
    today = visit.now.astimezone(visit.tongue.zone).date()
    first = month_named(visit.query.get("month", ""), today)
    since, until = span_of(first, visit.tongue.zone)
    coming = visit.desk.coming(visit.reviewer, since, until)
    month = month_of(first, coming, visit.tongue.zone, today, visit.tongue.locale.first_week_day)
    return visit.page("calendar", month=month, is_empty=not coming)


def preview(visit: Visit) -> Response:
    """What followers will see on one profile, as a document of its own: what a plugin drew gets no rights in our page."""
    from starlette.responses import HTMLResponse

    shown = visit.desk.preview(visit.reviewer, visit.number, visit.path["profile"])
    where = f"{visit.site.path}/reviews/{visit.number}"
    fragment = _MEDIA.sub(rf"{where}/pictures/\1", shown.html)
    drawn = f"{where}/drawn/{quote(visit.path['profile'], safe='')}" if shown.png and not shown.html else ""
    html = visit.pages.draw(
        "preview",
        visit.tongue,
        visit.now,
        visit.site,
        fragment=fragment,
        drawn=drawn,
        profile=visit.path["profile"],
        shown=shown,
    )
    return HTMLResponse(html, headers={"content-security-policy": PREVIEW_POLICY, "cache-control": _KEPT_FOR})


def drawn(visit: Visit) -> Response:
    """The same as one picture."""
    from starlette.responses import Response

    shown = visit.desk.preview(visit.reviewer, visit.number, visit.path["profile"])
    if not shown.png:
        raise NotFound(f"nothing draws profile {visit.path['profile']!r}")
    return Response(shown.png, media_type="image/png", headers={"cache-control": _KEPT_FOR})


def picture(visit: Visit) -> Response:
    """A picture of a review, as it will be sent."""
    from starlette.responses import Response

    body = visit.desk.picture(visit.reviewer, visit.number, visit.path["sha256"])
    return Response(body, media_type=_media_type(body), headers={"cache-control": _KEPT_FOR})


def start_of(visit: Visit) -> int:
    """Where a list goes on."""
    text = visit.query.get("start", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 0


def _media_type(body: bytes) -> str:
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for sign, kind in _SIGNS if body.startswith(sign)), "application/octet-stream")
