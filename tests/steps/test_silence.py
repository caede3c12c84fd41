"""What silence does, end to end with a clock that runs: reminders, escalation, and each of the five rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock, instant_of, wall_of
from smm_core.model import PostState, ReviewState
from smm_core.workspace import Workspace
from tests.reviewing import asked, go_to, open_review, post_at, refused, round_, say, settle

ZONE = "Europe/Amsterdam"


def workflow(rule: str, *more: str, review: str = "required", people: str = "") -> str:
    """One stage that asks the client, with reminders."""
    lines = "\n".join(more)
    return f"""
[workflows.standard]
approver = "recorder"
review = "{review}"
approve_by = "2 working days before"
remind = ["1 working day before", "2 working hours before"]
on_silence = "{rule}"
{lines}

[[workflows.standard.stages]]
name = "client"
audience = "client"
{people}
"""


def at(wall: str) -> datetime:
    return instant_of(datetime.fromisoformat(wall), ZONE)


def state(ws: Workspace, slug: str = "bread") -> tuple[PostState, str]:
    post = ws.store.posts.find(slug)
    return post.state, post.reason


def kinds(root: Path) -> list[str]:
    return [one["kind"] for one in asked(root)]


def test_the_approve_by_time_is_reckoned_in_working_days(root: Path, ws: Workspace) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    post_at(root, "bread", "2026-12-28T09:00")  # a Monday; Friday and Saturday are Christmas
    round_(ws)
    found = open_review(ws, "bread")
    assert found.deadline is not None
    assert wall_of(found.deadline, ZONE) == datetime(2026, 12, 23, 9, 0)
    assert found.due_at == at("2026-12-28T09:00")


def test_reminders_come_once_each_in_the_same_thread_and_only_to_who_is_silent(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    settle(root, more=workflow("hold", people='need = "all"'), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "carla")
    go_to(ws, clock, at("2026-12-08T08:59"))
    round_(ws)
    first, *reminders = asked(root)
    assert kinds(root) == ["ask", "remind", "remind"]
    assert [person["name"] for person in first["persons"]] == ["carla", "chris"]
    for one in reminders:
        assert [person["name"] for person in one["persons"]] == ["chris"]
        assert one["thread"] == "thread of 1"
    assert len({one["key"] for one in asked(root)}) == 3
    assert state(ws)[0] is PostState.REVIEWING


def test_a_reminder_that_could_not_be_sent_is_sent_later_with_the_same_key(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    (root / "broken").touch()
    clock.set(at("2026-12-07T09:00"))
    assert any("the mail server is away" in line for line in round_(ws).troubles)
    (root / "broken").unlink()
    round_(ws)
    round_(ws)
    assert kinds(root) == ["ask", "remind", "remind"]
    assert asked(root)[1]["key"] == asked(root)[2]["key"], "the same one again, so that it need not go out twice"


def test_after_a_long_sleep_only_the_last_reminder_is_sent(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    clock.set(at("2026-12-08T08:00"))
    round_(ws)
    round_(ws)
    assert kinds(root) == ["ask", "remind"]


def test_a_reminder_that_is_over_with_its_stage_is_not_sent(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    clock.set(at("2026-12-08T10:00"))
    round_(ws)
    assert kinds(root) == ["ask"]
    assert state(ws) == (PostState.EXPIRED, "nobody answered in time")


def test_hold_and_a_late_yes(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert state(ws)[0] is PostState.EXPIRED
    say(ws, "bread", "carla")
    round_(ws)
    assert state(ws)[0] is PostState.SCHEDULED
    (action,) = ws.store.ledger.of_post(1)
    assert action.due_at == at("2026-12-10T09:00")


def test_escalation_tells_others_and_lets_them_decide_where_it_says_so(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    more = workflow("hold") + '[[workflows.standard.escalate]]\nbefore = "1h"\nto = ["mia"]\ndecides = true\n'
    settle(root, more=more, recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-08T08:30"))
    last = asked(root)[-1]
    assert (last["kind"], [person["name"] for person in last["persons"]]) == ("escalate", ["mia"])
    say(ws, "bread", "mia")
    assert state(ws)[0] is PostState.APPROVED


def test_drop(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("drop"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert state(ws) == (PostState.EXPIRED, "dropped: nobody answered in time")
    assert refused(ws, "bread", "carla").startswith("TooLate")
    from smm_core.attention import attention

    assert [item for item in attention(ws) if "bread" in item.what] == []


def test_next_slot_for_a_post_with_a_time(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("next-slot"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-08T09:00"))
    found = open_review(ws, "bread")
    assert found.due_at == at("2026-12-10T17:00")
    assert found.deadline == at("2026-12-08T17:00")
    clock.set(at("2026-12-08T16:00"))
    say(ws, "bread", "carla")
    round_(ws)
    (action,) = ws.store.ledger.of_post(1)
    assert action.due_at == at("2026-12-08T17:00"), "the next slot that is free, not the time it had"


def test_next_slot_goes_on_and_reminds_again(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("next-slot"), recorder=True)
    post_at(root, "bread", "next")
    round_(ws)
    assert open_review(ws, "bread").due_at == at("2026-11-25T17:00"), "the first slot that leaves two working days"
    go_to(ws, clock, at("2026-11-26T12:00"))
    found = open_review(ws, "bread")
    assert found.state is ReviewState.OPEN
    assert found.due_at is not None
    assert found.due_at > clock.now()
    assert kinds(root).count("ask") == 1
    assert kinds(root).count("remind") >= 2
    assert len({one["key"] for one in asked(root)}) == len(asked(root))


def test_fallback_takes_the_place(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("fallback", 'fallback = ["missing", "evergreen"]', 'labels = ["risky"]'), recorder=True)
    post_at(root, "evergreen", "unplanned", text="Our oven never sleeps.", approval='"rule"')
    post_at(root, "bread", "2026-12-10T09:00", labels='["risky"]')
    round_(ws)
    from smm_core.attention import attention
    from smm_core.steps.schedule import schedule

    if state(ws, "evergreen")[0] is PostState.REVIEWING:
        say(ws, "evergreen", "bert")
    clock.advance(timedelta(minutes=5))
    assert schedule(ws).troubles == [], "that it has no time is how it is meant"
    assert [item for item in attention(ws) if "evergreen" in item.what] == []
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert state(ws) == (PostState.EXPIRED, "nobody answered in time; post evergreen takes its place")
    (action,) = ws.store.ledger.of_post(ws.store.posts.find("evergreen").id)
    assert action.due_at == at("2026-12-10T09:00")


def test_without_a_fallback_that_is_free_it_is_held(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("fallback", 'fallback = ["missing"]'), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    report = go_to(ws, clock, at("2026-12-08T09:00"))
    assert any("none of its fallback posts is approved and free" in line for line in report.troubles)
    assert state(ws)[0] is PostState.EXPIRED


def test_consent_of_a_client_who_agreed_and_was_reminded(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("consent", 'clients = ["acme"]'), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert state(ws)[0] is PostState.SCHEDULED
    (verdict,) = ws.store.reviews.verdicts(1)
    assert (verdict.by, verdict.stage) == ("silence", "client")
    assert "contract of 2026-03-01" in verdict.remark
    assert "carla, chris having been reminded; workflow standard" in verdict.remark
    assert ws.store.reviews.log()[-1].kind == "consent"


def test_no_consent_of_who_was_not_reminded(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("consent", 'clients = ["acme"]'), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    (root / "broken").touch()
    report = go_to(ws, clock, at("2026-12-08T09:00"))
    assert ws.store.reviews.verdicts(1) == []
    assert state(ws)[0] is PostState.EXPIRED
    assert any("carla, chris was not reminded" in line for line in report.troubles)


def test_no_consent_once_the_client_has_taken_it_back(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("consent", 'clients = ["acme"]'), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    settle(root, more=workflow("hold"), recorder=True)
    text = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(text.replace('silence_is_consent = "contract of 2026-03-01"', ""))
    ws.reload()
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert ws.store.reviews.verdicts(1) == []
    assert state(ws)[0] is PostState.EXPIRED


def test_silence_inside_is_never_consent(root: Path, ws: Workspace, clock: FakeClock) -> None:
    inside = '[[workflows.standard.stages]]\nname = "desk"\n'
    settle(root, more=workflow("consent", 'clients = ["acme"]') + inside, recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    say(ws, "bread", "carla")
    go_to(ws, clock, at("2026-12-08T09:00"))
    assert [one.by for one in ws.store.reviews.verdicts(1)] == ["carla"]
    assert "stage desk is not the client's" in state(ws)[1]


def test_an_optional_review_goes_out_when_nobody_objects(root: Path, ws: Workspace, clock: FakeClock) -> None:
    settle(root, more=workflow("hold", review="optional"), recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    post_at(root, "rye", "2026-12-10T12:00", text="Rye is back.")
    round_(ws)
    from smm_core.model import Decision

    say(ws, "rye", "carla", Decision.REWORK, remark="no rye")
    go_to(ws, clock, at("2026-12-08T12:00"))
    assert state(ws)[0] is PostState.SCHEDULED
    assert state(ws, "rye") == (PostState.REWORK, "no rye")
    (verdict,) = ws.store.reviews.verdicts(1)
    assert (verdict.by, verdict.remark) == ("workflow", "nobody had to answer, and nobody objected in time")


def test_an_optional_stage_is_passed_over_and_the_next_is_asked(root: Path, ws: Workspace, clock: FakeClock) -> None:
    more = """
