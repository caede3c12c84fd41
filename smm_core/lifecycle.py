"""The tables of allowed moves. Nothing else decides what may follow what; the store refuses other moves.

docs/states.md is generated from here.
"""

from __future__ import annotations

from smm_core.model import ActionKind as K
from smm_core.model import ActionState as A
from smm_core.model import PostState as P

ACTION_MOVES: dict[A, dict[A, str]] = {
    A.WAITING: {
        A.SCHEDULED: "approved and its parent is out, or the platform's scheduler gave it back",
        A.PUBLISHED: "the platform's scheduler sent it",
        A.HELD: "its parent was refused or held, or the platform's scheduler lost it",
        A.CANCELLED: "withdrawn or edited",
    },
    A.SCHEDULED: {
        A.SENDING: "claimed when due",
        A.WAITING: "handed over to the platform's own scheduler",
        A.HELD: "too late for its policy, profile logged out, or it could not be prepared",
        A.REFUSED: "the platform refused it while it was prepared",
        A.CANCELLED: "withdrawn or edited",
    },
    A.SENDING: {
        A.PUBLISHED: "receipt",
        A.PENDING: "the platform or a person still works on it",
        A.SCHEDULED: "proven not sent",
        A.UNKNOWN: "no clear answer",
        A.REFUSED: "the platform refused the content",
        A.HELD: "the profile needs a login",
    },
    A.PENDING: {
        A.PUBLISHED: "resumed, or a person gave the link",
        A.REFUSED: "the platform gave up on it",
        A.UNKNOWN: "it cannot say what became of it",
        A.SCHEDULED: "a person says it was not sent",
        A.CANCELLED: "a person says it will not be sent",
    },
    A.UNKNOWN: {
        A.PUBLISHED: "found after settling, or a person gave the link",
        A.SCHEDULED: "absence proven, or the same key inside its life, or a person says it was not sent",
        A.HELD: "nothing can be proven: a person decides",
    },
    A.HELD: {
        A.SCHEDULED: "a person, or the cause went away",
        A.PUBLISHED: "a person gave the link",
        A.CANCELLED: "withdrawn",
    },
    A.REFUSED: {
        A.SCHEDULED: "a person tries again",
        A.PUBLISHED: "a person gave the link",
        A.CANCELLED: "withdrawn or edited",
    },
    A.PUBLISHED: {},
    A.CANCELLED: {},
}

POST_MOVES: dict[P, dict[P, str]] = {
    P.DRAFT: {P.WRITTEN: "no longer a draft", P.WITHDRAWN: "withdrawn"},
    P.WRITTEN: {
        P.RENDERED: "every variant passes its checks",
        P.BLOCKED: "a check found what the platform would refuse",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.BLOCKED: {
        P.WRITTEN: "edited, or limits or brand changed",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.RENDERED: {
        P.REVIEWING: "a review is asked",
        P.SCHEDULED: "edited too late: all of it is out or on its way as it was",
        P.WRITTEN: "edited",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.REVIEWING: {
        P.APPROVED: "approved",
        P.REWORK: "rework asked",
        P.EXPIRED: "nobody answered in time",
        P.WRITTEN: "edited",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.REWORK: {
        P.WRITTEN: "edited",
        P.APPROVED: "approved after all",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.EXPIRED: {
        P.WRITTEN: "edited",
        P.APPROVED: "approved after all",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.APPROVED: {
        P.SCHEDULED: "every delivery has its time",
        P.REWORK: "the approval was taken back",
        P.WRITTEN: "edited",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.SCHEDULED: {
        P.DONE: "every delivery is out or given up",
        P.APPROVED: "it gets another place in the queue",
        P.REWORK: "the approval was taken back",
        P.WRITTEN: "edited",
        P.DRAFT: "made a draft again",
        P.WITHDRAWN: "withdrawn",
    },
    P.DONE: {P.WRITTEN: "edited: what is not out goes round again"},
    P.WITHDRAWN: {P.WRITTEN: "brought back", P.DRAFT: "brought back as a draft"},
}

PARTS = frozenset({K.PUBLISH, K.COMMENT})
"""The kinds of action that make up a delivery. The others act on what those have made, or on the platform's scheduler."""

ON_A_WORD = frozenset({K.REPLY, K.DELETE, K.TAKE_BACK})
"""The kinds that need no approval of a variant: the word of a person is kept with them."""

A_MOMENT = 0.5
"""For so many seconds after its claim a process sends without looking whether another took over. The attempt of one that was
overtaken therefore ends as much later, and settling begins then."""

ENDED = frozenset({A.PUBLISHED, A.CANCELLED})
NEEDS_A_PERSON = frozenset({A.HELD, A.REFUSED})


def action_may(before: A, after: A) -> bool:
    """Whether an action may go from one state to another."""
    return after in ACTION_MOVES[before]


def post_may(before: P, after: P) -> bool:
    """Whether a post may go from one state to another."""
    return after in POST_MOVES[before]
