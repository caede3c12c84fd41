"""Publishers for the platform that misbehaves: one per ability, each with guarantees that are true of it.

The driver copies this file into the workspace's `plugins/` folder. At named points of a delivery it may die or freeze:
see `points.py`.
"""

import os
import time
from dataclasses import dataclass
from datetime import timedelta

from smm_core import (
    Finds,
    Guarantees,
    Inspected,
    Limits,
    NeedsLogin,
    OutcomeUnknown,
    Pending,
    Prepared,
    Receipt,
    Rejected,
    Resumes,
    TextLimit,
    TextUnit,
    TryLater,
    hookimpl,
    render_plain,
)
from tests.crash.points import reached

SETTLES = timedelta(seconds=3)
SOON = timedelta(milliseconds=300)
NOT_SENT = frozenset({401, 422, 429})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """Where the platform listens."""

    url: str


class Crash:
    """What the three have in common. It finds nothing and has no key."""

    name = title = "crash-neither"
    settings = Settings
    guarantees = Guarantees(not_sent=NOT_SENT)
    abilities = frozenset({Resumes})

    def inspect(self, request, ctx):
        return Inspected(account=request.profile.name)

    def limits(self, profile, known):
        return Limits(parts=5, text=(TextLimit(maximum=500, unit=TextUnit.GRAPHEMES),))

    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)

    def prepare(self, request, ctx):
        reached("preparing")
        return Prepared()

    def send(self, request, ctx):
        reached("claimed")
        headers = {
            "x-ref": request.key,
            "x-sent": repr(time.time()),  # by the machine's own clock, which nobody moves
            "x-sender": str(os.getpid()),
            **self.key_of(request),
        }
        body = {"text": request.part.text, "parent": request.parent.remote_id if request.parent else None}
        answer = ctx.http.request("POST", f"{address(request)}/posts", headers=headers, json=body)
        reached("answered")
        return self.read(answer)

    def key_of(self, request):
        return {}

    def resume(self, request, ctx):
        reached("resuming")
        return self.read(ctx.http.request("GET", f"{address(request)}/jobs/{request.handles['job']}"), asking=True)

    def read(self, answer, *, asking=False):
        """What an answer means. A 5xx means nothing, unless all we did was ask."""
        match answer.status:
            case 201:
                return Receipt(remote_id=answer.json()["id"])
            case 202:
                return Pending(check_after=SOON, handles={"job": answer.json()["job"]})
            case 401:
                raise NeedsLogin("the token is not valid now")
            case 422:
                raise Rejected("we do not take this now")
            case 429:
                raise TryLater("too many requests", after=timedelta(seconds=int(answer.headers["retry-after"])))
        if asking:
            raise TryLater(f"it said {answer.status}", after=SOON)
        raise OutcomeUnknown(f"it said {answer.status}")


class WithKey(Crash):
    """The platform recognises a key, once it has stored it."""

    name = title = "crash-key"
    guarantees = Guarantees(key_life=timedelta(hours=1), key_settles=SETTLES, not_sent=NOT_SENT)

    def key_of(self, request):
        return {"idempotency-key": request.key}


class WithFind(Crash):
    """What was published can be looked up by our reference, once it is listed."""

    name = title = "crash-find"
    guarantees = Guarantees(find="exact", absent_after=SETTLES, not_sent=NOT_SENT)
    abilities = frozenset({Resumes, Finds})

    def find(self, request, ctx):
        reached("finding")
        answer = ctx.http.request("GET", f"{address(request)}/posts", params={"ref": request.key})
        if answer.status != 200:
            raise TryLater(f"it said {answer.status}")
        listed = answer.json()
        return Receipt(remote_id=listed[0]) if listed else None


def address(request):
    return f"{request.profile.settings.url}/{request.profile.name}"


@hookimpl
def smm_publishers():
    return [Crash(), WithKey(), WithFind()]
