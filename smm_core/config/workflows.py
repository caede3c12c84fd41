"""Which workflow holds for a post, and who is asked in it: the most specific table wins, and says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from smm_core.config import Config
from smm_core.config.review_schema import StageTable, WorkflowsTable
from smm_core.model import Post, PostContent, WhenKind
from smm_core.workflow import Audience, Escalation, Obligation, Silence, Stage, Workflow
from smm_core.workflow_plan import PLAIN_STAGE
from smm_core.working_time import Lead, parse_lead

_APPROVERS = {Audience.INTERNAL: ("approver",), Audience.CLIENT: ("client",)}
_STRICT = (Obligation.NONE, Obligation.OPTIONAL, Obligation.REQUIRED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Chosen:
    """A workflow, and how long before what: each stage's approve-by time before the first delivery, reminders and
    escalations (in the order of `Stage.escalations`) before that."""

    workflow: Workflow
    approve_by: Mapping[str, Lead]
    remind: tuple[Lead, ...] = ()
    escalate: tuple[Lead, ...] = ()
    is_plain: bool = field(default=False)


def workflow_for(config: Config, client: str, content: PostContent) -> Chosen:
    """What holds for a post of a client.

    Of the tables that fit, one for its campaign wins over one for a label, that over one for a profile, that over one for
    its client; of two that are alike the stricter one. Where none fits, the post's own `approval` or `[workflow]` says who.
    """
    found = [
        (rank, _STRICT.index(table.review), len(table.stages), -number, name)
        for number, (name, table) in enumerate(config.workflows.items())
        if (rank := _rank(table, client, content)) is not None
    ]
    if found:
        rank, *_, name = max(found)
        return _named(config, name, client, _why(rank, config.workflows[name], content))
    if content.approval is not None and content.approval in config.workflows:
        return _named(config, content.approval, client, "the post asks for it")
    return plain(config, client, content.approval)


def plain(config: Config, client: str, approver: str | None = None) -> Chosen:
    """The one stage of `[workflow]`, asked by its approver or another one; anybody may answer."""
    why = f"the post asks for it: approval = {approver}" if approver else "no other workflow fits"
    stage = Stage(
        name=PLAIN_STAGE,
        approver=approver or config.workflow.approver,
        persons=_with_roles(config, client, _APPROVERS[Audience.INTERNAL]),
        anyone=True,
    )
    return Chosen(
        workflow=Workflow(stages=(stage,), why=why),
        approve_by={PLAIN_STAGE: Lead(passing=config.workflow.deadline)},
        is_plain=True,
    )


def is_fallback(config: Config, post: Post) -> bool:
    """Whether a post without a time waits to take the place of another one that nobody answers for."""
    named = {name.removesuffix(".md") for table in config.workflows.values() for name in table.fallback}
    return post.content.when.kind is WhenKind.UNPLANNED and (post.slug in named or str(post.id) in named)


# ---------------------------------------------------------------- the choice


def _rank(table: WorkflowsTable, client: str, content: PostContent) -> tuple[bool, ...] | None:
    """What the table says about posts, the most specific first; None where it does not fit this one."""
    wanted = (
        (table.campaigns, {content.campaign}),
        (table.labels, set(content.labels)),
        (table.profiles, set(content.profiles)),
        (table.clients, {client}),
    )
    if any(allowed and not set(allowed) & has for allowed, has in wanted):
        return None
    return tuple(bool(allowed) for allowed, _ in wanted)


def _why(rank: Sequence[bool], table: WorkflowsTable, content: PostContent) -> str:
    said = (
        f"it is for the campaign {content.campaign}",
        f"it is for the label {_first(table.labels, content.labels)}",
        f"it is for the profile {_first(table.profiles, content.profiles)}",
        "it is for this client",
    )
    return next((words for is_named, words in zip(rank, said, strict=True) if is_named), "it is for every post")


def _first(allowed: Sequence[str], has: Sequence[str]) -> str:
    return next((one for one in has if one in allowed), "")


# ---------------------------------------------------------------- what it says


def _named(config: Config, name: str, client: str, why: str) -> Chosen:
    table = config.workflows[name]
    tables = table.stages or (StageTable(name=PLAIN_STAGE),)
    asks = table.review is not Obligation.NONE
    escalations = tuple(Escalation(to=one.to, decides=one.decides) for one in table.escalate)
    stages = tuple(_stage(config, client, table, one, escalations) for one in tables) if asks else ()
    usual = parse_lead(table.approve_by) if table.approve_by else Lead(passing=config.workflow.deadline)
    return Chosen(
        workflow=Workflow(
            name=name,
            why=why,
            stages=stages,
            order=table.order,
            own_posts=table.own_posts,
            silence=table.on_silence,
            fallback=table.fallback,
            agreed=config.clients[client].silence_is_consent if table.on_silence is Silence.CONSENT else "",
        ),
        approve_by={one.name: parse_lead(one.approve_by) if one.approve_by else usual for one in tables},
        remind=tuple(parse_lead(text) for text in table.remind),
        escalate=tuple(parse_lead(one.before) for one in table.escalate),
    )


def _stage(
    config: Config, client: str, table: WorkflowsTable, one: StageTable, escalations: tuple[Escalation, ...]
) -> Stage:
    roles = one.roles or (() if one.persons else _APPROVERS[one.audience])
    by_role = tuple(name for name in _with_roles(config, client, roles) if name not in one.persons)
    return Stage(
        name=one.name,
        audience=one.audience,
        approver=one.approver or table.approver or config.workflow.approver,
        persons=(*one.persons, *by_role),
        by_role=by_role,
        roles=roles,
        need=one.need,
        optional=one.optional or table.review is Obligation.OPTIONAL,
        escalations=escalations,
    )


def _with_roles(config: Config, client: str, roles: Sequence[str]) -> tuple[str, ...]:
    if not roles:
        return ()
    return tuple(name for name, person in config.persons.items() if person.has_role(client, roles))
