"""What the network's people say: the same at every look, in step with the numbers, heard page by page, and answered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smm_sandbox.audience import MOST_COMMENTS, comments_on
from smm_sandbox.growth import SETTLED, post_value, reached_after
from smm_sandbox.records import Account, Kind, StoredPost
from smm_sandbox.rules import Metric
from smm_sandbox.timeline import write_timeline

from smm_core import InteractionKind, ListenRequest, NeedsLogin, Part, Receipt, Rejected, ReplyRequest, replace

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def listen(bench, cursor="", profile=None):
    return bench.publisher.listen(ListenRequest(profile=profile or bench.profile(), cursor=cursor), bench.ctx)


def say(bench, text, on=None):
    with bench.network.writing() as session:
        return session.say("acme", author="Ann Vermeer", text=text, on=on, now=bench.ctx.instant).id


def reply(bench, to, text, profile=None, key="r1"):
    request = ReplyRequest(
        profile=profile or bench.profile(),
        to=Receipt(remote_id=to),
        part=Part(text=text),
        key=key,
        digest="d",
        send_by=bench.ctx.instant + timedelta(minutes=1),
    )
    return bench.publisher.reply(request, bench.ctx)


def page_of(bench):
    return write_timeline(bench.network, "acme", bench.ctx.instant, bench.ctx.workspace / "out").page.read_text("utf-8")


@given(
    name=st.text("abc123", min_size=1, max_size=6),
    followers=st.integers(0, 50_000),
    hours=st.floats(0, 200),
    speed=st.sampled_from([0.0, 0.5, 1.0, 60.0]),
)
def test_comments_are_those_that_the_numbers_count(name, followers, hours, speed):
    post = StoredPost(
        id=name,
        account="acme",
        kind=Kind.POST,
        text="",
        link=None,
        parent=None,
        root=None,
        created_at=START,
        visible_at=START,
    )
    account = Account(
        name="acme",
        title="Acme",
        handle="acme",
        language="en",
        zone="UTC",
        rules="open",
        speed=speed,
        followers=followers,
        joined_at=START,
    )
    now = START + timedelta(hours=hours)
    said = comments_on(account, post, now)
    counted = post_value(Metric.COMMENTS, name, followers, timedelta(hours=hours) * speed)
    assert abs(len(said) - min(counted, MOST_COMMENTS)) <= 1, "but for the very instant of a comment"
    assert all(START <= one.at <= now for one in said)
    assert said == comments_on(account, post, now + timedelta(days=30))[: len(said)], "what was said stays said"
    assert len({one.author for one in said}) == len({one.text for one in said}) == len(said)


def test_what_never_comes_takes_for_ever_and_the_rest_a_week_at_most():
    assert reached_after(Metric.COMMENTS, "post", 0, 5) is None
    age = reached_after(Metric.COMMENTS, "post", 10_000, 1)
    assert age is not None
    assert timedelta(0) < age <= SETTLED


def test_they_are_heard_page_by_page_and_each_once(bench):
    profile = bench.profile(followers=100_000, speed=24)
    assert listen(bench, profile=profile).interactions == (), "nobody knows an account that has said nothing"
    for number in range(6):
        bench.send(f"Bread {number}", key=f"k{number}", profile=profile)
    bench.advance(days=7)
    heard, cursor, more = [], "", True
    while more:
        page = listen(bench, cursor, profile)
        assert len(page.interactions) <= 20
        heard += page.interactions
        cursor, more = page.cursor, page.more
    assert [one.at for one in heard] == sorted(one.at for one in heard)
    kinds = [one.kind for one in heard]
    assert kinds.count(InteractionKind.COMMENT) == 6 * MOST_COMMENTS == len({one.remote_id for one in heard if one.on})
    assert kinds.count(InteractionKind.MENTION) > 10
    assert listen(bench, cursor, profile).interactions == ()
    assert [one.remote_id for one in listen(bench, "", profile).interactions] == [one.remote_id for one in heard[:20]]


def test_nobody_comments_on_what_is_gone(bench):
    post = bench.send("Bread", profile=bench.profile(followers=100_000))
    bench.advance(days=7)
    assert [one for one in listen(bench).interactions if one.on]
    with bench.network.writing() as session:
        session.delete(session.by_id("acme", post.remote_id), bench.ctx.instant)
    assert not [one for one in listen(bench).interactions if one.on]


def test_without_a_login_nothing_is_heard(bench):
    with bench.network.writing() as session:
        session.log_out("acme")
    with pytest.raises(NeedsLogin):
        listen(bench)


@pytest.mark.parametrize("rules", ["microblog", "pictures", "open"])
def test_an_answer_stands_below_what_it_answers(bench, rules):
    profile = bench.profile(rules, speed=0)
    bench.send(Part(text="Bread", media=(bench.picture(),)), profile=profile)
    post = bench.posts()[0]
    said, other = say(bench, "Is there <i>rye</i>?", post.id), say(bench, "Lovely", post.id)
    elsewhere = say(bench, "Recommended: @acme")
    bench.advance(seconds=5)
    answer = reply(bench, said, "There is.", profile)
    assert reply(bench, said, "There is.", profile) == answer, "the same key never makes two"
    reply(bench, elsewhere, "Thank you!", profile, key="r2")
    assert [one.parent for one in bench.posts()[1:]] == [said, elsewhere]
    page = page_of(bench)
    places = [page.index(words) for words in ("Is there &lt;i&gt;rye&lt;/i&gt;?", "There is.", "Lovely")]
    assert places == sorted(places)
    assert "In reply to a post by" in page
    assert (page.count("Comment by"), page.count("Reply by")) == (2, 1)
    assert other


def test_what_nobody_said_cannot_be_answered(bench):
    bench.send("Bread", profile=bench.profile(speed=0))
    with pytest.raises(Rejected):
        reply(bench, "r99", "Hello?")


def test_a_part_of_a_thread_is_no_answer(bench):
    first = bench.send("One", profile=replace(bench.profile(speed=0)))
    bench.send("Two", key="k2", parent=first, profile=bench.profile(speed=0))
    assert page_of(bench).count('<section class="smmp-part"') == 2
