"""What every template is asked: that it makes a post of any idea, alone from what it is given.

::

    @pytest.fixture
    def case() -> TemplateCase:
        return TemplateCase(make=Question, layouts=("plain",))

    class TestTemplate(TemplateSuite): ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import pytest

from smm_core.contracts import ComposeRequest, Drawn, DrawRequest, Draws, Template
from smm_core.errors import SmmError
from smm_core.limits import Size
from smm_core.model import Brand, Card, Idea, IdeaFound, IdeaState, PostContent, When, from_json, to_json
from smm_core.testing.kit.bench import HOSTILE_TEXTS, NOW, Bench, FamilySuite, NoNetwork
from smm_core.testing.kit.registering import check_importing_of
from smm_core.testing.kit.suite import for_each
from smm_core.values import replace

_LINK = "https://example.org/rye"
_SIZES = (Size(width=1080, height=1080), Size(width=1200, height=630), Size(width=320, height=480))


def _brand() -> Brand:
    return Brand(
        name="De Korenaar",
        colours={"background": "#1b3a4b", "text": "#ffffff", "accent": "#d8a31a"},
        hashtag_sets={"everyday": ("bread", "rye")},
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateCase:
    """A template and what it is tried with.

    `make` makes the template, as the plugin's hook does. `layouts` are names that it knows; empty: it does not look at
    the name. `files` are what a person has put into the workspace's folder `templates/`: file name → text.
    `brand` is the brand book.
    """

    make: Callable[[], Template]
    layouts: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    brand: Brand = field(default_factory=_brand)


class TemplateSuite(FamilySuite):
    """The tests of a template; those of drawing are for templates that declare `Draws`."""

    def test_importing_touches_nothing(self, case: TemplateCase) -> None:
        """Every command of smm gets slower, and a machine that is offline cannot even start it."""
        check_importing_of(type(case.make()))

    def test_makes_a_post_of_a_full_idea(self, case: TemplateCase, bench: Bench) -> None:
        """A rule makes empty posts, and somebody has to write them after all."""
        for layout in _layouts(case):
            content = compose(case, bench, _idea(), layout)
            assert content.parts, f"layout {layout!r}: a post without a part"
            assert all(part.strip() for part in content.parts), f"layout {layout!r}: a part without text"
            said = " ".join(content.parts) + content.title
            assert "Rye" in said, f"layout {layout!r}: nothing of the idea is in the post"

    def test_keeps_the_link_of_the_idea(self, case: TemplateCase, bench: Bench) -> None:
        """Readers do not find what the post is about, and nobody is named as its source."""
        for layout in _layouts(case):
            content = compose(case, bench, _idea(), layout)
            assert content.link == _LINK or _LINK in " ".join(content.parts), f"layout {layout!r}"

    def test_makes_a_post_of_a_bare_idea(self, case: TemplateCase, bench: Bench) -> None:
        """Many sources give a title and nothing else. What is missing must not show as `None` or as an empty line."""
        for layout in _layouts(case):
            content = compose(case, bench, IdeaFound(key="k", title="Rye is back"), layout)
            assert any(part.strip() for part in content.parts), f"layout {layout!r}: a post without text"
            assert not content.link, f"layout {layout!r}: a link that the idea does not have"
            for part in content.parts:
                assert "None" not in part, f"layout {layout!r}: `None` stands in the text"
                assert "\n\n\n" not in part, f"layout {layout!r}: a gap where something is missing"

    def test_is_pure(self, case: TemplateCase, bench: Bench) -> None:
        """The same idea must make the same post tomorrow, or a crash half-way leaves two different ones."""
        for layout in _layouts(case):
            before = _files(bench.root)
            first = compose(case, bench, _idea(), layout)
            assert compose(case, bench, _idea(), layout) == first
            assert _files(bench.root) == before, "composing wrote files"

    def test_leaves_planning_to_core(self, case: TemplateCase, bench: Bench) -> None:
        """Which profiles it goes to and when is a person's or a rule's to say; no template knows platforms."""
        for layout in _layouts(case):
            content = compose(case, bench, _idea(), layout)
            assert content.profiles == ()
            assert content.when == When()
            assert not content.options, "options are for one platform"
            assert not content.repeat_allowed

    def test_what_it_makes_can_be_kept(self, case: TemplateCase, bench: Bench) -> None:
        """A post becomes a file that a person edits: it must survive being written down and read again."""
        for layout in _layouts(case):
            content = compose(case, bench, _idea(), layout)
            assert from_json(to_json(content), PostContent) == content

    def test_hostile_ideas_are_text(self, case: TemplateCase, bench: Bench) -> None:
        """Ideas come from the open internet. Their words must not be run as a template, nor stop the rule."""
        for layout in _layouts(case):
            for text in HOSTILE_TEXTS:
                content, _ = _tried(case, bench, replace(_idea(), title=text, text=text), layout)
                if content is not None:
                    to_json(content).encode("utf-8")
                    assert "49" not in " ".join(content.parts) or "49" in text, (
                        "words of an idea were run as a template"
                    )

    def test_arbitrary_ideas_do_no_harm(self, case: TemplateCase, bench: Bench) -> None:
        """Emoji, combining marks, right-to-left: what cannot be used must be an error that a person understands."""
        from smm_core.testing.kit.texts import texts

        def tried(text: str) -> None:
            for layout in _layouts(case):
                content, _ = _tried(case, bench, IdeaFound(key="k", title=text[:120], text=text), layout)
                if content is not None:
                    to_json(content)

        for_each(texts(), tried)

    def test_an_unknown_layout_is_named(self, case: TemplateCase, bench: Bench) -> None:
        """A slip in smm.toml must be told in one line, with what would be right."""
        if not case.layouts:
            pytest.skip("the template does not look at the layout's name")
        _, error = _tried(case, bench, _idea(), "no-such-layout")
        assert error is not None, "an unknown layout made a post"
        assert "no-such-layout" in str(error), f"the error does not name the layout: {error}"

    # ------------------------------------------------------------ drawing

    def test_layouts_can_be_drawn(self, case: TemplateCase, bench: Bench) -> None:
        """A post that names a layout of the list is stopped at the last moment."""
        drawing = _drawing(case)
        _put_files(case, bench)
        for layout in drawing.layouts(bench.root / "templates"):
            for format_ in ("jpeg", "png"):
                drawn = draw(case, bench, layout, format=format_)
                assert len(drawn) == len(_SIZES), f"layout {layout!r}: not one picture for each size"
                for size, one in zip(_SIZES, drawn, strict=True):
                    _check_picture(one, size, format_, layout)

    def test_drawing_twice_draws_the_same(self, case: TemplateCase, bench: Bench) -> None:
        """An approval holds for exact bytes. A picture that is different each time could never be approved."""
        _put_files(case, bench)
        for layout in _drawing(case).layouts(bench.root / "templates"):
            assert draw(case, bench, layout) == draw(case, bench, layout), f"layout {layout!r}"

    def test_drawing_keeps_to_the_size_of_files(self, case: TemplateCase, bench: Bench) -> None:
        """A file that is too large is refused by the platform, when nobody is looking any more."""
        _put_files(case, bench)
        for layout in _drawing(case).layouts(bench.root / "templates"):
            for one in draw(case, bench, layout, max_bytes=150_000):
                assert len(one.body) <= 150_000 or one.problems, (
                    f"layout {layout!r}: {len(one.body)} bytes, 150,000 allowed"
                )

    def test_drawing_hostile_texts(self, case: TemplateCase, bench: Bench) -> None:
        """Too long, right-to-left, not in the typeface: a picture, perhaps with problems, or an error in words."""
        drawing = _drawing(case)
        _put_files(case, bench)
        layout = next(iter(drawing.layouts(bench.root / "templates")))
        for text in HOSTILE_TEXTS:
            request = replace(_draw_request(bench, layout), card=_card(case, layout, text), sizes=_SIZES[:1])
            bench.failure("draw", lambda ctx, request=request: drawing.draw(request, ctx), expect=tuple)  # type: ignore[misc]


def compose(case: TemplateCase, bench: Bench, found: IdeaFound, layout: str) -> PostContent:
    """What the template makes of an idea, without a network."""
    _put_files(case, bench)
    request = _request(case, found, layout, bench.root)
    template = case.make()
    return bench.call("compose", lambda ctx: template.compose(request, ctx), expect=PostContent, http=NoNetwork())


def _tried(
    case: TemplateCase, bench: Bench, found: IdeaFound, layout: str
) -> tuple[PostContent | None, SmmError | None]:
    """The post, or the error that a person could read."""
    _put_files(case, bench)
    template, request = case.make(), _request(case, found, layout, bench.root)
    return bench.failure("compose", lambda ctx: template.compose(request, ctx), expect=PostContent, http=NoNetwork())


def draw(
    case: TemplateCase, bench: Bench, layout: str, *, format: str = "png", max_bytes: int | None = None
) -> tuple[Drawn, ...]:
    """A card drawn at three sizes, without a network."""
    drawing = _drawing(case)
    request = replace(
        _draw_request(bench, layout),
        card=_card(case, layout, "Rye is back"),
        brand=case.brand,
        format=format,
        max_bytes=max_bytes,
    )
    drawn: tuple[Drawn, ...] = bench.call(
        "draw", lambda ctx: drawing.draw(request, ctx), expect=tuple, http=NoNetwork()
    )
    return drawn


def _layouts(case: TemplateCase) -> tuple[str, ...]:
    return case.layouts or ("any",)


def _idea() -> IdeaFound:
    return IdeaFound(
        key=_LINK,
        title="Rye is back",
        text="The first rye of this year is in.\nDark crust, a little sour.",
        url=_LINK,
        author="Anna de Boer",
        published_at=NOW,
        labels=("bread",),
    )


def _request(case: TemplateCase, found: IdeaFound, layout: str, root: Path) -> ComposeRequest:
    idea = Idea(id=1, client="acme", source="news", found=found, state=IdeaState.NEW, collected_at=NOW)
    return ComposeRequest(
        idea=idea, brand=case.brand, layout=layout, folder=root / "templates", client="De Korenaar", language="en"
    )


def _put_files(case: TemplateCase, bench: Bench) -> None:
    for name, text in case.files.items():
        path = bench.root / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


def _files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def _drawing(case: TemplateCase) -> Draws:
    template = case.make()
    if Draws not in getattr(template, "abilities", ()):
        pytest.skip("the template does not draw")
    assert isinstance(template, Draws), "it declares Draws and lacks its methods"
    return template


def _card(case: TemplateCase, layout: str, text: str) -> Card:
    fields = dict.fromkeys(("headline", "label", "title", "text", "quote", "author", "source", "caption"), text)
    return Card(template=case.make().name, layout=layout, fields=fields)


def _draw_request(bench: Bench, layout: str) -> DrawRequest:
    return DrawRequest(
        card=Card(template="tried", layout=layout),
        brand=_brand(),
        sizes=_SIZES,
        format="png",
        folder=bench.root / "templates",
    )


def _check_picture(one: Drawn, size: Size, format_: str, layout: str) -> None:
    from PIL import Image

    where = f"layout {layout!r} at {size.width} × {size.height} as {format_}"
    assert (one.width, one.height, one.format) == (size.width, size.height, format_), f"{where}: it says otherwise"
    with Image.open(BytesIO(one.body)) as picture:
        picture.load()
        assert picture.size == (size.width, size.height), f"{where}: the file is {picture.size}"
        assert str(picture.format).lower() == format_, f"{where}: the file is {picture.format}"
