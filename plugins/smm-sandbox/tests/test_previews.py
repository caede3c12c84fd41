"""Previews: escaped, complete, drawn for any text there is."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from smm_sandbox.palette import DARK, DISKS, LIGHT
from smm_sandbox.view import SpanKind, card_of, short_link, spans_of

from smm_core import Part, PreviewRequest, Variant

SCRIPT = '<script>alert("x")</script>'


def preview(bench, *parts, rules="microblog", comment="", **profile_changes):
    from smm_core import replace

    profile = replace(bench.profile(rules), **profile_changes)
    variant = Variant(profile="acme", parts=parts, first_comment=comment)
    request = PreviewRequest(
        profile=profile,
        variant=variant,
        limits=bench.publisher.limits(profile, {}),
        now=bench.ctx.instant,
        language="nl",
    )
    return bench.publisher.preview(request, bench.ctx)


class Elements(HTMLParser):
    """The elements of a fragment with their attributes, and its text."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.text = ""
        self.open = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in ("img", "meta", "path"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data

    def of(self, tag):
        return [attributes for name, attributes in self.found if name == tag]


def opened(png):
    image = Image.open(io.BytesIO(png))
    image.load()
    return image


def test_the_html_says_what_things_are(bench):
    picture = bench.picture(alt="Een brood")
    page = Elements(preview(bench, Part(text="Vers brood #brood", media=(picture,))).html)

    assert page.open == [], "every element is closed"
    assert len(page.of("article")) == 1
    assert page.of("time")[0]["datetime"] == "2026-11-23T09:00:00+00:00"
    assert "23 Nov 2026, 10:00" in page.text, "in the profile's zone"
    assert page.of("img")[0] | {"style": ""} == {
        "src": f"media:{picture.sha256}",
        "alt": "Een brood",
        "width": "800",
        "height": "800",
        "loading": "lazy",
        "style": "",
    }
    assert {"class": "smmp-text", "dir": "auto", "lang": "nl"} in page.of("p")
    assert "Acme Bakery" in page.text
    assert "@acme" in page.text


def test_nothing_in_the_html_comes_from_outside_or_runs(bench):
    html = preview(bench, Part(text="Bread https://example.org", link="https://example.org")).html
    page = Elements(html)
    assert not page.of("script")
    assert not page.of("link")
    assert "url(" not in html
    assert "@import" not in html
    assert not [attributes for _, attributes in page.found if any(name.startswith("on") for name in attributes)]


def test_hostile_text_stays_text_everywhere(bench):
    part = Part(text=SCRIPT + " #tag", media=(bench.picture(alt=f'"{SCRIPT}'),), link="javascript:alert(1)")
    for rules in ("microblog", "pictures", "open"):
        html = preview(bench, part, rules=rules, comment=SCRIPT, title=SCRIPT, handle=SCRIPT).html
        page = Elements(html)
        assert not page.of("script")
        assert SCRIPT in page.text
        assert page.of("img")[0]["alt"] == f'"{SCRIPT}'
        assert all(attributes["href"].startswith("https://") for attributes in page.of("a"))


def test_a_link_leads_where_it_says_in_full(bench):
    link = "https://example.org/bread?utm_source=microblog&utm_campaign=autumn"
    page = Elements(preview(bench, Part(text=f'See {link}"><b> now')).html)
    anchor = page.of("a")[0]
    assert anchor["href"] == link
    assert anchor["rel"] == "nofollow noopener noreferrer"
    assert "example.org/bread?utm_source=microb…" in page.text
    assert not page.of("b")


def test_the_same_text_gives_the_same_preview_and_another_text_another(bench):
    one, same, other = (preview(bench, Part(text=text)) for text in ("Fresh bread", "Fresh bread", "Fresh cake"))
    assert one == same
    assert one.png != other.png
    assert one.html != other.html


def test_the_png_has_the_size_it_says_and_is_not_blank(bench):
    shown = preview(bench, Part(text="Fresh bread", media=(bench.picture(),)))
    image = opened(shown.png)
    assert image.size == (shown.width, shown.height)
    assert shown.width == 1200
    assert len(image.getcolors(1_000_000)) > 50
    assert image.getpixel((5, 5)) == (0xEE, 0xF0, 0xF4)


def test_the_png_grows_with_what_there_is_to_show(bench):
    heights = [
        preview(bench, *parts).height
        for parts in (
            (Part(text="One"),),
            (Part(text="One\nTwo\nThree"),),
            (Part(text="One\nTwo\nThree", media=(bench.picture(),)),),
            (Part(text="One\nTwo\nThree", media=(bench.picture(),)), Part(text="Four")),
        )
    ]
    assert heights == sorted(set(heights))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_every_picture_of_a_grid_is_drawn(bench, number):
    colours = ["#ff0000", "#00ff00", "#0000ff", "#ffff00"][:number]
    media = tuple(bench.picture(colour=colour, kind="PNG", alt="") for colour in colours)
    shown = preview(bench, Part(text="Bread", media=media))
    seen = {colour for _, colour in opened(shown.png).getcolors(1_000_000)}
    for colour in colours:
        assert tuple(bytes.fromhex(colour[1:])) in seen
    assert len(Elements(shown.html).of("img")) == number


def test_a_gallery_shows_its_first_picture_large_and_all_in_html(bench):
    media = (bench.picture(1080, 1350, colour="#ff0000"), bench.picture(1080, 1350, colour="#00ff00"))
    shown = preview(bench, Part(text="Bread", media=media), rules="pictures", comment="First!")
    assert shown.height > 1300
    page = Elements(shown.html)
    assert len(page.of("img")) == 2
    assert "1/2" in page.text
    assert "First comment by" in page.text


def test_a_transparent_picture_is_drawn(bench):
    out = io.BytesIO()
    Image.new("RGBA", (400, 400), (255, 0, 0, 128)).save(out, "PNG")
    sha256 = bench.ctx.media.keep(out.getvalue())
    from smm_core import Attachment

    attachment = Attachment(sha256=sha256, format="png", width=400, height=400, bytes=len(out.getvalue()))
    assert preview(bench, Part(text="", media=(attachment,))).png


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n\n\n",
        " " * 500,
        "x" * 10_000,
        "word " * 2_000,
        "שלום עולם, this is mixed #תגית",
        "مرحبا بالعالم! خبز طازج",
        "日本語のテキスト" * 40,
        "Z̸̢̛͎͚̫a̶̧̛̩l̷̨̛͉g̵͍̈́o̸͉͝" * 50,
        "a" + "\u0301" * 3_000,
        "👨‍👩‍👧‍👦🇳🇱☕️1️⃣" * 40,
        "\u202eevil\u202c \u2066x\u2069 \u200b\u200d\ufeff",
        "broken \ud800 surrogate",
        "control \x00\x07 signs\ttab",
        "\U0010ffff\ue000",
        "#" * 300 + "@" * 300,
    ],
    ids=lambda text: ascii(text[:12]),
)
def test_any_text_can_be_shown(bench, text):
    shown = preview(bench, Part(text=text), title=text[:60] or "x")
    assert opened(shown.png).size == (1200, shown.height)
    assert shown.height < 30_000
    assert "\ud800" not in shown.html