[workflows.standard]
approver = "recorder"
approve_by = "1 working day before"
[[workflows.standard.stages]]
name = "desk"
optional = true
approve_by = "3 working days before"
[[workflows.standard.stages]]
name = "client"
audience = "client"
"""
    settle(root, more=more, recorder=True)
    post_at(root, "bread", "2026-12-10T09:00")
    round_(ws)
    go_to(ws, clock, at("2026-12-07T09:00"))
    assert open_review(ws, "bread").waiting == ("client",)
    assert asked(root)[-1]["stage"] == "client", "who follows is asked in the same round"
    say(ws, "bread", "carla")
    assert state(ws)[0] is PostState.APPROVED


@pytest.mark.parametrize(
    ("due", "deadline"),
    [
        ("2026-10-26T09:00", "2026-10-22T09:00"),  # clocks went back on Sunday: the wall time stays
        ("2026-03-30T09:00", "2026-03-26T09:00"),  # and forward
        ("2026-04-28T09:00", "2026-04-23T09:00"),  # Monday was King's Day
    ],
)
def test_clock_changes_and_holidays(root: Path, due: str, deadline: str) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    clock = FakeClock(datetime(2026, 3, 2, 8, tzinfo=UTC))
    with Workspace(root, clock) as ws:
        post_at(root, "bread", due)
        round_(ws)
        assert open_review(ws, "bread").deadline == at(deadline)
        go_to(ws, clock, at(deadline) - timedelta(seconds=1))
        assert state(ws)[0] is PostState.REVIEWING
        go_to(ws, clock, at(deadline))
        assert state(ws)[0] is PostState.EXPIRED


def test_a_country_without_a_list_of_holidays_is_said_and_holds_nothing_up(root: Path, ws: Workspace) -> None:
    settle(root, more=workflow("hold"), recorder=True)
    (root / "smm.toml").write_text((root / "smm.toml").read_text().replace('country = "NL"', 'country = "XX"'))
    post_at(root, "bread", "2026-12-28T09:00")
    report = round_(ws)
    assert any("there is no list of holidays for XX" in line for line in report.troubles)
    assert open_review(ws, "bread").deadline == at("2026-12-24T09:00")
