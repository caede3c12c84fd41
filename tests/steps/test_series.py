"""Series on real steps: their dates become posts some weeks ahead, follow the file until they are out, and are asked about
each time, unless an approval for the series said otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from smm_core.clock import FakeClock
from smm_core.contracts import Answer
from smm_core.model import ActionState, Decision, PostState, ReviewState, SeriesState
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.repeating import make_dates
from smm_core.steps.review import answered, review
from smm_core.steps.schedule import schedule
from smm_core.store import Change, Outcome
from smm_core.workspace import Workspace
from tests.conftest import write_post

MONDAYS = 'every = "week"\non = "monday"\nat = "10:00"'


def write_series(root: Path, rule: str = MONDAYS, text: str = "Fresh bread today.", **front: str) -> Path:
    """A series that goes to one profile."""
    path = write_post(root, "bread", f"{text} Come by", profiles='["social"]', call_to_action='"Come by"', **front)
    path.write_text(path.read_text().replace("\n+++\n\n", f"\n\n[repeat]\n{rule}\n+++\n\n"))
    return path


def to_both(root: Path) -> None:
    """The series goes to the other profile, too."""
    path = root / "content" / "posts" / "bread.md"
    path.write_text(path.read_text().replace('["social"]', '["social", "short"]'))


def dates(ws: Workspace, *states: PostState) -> list[str]:
    """Which dates of the series are posts (in these states)."""
    (series,) = ws.store.series.listed()
    posts = ws.store.posts.of_series(series.id)
    return [post.slug.removeprefix("bread@") for post in posts if not states or post.state in states]


def round_(ws: Workspace) -> None:
    """What the daemon does in one round."""
    for step in (collect, render, review, schedule):
        step(ws)
    publish(ws, ws.store.begin_epoch(ws.clock.now()))


def approve(ws: Workspace, slug: str, *, for_series: bool = False, by: str = "anna") -> Report:
    """A person's answer."""
    (open_,) = ws.store.reviews.listed(post=ws.store.posts.find(slug).id, state=ReviewState.OPEN)
    report = Report(step="review")
    answer = Answer(review_id=open_.id, decision=Decision.APPROVE, by=by, digests=open_.digests, for_series=for_series)
    answered(ws, answer, report)
    assert report.troubles == []
    return report


def waiting(ws: Workspace) -> list[str]:
    """The dates that somebody is asked about."""
    open_ = ws.store.reviews.listed(state=ReviewState.OPEN)
    return [ws.store.posts.get(one.post_id).slug.removeprefix("bread@") for one in open_]


# ---------------------------------------------------------------- from a file to posts


