"""The two approvers that ship with smm: a person at this machine, and the rule that nothing was found wrong."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import (
    Answer,
    Approver,
    Asked,
    AskRequest,
    Context,
    Decision,
    Level,
    PollPage,
    PollRequest,
    hookimpl,
)


class HandApprover:
    """Waits for a person, who answers with `smm reviews approve` or `smm reviews rework`."""

    name = "hand"

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """Nothing to send: the review stands in the list that `smm reviews` shows."""
        return Asked()

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Never anything: core is told the answer directly."""
        return PollPage(cursor=request.cursor)


class RuleApprover:
    """Approves at once what no check blocked or warned about; everything else waits for a person, as with `hand`."""

    name = "rule"

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        """The approval, for exactly the variants that were checked, or no answer yet."""
        checked = {variant.profile: variant.digest for variant in request.variants}
        doubts = [problem for problem in request.problems if problem.level is not Level.INFO]
        if doubts or not checked or checked != dict(request.review.digests):
            return Asked()
        answer = Answer(
            review_id=request.review.id,
            decision=Decision.APPROVE,
            by=self.name,
            digests=checked,
            remark="no check found anything",
        )
        return Asked(answers=(answer,))

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        """Never anything: the rule answers when it is asked, a person by `smm reviews`."""
        return PollPage(cursor=request.cursor)


@hookimpl
def smm_approvers() -> Iterable[Approver]:
    """`hand` and `rule`."""
    return (HandApprover(), RuleApprover())