def test_boxes_stand_in_for_what_no_font_has(bench):
    from smm_sandbox.draw import draw_posts
    from smm_sandbox.fonts import FontPaths
    from smm_sandbox.rules import rule_set
    from smm_sandbox.view import view_of_variant

    def drawn(text):
        profile = bench.profile()
        variant = Variant(profile="acme", parts=(Part(text=text),))
        request = PreviewRequest(
            profile=profile, variant=variant, limits=bench.publisher.limits(profile, {}), now=bench.ctx.instant
        )
        view = view_of_variant(request, rule_set("microblog"))
        return draw_posts((view,), bench.ctx.media.read, fonts=FontPaths(text=(), emoji=())).body

    assert drawn("日") == drawn("本"), "both are the same box"
    assert drawn("日") != drawn("")
    assert drawn("日日") != drawn("日")


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80))
@example("one\u2029two\u2028three\x1dfour\x85")
@example("\u2029")
def test_lines_lose_nothing_but_spaces(text):
    from smm_sandbox.fonts import FontBook, FontPaths, Style
    from smm_sandbox.lines import break_lines, line_width, pieces_of

    from smm_core import clean

    book = FontBook(FontPaths(text=(), emoji=()))
    style = Style(size=20)
    spans = spans_of(text, links=False)
    lines = break_lines(pieces_of(spans, style), 120, book) if spans else ()
    shown = "".join(piece.text for line in lines for piece in line.pieces)
    assert "".join(shown.split()) == "".join(clean(text).split())
    for line in lines:
        assert line_width(line, book) <= 140 or sum(len(piece.text) for piece in line.pieces) < 8


# ---------------------------------------------------------------- words


def test_links_hashtags_and_mentions_are_told_apart():
    spans = spans_of("See https://example.org/#no @acme #bread, and #bread.")
    assert [(span.kind, span.text) for span in spans] == [
        (SpanKind.PLAIN, "See "),
        (SpanKind.LINK, "example.org/#no"),
        (SpanKind.PLAIN, " "),
        (SpanKind.MENTION, "@acme"),
        (SpanKind.PLAIN, " "),
        (SpanKind.HASHTAG, "#bread"),
        (SpanKind.PLAIN, ", and "),
        (SpanKind.HASHTAG, "#bread"),
        (SpanKind.PLAIN, "."),
    ]


@given(st.text(alphabet=st.sampled_from("ab #@.:/\n\u0301é日"), max_size=60))
def test_spans_hold_the_whole_text(text):
    assert "".join(span.text for span in spans_of(text, links=False)) == text


def test_long_links_are_cut_and_cards_name_the_host():
    assert short_link("https://www.example.org/") == "example.org"
    assert len(short_link("https://example.org/" + "x" * 100)) == 36
    card = card_of("https://www.example.org/bread")
    assert card is not None
    assert (card.host, card.href) == ("example.org", "https://www.example.org/bread")
    broken = card_of("http://[broken")
    assert broken is not None
    assert broken.href == ""


def test_colours_can_be_read():
    def luminance(colour):
        channels = [value / 255 for value in bytes.fromhex(colour[1:])]
        linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        light, dark = sorted((luminance(one), luminance(other)), reverse=True)
        return (light + 0.05) / (dark + 0.05)

    for palette in (LIGHT, DARK):
        for ink in (palette.text, palette.muted, palette.accent):
            for ground in (palette.page, palette.card, palette.sunken):
                assert contrast(ink, ground) >= 4.5, (ink, ground)
    assert all(contrast("#ffffff", disk) >= 4.5 for disk in DISKS)
