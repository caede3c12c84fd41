"""Workflows through the real steps: stages in turn and at once, who may answer, and what becomes of an edit."""

from __future__ import annotations

from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.model import Decision, PostState, ReviewState
from smm_core.workspace import Workspace
from tests.reviewing import asked, open_review, post_at, refused, round_, say, settle

STRICT = """
[workflows.standard]
[[workflows.standard.stages]]
name = "desk"
need = "all"
persons = ["bert", "mia"]
"""
AT_ONCE = """
[workflows.standard]
order = "parallel"
[[workflows.standard.stages]]
name = "desk"
[[workflows.standard.stages]]
name = "client"
audience = "client"
"""


def state(ws: Workspace, slug: str = "bread") -> PostState:
    return ws.store.posts.find(slug).state


def approvals(ws: Workspace) -> int:
    return int(ws.store.reviews._db.value("SELECT count(*) FROM approvals"))


def test_stages_in_sequence_and_approved_only_after_the_last(root: Path, ws: Workspace) -> None:
    settle(root)
    post_at(root, "bread", "2026-12-10T09:00")
    report = round_(ws)
    one = open_review(ws, "bread")
    assert (one.waiting, one.waits_for, one.workflow) == (("desk",), ("internal",), "standard")
    assert "post bread: asked anna, bert (hand)" in report.lines
    say(ws, "bread", "bert")
    assert (state(ws), approvals(ws)) == (PostState.REVIEWING, 0), "one of two stages approved nothing"
    assert open_review(ws, "bread").waits_for == ("client",)
    assert "post bread: asked carla, chris (hand)" in round_(ws).lines
    say(ws, "bread", "chris")
    assert (state(ws), approvals(ws)) == (PostState.APPROVED, 1)
    round_(ws)
    assert state(ws) is PostState.SCHEDULED


def test_nobody_answers_out_of_turn_or_for_others(root: Path, ws: Workspace) -> None:
    settle(root)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    assert "waits for no such answer: it is not its turn yet" in refused(ws, "bread", "carla")
    assert refused(ws, "bread", "mia").startswith("NotAllowed: review 1: mia is not asked in desk or client")
    assert refused(ws, "bread", "nobody").startswith("NotAllowed")
    assert refused(ws, "bread", "hand").startswith("NotAllowed"), "only the approver itself speaks for the approver"
    assert refused(ws, "bread", "silence").startswith("NotAllowed")
    assert refused(ws, "bread", "bert", stage="nonsense").startswith("NotFound")
    assert ws.store.reviews.verdicts(1) == []


def test_the_writer_does_not_answer_for_it(root: Path, ws: Workspace) -> None:
    settle(root, more=TWO_WITH_WRITER)
    ws._by = "anna"
    post_at(root, "bread", "2026-12-10T09:00")
    report = round_(ws)
    assert "post bread: asked bert (hand)" in report.lines, "anna wrote it"
    assert "anna wrote this post, and nobody answers for their own; those who may: bert" in refused(ws, "bread", "anna")
    (root / "smm.toml").write_text((root / "smm.toml").read_text().replace("own_posts = false", "own_posts = true"))
    ws.reload()
    post_at(root, "rye", "2026-12-10T12:00", text="Rye is back.")
    round_(ws)
    assert say(ws, "rye", "anna").by == "anna"


TWO_WITH_WRITER = "[workflows.standard]\nown_posts = false\n"


def test_all_of_a_stage(root: Path, ws: Workspace) -> None:
    settle(root, more=STRICT)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "bert")
    assert state(ws) is PostState.REVIEWING
    say(ws, "bread", "mia")
    assert state(ws) is PostState.APPROVED


def test_stages_at_once(root: Path, ws: Workspace) -> None:
    settle(root, more=AT_ONCE)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    assert open_review(ws, "bread").waits_for == ("internal", "client")
    say(ws, "bread", "carla")
    assert open_review(ws, "bread").waits_for == ("internal",)
    say(ws, "bread", "bert")
    assert state(ws) is PostState.APPROVED


