"""Rule sets: every fact has a source and a date, mistakes are named, and the network holds every limit by itself."""

from __future__ import annotations

from importlib import resources

import pytest
from smm_sandbox.gate import Found, judge_upload, refusal
from smm_sandbox.records import Upload
from smm_sandbox.rule_file import read_rule_set
from smm_sandbox.rules import Breach, rule_set, rule_set_names

from smm_core import (
    ActionKind,
    ConfigError,
    ImageLimits,
    LinkStyle,
    Part,
    Picture,
    PostContent,
    Rejected,
    Size,
    TextUnit,
    replace,
)


def text_of(name):
    return (resources.files("smm_sandbox") / "rule_sets" / f"{name}.toml").read_text("utf-8")


@pytest.mark.parametrize("name", rule_set_names())
def test_every_rule_set_loads_and_every_limit_has_a_source_and_a_date(name):
    rules = rule_set(name)
    assert rules.name == name
    known = [
        rules.rate_limit.provenance,
        *(given.provenance for given in (*rules.post_metrics, *rules.profile_metrics)),
    ]
    for key in ("text", "alt_text", "images", "parts", "link_style", "first_comment"):
        provenance = rules.limits.provenance_of(key)
        assert provenance is not None, key
        known.append(provenance)
    for name in ImageLimits.__struct_fields__:
        value = getattr(rules.limits.images, name)
        if value not in (None, ()):
            provenance = rules.limits.provenance_of(f"images.{name}")
            assert provenance is not None, name
            known.append(provenance)
    assert all(provenance.source and provenance.as_of for provenance in known)
    assert rules.post_metrics
    assert rules.limits.images.sizes


def test_the_rule_sets_say_what_the_platforms_say():
    microblog, shorttext, pictures = (rule_set(name) for name in ("microblog", "shorttext", "pictures"))
    assert [(limit.maximum, limit.unit, limit.url) for limit in microblog.limits.text] == [
        (500, TextUnit.GRAPHEMES, 23)
    ]
    assert [(limit.maximum, limit.unit) for limit in shorttext.limits.text] == [
        (300, TextUnit.GRAPHEMES),
        (3000, TextUnit.UTF8),
    ]
    assert shorttext.limits.images.max_bytes == 2_000_000
    assert shorttext.limits.link_style is LinkStyle.CARD
    assert (pictures.limits.hashtags, pictures.limits.mentions, pictures.limits.parts) == (30, 20, 1)
    assert (pictures.limits.images.minimum, pictures.limits.images.maximum) == (1, 10)
    assert pictures.limits.images.formats == ("jpeg",)
    assert pictures.limits.first_comment


def test_guesses_are_marked_as_guesses():
    limits = rule_set("shorttext").limits
    assert limits.provenance["text"].verified
    assert limits.provenance["images"].verified, "recommended sizes are no limit and do not make the limits a guess"
    assert not limits.provenance["images.sizes"].verified
    assert not limits.provenance["alt_text"].verified


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("maximum = 500", 'maximum = "500"', "limits.text[1].maximum: is '500', a whole number is expected"),
        ("maximum = 500", "maximum = 0", "limits.text[1].maximum: is 0, at least 1"),
        ("maximum = 500", "maxmum = 500", "limits.text[1].maximum: is missing"),
        ('unit = "graphemes"', 'unit = "letters"', "limits.text[1].unit: is 'letters', one of graphemes"),
        ('fact = "counting"', 'fact = "hearsay"', "limits.text[1].fact: there is no [facts.hearsay]"),
        ('as_of = "2026"', 'as_of = " "', "facts.counting.as_of: is empty"),
        ("verified = false", 'verified = "no"', "facts.sizes.verified: is 'no', true or false"),
        ('look = "conversation"', 'look = "cinema"', "look: is 'cinema', one of conversation"),
        ('window = "5m"', 'window = "5 minutes"', "rate_limit.window"),
        ("{found} bytes, {allowed}", "{size} bytes, {allowed}", "refusals.bytes.message"),
        ('metric = "likes"', 'metric = "stars"', "metrics.post[1].metric: is 'stars'"),
        ("[[1280, 720]]", "[[1280]]", "limits.images.sizes.value: has [1280]"),
        ('["jpeg", "png", "webp", "gif"]', "[1]", "limits.images.formats.value"),
        ("parts = { value = 100", "part = { value = 100", "limits.other.parts: is missing"),
        ("maximum = 500", "maximum = 500\nmaximun = 3", "maximun: is not a key here; did you mean maximum?"),
        ('name = "microblog"', "name = ", "line"),
    ],
)
def test_a_mistake_in_a_rule_set_names_file_and_key(old, new, expected):
    text = text_of("microblog")
    assert old in text
    with pytest.raises(ConfigError) as caught:
        read_rule_set(text.replace(old, new, 1), where="rule_sets/microblog.toml")
    assert str(caught.value).startswith("rule_sets/microblog.toml")
    assert expected in str(caught.value)


