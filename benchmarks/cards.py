"""How fast cards are drawn, next to what a plain script with Pillow would do, in one run.

    python benchmarks/cards.py        (with smm-core and smm-cards installed, or both on PYTHONPATH)

Each line prints the time of both and their ratio; ratios hold on any machine, milliseconds do not. The photograph is made here:
12 megapixels of gradients and noise, saved as JPEG in a temporary folder.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import font_source_sans_pro
from PIL import Image, ImageDraw, ImageFont, ImageOps
from smm_cards.backdrop import BackdropCache
from smm_cards.drawing import draw_card

from smm_core import Brand, Card, DrawRequest, Size

ROUNDS = 7
SIX = ((1080, 1080), (1080, 1350), (1200, 675), (1080, 1920), (1200, 628), (1000, 1500))
FIELDS = {
    "label": "Achter de schermen",
    "headline": "Om drie uur gaat het licht aan",
    "text": "Een nacht met onze bakkers",
}
BOLD = Path(font_source_sans_pro.font_directory) / "SourceSansPro-Bold.ttf"


def make_photo(path: Path) -> Path:
    """A 12-megapixel JPEG that compresses like a photograph."""
    noise = Image.effect_noise((1000, 750), 40).resize((4000, 3000), Image.Resampling.BICUBIC)
    down, round_ = (gradient("L").resize((4000, 3000)) for gradient in (Image.linear_gradient, Image.radial_gradient))
    bands = (Image.blend(noise, round_, 0.75), Image.blend(noise, down.rotate(180), 0.6), Image.blend(noise, down, 0.7))
    Image.merge("RGB", bands).save(path, quality=90)
    return path


def bare(photo: Path, size: tuple[int, int]) -> bytes:
    """The floor of a plain script: decode, crop and resize, encode. No text."""
    with Image.open(photo) as opened:
        image = ImageOps.fit(opened.convert("RGB"), size, Image.Resampling.LANCZOS)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=88)
    return written.getvalue()


def naive(photo: Path, size: tuple[int, int]) -> bytes:
    """A card as scripts usually draw it: full decode, a veil by alpha compositing, the type size found by trying."""
    with Image.open(photo) as opened:
        image = ImageOps.fit(ImageOps.exif_transpose(opened).convert("RGBA"), size, Image.Resampling.LANCZOS)
    veil = Image.new("RGBA", size, (16, 18, 24, 0))
    shade = Image.linear_gradient("L").resize(size).point(lambda value: round(value * 0.9))
    veil.putalpha(shade)
    image = Image.alpha_composite(image, veil)
    drawn = ImageDraw.Draw(image)
    width, points = int(size[0] * 0.83), 140
    while points > 20:
        font = ImageFont.truetype(str(BOLD), points)
        lines, line = [], ""
        for word in FIELDS["headline"].split():
            tried = f"{line} {word}".strip()
            if drawn.textlength(tried, font=font) > width and line:
                lines, line = [*lines, line], word
            else:
                line = tried
        text = "\n".join([*lines, line])
        box = drawn.multiline_textbbox((0, 0), text, font=font)
        if box[2] <= width and box[3] <= size[1] * 0.35:
            break
        points -= 2
    drawn.multiline_text((size[0] * 0.085, size[1] * 0.6), text, font=font, fill="white")
    written = io.BytesIO()
    image.convert("RGB").save(written, "JPEG", quality=88)
    return written.getvalue()


def ours(photo: Path, sizes: tuple[tuple[int, int], ...], cache: BackdropCache) -> int:
    """The same card by smm-cards."""
    request = DrawRequest(
        card=Card(template="cards", layout="photo", fields=FIELDS),
        brand=Brand(name="benchmark", colours={"accent": "#b5521b"}),
        sizes=tuple(Size(width=width, height=height) for width, height in sizes),
        format="jpeg",
        folder=photo.parent,
        picture=photo,
    )
    return sum(len(drawn.body) for drawn in draw_card(request, cache))


def side_by_side(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """The median milliseconds of both, taken in turns so that both see the same machine."""
    first(), second()
    taken: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for times, work in zip(taken, (first, second), strict=True):
            begun = time.perf_counter()
            work()
            times.append((time.perf_counter() - begun) * 1000)
    return statistics.median(taken[0]), statistics.median(taken[1])


def main() -> int:
    """Print three comparisons; exit 1 when one misses its aim."""
    with tempfile.TemporaryDirectory() as folder:
        photo = make_photo(Path(folder) / "photo.jpg")
        square, warm = (1080, 1080), BackdropCache()
        one, floor = side_by_side(lambda: ours(photo, (square,), BackdropCache()), lambda: bare(photo, square))
        six, six_naive = side_by_side(
            lambda: ours(photo, SIX, BackdropCache()), lambda: [naive(photo, size) for size in SIX]
        )
        again, once = side_by_side(lambda: ours(photo, (square,), warm), lambda: naive(photo, square))
    met = [
        report("one card / decode, resize and encode alone", one, floor, one / floor, "at most", 1.4),
        report("six sizes: six naive cards / ours", six, six_naive, six_naive / six, "at least", 4.0),
        report("a picture drawn before: naive / ours", again, once, once / again, "at least", 8.0),
    ]
    return 0 if all(met) else 1


def report(name: str, mine: float, peer: float, ratio: float, bound: str, aim: float) -> bool:
    """One line; whether the aim was met."""
    met = ratio <= aim if bound == "at most" else ratio >= aim
    print(
        f"{name:45} ours {mine:7.1f} ms   peer {peer:7.1f} ms   ratio {ratio:5.2f}   ({bound} {aim:g}: {'met' if met else 'MISSED'})"
    )
    return met


if __name__ == "__main__":
    raise SystemExit(main())
