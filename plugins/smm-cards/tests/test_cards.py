"""The template as core uses it: composing, drawing all sizes, and the dangers that come with pictures."""

from __future__ import annotations

import io
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pluggy
import pytest
import smm_cards
from cards_bench import BRAND, Draw, NoContext, codes, pixels
from PIL import Image
from smm_cards.backdrop import BackdropCache, PictureSource
from smm_cards.colours import contrast, palette_of
from smm_cards.drawing import draw_card
from smm_cards.template import Cards

from smm_core import (
    Brand,
    Card,
    ComposeRequest,
    ConfigError,
    DrawRequest,
    Draws,
    Idea,
    IdeaFound,
    IdeaState,
    Level,
    MediaError,
    Size,
    Template,
    hookspecs,
    replace,
)

SIZES = (
    Size(width=540, height=540),
    Size(width=540, height=675),
    Size(width=600, height=314),
    Size(width=540, height=960),
)
FIELDS = {
    "quote": {"quote": "Brood is geduld dat je kunt proeven.", "author": "Marieke de Wit", "role": "meesterbakker"},
    "announcement": {
        "label": "Nieuw",
        "headline": "Zaterdag open tot acht",
        "text": "Kom langs voor één warm brood.",
        "footer": "Korenmarkt 12",
    },
    "tip": {"label": "Tip", "headline": "Weigh your water", "text": "A kitchen scale is worth more than a mixer."},
    "photo": {
        "label": "Achter de schermen",
        "headline": "Om drie uur gaat het licht aan",
        "text": "Een nacht met onze bakkers",
    },
}


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    noise = Image.effect_noise((300, 225), 60).resize((1200, 900), Image.Resampling.BICUBIC)
    shade = Image.linear_gradient("L").resize((1200, 900))
    path = tmp_path / "photo.jpg"
    Image.merge("RGB", (noise, shade, Image.blend(noise, shade, 0.5))).save(path, quality=90)
    return path


def request_for(layout: str, folder: Path, picture: Path | None, kind: str = "jpeg") -> DrawRequest:
    card = Card(template="cards", layout=layout, fields=FIELDS[layout])
    return DrawRequest(
        card=card, brand=BRAND, sizes=SIZES, format=kind, folder=folder, picture=picture if layout == "photo" else None
    )


# ---------------------------------------------------------------- the plugin


def test_the_plugin_offers_one_template_that_draws() -> None:
    manager = pluggy.PluginManager("smm")
    manager.add_hookspecs(hookspecs)
    manager.register(smm_cards)
    manager.check_pending()
    ((template,),) = manager.hook.smm_templates()
    assert template.name == "cards"
    assert isinstance(template, Template)
    assert isinstance(template, Draws)
    assert template.abilities == {Draws}


@pytest.mark.parametrize("layout", sorted(FIELDS))
@pytest.mark.parametrize("kind", ["jpeg", "png"])
def test_every_layout_is_drawn_in_every_size_without_complaint(
    layout: str, kind: str, folder: Path, photo: Path
) -> None:
    drawn = Cards().draw(request_for(layout, folder, photo, kind), NoContext())
    assert [(one.width, one.height) for one in drawn] == [(size.width, size.height) for size in SIZES]
    for one in drawn:
        assert one.format == kind
        assert one.problems == ()
        assert Image.open(io.BytesIO(one.body)).format == kind.upper()
        assert len(pixels(one).getcolors(1_000_000)) > 20


@pytest.mark.parametrize("layout", sorted(FIELDS))
def test_long_texts_stay_readable(layout: str, folder: Path, photo: Path) -> None:
    long = {
        name: f"{text} en nog veel meer dan dat, want dit is een lange tekst" for name, text in FIELDS[layout].items()
    }
    request = request_for(layout, folder, photo, "png")
    for one in Cards().draw(replace(request, card=replace(request.card, fields=long)), NoContext()):
        assert not {"card.low-contrast", "card.word-divided"} & set(codes(one))


@pytest.mark.parametrize("layout", sorted(FIELDS))
def test_the_same_request_gives_the_same_bytes(layout: str, folder: Path, photo: Path) -> None:
    request, template = request_for(layout, folder, photo), Cards()
    first, from_cache, other = (
        template.draw(request, NoContext()),
        template.draw(request, NoContext()),
        Cards().draw(request, NoContext()),
    )
    assert first == from_cache == other


def test_one_size_is_drawn_alike_alone_and_among_others(folder: Path) -> None:
    request = request_for("tip", folder, None)
    alone = Cards().draw(replace(request, sizes=SIZES[:1]), NoContext())
    assert alone[0] == Cards().draw(request, NoContext())[0]


