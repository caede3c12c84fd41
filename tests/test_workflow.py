"""Where a review stands: one pure function of stages, verdicts and the present instant, looked at from all sides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from smm_core.model import Decision, Verdict
from smm_core.workflow import (
    SILENCE,
    Audience,
    Escalation,
    Need,
    Order,
    Person,
    Stage,
    StageState,
    Workflow,
    may_answer,
    side_of,
    standing,
)

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
PEOPLE = ("anna", "bert", "carla", "dora", "writer")


def verdict(by: str, stage: str, decision: Decision = Decision.APPROVE, minute: int = 0) -> Verdict:
    return Verdict(
        review_id=1, decision=decision, by=by, at=NOW + timedelta(minutes=minute), digests={"p": "d"}, stage=stage
    )


stages_ = st.lists(
    st.builds(
        Stage,
        name=st.sampled_from(("a", "b", "c")),
        audience=st.sampled_from(Audience),
        persons=st.lists(st.sampled_from(PEOPLE), max_size=3, unique=True).map(tuple),
        need=st.sampled_from(Need),
        optional=st.booleans(),
        anyone=st.booleans(),
        escalations=st.sampled_from(((), (Escalation(to=("dora",), decides=True),), (Escalation(to=("dora",)),))),
    ),
    max_size=3,
    unique_by=lambda stage: stage.name,
).map(tuple)
workflows = st.builds(
    Workflow, stages=stages_, order=st.sampled_from(Order), own_posts=st.booleans(), name=st.just("w")
)
verdicts_ = st.lists(
    st.builds(
        verdict,
        by=st.sampled_from((*PEOPLE, "stranger", SILENCE, "hand")),
        stage=st.sampled_from(("a", "b", "c", "nowhere")),
        decision=st.sampled_from(Decision),
    ),
    max_size=8,
)
deadlines_ = st.dictionaries(
    st.sampled_from(("a", "b", "c")), st.sampled_from((NOW - timedelta(hours=1), NOW, NOW + timedelta(hours=1)))
)


@settings(max_examples=120, deadline=None)
@given(workflow=workflows, verdicts=verdicts_, deadlines=deadlines_)
def test_what_holds_whatever_was_said(
    workflow: Workflow, verdicts: list[Verdict], deadlines: dict[str, datetime]
) -> None:
    stands = standing(workflow, verdicts, NOW, writer="writer", deadlines=deadlines)
    states = [stands.stages[stage.name] for stage in workflow.stages]
    assert len(states) == len(workflow.stages)

    for stage, state in zip(workflow.stages, states, strict=True):
        heard = [one for one in verdicts if one.stage == stage.name and may_answer(workflow, stage, one.by, "writer")]
        yes = {one.by for one in heard if one.decision is Decision.APPROVE}
        if state is StageState.APPROVED:
            assert yes, "no stage is approved without somebody's yes"
            assert workflow.own_posts or yes != {"writer"}
            alone = yes & ({SILENCE, "hand"} | {who for one in stage.escalations if one.decides for who in one.to})
            asked = {who for who in stage.persons if workflow.own_posts or who != "writer"}
            if stage.need is Need.ALL and asked and not alone:
                assert asked <= yes, "all means all"
        if state is StageState.LAPSED:
            assert stage.optional
            assert deadlines[stage.name] <= NOW
        if state is StageState.REWORK:
            assert any(one.decision is Decision.REWORK for one in heard)

    if workflow.order is Order.SEQUENCE:
        through = [state in (StageState.APPROVED, StageState.LAPSED) for state in states]
        first_open = through.index(False) if False in through else len(through)
        assert all(state is StageState.AHEAD for state in states[first_open + 1 :]), "one after the other"
    else:
        assert StageState.AHEAD not in states
    if stands.is_approved:
        assert not stands.waiting
        assert not stands.is_rework
    if not stands.is_approved and not stands.is_rework:
        assert stands.waiting, "nobody is left waiting for nothing"


@settings(max_examples=60, deadline=None)
@given(workflow=workflows, verdicts=verdicts_, deadlines=deadlines_, other=st.sampled_from(("stranger", "mallory")))
def test_who_may_not_answer_changes_nothing(
    workflow: Workflow, verdicts: list[Verdict], deadlines: dict[str, datetime], other: str
) -> None:
    without = [one for one in verdicts if one.by != other]
    for stage in workflow.stages:
        if may_answer(workflow, stage, other, "writer"):
            return
    for number in range(len(without) + 1):
        told = [*without[:number], verdict(other, "a", Decision.REWORK), *without[number:]]
        before = standing(workflow, without, NOW, writer="writer", deadlines=deadlines)
        assert standing(workflow, told, NOW, writer="writer", deadlines=deadlines) == before


@settings(max_examples=60, deadline=None)
@given(workflow=workflows, verdicts=verdicts_)
def test_a_yes_more_never_takes_approval_away(workflow: Workflow, verdicts: list[Verdict]) -> None:
    if not standing(workflow, verdicts, NOW, writer="writer").is_approved:
        return
    for stage in workflow.stages:
        for by in (*PEOPLE, SILENCE):
            more = [*verdicts, verdict(by, stage.name)]
            assert standing(workflow, more, NOW, writer="writer").is_approved


def test_a_yes_for_all_stays_when_somebody_else_says_yes_after_it() -> None:
    stage = Stage(
        name="a", persons=("anna", "bert"), need=Need.ALL, escalations=(Escalation(to=("dora",), decides=True),)
    )
    workflow = Workflow(stages=(stage,))
    said = [verdict("anna", "a", Decision.REWORK), verdict("dora", "a")]
    assert standing(workflow, said, NOW).is_approved
    assert standing(workflow, [*said, verdict("bert", "a")], NOW).is_approved
    assert standing(workflow, [*said, verdict("bert", "a", Decision.REWORK)], NOW).is_rework


def test_in_doubt_a_person_sits_on_the_clients_side() -> None:
    workflow = Workflow(
        stages=(
            Stage(name="desk", persons=("anna",)),
            Stage(name="client", audience=Audience.CLIENT, persons=("carla", "both")),
            Stage(name="more", persons=("both",)),
        )
    )

    def side(name: str, *roles: str) -> Audience:
        person = Person(name=name, address="x", language="en", roles={"acme": roles} if roles else {})
        return side_of(workflow, person, "acme")

    assert side("carla") is Audience.CLIENT
    assert side("carla", "approver") is Audience.CLIENT, "asked as the client, whatever the role is called"
    assert side("carla", "manager") is Audience.INTERNAL
    assert side("anyone", "client", "manager") is Audience.CLIENT
    assert side("nobody") is Audience.CLIENT
    assert side("anna") is Audience.INTERNAL
    assert side("both") is Audience.INTERNAL
    assert side("else", "approver") is Audience.INTERNAL