def test_dates_are_posts_four_weeks_ahead_and_go_on_with_time(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    collect(ws)
    assert dates(ws) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
    clock.advance(timedelta(days=7))
    assert collect(ws).lines == ["content: post bread@2026-12-21 is new"], "the file did not change"
    assert collect(ws).lines == []
    post = ws.store.posts.find("bread@2026-12-21")
    assert (post.series, post.content.when.wall) == ("bread", datetime(2026, 12, 21, 10))


def test_the_next_date_is_a_post_however_far_it_is(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root, 'every = "6 months"\non = "1"\nat = "10:00"\nstarts = 2026-09-01')
    collect(ws)
    assert dates(ws) == ["2027-03-01"]
    clock.set(datetime(2027, 3, 1, 9, 30, tzinfo=UTC))
    collect(ws)
    assert dates(ws) == ["2027-03-01", "2027-09-01"]


def test_what_is_past_when_a_series_is_first_seen_is_not_made(root: Path, ws: Workspace) -> None:
    write_series(root, 'every = "week"\non = "mon"\nat = "08:59"\nstarts = 2026-11-02')
    assert collect(ws).troubles == []
    assert dates(ws)[0] == "2026-11-30"


def test_how_far_ahead_can_be_changed(root: Path, clock: FakeClock) -> None:
    write_series(root)
    for ahead, count in (("1w", 1), ("10w", 10)):
        text = (root / "smm.toml").read_text().partition("\n[publish]")[0]
        (root / "smm.toml").write_text(f'{text}\n[publish]\nseries_ahead = "{ahead}"\n')
        with Workspace(root, clock) as ws:
            collect(ws)
            assert len(dates(ws)) == count


def test_the_instants_follow_the_clocks(root: Path, ws: Workspace, clock: FakeClock) -> None:
    clock.set(datetime(2027, 3, 15, 8, tzinfo=UTC))
    write_series(root, approval='"rule"')
    round_(ws)
    due = [one.due_at for one in ws.store.ledger.deliveries()]
    assert [f"{at:%m-%d %H:%M}" for at in due[:4] if at] == ["03-15 09:00", "03-22 09:00", "03-29 08:00", "04-05 08:00"]


def test_a_crash_makes_nothing_twice(root: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    write_series(root)
    for store, method in (("posts", "put"), ("ideas", "keep"), ("series", "made")):
        with Workspace(root, clock) as ws:
            monkeypatch.setattr(getattr(ws.store, store), method, die)
            with pytest.raises(KeyboardInterrupt):
                collect(ws)
    with Workspace(root, clock) as ws:
        collect(ws)
        collect(ws)
        assert dates(ws) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
        assert all(post.revision == 1 for post in ws.store.posts.listed())


# ---------------------------------------------------------------- changes of the file

SKIP = "\n[[repeat.except]]\ndate = {}\nskip = true"
CHANGED = '\n[[repeat.except]]\ndate = {}\nat = "11:30"\ntext = "Rye today. Come by"'


def published_first(root: Path, ws: Workspace, clock: FakeClock) -> None:
    """The first date is out, the others are approved and scheduled."""
    write_series(root, approval='"rule"')
    round_(ws)
    clock.advance(timedelta(hours=1))
    round_(ws)
    assert dates(ws, PostState.DONE) == ["2026-11-23"]
    assert dates(ws, PostState.SCHEDULED) == ["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"]


def live(ws: Workspace) -> dict[str, str]:
    """Date → wall time, of what is still to come."""
    (series,) = ws.store.series.listed()
    return {
        post.slug.removeprefix("bread@"): f"{post.content.when.wall:%m-%d %H:%M}"
        for post in ws.store.posts.of_series(series.id)
        if post.state not in (PostState.DONE, PostState.WITHDRAWN)
    }


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (MONDAYS + "\nuntil = 2026-12-10", {"2026-11-30": "11-30 10:00", "2026-12-07": "12-07 10:00"}),
        (
            MONDAYS + SKIP.format("2026-11-30"),
            {"2026-12-07": "12-07 10:00", "2026-12-14": "12-14 10:00", "2026-12-21": "12-21 10:00"},
        ),
        (
            'every = "2 weeks"\non = "mon"\nat = "07:00"\nstarts = 2026-11-23',
            {"2026-12-07": "12-07 07:00", "2026-12-21": "12-21 07:00"},
        ),
        (
            f"{MONDAYS}\nuntil = 2026-12-10{CHANGED.format('2026-12-07')}",
            {"2026-11-30": "11-30 10:00", "2026-12-07": "12-07 11:30"},
        ),
        ('every = "month"\non = "last friday"\nat = "10:00"', {"2026-11-27": "11-27 10:00"}),
    ],
    ids=["until", "skip", "time", "change", "rule"],
)
def test_an_edit_changes_what_is_not_out(
    root: Path, ws: Workspace, clock: FakeClock, rule: str, expected: dict[str, str]
) -> None:
    published_first(root, ws, clock)
    write_series(root, rule, approval='"rule"')
    round_(ws)
    assert live(ws) == expected
    assert dates(ws, PostState.DONE) == ["2026-11-23"], "what is out stays out"
    due = {one.slug for one in ws.store.ledger.deliveries() if one.state == "scheduled"}
    assert due == {f"bread@{day}" for day in live(ws)}


