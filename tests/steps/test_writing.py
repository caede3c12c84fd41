"""collect, compose, render, review, schedule, measure: from files to the ledger and from receipts to numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock, wall_of
from smm_core.errors import NotFound, SmmError
from smm_core.model import ActionState, Decision, IdeaState, PostState, ReviewState, SubjectKind
from smm_core.steps.collect import collect
from smm_core.steps.compose import compose
from smm_core.steps.measure import measure
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.conftest import MONDAY, write_post

CTA = {"call_to_action": '"Come by"'}


def post_state(ws: Workspace, slug: str = "bread") -> PostState:
    return ws.store.posts.find(slug).state


def until_review(ws: Workspace) -> None:
    for step in (collect, render, review):
        step(ws)


def approve_all(ws: Workspace) -> None:
    for one in ws.store.reviews.listed(state=ReviewState.OPEN):
        ws.store.reviews.decide(one.id, Decision.APPROVE, "tester", ws.clock.now())


def test_a_file_becomes_a_post_and_an_edit_changes_it(ws: Workspace) -> None:
    write_post(ws.root, "bread", **CTA)
    assert collect(ws).lines == ["content: post bread is new"]
    assert collect(ws).lines == []
    assert ws.store.posts.find("bread").content.profiles == ("social", "short")
    write_post(ws.root, "bread", "Even fresher bread.", **CTA)
    assert collect(ws).lines == ["content: post bread is changed"]
    assert ws.store.posts.find("bread").revision == 2


def test_a_broken_file_is_reported_and_the_others_go_on(ws: Workspace) -> None:
    write_post(ws.root, "broken", labelz='["x"]')
    write_post(ws.root, "good", **CTA)
    report = collect(ws)
    assert report.lines == ["content: post good is new"]
    (trouble,) = report.troubles
    assert "broken.md:2" in trouble
    assert "labels" in trouble
    (kept,) = ws.store.sources.troubles()
    assert "broken.md" in kept[1].where
    write_post(ws.root, "broken", **CTA)
    assert collect(ws).troubles == []
    assert ws.store.sources.troubles() == []


def test_a_deleted_file_withdraws_its_post(ws: Workspace) -> None:
    path = write_post(ws.root, "bread", **CTA)
    until_review(ws)
    path.unlink()
    collect(ws)
    assert post_state(ws) is PostState.WITHDRAWN
    assert ws.store.reviews.listed(state=ReviewState.OPEN) == []


def test_an_unknown_profile_is_a_mistake_with_the_nearest(ws: Workspace) -> None:
    write_post(ws.root, "bread", profiles='["socal"]')
    for _ in range(2):
        (trouble,) = collect(ws).troubles
        assert "did you mean social" in trouble
    toml = ws.root / "smm.toml"
    toml.write_text(toml.read_text().replace("[profiles.social]", "[profiles.socal]"))
    ws.reload()
    assert collect(ws).lines == ["content: post bread is new"], "read again when smm.toml was mended"


def test_an_unknown_source_is_named(ws: Workspace) -> None:
    with pytest.raises(NotFound, match="there is no source 'nonsense'"):
        collect(ws, only=["nonsense"])


def test_a_source_that_fails_does_not_stop_the_others(ws: Workspace) -> None:
    text = (ws.root / "smm.toml").read_text()
    (ws.root / "smm.toml").write_text(text + '\n[sources.gone]\ntype = "nonsense"\n')
    write_post(ws.root, "bread", **CTA)
    report = collect(ws)
    assert report.lines == ["content: post bread is new"]
    assert "no plugin offers the source 'nonsense'" in report.troubles[0]


def test_what_the_platform_would_refuse_is_blocked_before_anybody_is_asked(ws: Workspace) -> None:
    text = (ws.root / "smm.toml").read_text().replace('imitates = "shorttext"', 'imitates = "pictures"')
    (ws.root / "smm.toml").write_text(text)
    write_post(ws.root, "bread", **CTA)
    until_review(ws)
    assert post_state(ws) is PostState.BLOCKED
    assert "the least allowed is 1" in ws.store.posts.find("bread").reason
    assert ws.store.reviews.listed() == []


def test_what_is_too_long_becomes_a_thread_where_there_are_threads(ws: Workspace) -> None:
    write_post(ws.root, "bread", "Fresh bread. " * 40 + "Come by", **CTA)
    until_review(ws)
    parts = {
        variant.profile: len(variant.parts) for variant, _ in ws.store.posts.variants(ws.store.posts.find("bread"))
    }
    assert parts == {"social": 2, "short": 2}


def test_the_brand_book_blocks(ws: Workspace) -> None:
    write_post(ws.root, "bread")
    until_review(ws)
    assert post_state(ws) is PostState.BLOCKED
    assert "call to action" in ws.store.posts.find("bread").reason
    write_post(ws.root, "bread", **CTA)
    until_review(ws)
    assert post_state(ws) is PostState.REVIEWING


def test_a_past_date_is_refused(ws: Workspace) -> None:
    write_post(ws.root, "bread", **CTA, at='"2026-11-20T09:00"')
    until_review(ws)
    assert post_state(ws) is PostState.BLOCKED
    assert "is past" in ws.store.posts.find("bread").reason


def test_an_edit_withdraws_the_approval_and_asks_again(ws: Workspace) -> None:
    write_post(ws.root, "bread", **CTA)
    until_review(ws)
    approve_all(ws)
    schedule(ws)
    write_post(ws.root, "bread", "Other words.", **CTA)
    until_review(ws)
    assert post_state(ws) is PostState.REVIEWING
    assert {action.state for action in ws.store.ledger.of_post(1)} == {ActionState.CANCELLED}
    approve_all(ws)
    schedule(ws)
    live = [action for action in ws.store.ledger.of_post(1) if action.state is ActionState.SCHEDULED]
    assert len(live) == 2


def test_an_edit_back_to_the_first_words_is_scheduled_again(ws: Workspace) -> None:
    for text in ("One.", "Two.", "One."):
        write_post(ws.root, "bread", text, **CTA)
        until_review(ws)
        approve_all(ws)
        schedule(ws)
    live = [action for action in ws.store.ledger.of_post(1) if action.state is ActionState.SCHEDULED]
    assert len(live) == 2
    publish(ws, ws.store.begin_epoch(ws.clock.now()))
    assert {action.state for action in ws.store.ledger.of_post(1)} == {ActionState.SCHEDULED, ActionState.CANCELLED}


def test_nobody_answers_in_time(ws: Workspace, clock: FakeClock) -> None:
    write_post(ws.root, "bread", **CTA, at='"2026-11-23T20:00"')
    until_review(ws)
    (open_,) = ws.store.reviews.listed()
    assert open_.deadline is not None
    assert wall_of(open_.deadline, "Europe/Amsterdam") == datetime(2026, 11, 23, 18, 0)
    clock.set(open_.deadline)
    review(ws)
    assert post_state(ws) is PostState.EXPIRED
    ws.store.reviews.decide(open_.id, Decision.APPROVE, "late tester", clock.now())
    assert post_state(ws) is PostState.APPROVED


def test_a_question_that_comes_late_may_be_answered_as_long_as_the_post_may_go_out(
    ws: Workspace, clock: FakeClock
) -> None:
    write_post(ws.root, "bread", **CTA, at='"2026-11-23T09:00"')
    collect(ws)
    clock.advance(timedelta(seconds=30))
    render(ws)
    review(ws)
    (open_,) = ws.store.reviews.listed(state=ReviewState.OPEN)
    assert open_.deadline == MONDAY + timedelta(hours=2)


def test_the_rule_approves_what_passes_its_checks(ws: Workspace) -> None:
    write_post(ws.root, "bread", **CTA, approval='"rule"')
    until_review(ws)
    assert post_state(ws) is PostState.APPROVED


def test_slots_are_filled_one_by_one(ws: Workspace) -> None:
    for name in ("a", "b", "c"):
        write_post(ws.root, name, f"Bread {name}.", **CTA, profiles='["social"]', approval='"rule"')
    until_review(ws)
    schedule(ws)
    walls = [
        wall_of(action.due_at, "Europe/Amsterdam") for number in (1, 2, 3) for action in ws.store.ledger.of_post(number)
    ]
    assert walls == [datetime(2026, 11, 23, 17), datetime(2026, 11, 24, 9), datetime(2026, 11, 24, 17)]


def test_a_post_without_a_time_on_a_profile_without_slots_says_so(ws: Workspace) -> None:
    text = (ws.root / "smm.toml").read_text().replace('slots = ["daily 12:00"]', "")
    (ws.root / "smm.toml").write_text(text)
    write_post(ws.root, "bread", **CTA, profiles='["short"]', approval='"rule"')
    until_review(ws)
    (trouble,) = schedule(ws).troubles
    assert "profile short has no slots" in trouble
    assert "smm posts edit bread --at" in trouble


def test_a_rule_makes_posts_of_ideas_so_many_a_day(ws: Workspace, clock: FakeClock) -> None:
    (ws.root / "smm.toml").write_text(
        (ws.root / "smm.toml").read_text()
        + '\n[rules.tips]\nsource = "content"\ntemplate = "text"\nlayout = "tip"\nprofiles = ["social"]\nper_day = 2\n'
    )
    (ws.root / "templates").mkdir()
    (ws.root / "templates" / "tip.md").write_text('+++\ncall_to_action = "Come by"\n+++\n\nTip: {{ idea.title }}\n')
    (ws.root / "content" / "ideas").mkdir()
    for number in range(3):
        (ws.root / "content" / "ideas" / f"{number}.md").write_text(f'+++\ntitle = "Idea {number}"\n+++\n\nText.\n')
    collect(ws)
    assert compose(ws).done == 2
    assert compose(ws).done == 0
    collect(ws)
    posts = ws.store.posts.listed()
    assert [post.content.parts[0] for post in posts] == ["Tip: Idea 0", "Tip: Idea 1"]
    assert len(ws.store.ideas.listed(state=IdeaState.USED)) == 2
    clock.set(MONDAY + timedelta(days=1))
    assert compose(ws).done == 1


def test_numbers_are_kept_with_their_time(ws: Workspace, clock: FakeClock) -> None:
    write_post(ws.root, "bread", **CTA, at='"now"', approval='"rule"')
    until_review(ws)
    schedule(ws)
    publish(ws, ws.store.begin_epoch(clock.now()))
    clock.advance(timedelta(days=2))
    assert measure(ws).troubles == []
    (action, _) = ws.store.ledger.of_post(1)
    readings = {reading.metric: reading for reading in ws.store.readings.latest(SubjectKind.POST, str(action.id))}
    assert readings["likes"].at == clock.now()
    first = readings["likes"].value
    clock.advance(timedelta(days=5))
    measure(ws)
    series = ws.store.readings.series(SubjectKind.POST, str(action.id), "likes")
    assert series[0].value == first <= series[1].value


def test_a_mistake_in_the_configuration_names_file_and_key(root: Path) -> None:
    (root / "smm.toml").write_text((root / "smm.toml").read_text().replace("slots", "slotz", 1))
    with Workspace(root) as ws, pytest.raises(SmmError, match=r"smm\.toml:14 .*slotz.*slots"):
        _ = ws.config


def test_the_same_text_twice_needs_a_word(ws: Workspace, clock: FakeClock) -> None:
    write_post(ws.root, "first", **CTA, at='"now"', approval='"rule"', profiles='["social"]')
    until_review(ws)
    schedule(ws)
    publish(ws, ws.store.begin_epoch(clock.now()))
    again = {**CTA, "profiles": '["social"]'}
    write_post(ws.root, "second", **again)
    until_review(ws)
    assert post_state(ws, "second") is PostState.BLOCKED
    assert "the same text went to social on 2026-11-23 (post first)" in ws.store.posts.find("second").reason
    write_post(ws.root, "second", **again, repeat_allowed="true")
    until_review(ws)
    assert post_state(ws, "second") is PostState.REVIEWING


def test_uploads_begin_ahead_and_nothing_goes_out_early(ws: Workspace, clock: FakeClock) -> None:
    write_post(ws.root, "bread", **CTA, at='"2026-11-23T12:00"', approval='"rule"', profiles='["social"]')
    until_review(ws)
    schedule(ws)
    due = ws.store.ledger.get(1).due_at
    assert ws.store.ledger.next_wake() == due - timedelta(minutes=10)
    clock.set(due - timedelta(minutes=10))
    publish(ws, ws.store.begin_epoch(clock.now()))
    assert ws.store.ledger.get(1).state is ActionState.SCHEDULED
    assert ws.store.ledger.next_wake() == due
    clock.set(due)
    publish(ws, ws.store.begin_epoch(clock.now()))
    assert ws.store.ledger.get(1).state is ActionState.PUBLISHED