def test_rework_in_any_stage_sends_it_back_and_may_be_undone(root: Path, ws: Workspace) -> None:
    settle(root)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "bert")
    say(ws, "bread", "carla", Decision.REWORK, remark="too salty")
    assert (state(ws), ws.store.posts.find("bread").reason) == (PostState.REWORK, "too salty")
    say(ws, "bread", "carla")
    assert state(ws) is PostState.APPROVED
    say(ws, "bread", "bert", Decision.REWORK, remark="no, wait")
    assert (state(ws), approvals(ws)) == (PostState.REWORK, 0)
    say(ws, "bread", "bert", remark="all right")
    assert state(ws) is PostState.APPROVED, "the client's yes still stands: nothing was edited"


def test_an_edit_withdraws_every_answer_and_asks_again_from_the_start(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    settle(root, more=TWO_RECORDED, recorder=True)
    post_at(root, "bread", "2026-12-10T09:00", text="Fresh bread today.")
    round_(ws)
    say(ws, "bread", "bert")
    round_(ws)
    post_at(root, "bread", "2026-12-10T09:00", text="Fresh rolls today.")
    round_(ws)
    old, new = ws.store.reviews.listed()
    assert (old.state, new.waiting) == (ReviewState.WITHDRAWN, ("desk",))
    last = asked(root)[-1]
    assert last["stage"] == "desk"
    (change,) = last["changes"]
    assert [(piece["touch"], piece["text"]) for piece in change["words"]][:3] == [
        ("same", "Fresh "),
        ("removed", "bread"),
        ("added", "rolls"),
    ]
    with pytest.raises(Exception, match="is withdrawn"):
        ws.store.reviews.decide(old.id, Decision.APPROVE, "carla", clock.now())


TWO_RECORDED = """
[workflows.standard]
approver = "recorder"
[[workflows.standard.stages]]
name = "desk"
[[workflows.standard.stages]]
name = "client"
audience = "client"
"""


def test_an_answer_to_the_version_before_never_approves_the_new_one(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    settle(root, more="")
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "bert", Decision.REWORK, remark="shorter")
    post_at(root, "bread", "2026-12-10T09:00", text="Bread.")
    round_(ws)
    with pytest.raises(Exception, match="withdrawn"):
        ws.store.reviews.decide(1, Decision.APPROVE, "bert", clock.now())
    assert state(ws) is PostState.REVIEWING


def test_the_client_is_told_nothing_that_is_internal(root: Path, ws: Workspace) -> None:
    settle(root, more=TWO_RECORDED, recorder=True)
    ws._by = "writer-of-it"
    post_at(root, "bread", "2026-12-10T09:00", labels='["margin-high"]')
    round_(ws)
    from smm_core.contracts import Remark

    say(ws, "bread", "bert", remark="the client will hate it", comments=(Remark(text="but never mind"),))
    round_(ws)
    desk, client = asked(root)
    assert (desk["audience"], desk["post"]["by"], desk["post"]["content"]["labels"]) == (
        "internal",
        "writer-of-it",
        ["margin-high"],
    )
    assert [person["name"] for person in client["persons"]] == ["carla", "chris"]
    told = str(client)
    for hidden in ("writer-of-it", "margin-high", "hate it", "never mind"):
        assert hidden not in told


def test_the_most_specific_workflow_wins_and_says_why(root: Path, ws: Workspace) -> None:
    settle(root, more=MANY)
    from smm_core.config.workflows import workflow_for
    from smm_core.model import PostContent

    def chosen(**content: object) -> tuple[str, str]:
        found = workflow_for(ws.config, str(content.pop("client", "acme")), PostContent(**content)).workflow  # type: ignore[arg-type]
        return found.name, found.why

    assert chosen() == ("everybody", "it is for every post")
    assert chosen(profiles=("social",)) == ("social", "it is for the profile social")
    assert chosen(profiles=("social",), labels=("legal",)) == ("legal", "it is for the label legal")
    assert chosen(labels=("legal", "fun")) == ("legal", "it is for the label legal"), (
        "of two that are alike, the stricter"
    )
    assert chosen(labels=("legal",), campaign="spring") == ("spring", "it is for the campaign spring")
    assert chosen(labels=("legal",), campaign="spring", client="other")[0] == "legal", "all that it names has to fit"
    assert chosen(approval="rule")[0] == "everybody", "who writes a post does not choose who checks it"


MANY = """
[workflows.everybody]
[workflows.social]
profiles = ["social"]
[workflows.fun]
labels = ["fun"]
review = "none"
[workflows.legal]
labels = ["legal"]
[workflows.spring]
clients = ["acme"]
campaigns = ["spring"]
"""


def test_a_post_may_name_who_asks_where_no_workflow_fits(root: Path, ws: Workspace) -> None:
    settle(root, more="[workflows.never]\ncampaigns = ['x']\nreview = 'none'\n")
    post_at(root, "bread", "2026-12-10T09:00", approval='"rule"')
    post_at(root, "rye", "2026-12-11T09:00", text="Rye is back.", approval='"never"')
    round_(ws)
    assert state(ws, "rye") is PostState.SCHEDULED
    (verdict,) = ws.store.reviews.verdicts(ws.store.reviews.listed(post=ws.store.posts.find("rye").id)[0].id)
    assert (verdict.by, verdict.remark) == ("workflow", "this workflow asks nobody")
    assert ws.store.reviews.listed(post=ws.store.posts.find("bread").id)[0].approver == "rule"


def test_who_lost_the_role_or_left_no_longer_answers(root: Path, ws: Workspace) -> None:
    settle(root)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    text = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(text.replace('roles = { acme = ["approver"] }', 'roles = { acme = ["writer"] }'))
    ws.reload()
    assert refused(ws, "bread", "bert").startswith("NotAllowed")
    (root / "smm.toml").write_text(text.replace("[persons.bert]", "[persons.berta]"))
    ws.reload()
    assert refused(ws, "bread", "bert").startswith("NotAllowed")
    assert say(ws, "bread", "anna").stage == "desk"


def test_the_same_answer_counts_once(root: Path, ws: Workspace) -> None:
    settle(root, more=STRICT)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "bert", once="message 1")
    assert refused(ws, "bread", "mia", once="message 1").startswith("Repeated")
    assert len(ws.store.reviews.verdicts(1)) == 1