def test_nothing_of_the_photos_metadata_is_left(folder: Path, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Rue du Test"
    path = tmp_path / "tagged.jpg"
    Image.new("RGB", (900, 900), "gray").save(path, exif=exif, comment=b"Rue du Test")
    for one in Cards().draw(request_for("photo", folder, path), NoContext()):
        assert b"Rue du Test" not in one.body
        assert b"Exif" not in one.body


# ---------------------------------------------------------------- problems and dangers


def test_missing_and_unknown_fields_are_told(draw: Draw) -> None:
    drawn = draw("tip", {"titel": "x"})
    assert codes(drawn) == ["card.field-missing", "card.field-unknown"]
    assert "'headline'" in drawn.problems[0].message
    assert "'titel'" in drawn.problems[1].message


def test_a_photo_card_without_a_photo_is_drawn_and_told(draw: Draw) -> None:
    drawn = draw("photo", FIELDS["photo"])
    assert codes(drawn) == ["card.picture-missing"]
    pixels(drawn)


def test_a_picture_that_is_gone_is_named(draw: Draw, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.jpg"):
        draw("photo", FIELDS["photo"], picture=tmp_path / "gone.jpg")


def test_a_bomb_is_refused_by_its_header(draw: Draw, tmp_path: Path) -> None:
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\x00" * 99)), (b"IEND", b""))
    body = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )
    path = tmp_path / "bomb.png"
    path.write_bytes(body)
    with pytest.raises(MediaError, match=r"bomb\.png.*megapixels") as error:
        draw("photo", FIELDS["photo"], picture=path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("share", [0.1, 0.6])
def test_a_broken_picture_is_named(draw: Draw, photo: Path, share: float) -> None:
    body = photo.read_bytes()
    photo.write_bytes(body[: int(len(body) * share)])
    with pytest.raises(MediaError, match=r"photo\.jpg"):
        draw("photo", FIELDS["photo"], picture=photo)


def test_a_layout_without_photo_does_not_read_one(draw: Draw, tmp_path: Path) -> None:
    pixels(draw("tip", FIELDS["tip"], picture=tmp_path / "gone.jpg"))


def test_bytes_are_kept_within_what_is_allowed(draw: Draw, photo: Path) -> None:
    free = draw("photo", FIELDS["photo"], picture=photo, kind="jpeg")
    tight = draw("photo", FIELDS["photo"], picture=photo, kind="jpeg", max_bytes=len(free.body) * 2 // 3)
    assert len(tight.body) <= len(free.body) * 2 // 3
    assert codes(tight) == []
    assert len(draw("photo", FIELDS["photo"], picture=photo, max_bytes=90_000).body) <= 90_000


def test_bytes_that_cannot_be_had_block(draw: Draw, photo: Path) -> None:
    (problem,) = draw("photo", FIELDS["photo"], picture=photo, kind="jpeg", max_bytes=500).problems
    assert (problem.code, problem.level, problem.allowed) == ("card.too-heavy", Level.BLOCK, 500)


def test_an_unknown_format_is_refused(draw: Draw) -> None:
    with pytest.raises(MediaError, match="bmp"):
        draw("tip", FIELDS["tip"], kind="bmp")


# ---------------------------------------------------------------- colours


def test_a_wrong_colour_names_brand_and_role(draw: Draw) -> None:
    with pytest.raises(ConfigError, match=r"brand bakery colours\.accent"):
        draw("tip", FIELDS["tip"], brand=replace(BRAND, colours={"accent": "rood"}))


def test_an_unknown_role_is_told_and_drawn_as_text(draw: Draw) -> None:
    drawn = draw('[[layers]]\nkind = "background"\ncolour = "sparkle"')
    assert codes(drawn) == ["card.colour-missing"]
    assert pixels(drawn).getpixel((0, 0)) == (0x10, 0x10, 0x10)


@pytest.mark.parametrize("background", ["#ffffff", "#000000", "#c00000", "#ffd400", "#5fd0b5"])
def test_colours_that_a_brand_does_not_name_can_be_read(background: str) -> None:
    palette = palette_of(Brand(name="b", colours={"background": background, "primary": background}))
    for role in ("text", "on-background", "on-primary", "on-accent"):
        behind = "background" if role == "text" else role.removeprefix("on-")
        colour, ground = palette.find(role), palette.find(behind)
        assert colour is not None
        assert ground is not None
        assert contrast(colour, ground) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.01)


# ---------------------------------------------------------------- speed, by what is done and not by the clock


class CountingCache(BackdropCache):
    """Counts how many backdrops were really drawn."""

    drawn = 0

    def put(self, key: str, image: Image.Image) -> None:
        self.drawn += 1
        super().put(key, image)


def test_a_backdrop_is_drawn_once_for_the_same_picture_and_size(folder: Path, photo: Path) -> None:
    request, cache = request_for("photo", folder, photo), CountingCache()
    draw_card(request, cache)
    assert cache.drawn == len(SIZES)
    draw_card(replace(request, card=replace(request.card, fields={"headline": "Andere woorden"})), cache)
    assert cache.drawn == len(SIZES)


def test_another_picture_focus_colour_or_size_is_another_backdrop(folder: Path, photo: Path, halves: Path) -> None:
    request, cache = replace(request_for("photo", folder, photo), sizes=SIZES[:1]), CountingCache()
    for changed in (
        request,
        replace(request, picture=halves),
        replace(request, focus=(0.1, 0.1)),
        replace(request, sizes=SIZES[1:2]),
        replace(request, brand=replace(BRAND, colours={**BRAND.colours, "overlay": "#222222"})),
    ):
        draw_card(changed, cache)
    assert cache.drawn == 5


def test_every_version_of_a_picture_is_large_enough(halves: Path) -> None:
    source = PictureSource(halves, (0.0, 0.5), (Size(width=400, height=400), Size(width=30, height=30)))
    for side in (400, 200, 100, 30):
        image = source.cover(side, side)
        assert image.size == (side, side)
        assert image.getpixel((side // 2, side // 2)) == (255, 0, 0)


def test_the_cache_is_bounded_and_hands_out_copies() -> None:
    cache = BackdropCache(max_bytes=3 * 100 * 100 * 2)
    for number in range(3):
        cache.put(str(number), Image.new("RGB", (100, 100), (number, 0, 0)))
    assert cache.get("0") is None
    kept = cache.get("2")
    assert kept is not None
    kept.paste("white", (0, 0, 100, 100))
    again = cache.get("2")
    assert again is not None
    assert again.getpixel((0, 0)) == (2, 0, 0)


# ---------------------------------------------------------------- composing


def idea(**changes: object) -> Idea:
    found = IdeaFound(
        key="k",
        title="Zuurdesem is weer in",
        text="Steeds meer mensen bakken zelf.\n\nEn er is meer.",
        url="https://example.org/a",
        author="Jan",
        labels=("Bakken", "Brood"),
    )
    return Idea(
        id=7,
        client="bakery",
        source="feed",
        found=replace(found, **changes),
        state=IdeaState.NEW,
        collected_at=datetime(2026, 11, 23, tzinfo=UTC),
    )


def compose(layout: str, folder: Path, **changes: object):
    request = ComposeRequest(
        idea=idea(**changes), brand=BRAND, layout=layout, folder=folder, client="bakery", language="nl", fields={}
    )
    return Cards().compose(request, NoContext())


def test_a_post_is_composed_from_an_idea(folder: Path) -> None:
    post = compose("announcement", folder)
    assert post.title == "Zuurdesem is weer in"
    assert post.parts == ("Zuurdesem is weer in\n\nSteeds meer mensen bakken zelf.",)
    assert (post.link, post.language, post.idea, post.labels) == ("https://example.org/a", "nl", 7, ("Bakken", "Brood"))
    assert post.profiles == ()
    card = post.pictures[0].card
    assert card is not None
    assert (card.template, card.layout, card.picture) == ("cards", "announcement", None)
    assert list(card.fields.items()) == [
        ("label", "Bakken"),
        ("headline", "Zuurdesem is weer in"),
        ("text", "Steeds meer mensen bakken zelf."),
    ]


def test_what_is_composed_can_be_drawn(folder: Path, draw: Draw) -> None:
    for layout in ("announcement", "quote", "tip"):
        card = compose(layout, folder).pictures[0].card
        assert card is not None
        assert codes(draw(layout, card.fields)) == []


def test_own_fields_go_before_those_of_the_idea(folder: Path) -> None:
    request = ComposeRequest(
        idea=idea(), brand=BRAND, layout="tip", folder=folder, client="bakery", language="", fields={"label": "Tip"}
    )
    post = Cards().compose(request, NoContext())
    assert post.pictures[0].card is not None
    assert post.pictures[0].card.fields["label"] == "Tip"
    assert post.language is None


def test_only_a_stored_picture_is_taken(folder: Path) -> None:
    card = compose("photo", folder, pictures=("https://example.org/x.jpg", "ab" * 32)).pictures[0].card
    assert card is not None
    assert card.picture == "ab" * 32


def test_a_long_text_ends_at_a_sentence(folder: Path) -> None:
    caption = compose("tip", folder, text="Dit is een zin over brood. " * 60).parts[0]
    assert len(caption) < 700
    assert caption.endswith("brood.")


def test_a_title_is_not_said_twice(folder: Path) -> None:
    assert compose("tip", folder, text="Zuurdesem is weer in, zegt Jan.").parts == ("Zuurdesem is weer in, zegt Jan.",)
    assert compose("tip", folder, text="").parts == ("Zuurdesem is weer in",)