def test_an_unknown_name_is_answered_with_the_nearest(bench):
    with pytest.raises(ConfigError) as caught:
        bench.publisher.limits(bench.profile("mikroblog"), {})
    assert "[profiles.acme] imitates" in str(caught.value)
    assert "did you mean 'microblog'" in str(caught.value)


def test_a_profile_that_names_none_is_a_microblog(bench):
    assert bench.publisher.limits(bench.profile(None), {}) == rule_set("microblog").limits


def test_another_platforms_name_is_taken_by_the_network_without_limits_of_its_own(bench):
    assert bench.send("word " * 5000, profile=bench.profile("elsewhere"))


def test_a_setting_that_makes_no_sense_names_profile_and_key(bench):
    for key, value in (("speed", -1.0), ("followers", -5), ("posts_per_window", 0)):
        with pytest.raises(ConfigError, match=rf"\[profiles.acme\] settings: {key}"):
            bench.send("Bread", profile=bench.profile("microblog", **{key: value}))


# ---------------------------------------------------------------- what the network refuses by itself


def refused(bench, part, rules, **more):
    with pytest.raises(Rejected) as caught:
        bench.send(part, profile=bench.profile(rules), **more)
    assert bench.find(more.get("key", "k1")) is None
    return str(caught.value)


def test_text_is_counted_in_graphemes_and_links_have_their_weight(bench):
    family = "👨‍👩‍👧‍👦"
    link = "https://example.org/" + "x" * 200
    assert bench.send(Part(text=family * 500), key="a")
    assert bench.send(Part(text="x" * 476 + " " + link), key="b")
    assert "501" in refused(bench, Part(text=family * 501), "microblog", key="c")
    assert refused(bench, Part(text="x" * 477 + " " + link), "microblog", key="d").startswith("422 ")


def test_both_text_limits_hold_at_once(bench):
    assert bench.send(Part(text="x" * 300), key="a", profile=bench.profile("shorttext"))
    assert "300 graphemes" in refused(bench, Part(text="x" * 301), "shorttext", key="b")
    assert "3000 UTF-8 bytes" in refused(bench, Part(text="👨‍👩‍👧‍👦" * 121), "shorttext", key="c")


def test_a_caption_is_refused_with_the_platforms_error_number(bench):
    part = Part(text="x" * 2201, media=(bench.picture(),))
    assert refused(bench, part, "pictures").startswith("36004/2207010 ")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" ".join(f"#tag{n}" for n in range(31)), "36004/2207010"),
        (" ".join(f"@name{n}" for n in range(21)), "100/2207040"),
    ],
)
def test_too_many_hashtags_and_mentions(bench, text, code):
    assert refused(bench, Part(text=text, media=(bench.picture(),)), "pictures").startswith(code)


def test_alt_text(bench):
    part = Part(text="Bread", media=(bench.picture(alt="x" * 1501),))
    assert "1501" in refused(bench, part, "microblog")


def test_number_of_pictures(bench):
    five = tuple(bench.picture(colour=f"#0{number}0000") for number in range(5))
    assert "5 pictures" in refused(bench, Part(text="Bread", media=five), "microblog")
    assert "at least 1" in refused(bench, Part(text="Bread"), "pictures")


def test_an_empty_post(bench):
    assert "needs text" in refused(bench, Part(text=" \n"), "microblog")


@pytest.mark.parametrize(
    ("width", "height", "kind", "expected"),
    [
        (800, 800, "PNG", "36001/2207005"),
        (300, 300, "JPEG", "300 pixels of width"),
        (1441, 1441, "JPEG", "1441 pixels of width"),
        (800, 1010, "JPEG", "36003/2207009"),
        (1000, 500, "JPEG", "36003/2207009"),
    ],
)
def test_pictures_are_measured_when_they_are_uploaded(bench, width, height, kind, expected):
    part = Part(text="Bread", media=(bench.picture(width, height, kind=kind),))
    assert expected in refused(bench, part, "pictures")