def test_an_edit_of_what_is_out_goes_through_the_workflow_too(root: Path, ws: Workspace, clock: FakeClock) -> None:
    from smm_core.steps.changing import update
    from smm_core.steps.publish import publish

    settle(root)
    post_at(root, "bread", "2026-11-26T09:00")
    round_(ws)
    say(ws, "bread", "bert")
    say(ws, "bread", "carla")
    round_(ws)
    from datetime import UTC, datetime

    clock.set(datetime(2026, 11, 26, 8, 0, tzinfo=UTC))
    publish(ws, ws.store.begin_epoch(clock.now()))
    assert state(ws) is PostState.DONE
    post_at(root, "bread", "2026-11-26T09:00", text="Fresh bread all day.")
    round_(ws)
    (action,) = [one for one in ws.store.ledger.of_post(1) if one.kind == "publish"]
    assert update(ws, action), "the edit is planned"
    found = ws.store.reviews.listed()[-1]
    assert (found.state, found.waiting) == (ReviewState.OPEN, ("desk",))
    say(ws, "bread", "bert")
    assert next(one for one in ws.store.ledger.of_post(1) if one.kind == "edit").state == "waiting"
    say(ws, "bread", "carla")
    assert next(one for one in ws.store.ledger.of_post(1) if one.kind == "edit").state == "scheduled"
