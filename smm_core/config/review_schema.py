"""The tables of `smm.toml` that say who has to approve what, by when, and what silence means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from smm_core.config.about import about
from smm_core.config.decode import Form
from smm_core.config.forms import Duration, LeadTime, Name, Role, Some, WebAddress, check_entries
from smm_core.workflow import Audience, Need, Obligation, Order, Silence


@dataclass(frozen=True, kw_only=True, slots=True)
class EscalateTable:
    """`[[workflows.KEY.escalate]]`"""

    before: LeadTime = field(metadata=about("How long before the approve-by time they hear of it."))
    to: Annotated[tuple[str, ...], Form(words="a list", check=check_entries)] = field(
        metadata=about("The persons who hear of it.")
    )
    decides: bool = field(default=False, metadata=about("Whether a yes of theirs after that settles the stage."))


@dataclass(frozen=True, kw_only=True, slots=True)
class StageTable:
    """`[[workflows.KEY.stages]]`"""

    name: Name = field(metadata=about("What the stage is called."))
    audience: Audience = field(
        default=Audience.INTERNAL,
        metadata=about("Whose side it is: `internal`, or `client`, who is never shown what is internal."),
    )
    persons: tuple[str, ...] = field(default=(), metadata=about("The persons who are asked."))
    roles: tuple[Role, ...] = field(
        default=(),
        metadata=about(
            "Everybody with one of these roles for the client is asked.",
            absent="without persons: approver, or client where that is the audience",
        ),
    )
    need: Need = field(default=Need.ANY, metadata=about("Whether one yes is enough, or all are needed."))
    optional: bool = field(
        default=False, metadata=about("Whether the stage is passed over when it is silent at its approve-by time.")
    )
    approver: Some | None = field(
        default=None, metadata=about("How they are asked, by the approver's name.", absent="that of the workflow")
    )
    approve_by: LeadTime | None = field(
        default=None, metadata=about("By when it is to be answered.", absent="that of the workflow")
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowsTable:
    """`[workflows.KEY]`"""

    clients: tuple[str, ...] = field(default=(), metadata=about("The clients for whose posts it holds.", absent="all"))
    profiles: tuple[str, ...] = field(
        default=(), metadata=about("It holds for posts that go to one of these profiles.", absent="all")
    )
    labels: tuple[Some, ...] = field(default=(), metadata=about("It holds for posts with one of these labels."))
    campaigns: tuple[Some, ...] = field(default=(), metadata=about("It holds for posts of one of these campaigns."))
    review: Obligation = field(
        default=Obligation.REQUIRED,
        metadata=about("Whether a yes is needed (`required`), objections are heard (`optional`), or nobody is asked."),
    )
    order: Order = field(default=Order.SEQUENCE, metadata=about("Whether its stages come in turn, or all at once."))
    stages: tuple[StageTable, ...] = field(
        default=(), metadata=about("Its stages.", absent="one, of those with the role approver")
    )
    approver: Some | None = field(
        default=None, metadata=about("How people are asked, by the approver's name.", absent="that of [workflow]")
    )
    own_posts: bool = field(default=False, metadata=about("Whether the writer of a post may answer for it."))
    approve_by: LeadTime | None = field(
        default=None,
        metadata=about(
            "By when it is to be answered: `2 working days before` the first delivery, `4 working hours before`, `36h"
            " before`.",
            absent="the deadline of [workflow]",
        ),
    )
    remind: tuple[LeadTime, ...] = field(
        default=(), metadata=about("How long before the approve-by time those who are silent are reminded.")
    )
    escalate: tuple[EscalateTable, ...] = field(default=(), metadata=about("Who hears that nobody answers, and when."))
    on_silence: Silence = field(
        default=Silence.HOLD,
        metadata=about("What happens when nobody has answered by then."),
    )
    fallback: tuple[str, ...] = field(
        default=(),
        metadata=about(
            "For `fallback`: approved posts without a time, by name; the first that is left takes the place."
        ),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class ReviewsTable:
    """`[reviews]`"""

    public_url: WebAddress | None = field(
        default=None, metadata=about("Where reviewers reach the page on which they answer.", absent="nowhere")
    )
    link_life: Duration = field(default=timedelta(days=14), metadata=about("How long a link to reviews holds."))