@pytest.mark.parametrize(("width", "height"), [(1080, 1350), (1080, 1080), (1080, 566), (1440, 754), (320, 400)])
def test_pictures_at_the_edge_of_what_is_allowed_pass(bench, width, height):
    assert bench.send(Part(text="Bread", media=(bench.picture(width, height),)), profile=bench.profile("pictures"))


def test_bytes_and_pixels():
    upload = Upload(sha256="0" * 64, format="jpeg", width=1000, height=1000, bytes=2_000_000)
    judge_upload(upload, rule_set("shorttext"))
    with pytest.raises(Rejected, match=r"BlobTooLarge.*2000001"):
        judge_upload(replace(upload, bytes=2_000_001), rule_set("shorttext"))
    with pytest.raises(Rejected, match="33183360 pixels"):
        judge_upload(replace(upload, width=5761, height=5760), rule_set("microblog"))


def test_the_network_believes_its_own_measure_not_the_attachments(bench):
    lying = replace(bench.picture(2000, 300), width=1080, height=1080)
    assert refused(bench, Part(text="Bread", media=(lying,)), "pictures").startswith("100")


def test_a_picture_that_was_never_uploaded(bench):
    from datetime import timedelta

    from smm_sandbox.records import Kind, Submission
    from smm_sandbox.service import Service
    from smm_sandbox.settings import account_of

    rules = rule_set("microblog")
    service = Service(bench.network, rules, bench.ctx.now)
    submission = Submission(
        account=account_of(bench.profile(), rules, bench.ctx.instant),
        kind=Kind.POST,
        key="k1",
        text="Bread",
        link=None,
        pictures=(("0" * 64, ""),),
        parent=None,
        send_by=bench.ctx.instant + timedelta(minutes=1),
    )
    with pytest.raises(Rejected, match="never uploaded"):
        service.submit(submission)


def test_threads_and_comments_where_there_are_none(bench):
    profile = bench.profile("pictures")
    first = bench.send(Part(text="One", media=(bench.picture(),)), profile=profile)
    assert "Threads" in refused(bench, Part(text="Two", media=(bench.picture(),)), "pictures", key="k2", parent=first)
    post = bench.send("One", key="k3")
    assert "comments" in refused(
        bench, Part(text="#bread"), "microblog", key="k4", parent=post, action=ActionKind.COMMENT
    )


def test_a_first_comment_has_a_limit_of_its_own(bench):
    post = bench.send(Part(text="One", media=(bench.picture(),)), profile=bench.profile("pictures"))
    assert "comment is too long" in refused(
        bench, Part(text="x" * 2201), "pictures", key="k2", parent=post, action=ActionKind.COMMENT
    )


def test_links_where_there_are_none_and_cards_beside_pictures(bench):
    link = "https://example.org/"
    assert "link" in refused(bench, Part(text="Bread", link=link, media=(bench.picture(),)), "pictures")
    assert "not both" in refused(bench, Part(text="Bread", link=link, media=(bench.picture(),)), "shorttext")
    assert bench.send(Part(text="Bread", link=link), key="k2", profile=bench.profile("shorttext"))


def test_text_that_is_no_unicode_is_refused_not_crashed_on(bench):
    assert "UTF-8" in refused(bench, Part(text="broken \ud800"), "microblog")


def test_a_breach_without_words_of_its_own_gets_the_general_ones():
    words = str(refusal(rule_set("open"), Found(breach=Breach.WIDTH, found="3000", allowed="2000", unit="pixels")))
    assert words == "refused 3000 pixels, 2000 allowed"


# ---------------------------------------------------------------- what the rendering makes of that


def test_what_is_rendered_with_a_link_and_pictures_is_not_refused(bench):
    profile = bench.profile("shorttext")
    post = PostContent(parts=("Bread",), link="https://example.org/bread", pictures=(Picture(media="0" * 64),))
    rendering = bench.publisher.render(post, profile, bench.publisher.limits(profile, {}))
    assert rendering.parts[0].link is None
    assert "https://example.org/bread" in rendering.parts[0].text


def test_a_link_without_pictures_becomes_a_card(bench):
    profile = bench.profile("shorttext")
    post = PostContent(parts=("Bread",), link="https://example.org/bread")
    rendering = bench.publisher.render(post, profile, bench.publisher.limits(profile, {}))
    assert rendering.parts[0].link == "https://example.org/bread"


def test_sizes_are_data():
    assert rule_set("pictures").limits.images.sizes[0] == Size(width=1080, height=1350)