def test_only_the_date_that_was_changed_is_asked_again(root: Path, ws: Workspace, clock: FakeClock) -> None:
    published_first(root, ws, clock)
    write_series(root, MONDAYS + CHANGED.format("2026-12-07"), approval='"rule"')
    collect(ws)
    assert dates(ws, PostState.WRITTEN) == ["2026-12-07"]
    assert ws.store.posts.find("bread@2026-12-07").content.parts == ("Rye today. Come by",)


@pytest.mark.parametrize("how", ["deleted", "withdrawn", "draft", "one post"])
def test_a_series_that_is_taken_back(root: Path, ws: Workspace, clock: FakeClock, how: str) -> None:
    published_first(root, ws, clock)
    path = root / "content" / "posts" / "bread.md"
    before = path.read_text()
    if how == "deleted":
        path.unlink()
    elif how == "one post":
        write_post(root, "bread", "Only once. Come by", profiles='["social"]', call_to_action='"Come by"')
    else:
        write_series(root, approval='"rule"', **{how: "true"})
    round_(ws)
    assert live(ws) == {}
    assert dates(ws, PostState.DONE) == ["2026-11-23"]
    path.write_text(before)
    round_(ws)
    assert list(live(ws)) == ["2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21"], "and it comes back with its file"
    assert [post.slug for post in ws.store.posts.listed(states=[PostState.SCHEDULED])] == [
        f"bread@{day}" for day in live(ws)
    ]


def test_a_date_that_is_out_is_not_begun_again_by_another_time(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root, approval='"rule"')
    to_both(root)
    for step in (collect, render, review, schedule):
        step(ws)
    given_up = ws.store.posts.find("bread@2026-11-23").id
    (short,) = [one for one in ws.store.ledger.of_post(given_up) if one.profile == "short"]
    ws.store.ledger.settle(short, Outcome(state=ActionState.CANCELLED), None, clock.now())
    clock.advance(timedelta(hours=1))
    round_(ws)
    assert dates(ws, PostState.DONE) == ["2026-11-23"]
    write_series(root, MONDAYS.replace("10:00", "18:00"), approval='"rule"')
    to_both(root)
    round_(ws)
    assert dates(ws, PostState.DONE) == ["2026-11-23"]
    assert live(ws)["2026-11-30"] == "11-30 18:00"


