"""Deleting, editing, replying, and the network's own scheduler."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from smm_core import (
    ActionKind,
    DeleteRequest,
    EditRequest,
    FindRequest,
    HandOverRequest,
    OutcomeUnknown,
    Part,
    Pending,
    Receipt,
    Rejected,
    ReplyRequest,
    TakeBackRequest,
    TryLater,
    WentOutRequest,
)

MINUTE = timedelta(minutes=1)


def delete(bench, receipt, key="d1", **more):
    request = DeleteRequest(
        profile=bench.profile(), receipt=receipt, key=key, **{"send_by": bench.ctx.instant + MINUTE} | more
    )
    return bench.publisher.delete(request, bench.ctx)


def edit(bench, receipt, part, key="e1"):
    part = Part(text=part) if isinstance(part, str) else part
    if part.media:
        bench.prepare(part)
    request = EditRequest(
        profile=bench.profile(),
        receipt=receipt,
        part=part,
        key=key,
        digest="d",
        send_by=bench.ctx.instant + MINUTE,
    )
    return bench.publisher.edit(request, bench.ctx)


def reply(bench, to, text, imitates="microblog", key="r1"):
    request = ReplyRequest(
        profile=bench.profile(imitates),
        to=to,
        part=Part(text=text),
        key=key,
        digest="d",
        send_by=bench.ctx.instant + MINUTE,
    )
    return bench.publisher.reply(request, bench.ctx)


def hand_over(bench, after, key="h1", text="Fresh bread"):
    request = HandOverRequest(
        profile=bench.profile(),
        part=Part(text=text),
        at=bench.ctx.instant + after,
        key=key,
        digest="d",
        send_by=bench.ctx.instant + MINUTE,
    )
    return bench.publisher.hand_over(request, bench.ctx)


def take_back(bench, schedule):
    request = TakeBackRequest(profile=bench.profile(), schedule=schedule, key="t1", send_by=bench.ctx.instant + MINUTE)
    return bench.publisher.take_back(request, bench.ctx)


def went_out(bench, schedule):
    request = WentOutRequest(
        profile=bench.profile(), schedule=schedule, part=Part(text=""), at=bench.ctx.instant, key="h1"
    )
    return bench.publisher.went_out(request, bench.ctx)


def texts(bench):
    return [post.text for post in bench.posts()]


def test_a_post_is_deleted_and_asking_twice_is_a_success(bench):
    receipt = bench.send("Fresh bread")
    for _ in range(2):
        assert delete(bench, receipt).remote_id == receipt.remote_id
    assert delete(bench, Receipt(remote_id="never was there")).remote_id == "never was there"
    assert texts(bench) == []
    assert bench.send("Fresh bread") == receipt, "a key is never used for a second post"
    assert texts(bench) == []


def test_nothing_is_deleted_after_send_by(bench):
    receipt = bench.send("Fresh bread")
    with pytest.raises(TryLater):
        delete(bench, receipt, send_by=bench.ctx.instant)
    assert texts(bench) == ["Fresh bread"]


def test_an_edit_changes_text_and_pictures_and_keeps_the_id(bench):
    receipt = bench.send(Part(text="Fresh bread", media=(bench.picture(),)))
    again = edit(bench, receipt, Part(text="Warm bread", media=(bench.picture(colour="#000000"), bench.picture())))
    assert (again.remote_id, again.url) == (receipt.remote_id, receipt.url)
    (post,) = bench.posts()
    assert (post.text, len(post.pictures)) == ("Warm bread", 2)


def test_an_edit_is_judged_like_a_post(bench):
    receipt = bench.send("Fresh bread")
    with pytest.raises(Rejected):
        edit(bench, receipt, "x" * 501)
    delete(bench, receipt)
    with pytest.raises(Rejected):
        edit(bench, receipt, "Warm bread")


@pytest.mark.parametrize(("imitates", "kind"), [("microblog", "post"), ("open", "comment")])
def test_a_reply_is_what_the_rule_set_knows(bench, imitates, kind):
    post = bench.send("Fresh bread", profile=bench.profile(imitates))
    below = reply(bench, post, "See you at six!", imitates)
    stored = next(one for one in bench.posts() if one.id == below.remote_id)
    assert (stored.kind, stored.parent) == (kind, post.remote_id)
    assert reply(bench, post, "See you at six!", imitates) == below, "the same key makes one reply"


def test_the_lost_answer_of_a_deletion_was_one(bench):
    receipt = bench.send("Fresh bread")
    bench.faults("drop", "refuse")
    with pytest.raises(OutcomeUnknown):
        delete(bench, receipt)
    assert texts(bench) == []
    with pytest.raises(Rejected):
        delete(bench, receipt)


def test_a_schedule_is_shown_at_its_time_and_not_before(bench):
    schedule = hand_over(bench, timedelta(hours=1))
    assert hand_over(bench, timedelta(hours=1)) == schedule, "the same key makes one schedule"
    assert texts(bench) == []
    waiting = went_out(bench, schedule)
    assert isinstance(waiting, Pending)
    assert waiting.check_after == timedelta(hours=1)
    bench.advance(hours=2)
    assert texts(bench) == ["Fresh bread"]
    out = went_out(bench, schedule)
    assert (out.remote_id, out.at) == (bench.posts()[0].id, bench.ctx.instant - timedelta(hours=1))


@pytest.mark.parametrize("after", [timedelta(minutes=4), timedelta(days=31)])
def test_what_is_too_near_or_too_far_is_refused(bench, after):
    with pytest.raises(Rejected, match="422"):
        hand_over(bench, after)


def test_a_schedule_is_taken_back_until_it_is_out(bench):
    schedule = hand_over(bench, timedelta(hours=1))
    for _ in range(2):
        take_back(bench, schedule)
    assert went_out(bench, schedule) is None
    late = hand_over(bench, timedelta(hours=1), key="h2")
    bench.advance(hours=1)
    with pytest.raises(Rejected, match="409 too late"):
        take_back(bench, late)
    assert texts(bench) == ["Fresh bread"]


def test_a_hand_over_is_found_by_its_key_before_its_time(bench):
    def find(key):
        request = FindRequest(
            profile=bench.profile(),
            action=ActionKind.HAND_OVER,
            part=Part(text=""),
            key=key,
            digest="d",
            since=bench.ctx.instant,
        )
        return bench.publisher.find(request, bench.ctx)

    schedule = hand_over(bench, timedelta(hours=1))
    found = find("h1")
    assert found is not None
    assert found.remote_id == schedule.remote_id
    assert find("h2") is None


def test_posts_stand_in_the_order_in_which_they_were_shown(bench):
    hand_over(bench, timedelta(hours=2), text="Later")
    bench.advance(hours=1)
    bench.send("Sooner")
    bench.advance(hours=2)
    assert texts(bench) == ["Sooner", "Later"]


def test_a_network_of_an_older_version_is_brought_up_to_date(bench):
    from smm_sandbox.network import _SCHEMA

    bench.network.folder.mkdir(parents=True)
    with closing(sqlite3.connect(bench.network.path)) as old, old:
        for statement in (*_SCHEMA, "PRAGMA user_version = 1"):
            old.execute(statement)
    receipt = bench.send("Fresh bread")
    delete(bench, receipt)
    assert texts(bench) == []
