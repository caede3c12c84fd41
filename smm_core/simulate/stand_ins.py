"""Who takes the place of plugins that reach out of the workspace: they answer by themselves, and always well."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from smm_core.contracts import (
    Asked,
    AskRequest,
    ByHand,
    CollectPage,
    CollectRequest,
    Context,
    DeleteRequest,
    Deletes,
    EditRequest,
    Edits,
    FindRequest,
    Finds,
    Guarantees,
    HandOverRequest,
    Imitates,
    Inspected,
    InspectRequest,
    NoSettings,
    Pending,
    PollPage,
    PollRequest,
    Prepared,
    PrepareRequest,
    Publisher,
    Replies,
    ReplyRequest,
    ResumeRequest,
    Resumes,
    SchedulesNatively,
    Scheduling,
    SendRequest,
    Source,
    TakeBackRequest,
    VariesByServer,
    WentOutRequest,
)
from smm_core.limits import Limits
from smm_core.model import PostContent, Profile, Receipt, Rendering

BUILT_IN = "builtin"
"""The plugin of what ships with smm: its sources read files of the workspace, its approvers ask nobody."""

_KNOWN: frozenset[type] = frozenset(
    {ByHand, Finds, Imitates, Resumes, Deletes, Edits, Replies, SchedulesNatively, VariesByServer}
)


def stand_in(family: str, owner: str, thing: Any) -> Any:
    """Who takes the place of a plugin's object; those that stay inside the workspace play themselves."""
    if family == "publisher":
        return StandInPublisher(thing)
    if family == "source" and owner != BUILT_IN:
        return StandInSource(thing)
    if family == "approver" and owner != BUILT_IN:
        return StandInApprover(thing)
    return thing


class StandInPublisher:
    """A publisher with another's rules and promises, whose platform takes everything at once.

    What an earlier, real attempt may have left there is not found, which is the worse of the two cases.
    """

    def __init__(self, real: Publisher) -> None:
        self.name = real.name
        self.title = real.title
        self.settings = real.settings
        self.guarantees = real.guarantees
        self.abilities = real.abilities & _KNOWN
        self.scheduling = real.scheduling if isinstance(real, SchedulesNatively) else Scheduling()
        self._real = real

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """The real one's own, which are pure."""
        return self._real.limits(profile, known)

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """The real one's own, which is pure."""
        return self._real.render(post, profile, limits)

    def guarantees_for(self, profile: Profile, known: Mapping[str, Any]) -> Guarantees:
        """The real one's own, which are pure."""
        return self._real.guarantees_for(profile, known) if isinstance(self._real, VariesByServer) else self.guarantees

    def scheduling_for(self, profile: Profile, known: Mapping[str, Any]) -> Scheduling | None:
        """The real one's own, which are pure."""
        return self._real.scheduling_for(profile, known) if isinstance(self._real, VariesByServer) else self.scheduling

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Nobody is asked."""
        return Inspected(account=request.profile.handle)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Ready."""
        return Prepared(handles=request.handles)

    def send(self, request: SendRequest, ctx: Context) -> Receipt | Pending:
        """Out; or asked of a person, where that is how it is published."""
        if ByHand in self.abilities:
            return Pending(check_after=timedelta(days=1), note="to be published by hand")
        return Receipt(remote_id=request.key, at=ctx.now())

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """It is not there."""
        return None

    def resume(self, request: ResumeRequest, ctx: Context) -> Receipt:
        """It is out by now."""
        return Receipt(remote_id=request.key, at=ctx.now())

    def delete(self, request: DeleteRequest, ctx: Context) -> Receipt:
        """Gone."""
        return Receipt(remote_id=request.receipt.remote_id, at=ctx.now())

    def edit(self, request: EditRequest, ctx: Context) -> Receipt:
        """Changed."""
        return Receipt(remote_id=request.receipt.remote_id, at=ctx.now())

    def reply(self, request: ReplyRequest, ctx: Context) -> Receipt:
        """Out."""
        return Receipt(remote_id=request.key, at=ctx.now())

    def hand_over(self, request: HandOverRequest, ctx: Context) -> Receipt:
        """The platform's scheduler has it."""
        return Receipt(remote_id=request.key, at=ctx.now())

    def take_back(self, request: TakeBackRequest, ctx: Context) -> Receipt:
        """It lets go of it."""
        return Receipt(remote_id=request.schedule.remote_id, at=ctx.now())

    def went_out(self, request: WentOutRequest, ctx: Context) -> Receipt:
        """It is out, at its time."""
        return Receipt(remote_id=request.key, at=request.at)

    def instructions(self, request: SendRequest) -> str:
        """Nobody reads them."""
        return ""

    def rule_sets(self) -> Mapping[str, str]:
        """The real one's own."""
        return self._real.rule_sets() if isinstance(self._real, Imitates) else {}


class StandInSource:
    """Has nothing new, and does not take back what it had."""

    def __init__(self, real: Source) -> None:
        self.name = real.name
        self.settings = real.settings

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """An empty page."""
        return CollectPage(cursor=request.cursor)


class StandInApprover:
    """Asks nobody, and so hears nothing."""

    def __init__(self, thing: Any) -> None:
        self.name: str = thing.name
        self.settings: type = getattr(thing, "settings", NoSettings)

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """The question is not put."""
        return Asked()

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """No answers."""
        return PollPage(cursor=request.cursor)
