"""The built-in checks: every limit at its edge and one beyond, every rule of the brand book."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pluggy
import pytest

from smm_core import hookspecs
from smm_core.builtin import checks
from smm_core.contracts import CheckRequest
from smm_core.limits import ImageLimits, Limits, LinkStyle, Provenance, TextLimit, TextUnit
from smm_core.model import Attachment, Brand, Level, Part, PostContent, Problem, Profile, Variant
from smm_core.values import replace

DOCUMENT = Provenance(source="the platform's own page", as_of="2026-11-22")
HEARSAY = Provenance(source="a forum", as_of="2026-08-13", verified=False)
LENIENT_BRAND = Brand(name="Acme", require_call_to_action=False, require_alt_text=False)
PICTURE = Attachment(sha256="0" * 64, format="jpeg", width=1000, height=1000, bytes=5000, alt="A tulip")
OPEN = Limits(text=(), parts=9, first_comment=True)


def graphemes(maximum: int) -> TextLimit:
    return TextLimit(maximum=maximum, unit=TextUnit.GRAPHEMES)


def problems(
    *parts: Part | str,
    limits: Limits = OPEN,
    brand: Brand = LENIENT_BRAND,
    content: PostContent | None = None,
    first_comment: str = "",
) -> list[Problem]:
    """What the hook says, called the way core calls it."""
    manager = pluggy.PluginManager("smm")
    manager.add_hookspecs(hookspecs)
    manager.register(checks)
    manager.check_pending()
    whole = tuple(Part(text=part) if isinstance(part, str) else part for part in parts)
    request = CheckRequest(
        content=content or PostContent(),
        variant=Variant(profile="acme-social", parts=whole, first_comment=first_comment),
        profile=Profile(name="acme-social", client="acme", platform="sandbox", imitates="network"),
        limits=limits,
        brand=brand,
    )
    return [problem for answer in manager.hook.smm_check_variant(request=request) for problem in answer]


def codes(*parts: Part | str, **others: Any) -> list[str]:
    return [problem.code for problem in problems(*parts, **others)]


def picture(**changes: Any) -> Part:
    return Part(text="a", media=(replace(PICTURE, **changes),))


# ---------------------------------------------------------------- text


def test_a_variant_that_keeps_to_everything_has_no_problem() -> None:
    assert problems(Part(text="Hi", media=(PICTURE,)), limits=replace(OPEN, text=(graphemes(2),))) == []


def test_a_text_that_is_too_long_says_where_what_and_how_much() -> None:
    limits = replace(OPEN, text=(graphemes(5),), provenance={"text": DOCUMENT})
    assert problems("👍" * 5, "👍" * 6, limits=limits) == [
        Problem(
            level=Level.BLOCK,
            code="text.too-long",
            message="part 2 has 6 graphemes, 5 are allowed",
            part=2,
            allowed=5,
            found=6,
            unit="graphemes",
            provenance=DOCUMENT,
            by="limits",
        )
    ]


def test_every_text_limit_is_checked() -> None:
    limits = replace(OPEN, text=(graphemes(1), TextLimit(maximum=3, unit=TextUnit.UTF8)))
    assert [(problem.unit, problem.found) for problem in problems("👍👍", limits=limits)] == [
        ("graphemes", 2),
        ("UTF-8 bytes", 8),
    ]


def test_a_problem_that_rests_on_a_guess_says_so_and_still_blocks() -> None:
    [problem] = problems("ab", limits=replace(OPEN, text=(graphemes(1),), provenance={"*": HEARSAY}))
    assert problem.message == "the post has 2 graphemes, 1 is allowed; this limit is a guess (a forum, 2026-08-13)"
    assert (problem.level, problem.provenance) == (Level.BLOCK, HEARSAY)


@pytest.mark.parametrize("text", ["", " \n", "\u200d\u200b\u200f", "\u00a0"])
def test_an_empty_post_blocks(text: str) -> None:
    [problem] = problems(text)
    assert (problem.level, problem.code, problem.part) == (Level.BLOCK, "post.empty", 1)


def test_a_picture_a_card_or_a_new_emoji_is_enough() -> None:
    assert codes(Part(text="", media=(PICTURE,))) == []
    assert codes(Part(text="", link="https://a.example")) == []
    assert codes("\U0001fae8") == []


def test_an_empty_part_of_a_thread_is_named() -> None:
    assert [problem.message for problem in problems("one", "")] == ["part 2 is empty: write a text or add a picture"]
    assert codes() == ["post.empty"]


@pytest.mark.parametrize(
    ("field", "allowed", "beyond", "code"),
    [
        ("hashtags", "#a #b https://a.example/#c", "#a #b #c", "hashtags.too-many"),
        ("mentions", "@a @b c@d.example", "@a @b @c", "mentions.too-many"),
        (
            "links",
            "https://a.example https://b.example",
            "https://a.example https://b.example https://c.example",
            "links.too-many",
        ),
    ],
)
def test_how_many_hashtags_mentions_and_links(field: str, allowed: str, beyond: str, code: str) -> None:
    limits = replace(OPEN, **{field: 2}, provenance={field: DOCUMENT})
    assert codes(allowed, allowed, limits=limits) == []
    [problem] = problems("ok", beyond, limits=limits)
    assert (problem.code, problem.part, problem.allowed, problem.found, problem.unit) == (code, 2, 2, 3, field)
    assert problem.provenance == DOCUMENT


def test_a_link_card_counts_as_a_link_once() -> None:
    both = Part(text="https://a.example", link="https://a.example")
    assert codes(both, limits=replace(OPEN, links=1)) == []
    assert codes(replace(both, link="https://b.example"), limits=replace(OPEN, links=1)) == ["links.too-many"]


def test_a_thread_that_is_too_long() -> None:
    limits = replace(OPEN, parts=1)
    assert [problem.message for problem in problems("a", "b", limits=limits)] == [
        "the thread has 2 parts, 1 is allowed"
    ]
    assert codes("a", "b", limits=replace(OPEN, parts=2)) == []


# ---------------------------------------------------------------- pictures


@pytest.mark.parametrize(
    ("images", "good", "bad", "code", "message"),
    [
        (
            ImageLimits(max_bytes=8_000_000),
            {"bytes": 8_000_000},
            {"bytes": 9_000_000},
            "picture.too-heavy",
            "picture 1 of the post has 9,000,000 bytes, the most allowed is 8,000,000",
        ),
        (
            ImageLimits(min_width=320),
            {"width": 320},
            {"width": 319},
            "picture.too-narrow",
            "picture 1 of the post is 319 pixels wide, the least allowed is 320",
        ),
        (
            ImageLimits(max_width=1440),
            {"width": 1440},
            {"width": 1441},
            "picture.too-wide",
            "picture 1 of the post is 1,441 pixels wide, the most allowed is 1,440",
        ),
        (
            ImageLimits(max_pixels=1_000_000),
            {},
            {"width": 1001},
            "picture.too-large",
            "picture 1 of the post has 1,001,000 pixels, the most allowed is 1,000,000",
        ),
        (
            ImageLimits(min_aspect=0.8),
            {"width": 1080, "height": 1350},
            {"width": 1080, "height": 1440},
            "picture.too-tall",
            "picture 1 of the post is 1080 × 1440 (width / height 0.75), the least allowed is 0.8",
        ),
        (
            ImageLimits(max_aspect=1.91),
            {"width": 1910, "height": 1000},
            {"width": 1911, "height": 1000},
            "picture.too-flat",
            "picture 1 of the post is 1911 × 1000 (width / height 1.911), the most allowed is 1.91",
        ),
        (
            ImageLimits(formats=("jpg", "PNG")),
            {"format": "jpeg"},
            {"format": "gif"},
            "picture.format",
            "picture 1 of the post is a gif file; allowed: jpeg, png",
        ),
    ],
)
def test_each_picture(
    images: ImageLimits, good: Mapping[str, Any], bad: Mapping[str, Any], code: str, message: str
) -> None:
    limits = replace(OPEN, images=images, provenance={"images": DOCUMENT})
    assert problems(picture(**good), limits=limits) == []
    [problem] = problems(picture(**bad), limits=limits)
    assert (problem.level, problem.code, problem.message, problem.part) == (Level.BLOCK, code, message, 1)
    assert problem.provenance == DOCUMENT
    assert (problem.allowed is None) == (code == "picture.format")


def test_a_single_picture_limit_may_have_a_provenance_of_its_own() -> None:
    limits = replace(
        OPEN, images=ImageLimits(max_bytes=1), provenance={"images": DOCUMENT, "images.max_bytes": HEARSAY}
    )
    assert [problem.provenance for problem in problems(picture(format="gif"), limits=limits)] == [DOCUMENT, HEARSAY]


def test_how_many_pictures_a_part_has() -> None:
    limits = replace(OPEN, images=ImageLimits(minimum=1, maximum=2))
    assert codes(Part(text="a", media=(PICTURE, PICTURE)), limits=limits) == []
    found = problems(Part(text="a", media=(PICTURE,) * 3), "b", limits=limits)
    assert [problem.message for problem in found] == [
        "part 1 has 3 pictures, 2 are allowed",
        "part 2 has 0 pictures, the least allowed is 1",
    ]


def test_alt_text_that_is_too_long() -> None:
    limits = replace(OPEN, alt_text=graphemes(3), provenance={"alt_text": DOCUMENT})
    assert codes(picture(alt="abc"), limits=limits) == []
    [problem] = problems("b", picture(alt="abcd"), limits=limits)
    assert problem.message == "the alt text of picture 1 of part 2 has 4 graphemes, 3 are allowed"
    assert (problem.code, problem.provenance) == ("alt.too-long", DOCUMENT)


# ---------------------------------------------------------------- links that cannot be, first comments


def test_where_links_are_not_possible_it_warns() -> None:
    limits = replace(OPEN, link_style=LinkStyle.NONE)
    content = PostContent(link="https://a.example")
    assert codes("Hi", limits=limits) == []
    [problem] = problems("Hi", limits=limits, content=content)
    assert (problem.level, problem.code, problem.part) == (Level.WARN, "link.not-possible", None)
    assert "https://a.example is left out" in problem.message
    assert "acme-social" in problem.message
    [problem] = problems("Hi https://a.example", limits=limits, content=content)
    assert (problem.level, problem.part) == (Level.WARN, 1)
    assert "stays plain text" in problem.message


def test_a_first_comment_that_is_not_possible() -> None:
    limits = replace(OPEN, first_comment=False)
    assert codes("a", limits=limits, first_comment="b") == ["comment.not-possible"]
    assert codes("a", limits=limits, content=PostContent(first_comment="b")) == ["comment.not-possible"]
    assert codes("a", limits=OPEN, first_comment="b") == []


def test_a_first_comment_that_is_too_long() -> None:
    limits = replace(OPEN, first_comment_text=graphemes(2))
    assert codes("a", limits=limits, first_comment="bb") == []
    assert [problem.message for problem in problems("a", limits=limits, first_comment="bbb")] == [
        "the first comment has 3 graphemes, 2 are allowed"
    ]


# ---------------------------------------------------------------- the brand book


def test_a_call_to_action_is_required_and_must_be_in_the_text() -> None:
    brand = replace(LENIENT_BRAND, require_call_to_action=True)
    asked = PostContent(call_to_action="Order now!")
    [problem] = problems("Tulips", brand=brand)
    assert (problem.level, problem.code, problem.by) == (Level.BLOCK, "call-to-action.missing", "brand")
    assert "brand book Acme" in problem.message
    assert codes("Tulips", brand=brand, content=asked) == ["call-to-action.missing"]
    assert codes("Tulips.\nORDER  now!", brand=brand, content=asked) == []
    assert codes("Tulips. Order", "now!", brand=brand, content=asked) == []
    assert codes("Tulips", content=asked) == []


def test_every_picture_needs_an_alt_text() -> None:
    brand = replace(LENIENT_BRAND, require_alt_text=True)
    silent = replace(PICTURE, alt=" \n")
    found = problems("a", Part(text="b", media=(PICTURE, silent)), brand=brand)
    assert [(problem.level, problem.code, problem.part) for problem in found] == [(Level.BLOCK, "alt.missing", 2)]
    assert found[0].message.startswith("picture 2 of part 2 has no alt text")
    assert codes(Part(text="b", media=(silent,))) == []


@pytest.mark.parametrize(
    ("parts", "comment", "where"),
    [
        (["A CHEAP tulip"], "", "the text says “cheap”"),
        (["ok", "#Cheap!"], "", "part 2 says “cheap”"),
        ([picture(alt="cheap tulips")], "", "the alt text of picture 1 says “cheap”"),
        (["ok"], "so cheap", "the first comment says “cheap”"),
        (["Best\nprice ever"], "", "the text says “best price”"),
    ],
)
def test_words_to_avoid_are_named(parts: list[Part | str], comment: str, where: str) -> None:
    brand = replace(LENIENT_BRAND, avoid=("cheap", "best price", ""))
    [problem] = problems(*parts, brand=brand, first_comment=comment)
    assert problem.message == f"{where}, which brand book Acme avoids"
    assert (problem.level, problem.code) == (Level.BLOCK, "words.avoided")


def test_words_inside_others_and_in_links_are_no_problem() -> None:
    brand = replace(LENIENT_BRAND, avoid=("cheap",))
    assert codes("cheaper, https://a.example/cheap, cheap\u0327", brand=brand) == []


def test_a_hashtag_set_is_required_and_must_be_known() -> None:
    brand = replace(LENIENT_BRAND, hashtag_sets={"garden": ("#garden",), "autumn": ()})
    demanding = replace(brand, require_hashtag_set=True)
    assert codes("a", brand=brand) == []
    assert codes("a", brand=demanding) == ["hashtag-set.missing"]
    assert codes("a", brand=demanding, content=PostContent(hashtag_set="garden")) == []
    [problem] = problems("a", brand=brand, content=PostContent(hashtag_set="gardne"))
    assert (problem.level, problem.code) == (Level.BLOCK, "hashtag-set.unknown")
    assert problem.message == "brand book Acme has no hashtag set “gardne” (there is autumn, garden)"


def test_links_without_their_campaign_parameters_warn() -> None:
    brand = replace(
        LENIENT_BRAND,
        link_parameters={"utm_source": "{platform}", "utm_campaign": "{campaign}", "utm_content": "{post}"},
        link_hosts=("acme.example",),
    )
    assert codes("https://other.example https://acme.example/?utm_source=network", brand=brand) == []
    campaign = PostContent(campaign="spring")
    bare = Part(text="https://acme.example/", link="https://acme.example/?utm_source=x&utm_campaign=y")
    [problem] = problems("a", bare, brand=brand, content=campaign)
    assert (problem.level, problem.code, problem.part) == (Level.WARN, "link.untagged", 2)
    assert "https://acme.example/ lacks utm_source, utm_campaign" in problem.message
    assert codes("a", brand=brand, content=campaign, first_comment="https://acme.example") == ["link.untagged"]
