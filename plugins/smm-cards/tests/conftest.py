"""Fixtures: a workspace's folder of layouts, a way to draw a layout written in the test, a picture of two colours."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from PIL import Image
from smm_cards.template import Cards

from smm_core import Brand, Card, Drawn, DrawRequest, Size

# Tests are imported by path, so what they share has to be findable by name.
sys.path.insert(0, str(Path(__file__).parent))

from cards_bench import BRAND, SQUARE, Draw, NoContext


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The workspace's folder of layouts."""
    made = tmp_path / "templates"
    made.mkdir()
    return made


@pytest.fixture
def draw(folder: Path) -> Draw:
    """Draw one card: a layout given as TOML, or by the name of one that exists."""

    def drawn(
        layout: str,
        fields: Mapping[str, str] | None = None,
        *,
        size: Size = SQUARE,
        brand: Brand = BRAND,
        picture: Path | None = None,
        focus: tuple[float, float] = (0.5, 0.5),
        kind: str = "png",
        max_bytes: int | None = None,
    ) -> Drawn:
        name = layout
        if "[[" in layout:
            name = "written"
            (folder / "written.toml").write_text(layout, "utf-8")
        request = DrawRequest(
            card=Card(template="cards", layout=name, fields=fields or {}),
            brand=brand,
            sizes=(size,),
            format=kind,
            folder=folder,
            max_bytes=max_bytes,
            picture=picture,
            focus=focus,
        )
        (result,) = Cards().draw(request, NoContext())
        return result

    return drawn


@pytest.fixture
def halves(tmp_path: Path) -> Path:
    """A picture, 800×400: red on the left, blue on the right."""
    image = Image.new("RGB", (800, 400), "red")
    image.paste("blue", (400, 0, 800, 400))
    path = tmp_path / "halves.png"
    image.save(path)
    return path


DEJAVU = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf")


@pytest.fixture(scope="session")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A typeface with Arabic letters and nothing else, cut out of DejaVu Sans, which Debian calls fonts-dejavu-core."""
    whole = next((path for path in DEJAVU if Path(path).is_file()), None)
    if whole is None:
        pytest.skip("DejaVu Sans is not installed (on Debian: apt-get install fonts-dejavu-core)")
    from fontTools import subset

    path = tmp_path_factory.mktemp("typefaces") / "Arabic.ttf"
    subset.main([whole, "--unicodes=U+0020,U+0600-06FF,U+FE70-FEFF", "--layout-features=*", f"--output-file={path}"])
    return path
