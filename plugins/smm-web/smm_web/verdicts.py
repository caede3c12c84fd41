"""What people say. Each of these is a POST that carries the proof of its page, and counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from smm_core import (
    Audience,
    Decision,
    NotAllowed,
    Remark,
    Repeated,
    ReviewSheet,
    SmmError,
    TooLate,
    digest_of,
)
from smm_web.entry import forget
from smm_web.forms import BadForm, Form, Unfinished, remark_of, whole_number
from smm_web.views import A_LOT, show_sheet, version_of
from smm_web.visit import Visit

if TYPE_CHECKING:
    from starlette.responses import Response


def approve(visit: Visit) -> Response:
    """Yes to exactly what was shown."""
    return _decide(visit, visit.desk.review(visit.reviewer, visit.number), Decision.APPROVE)


def rework(visit: Visit) -> Response:
    """Not like this, and why."""
    sheet = visit.desk.review(visit.reviewer, visit.number)
    try:
        remark_of(visit.form, sheet)
    except Unfinished as unfinished:
        return _again(visit, sheet, unfinished.why)
    return _decide(visit, sheet, Decision.REWORK)


def remark(visit: Visit) -> Response:
    """A remark that decides nothing."""
    sheet = visit.desk.review(visit.reviewer, visit.number)
    try:
        visit.desk.comment(visit.reviewer, visit.number, remark_of(visit.form, sheet), once=visit.once)
    except Unfinished as unfinished:
        return _again(visit, sheet, unfinished.why)
    except Repeated:
        pass
    except NotAllowed:
        return show_sheet(visit, sheet, notice="not-allowed", status=403)
    except SmmError:
        return _again(visit, sheet, "no-place")
    return visit.go(f"/reviews/{visit.number}", said=1)


def approve_left(visit: Visit) -> Response:
    """Yes to each post that was listed and is ticked, as it was listed. What has changed since is left out and told."""
    wanted = visit.form.all("yes")[:A_LOT]
    done = sum(_approve_listed(visit, one) for one in wanted)
    return visit.go("/thanks", did="left", count=done, missed=len(wanted) - done)


def leave(visit: Visit) -> Response:
    """Forget the link in this browser."""
    response = visit.page("left-behind")
    forget(response, visit.site)
    return response


def _decide(visit: Visit, sheet: ReviewSheet, decision: Decision) -> Response:
    if visit.form.get("version") != version_of(sheet):
        return _changed(visit, sheet)
    said = remark_of(visit.form, sheet) if decision is Decision.REWORK else None
    try:
        visit.desk.decide(
            visit.reviewer,
            visit.number,
            decision,
            digests=sheet.review.digests,
            stage=_stage(visit.form, sheet),
            remark=_for_the_verdict(said, visit.form, sheet),
            comments=(said,) if said and (said.place or said.audience) else (),
            once=visit.once,
            for_series=bool(visit.form.get("series")),
        )
    except Repeated:
        pass  # it counted when it came first
    except TooLate:
        return _changed(visit, sheet)
    except NotAllowed:
        return show_sheet(visit, sheet, notice="not-allowed", status=403)
    return visit.go("/thanks", did=decision.value)


def _for_the_verdict(said: Remark | None, form: Form, sheet: ReviewSheet) -> str:
    """What is kept with the verdict, which everybody reads who may see its stage: nothing that was meant for fewer."""
    if said is None:
        return ""
    name = _stage(form, sheet) or next(iter(sheet.may_answer), "")
    stage = next((one for one in sheet.stages if one.name == name), None)
    is_for_fewer = said.audience is Audience.INTERNAL and (stage is None or stage.audience is Audience.CLIENT)
    return "" if is_for_fewer else said.text


def _stage(form: Form, sheet: ReviewSheet) -> str:
    return form.get("stage") if form.get("stage") in sheet.may_answer else ""


def _again(visit: Visit, sheet: ReviewSheet, why: str) -> Response:
    return show_sheet(visit, sheet, notice="", trouble=why, typed=visit.form, status=422)


def _changed(visit: Visit, sheet: ReviewSheet) -> Response:
    """The post as it is now, with the word that it is another; what was typed is not lost."""
    newer = _newer(visit, sheet)
    fresh = visit.desk.review(visit.reviewer, newer if newer is not None else sheet.review.id)
    notice = "changed" if fresh.may_answer else "closed"
    return show_sheet(visit, fresh, notice=notice, typed=visit.form, status=409)


def _newer(visit: Visit, sheet: ReviewSheet) -> int | None:
    """The review that asks about this post now, where one waits."""
    start: int | None = 0
    while start is not None:
        found = visit.desk.waiting(visit.reviewer, start=start, limit=500)
        for one in found.items:
            if one.post.id == sheet.post.id:
                return one.review.id
        start = found.next
    return None


def _approve_listed(visit: Visit, listed: str) -> bool:
    """Approve one row, `NUMBER:VERSION`; whether that was still possible."""
    text, _, version = listed.partition(":")
    try:
        number = whole_number(text)
        digests = visit.desk.review(visit.reviewer, number).review.digests
        if digest_of(dict(digests)) != version:
            return False
        visit.desk.decide(
            visit.reviewer,
            number,
            Decision.APPROVE,
            digests=digests,
            once=f"{visit.once}:{number}" if visit.once else "",
        )
    except Repeated:
        return True
    except (SmmError, BadForm):
        return False
    return True
