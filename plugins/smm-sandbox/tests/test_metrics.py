"""Numbers: whole, repeatable, never falling, and only those that the imitated platform gives."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smm_sandbox.growth import SETTLED, followers_value, post_value
from smm_sandbox.metrics import SandboxMetrics
from smm_sandbox.rules import Metric

from smm_core import MetricsRequest, Part, Receipt, Subject, SubjectKind

POST_METRICS = [metric for metric in Metric if metric is not Metric.FOLLOWERS]


def read(bench, profile, receipt=None):
    subject = (
        Subject(kind=SubjectKind.POST, id="1", receipt=receipt)
        if receipt
        else Subject(kind=SubjectKind.PROFILE, id="acme")
    )
    readings = SandboxMetrics().read(MetricsRequest(profile=profile, subjects=(subject,)), bench.ctx)
    return {reading.metric: reading for reading in readings}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("microblog", {"likes": "favourites_count", "comments": "replies_count", "shares": "reblogs_count"}),
        (
            "shorttext",
            {
                "likes": "likeCount",
                "comments": "replyCount",
                "shares": "repostCount",
                "quotes": "quoteCount",
                "saves": "bookmarkCount",
            },
        ),
        (
            "pictures",
            {
                "impressions": "views",
                "reach": "reach",
                "likes": "likes",
                "comments": "comments",
                "shares": "shares",
                "saves": "saved",
            },
        ),
    ],
)
def test_only_what_the_platform_gives_under_both_names(bench, rules, expected):
    profile = bench.profile(rules)
    receipt = bench.send(Part(text="Bread https://example.org", media=(bench.picture(),)), profile=profile)
    bench.advance(hours=5)
    readings = read(bench, profile, receipt)
    assert {metric: reading.native for metric, reading in readings.items()} == expected
    assert set(read(bench, profile)) == {"followers"}


def test_clicks_are_absent_where_there_is_nothing_to_click(bench):
    profile = bench.profile("open")
    without = bench.send("Bread", key="k1", profile=profile)
    inline = bench.send("Bread https://example.org", key="k2", profile=profile)
    card = bench.send(Part(text="Bread", link="https://example.org"), key="k3", profile=profile)
    assert ["clicks" in read(bench, profile, receipt) for receipt in (without, inline, card)] == [False, True, True]


def test_numbers_grow_settle_and_are_the_same_at_every_look(bench):
    profile = bench.profile("pictures", followers=5000)
    receipt = bench.send(Part(text="Bread", media=(bench.picture(),)), profile=profile)
    start = read(bench, profile, receipt)
    bench.advance(days=2)
    middle = read(bench, profile, receipt)
    assert read(bench, profile, receipt) == middle
    bench.advance(days=6)
    end = read(bench, profile, receipt)
    bench.advance(days=100)
    later = read(bench, profile, receipt)

    assert start["reach"].value == 0
    assert 0 < middle["likes"].value < middle["reach"].value <= middle["impressions"].value
    assert middle["likes"].value <= end["likes"].value == later["likes"].value
    assert [readings["likes"].provisional for readings in (start, middle, end)] == [True, True, False]
    assert all(float(reading.value).is_integer() for reading in end.values())


def test_speed_makes_a_second_count_as_an_hour(bench):
    slow, quick = bench.profile("pictures", speed=1), bench.profile("pictures", speed=3600)
    receipt = bench.send(Part(text="Bread", media=(bench.picture(),)), profile=slow)
    bench.advance(seconds=5)
    quickly = read(bench, quick, receipt)
    bench.advance(hours=5, seconds=-5)
    assert {name: reading.value for name, reading in read(bench, slow, receipt).items()} == {
        name: reading.value for name, reading in quickly.items()
    }


def test_followers_grow_with_time_and_posts(bench):
    profile = bench.profile("microblog", followers=2000)
    bench.send("Bread", profile=profile)
    before = read(bench, profile)["followers"].value
    bench.advance(days=30)
    assert before == 2000
    assert read(bench, profile)["followers"].value > 2000 + 2000 * 0.0015 * 29


def test_what_is_not_on_the_network_has_no_readings(bench):
    profile = bench.profile()
    assert read(bench, profile) == {}
    bench.send("Bread", profile=profile)
    assert read(bench, profile, Receipt(remote_id="nowhere")) == {}


@given(
    metric=st.sampled_from(POST_METRICS),
    post=st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    followers=st.integers(0, 10_000_000),
    ages=st.lists(st.floats(0, 400), min_size=2, max_size=6),
)
def test_no_number_ever_falls(metric, post, followers, ages):
    values = [post_value(metric, post, followers, timedelta(days=age)) for age in sorted(ages)]
    assert values == sorted(values)
    assert values[0] >= 0
    assert post_value(metric, post, followers, SETTLED) == post_value(metric, post, followers, SETTLED * 50)


@given(st.integers(0, 1_000_000), st.lists(st.floats(0, 1000), min_size=2, max_size=5), st.integers(0, 5))
def test_followers_never_fall(start, days, posts):
    ids = [f"p{number}" for number in range(posts)]
    values = [
        followers_value(start, timedelta(days=day), [(post, timedelta(days=day)) for post in ids])
        for day in sorted(days)
    ]
    assert values == sorted(values)


@given(st.integers(0, 100_000), st.floats(0, 300), st.integers(0, 10_000))
def test_nobody_likes_what_nobody_saw(followers, hours, number):
    age, post = timedelta(hours=hours), f"p{number}"
    reach = post_value(Metric.REACH, post, followers, age)
    for metric in (Metric.LIKES, Metric.COMMENTS, Metric.SHARES, Metric.SAVES, Metric.CLICKS, Metric.QUOTES):
        assert post_value(metric, post, followers, age) <= reach
    assert reach <= post_value(Metric.IMPRESSIONS, post, followers, age)
