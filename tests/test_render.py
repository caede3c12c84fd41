"""From what a person wrote to what one profile gets: closings, threads, variations, campaign parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.limits import Limits, LinkStyle, TextLimit, TextUnit
from smm_core.links import LinkValues, tag_link, tag_links_in
from smm_core.model import Brand, Picture, PostContent, Profile, to_json
from smm_core.render import render_plain, resolve_content
from smm_core.values import replace

PROFILE = Profile(name="acme-social", client="acme", platform="network")
LINK = "https://acme.example/spring"
BRAND = Brand(
    name="Acme",
    hashtag_sets={"garden": ("#Garden", "spring")},
    link_parameters={"utm_source": "{platform}", "utm_campaign": "{campaign}", "utm_content": "{post}"},
    link_hosts=("acme.example",),
)
VALUES = LinkValues(platform="network", profile="acme-social", client="acme", campaign="Spring sale", post="tulips")


def limits(
    maximum: int = 500, *, parts: int = 1, style: LinkStyle = LinkStyle.INLINE, first_comment: bool = True
) -> Limits:
    text = (TextLimit(maximum=maximum, unit=TextUnit.GRAPHEMES, url=23),)
    return Limits(text=text, parts=parts, link_style=style, first_comment=first_comment)


def rendered(post: PostContent, accepts: Limits | None = None) -> list[str]:
    return [part.text for part in render_plain(post, PROFILE, accepts or limits()).parts]


# ---------------------------------------------------------------- how a post closes


@pytest.mark.parametrize(
    ("post", "expected"),
    [
        pytest.param(PostContent(parts=(" Tulips!\n",)), "Tulips!", id="text-only"),
        pytest.param(
            PostContent(
                parts=("Tulips!",), call_to_action="Order now:", link=LINK, hashtags=("#Garden", "spring sale")
            ),
            f"Tulips!\n\nOrder now: {LINK}\n\n#Garden #springsale",
            id="everything",
        ),
        pytest.param(
            PostContent(parts=("Tulips!",), call_to_action="Order now."), "Tulips!\n\nOrder now.", id="action"
        ),
        pytest.param(PostContent(parts=("Tulips!",), link=LINK), f"Tulips!\n\n{LINK}", id="link"),
        pytest.param(PostContent(parts=("Tulips!",), hashtags=("a", "#B")), "Tulips!\n\n#a #B", id="hashtags"),
        pytest.param(PostContent(parts=("",), link=LINK), LINK, id="nothing-but-a-link"),
        pytest.param(PostContent(parts=()), "", id="nothing"),
        pytest.param(
            PostContent(parts=("Order NOW!\nTulips",), call_to_action="order now!", link=LINK),
            f"Order NOW!\nTulips\n\n{LINK}",
            id="action-said-before",
        ),
        pytest.param(
            PostContent(parts=("Tulips. Order now:",), call_to_action="Order now:", link=LINK),
            f"Tulips. Order now: {LINK}",
            id="action-at-the-end",
        ),
        pytest.param(
            PostContent(parts=(f"See {LINK}/.",), call_to_action="Order now.", link=LINK),
            f"See {LINK}/.\n\nOrder now.",
            id="link-said-before",
        ),
        pytest.param(
            PostContent(parts=("Tulips",), call_to_action=f"Order: {LINK}", link=LINK),
            f"Tulips\n\nOrder: {LINK}",
            id="link-in-action",
        ),
        pytest.param(
            PostContent(parts=(f"See {LINK}-more.",), link=LINK),
            f"See {LINK}-more.\n\n{LINK}",
            id="longer-link-is-another",
        ),
        pytest.param(
            PostContent(parts=("My #GARDEN and #gardens",), hashtags=("#Garden", "garden", "#Tulip")),
            "My #GARDEN and #gardens\n\n#Tulip",
            id="hashtags-said-before",
        ),
        pytest.param(PostContent(parts=("a",), hashtags=("", "#", " ")), "a", id="empty-hashtags"),
    ],
)
def test_the_closing_of_a_post(post: PostContent, expected: str) -> None:
    assert rendered(post) == [expected]


def test_a_thread_closes_with_its_last_part() -> None:
    post = PostContent(parts=("One.", "Two.\n"), call_to_action="Order now:", link=LINK, hashtags=("garden",))
    assert rendered(post, limits(parts=5)) == ["One.", f"Two.\n\nOrder now: {LINK}\n\n#garden"]


def test_what_an_earlier_part_said_is_not_said_again() -> None:
    post = PostContent(
        parts=(f"Order now: {LINK} #Garden", "Two."), call_to_action="Order now:", link=LINK, hashtags=("garden",)
    )
    assert rendered(post, limits(parts=5)) == [f"Order now: {LINK} #Garden", "Two."]


def test_a_card_is_on_the_last_part_and_not_in_the_text() -> None:
    post = PostContent(parts=("One.", "Two."), link=LINK, call_to_action="Order now.")
    parts = render_plain(post, PROFILE, limits(parts=2, style=LinkStyle.CARD)).parts
    assert [(part.text, part.link) for part in parts] == [("One.", None), ("Two.\n\nOrder now.", LINK)]


def test_where_links_are_not_possible_the_link_is_left_out() -> None:
    parts = render_plain(PostContent(parts=("One.",), link=LINK), PROFILE, limits(style=LinkStyle.NONE)).parts
    assert [(part.text, part.link) for part in parts] == [("One.", None)]


# ---------------------------------------------------------------- threads and pictures


def test_a_text_that_is_too_long_becomes_a_thread() -> None:
    post = PostContent(parts=("One two three.\n\nFour five six.",), link=LINK)
    assert rendered(post, limits(24, parts=3)) == ["One two three.", "Four five six.", LINK]


def test_without_threads_it_stays_too_long() -> None:
    post = PostContent(parts=("One two three.\n\nFour five six.",))
    assert rendered(post, limits(20)) == ["One two three.\n\nFour five six."]


def test_the_room_of_a_thread_is_kept_for_the_parts_a_person_wrote() -> None:
    post = PostContent(parts=("One two three four", "Five six", "Seven eight nine"))
    assert rendered(post, limits(10, parts=4)) == ["One two", "three four", "Five six", "Seven eight nine"]
    assert rendered(post, limits(10, parts=2)) == list(post.parts)


def test_pictures_stay_with_their_part() -> None:
    pictures = tuple(Picture(media=f"{part}" * 64, part=part) for part in (1, 2, 9, 0))
    post = PostContent(parts=("One two three", "Four five six"), pictures=pictures)
    parts = render_plain(post, PROFILE, limits(8, parts=4)).parts
    assert [(part.text, [picture.part for picture in part.pictures]) for part in parts] == [
        ("One two", [1, 0]),
        ("three", []),
        ("Four", [2, 9]),
        ("five six", []),
    ]


def test_options_of_the_imitated_platform_hold_on_a_test_profile() -> None:
    post = PostContent(options={"network": {"audience": "all", "a": 1}, "sandbox": {"a": 2}, "other": {"b": 3}})
    test_profile = replace(PROFILE, platform="sandbox", imitates="network")
    assert render_plain(post, test_profile, limits()).options == {"audience": "all", "a": 2}
    assert render_plain(post, PROFILE, limits()).options == {"audience": "all", "a": 1}


def test_the_first_comment_is_never_dropped() -> None:
    post = PostContent(first_comment="First!\n")
    assert render_plain(post, PROFILE, limits()).first_comment == "First!"
    assert render_plain(post, PROFILE, limits(first_comment=False)).first_comment == "First!"


@given(
    st.lists(st.text(max_size=60), max_size=4),
    st.text(max_size=20),
    st.lists(st.text(max_size=8), max_size=4),
    st.integers(1, 60),
    st.integers(1, 5),
    st.sampled_from(LinkStyle),
)
def test_rendering_is_pure_and_keeps_every_picture(
    texts: list[str], action: str, tags: list[str], maximum: int, parts: int, style: LinkStyle
) -> None:
    pictures = tuple(Picture(part=part) for part in range(4))
    post = PostContent(parts=tuple(texts), call_to_action=action, hashtags=tuple(tags), link=LINK, pictures=pictures)
    accepts = limits(maximum, parts=parts, style=style)
    found = render_plain(post, PROFILE, accepts)
    assert found == render_plain(post, PROFILE, accepts)
    assert sorted(picture.part for part in found.parts for picture in part.pictures) == [0, 1, 2, 3]
    assert len(found.parts) <= max(parts, len(texts), 1)


# ---------------------------------------------------------------- resolving


def test_a_variation_for_the_profile_goes_before_one_for_the_platform() -> None:
    content = PostContent(parts=("all",), variations={"acme-social": ("mine",), "network": ("ours",), "other": ("no",)})
    for variations, expected in (
        (content.variations, "mine"),
        ({"network": ("ours",)}, "ours"),
        ({"other": ("no",)}, "all"),
        ({"acme-social": ()}, "all"),
    ):
        found = resolve_content(replace(content, variations=variations), PROFILE, BRAND, platform="network")
        assert found.parts == (expected,)


@pytest.mark.parametrize(
    ("chosen", "own", "expected"),
    [
        ("garden", ("#tulip", "#GARDEN"), ("#Garden", "#spring", "#tulip")),
        (None, ("tulip",), ("#tulip",)),
        ("unknown", ("tulip",), ("#tulip",)),
        ("garden", (), ("#Garden", "#spring")),
    ],
)
def test_hashtags_come_from_the_set_and_the_post(
    chosen: str | None, own: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    found = resolve_content(PostContent(hashtag_set=chosen, hashtags=own), PROFILE, BRAND, platform="network")
    assert found.hashtags == expected
    assert found.hashtag_set == chosen


def test_every_link_of_the_post_gets_campaign_parameters() -> None:
    content = PostContent(
        parts=(f"See ({LINK}), not https://other.example.",),
        link=LINK,
        call_to_action=f"Order: {LINK}",
        first_comment=LINK,
        campaign="spring",
    )
    found = resolve_content(content, PROFILE, BRAND, platform="network", post="tulips")
    tagged = f"{LINK}?utm_source=network&utm_campaign=spring&utm_content=tulips"
    assert found.link == found.first_comment == tagged
    assert found.parts == (f"See ({tagged}), not https://other.example.",)
    assert found.call_to_action == f"Order: {tagged}"


def test_resolving_twice_changes_nothing_more() -> None:
    content = PostContent(
        parts=(f"Hi {LINK}",), link=LINK, hashtag_set="garden", variations={"network": (f"{LINK} #x",)}
    )
    once = resolve_content(content, PROFILE, BRAND, platform="network", post="tulips")
    assert to_json(resolve_content(once, PROFILE, BRAND, platform="network", post="tulips")) == to_json(once)


# ---------------------------------------------------------------- campaign parameters

TAGS = "utm_source=network&utm_campaign=Spring%20sale&utm_content=tulips"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://acme.example", f"https://acme.example?{TAGS}"),
        ("https://acme.example/a?b=%7e&c", f"https://acme.example/a?b=%7e&c&{TAGS}"),
        ("https://acme.example/?", f"https://acme.example/?{TAGS}"),
        ("https://acme.example/?a=1&", f"https://acme.example/?a=1&{TAGS}"),
        ("https://acme.example/#part?x", f"https://acme.example/?{TAGS}#part?x"),
        ("https://www.acme.example/größe", f"https://www.acme.example/größe?{TAGS}"),
        ("https://ACME.example.:8443/", f"https://ACME.example.:8443/?{TAGS}"),
        (
            "https://acme.example/?utm_source=mail&utm_content=",
            "https://acme.example/?utm_source=mail&utm_content=&utm_campaign=Spring%20sale",
        ),
        ("https://notacme.example/", None),
        ("https://acme.example.evil.example/", None),
        ("https://acme.example@evil.example/", None),
        ("mailto:a@acme.example", None),
        ("https://[broken/", None),
        ("", None),
    ],
)
def test_campaign_parameters(link: str, expected: str | None) -> None:
    assert tag_link(link, BRAND, VALUES) == (link if expected is None else expected)


def test_without_hosts_every_link_is_tagged() -> None:
    brand = replace(BRAND, link_hosts=())
    assert tag_link("https://other.example/", brand, VALUES) == f"https://other.example/?{TAGS}"


def test_an_international_host_is_the_same_in_both_writings() -> None:
    for host in ("bücher.example", "xn--bcher-kva.example"):
        brand = replace(BRAND, link_hosts=(host,))
        assert tag_link("https://www.BÜCHER.example/", brand, VALUES).endswith(TAGS)
        assert tag_link("https://xn--bcher-kva.example/", brand, VALUES).endswith(TAGS)


def test_patterns_know_only_their_own_placeholders() -> None:
    patterns = {
        "a": "{client}-{profile}",
        "b": "{unknown}",
        "c": "{post.__class__}",
        "d": "{campaign}",
        "e": "{}",
        "f": "{0}",
    }
    brand = replace(BRAND, link_parameters=patterns)
    values = replace(VALUES, campaign="")
    expected = "a=acme-acme-social&b=%7Bunknown%7D&c=%7Bpost.__class__%7D&e=%7B%7D&f=%7B0%7D"
    assert tag_link("https://acme.example/", brand, values) == f"https://acme.example/?{expected}"


@given(st.text(alphabet="htps:/.?#&=a(b)é1, \n", max_size=60))
def test_text_around_links_stays_as_it_is(text: str) -> None:
    assert tag_links_in(text, Brand(name="none"), VALUES) == text
    tagged = tag_links_in(text, replace(BRAND, link_hosts=()), VALUES)
    assert tag_links_in(tagged, replace(BRAND, link_hosts=()), VALUES) == tagged