def test_an_old_date_that_never_went_out_is_not_sent_with_another_text(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    write_series(root)
    round_(ws)
    clock.advance(timedelta(days=2))
    round_(ws)
    assert dates(ws, PostState.EXPIRED) == ["2026-11-23"]
    write_series(root, text="Other bread.")
    collect(ws)
    assert ws.store.posts.find("bread@2026-11-23").reason == "series: it was changed after the time of this date"


def test_what_a_person_took_back_stays_so(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    collect(ws)
    ws.store.posts.withdraw(ws.store.posts.find("bread@2026-11-30").id, clock.now(), "no", "anna")
    write_series(root, MONDAYS + SKIP.format("2026-12-07"))
    collect(ws)
    assert dates(ws, PostState.WRITTEN) == ["2026-11-23", "2026-12-14"]
    write_series(root)
    collect(ws)
    assert dates(ws, PostState.WRITTEN) == ["2026-11-23", "2026-12-07", "2026-12-14"]


def test_dates_that_went_by_while_nobody_was_there_are_told(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    collect(ws)
    clock.advance(timedelta(weeks=6))
    report = collect(ws)
    assert report.troubles == ["series bread: 2026-12-21, 2026-12-28 went by before the post was made"]
    assert dates(ws)[-4:] == ["2027-01-04", "2027-01-11", "2027-01-18", "2027-01-25"]
    assert collect(ws).troubles == []


def test_whoever_made_the_old_dates_does_not_stop_the_new_ones(
    root: Path, ws: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = ws.store.series.made

    def made_after_an_edit(*arguments: Any) -> None:
        write_series(root)
        with Workspace(root, clock) as other:
            collect(other)
        made(*arguments)

    write_series(root, f"{MONDAYS}\nuntil = 2026-11-30")
    monkeypatch.setattr(ws.store.series, "made", made_after_an_edit)
    collect(ws)
    monkeypatch.setattr(ws.store.series, "made", made)
    clock.advance(timedelta(weeks=1))
    collect(ws)
    assert dates(ws)[-1] == "2026-12-21"


def test_dates_of_a_new_rule_that_are_past_were_not_missed(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    collect(ws)
    clock.advance(timedelta(days=3))
    write_series(root, MONDAYS.replace("monday", "tuesday"))
    assert collect(ws).troubles == []


def test_whoever_goes_by_an_old_definition_comes_too_late(
    root: Path, ws: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(root)
    collect(ws)
    clock.advance(timedelta(days=8))
    put = ws.store.posts.put

    def put_after_an_edit(*arguments: Any, **named: Any) -> Change:
        monkeypatch.setattr(ws.store.posts, "put", put)
        write_series(root, text="Other bread.")
        with Workspace(root, clock) as other:
            collect(other)
        return put(*arguments, **named)

    monkeypatch.setattr(ws.store.posts, "put", put_after_an_edit)
    make_dates(ws, Report(step="collect"))
    texts = {post.content.parts[0] for post in ws.store.posts.listed(states=[PostState.WRITTEN])}
    assert texts == {"Other bread. Come by"}
    assert list(live(ws))[-1] == "2026-12-28"


# ---------------------------------------------------------------- names


def test_a_file_with_the_name_of_a_date_is_refused(root: Path, ws: Workspace) -> None:
    write_series(root)
    collect(ws)
    other = write_post(root, "bread@2026-11-30", "Mine. Come by")
    (trouble,) = collect(ws).troubles
    assert "one date of the series bread" in trouble
    other.unlink()
    collect(ws)
    assert "2026-11-30" in live(ws)
    assert ws.store.posts.find("bread@2026-11-30").content.parts == ("Fresh bread today. Come by",)


def test_a_date_waits_for_its_name(root: Path, ws: Workspace) -> None:
    other = write_post(root, "bread@2026-11-30", "Mine. Come by")
    collect(ws)
    write_series(root)
    for _ in range(2):
        assert "rename its file" in collect(ws).troubles[0]
    assert dates(ws) == ["2026-11-23", "2026-12-07", "2026-12-14"]
    other.rename(other.with_name("mine.md"))
    assert collect(ws).troubles == []
    assert dates(ws, PostState.WRITTEN) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]


def test_a_name_that_a_series_took_over_is_its_own(root: Path, ws: Workspace) -> None:
    other = write_post(root, "bread@2026-11-30", "Mine. Come by", withdrawn="true")
    collect(ws)
    write_series(root)
    assert collect(ws).troubles == []
    assert "2026-11-30" in live(ws)
    other.unlink()
    collect(ws)
    assert "2026-11-30" in live(ws)


def test_one_post_that_becomes_a_series(root: Path, ws: Workspace) -> None:
    write_post(root, "bread", "Once. Come by")
    collect(ws)
    write_series(root)
    collect(ws)
    assert ws.store.posts.find("bread").state is PostState.WITHDRAWN
    assert len(live(ws)) == 4


# ---------------------------------------------------------------- approval


def weeks(ws: Workspace, clock: FakeClock, count: int) -> None:
    """The daemon's rounds that matter: some days before, right before and right after each Monday's time."""
    for _ in range(count):
        for wait in (timedelta(days=3), timedelta(days=4, minutes=-10), timedelta(minutes=10)):
            clock.advance(wait)
            round_(ws)


def published(ws: Workspace) -> list[str]:
    out = [one for one in ws.store.ledger.deliveries() if one.state == "published"]
    return [one.slug.removeprefix("bread@") for one in out]


def test_an_approval_for_the_series_holds_while_the_content_is_the_same(
    root: Path, ws: Workspace, clock: FakeClock
) -> None:
    write_series(root)
    round_(ws)
    assert waiting(ws) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
    approve(ws, "bread@2026-11-23", for_series=True)
    assert waiting(ws) == [], "what waited with the same content is settled at once"
    clock.advance(timedelta(minutes=65))
    round_(ws)
    weeks(ws, clock, 5)
    assert published(ws) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14", "2026-12-21", "2026-12-28"]
    later = ws.store.reviews.listed(post=ws.store.posts.find("bread@2026-12-28").id)
    (verdict,) = ws.store.reviews.verdicts(later[-1].id)
    assert (verdict.by, verdict.remark) == ("anna", "approved for the series on 2026-11-23 (review 1)")

    write_series(root, text="Other bread today.")
    round_(ws)
    assert waiting(ws) == dates(ws, PostState.REVIEWING)
    assert len(waiting(ws)) == 4
    before = published(ws)
    weeks(ws, clock, 2)
    assert published(ws) == before, "nobody approved the new content"


def test_without_it_each_date_is_asked(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-23")
    assert waiting(ws) == ["2026-11-30", "2026-12-07", "2026-12-14"]
    clock.advance(timedelta(minutes=65))
    round_(ws)
    weeks(ws, clock, 2)
    assert published(ws) == ["2026-11-23"]


def test_a_date_with_its_own_text_is_asked_about(root: Path, ws: Workspace) -> None:
    write_series(root, MONDAYS + CHANGED.format("2026-12-07"))
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    assert waiting(ws) == ["2026-12-07"]


def test_a_date_with_its_own_text_has_it_everywhere(root: Path, ws: Workspace) -> None:
    write_series(root, MONDAYS + CHANGED.format("2026-12-07") + '\n[text]\nsocial = "Social bread. Come by"')
    collect(ws)
    render(ws)
    texts = {
        post.slug: ws.store.posts.variants(post)[0][0].parts[0].text
        for post in ws.store.posts.listed(states=[PostState.RENDERED])
    }
    assert texts["bread@2026-12-07"] == "Rye today. Come by"
    assert texts["bread@2026-12-14"] == "Social bread. Come by"


def test_the_links_of_all_dates_are_the_same(root: Path, ws: Workspace) -> None:
    (root / "brand.toml").write_text('[links]\nparameters = { utm_content = "{post}" }\n')
    ws.reload()
    write_series(root, link='"https://bakery.example/"')
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    assert waiting(ws) == []


def test_every_profile_must_have_the_content_that_was_approved(root: Path, ws: Workspace) -> None:
    write_series(root)
    to_both(root)
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    assert waiting(ws) == []
    write_series(root, MONDAYS + '\n[text]\nshort = "Short bread. Come by"')
    to_both(root)
    round_(ws)
    assert len(waiting(ws)) == 4


def test_another_time_alone_needs_no_new_word(root: Path, ws: Workspace) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    write_series(root, MONDAYS.replace("10:00", "12:30"))
    round_(ws)
    assert waiting(ws) == []
    assert dates(ws, PostState.SCHEDULED) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]


def test_an_approval_by_another_approver_does_not_count(root: Path, ws: Workspace) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    (root / "plugins").mkdir()
    (root / "plugins" / "legal.py").write_text(
        "from smm_core import Asked, PollPage, hookimpl\n"
        "class Legal:\n    name = 'legal'\n    def ask(self, request, ctx): return Asked()\n"
        "    def poll(self, request, ctx): return PollPage(cursor=request.cursor)\n"
        "@hookimpl\ndef smm_approvers(): return [Legal()]\n"
    )
    ws.reload()
    write_series(root, approval='"legal"')
    round_(ws)
    assert len(waiting(ws)) == 4


def test_rework_takes_back_what_the_series_had_approved(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-30")
    approve(ws, "bread@2026-11-23", for_series=True)
    round_(ws)
    assert dates(ws, PostState.SCHEDULED) == ["2026-11-23", "2026-11-30", "2026-12-07", "2026-12-14"]
    post = ws.store.posts.find("bread@2026-12-07")
    (given,) = ws.store.reviews.listed(post=post.id)
    ws.store.reviews.decide(given.id, Decision.REWORK, "bert", clock.now(), "the price is wrong")
    assert dates(ws, PostState.REWORK) == ["2026-12-07", "2026-12-14"]
    assert dates(ws, PostState.SCHEDULED) == ["2026-11-23", "2026-11-30"], "these were approved for themselves"
    (told,) = ws.store.reviews.listed(post=ws.store.posts.find("bread@2026-12-14").id)
    assert ws.store.reviews.verdicts(told.id)[-1].by == "bert"
    clock.advance(timedelta(days=7))
    round_(ws)
    assert waiting(ws) == ["2026-12-21"], "later dates are asked about again"


def test_rework_leaves_alone_what_was_changed_and_approved_since(root: Path, ws: Workspace, clock: FakeClock) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    write_series(root, MONDAYS + CHANGED.format("2026-12-07"))
    round_(ws)
    approve(ws, "bread@2026-12-07")
    (given,) = ws.store.reviews.listed(post=ws.store.posts.find("bread@2026-12-14").id)
    ws.store.reviews.decide(given.id, Decision.REWORK, "bert", clock.now(), "the price is wrong")
    assert dates(ws, PostState.REWORK) == ["2026-11-30", "2026-12-14"]
    assert ws.store.posts.find("bread@2026-12-07").state is PostState.APPROVED


def test_a_crash_between_asking_and_settling_asks_nobody(
    root: Path, ws: Workspace, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_series(root)
    round_(ws)
    approve(ws, "bread@2026-11-23", for_series=True)
    clock.advance(timedelta(days=7))
    collect(ws)
    render(ws)
    with monkeypatch.context() as patch:
        patch.setattr(ws.store.reviews, "following", lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            review(ws)
    assert waiting(ws) == ["2026-12-21"]
    review(ws)
    assert waiting(ws) == []
    assert not [event for event in ws.store.events.untold() if "2026-12-21 waits" in event[1].message]


def test_a_post_of_its_own_is_not_approved_for_a_series(root: Path, ws: Workspace) -> None:
    write_post(root, "once", "Once. Come by", profiles='["social"]', call_to_action='"Come by"')
    round_(ws)
    (open_,) = ws.store.reviews.listed(state=ReviewState.OPEN)
    report = Report(step="review")
    answer = Answer(review_id=open_.id, decision=Decision.APPROVE, by="a", digests=open_.digests, for_series=True)
    answered(ws, answer, report)
    assert "belongs to no series" in report.troubles[0]
    assert ws.store.reviews.get(open_.id).state is ReviewState.OPEN


def test_a_plugin_may_find_series_too_and_its_mistakes_are_told(root: Path, ws: Workspace) -> None:
    (root / "plugins").mkdir()
    (root / "plugins" / "menu.py").write_text(
        "from datetime import time\nfrom smm_core import *\n"
        "class Menu:\n    name = 'menu'\n    settings = NoSettings\n    def collect(self, request, ctx):\n"
        "        def post(key, **rule):\n"
        "            repeat = Repeat(every=Every.WEEK, at=time(12), **rule)\n"
        "            return PostFound(key=key, content=PostContent(parts=('Soup.',), repeat=repeat))\n"
        "        return CollectPage(posts=(post('soup', on=('tuesday',)), post('odd', on=('tue',))))\n"
        "@hookimpl\ndef smm_sources(): return [Menu()]\n"
    )
    (root / "smm.toml").write_text((root / "smm.toml").read_text() + '\n[sources.menu]\ntype = "menu"\n')
    ws.reload()
    assert any("odd" in line and 'on has "tue"' in line for line in collect(ws).troubles)
    (series,) = ws.store.series.listed()
    assert (series.slug, series.state) == ("soup", SeriesState.ACTIVE)
    assert [post.slug for post in ws.store.posts.of_series(series.id)][:2] == ["soup@2026-11-24", "soup@2026-12-01"]
