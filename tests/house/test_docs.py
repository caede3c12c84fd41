"""The documentation is complete and in one piece: generated pages, hooks, interfaces, fields, keys and links.

That its examples come true is in `test_docs_examples.py`.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import inspect
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
from msgspec import Struct

import smm_core
from smm_core import contracts, hookspecs
from smm_core.content import IDEA_KEYS, PICTURE_KEYS, POST_KEYS
from smm_core.limits import (
    ImageLimits,
    Limits,
    LinkStyle,
    Provenance,
    Rate,
    Size,
    TextLimit,
    TextUnit,
    Weights,
    sources_may_be_of,
)
from smm_core.model import Event
from smm_core.testing import Answer, Fault, PostedFile, Received
from smm_core.testing.kit import Harness, Shown

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
HOOKS_PAGE = (DOCS / "hooks.md").read_text("utf-8")
GENERATED = ("cli.md", "config.md", "platforms.md", "quality.md", "states.md")

# What core hands to plugins: described by its members. All other protocols are what a plugin implements.
GIVEN = (
    contracts.Context,
    contracts.HttpClient,
    contracts.Response,
    contracts.MediaReader,
    contracts.Credentials,
    contracts.ReviewDesk,
)
HOOKS = {name: thing for name, thing in vars(hookspecs).items() if name.startswith("smm_")}
PROTOCOLS = [
    kind
    for kind in vars(contracts).values()
    if inspect.isclass(kind)
    and getattr(kind, "_is_protocol", False)
    and kind.__module__.startswith(contracts.__name__)
    and kind not in GIVEN
]
METHODS = {
    f"{kind.__name__}.{name}": function
    for kind in PROTOCOLS
    for name, function in vars(kind).items()
    if not name.startswith("_") and inspect.isfunction(function)
}
REQUESTS = [
    kind
    for kind in vars(contracts).values()
    if isinstance(kind, type)
    and issubclass(kind, Struct)
    and kind.__module__.startswith(contracts.__name__)
    and kind not in GIVEN
]

LIMITS = (Limits, TextLimit, Weights, ImageLimits, Size, Rate, Provenance)
WORDS = (TextUnit, LinkStyle)

# ---------------------------------------------------------------- generated pages


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """scripts/docs.py, which makes the generated pages."""
    spec = importlib.util.spec_from_file_location("smm_docs_maker", ROOT / "scripts" / "docs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def made(maker: ModuleType) -> dict[str, str]:
    """What the generated pages should say."""
    pages: dict[str, str] = maker.pages()
    return pages


def test_the_generated_pages_are_known(made: dict[str, str]) -> None:
    assert tuple(sorted(made)) == GENERATED


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_up_to_date(name: str, made: dict[str, str]) -> None:
    assert (DOCS / name).read_text("utf-8") == made[name], f"docs/{name} is out of date: run `make docs`"


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_names_no_machine(name: str, made: dict[str, str]) -> None:
    for hidden in (str(ROOT), str(Path.home()), "site-packages"):
        assert hidden not in made[name]


def test_check_names_the_page_and_what_mends_it(
    maker: ModuleType, made: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(maker, "pages", lambda: {**made, "states.md": "something else"})
    assert maker.main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/states.md is out of date: run `make docs` and look at the difference\n"


# ---------------------------------------------------------------- hooks and interfaces


def _signature(name: str, function: Any) -> str:
    """How a heading writes it: annotations as they stand in the source, without `self`."""
    signature = inspect.signature(function)
    arguments = ", ".join(f"{one.name}: {one.annotation}" for one in _arguments(function))
    return f"{name}({arguments}) -> {signature.return_annotation}"


def _arguments(function: Any) -> list[inspect.Parameter]:
    return [one for one in inspect.signature(function).parameters.values() if one.name != "self"]


def _under(heading: str) -> str:
    """What stands below a heading, down to the next one or the first example."""
    _, found, rest = HOOKS_PAGE.partition(f"\n### `{heading}`\n")
    assert found, f"docs/hooks.md has no heading ### `{heading}`"
    return re.split(r"\n(?:#|```)", rest, maxsplit=1)[0]


@pytest.mark.parametrize("name", [*HOOKS, *METHODS])
def test_every_hook_and_method_is_described(name: str) -> None:
    function = HOOKS.get(name) or METHODS[name]
    text = _under(_signature(name, function))
    for argument in _arguments(function):
        assert f"\n- `{argument.name}`: " in text, (
            f"docs/hooks.md does not describe the argument {argument.name} of {name}"
        )
    assert "Returned: " in text, f"docs/hooks.md does not say what {name} returns"


def test_no_heading_describes_what_is_not_there() -> None:
    wanted = {_signature(name, function) for name, function in (*HOOKS.items(), *METHODS.items())}
    assert set(re.findall(r"^### `(.+)`$", HOOKS_PAGE, re.MULTILINE)) == wanted


def test_the_page_of_hooks_has_examples_for_all() -> None:
    examples = "".join(re.findall(r"^```python \S+\n(.*?)^```$", HOOKS_PAGE, re.MULTILINE | re.DOTALL))
    for name in (*HOOKS, *(name.partition(".")[2] for name in METHODS)):
        assert f"def {name}(" in examples, f"docs/hooks.md has no example of {name}"


def _described(kind: type, name: str = "hooks.md") -> list[tuple[str, str]]:
    """The rows of the table below a line that names the class: first cell, whole row."""
    page = (DOCS / name).read_text("utf-8")
    place = re.search(rf"^\*\*[^*\n]*`{kind.__name__}`[^*\n]*\*\*\n\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert place is not None, f"docs/{name} has no table for {kind.__name__}"
    rows = place[1].splitlines()[2:]
    return [(cell, row) for row in rows for cell in re.findall(r"`(\w+)", row.split(" | ")[0])]


def _fields(kind: type) -> set[str]:
    if issubclass(kind, Struct):
        return set(kind.__struct_fields__)
    return {one.name for one in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else set()


@pytest.mark.parametrize("kind", [*REQUESTS, *LIMITS], ids=lambda kind: kind.__name__)
def test_every_field_is_described(kind: type) -> None:
    fields = _fields(kind)
    described = {cell for cell, row in _described(kind) if "` only: " not in row or f"`{kind.__name__}` only: " in row}
    assert described == fields


@pytest.mark.parametrize("kind", GIVEN, ids=lambda kind: kind.__name__)
def test_everything_that_core_gives_is_described(kind: type) -> None:
    fields = _fields(kind)
    members = {name for name, thing in vars(kind).items() if inspect.isfunction(thing) or isinstance(thing, property)}
    assert {cell for cell, _ in _described(kind)} == fields | {name for name in members if not name.startswith("_")}


@pytest.mark.parametrize("kind", WORDS, ids=lambda kind: kind.__name__)
def test_every_word_is_described(kind: type[StrEnum]) -> None:
    assert {cell for cell, _ in _described(kind)} == {one.name for one in kind}
    for one in kind:
        assert f'"{one}"' in HOOKS_PAGE, f"docs/hooks.md does not say how {one.name} is written"


def test_the_names_of_sources_are_described() -> None:
    row = next(row for cell, row in _described(Limits) if cell == "provenance")
    assert "`images.max_bytes`" in row
    with pytest.raises(ValueError, match=r"'characters'; there can be one of \*, text, alt_text, .*, images\.sizes"):
        Limits(provenance={"characters": Provenance(source="a page", as_of="2026")})
    for name in sources_may_be_of():
        Limits(provenance={name: Provenance(source="a page", as_of="2026")})


@pytest.mark.parametrize("kind", [Received, PostedFile, Answer, Shown], ids=lambda kind: kind.__name__)
def test_everything_that_tests_are_given_is_described(kind: type) -> None:
    methods = {name for name, thing in vars(kind).items() if inspect.isfunction(thing) and not name.startswith("_")}
    described = {cell for cell, _ in _described(kind, "testing.md")}
    assert described == _fields(kind) | methods


def test_what_is_said_of_the_harness_is_there() -> None:
    made = "".join(inspect.getsource(kind.__init__) for kind in Harness.__mro__[:-1])
    for cell, row in _described(Harness, "testing.md"):
        method = getattr(Harness, cell, None)
        assert method is not None or f"self.{cell}" in made, cell
        told = re.match(rf"\| `{cell}\(([^)]*)\)`", row)
        if told and inspect.isfunction(method) and "**" not in str(inspect.signature(method)):
            names = [one.partition("=")[0].strip() for one in told[1].split(",") if one]
            assert names == [one for one in inspect.signature(method).parameters if one in names], cell


def test_every_fault_is_described() -> None:
    page = (DOCS / "testing.md").read_text("utf-8")
    described = dict(re.findall(r"^\| `(\w+)\((.*?)\)` \|", page, re.MULTILINE))
    for kind in get_args(Fault):
        assert described.get(kind.__name__) == ", ".join(f"{one.name}=" for one in dataclasses.fields(kind))


def test_every_field_of_an_event_is_described() -> None:
    text = _under(_signature("smm_event", HOOKS["smm_event"]))
    assert _fields(Event) <= set(re.findall(r"`(\w+)`", text))


def test_every_attribute_of_an_interface_is_described() -> None:
    for kind in PROTOCOLS:
        for name in inspect.get_annotations(kind):
            assert f"`{name}`" in HOOKS_PAGE, f"docs/hooks.md does not describe {kind.__name__}.{name}"


# ---------------------------------------------------------------- post files


@pytest.mark.parametrize(("heading", "keys"), [("Posts", POST_KEYS), ("Pictures", PICTURE_KEYS), ("Ideas", IDEA_KEYS)])
def test_every_key_of_a_content_file_is_described(heading: str, keys: tuple[str, ...]) -> None:
    page = (DOCS / "posts.md").read_text("utf-8")
    section = re.split(r"^## ", page.partition(f"\n## {heading}\n")[2], flags=re.MULTILINE)[0]
    assert set(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == set(keys)


# ---------------------------------------------------------------- the whole


PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
# Made by the demo, which is run on the finished program.


def _links(path: Path) -> Iterator[tuple[Path, str]]:
    """The relative links of a page: the file and the heading that they lead to."""
    prose = re.sub(r"^```.*?^```$", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "``", prose)):
        if not re.match(r"[a-z]+:", target):
            file, _, heading = target.partition("#")
            yield ((path.parent / file).resolve() if file else path), heading


def _anchors(path: Path) -> set[str]:
    """The names by which headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for file, heading in _links(path):
        assert file.exists(), f"{path.name} links to {file}, which is not there"
        if heading:
            assert heading in _anchors(file), f"{path.name} links to #{heading}, which {file.name} does not have"


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, ahead = set(), [ROOT / "README.md"]
    while ahead:
        page = ahead.pop()
        if page not in reached:
            reached.add(page)
            ahead += [file for file, _ in _links(page) if file.suffix == ".md" and file in PAGES]
    assert reached == set(PAGES)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_is_tidy(path: Path) -> None:
    text = path.read_text("utf-8")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^# ", prose, re.MULTILINE)) == 1, "a page has one title"
    for number, line in enumerate(text.splitlines(), 1):
        assert line == line.rstrip(), f"{path.name}:{number} ends with a space"
        assert len(line) <= 120 or line.startswith("|") or path.name in GENERATED, f"{path.name}:{number} is too long"


def test_the_changelog_knows_this_version() -> None:
    assert f"\n## {smm_core.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_names_every_plugin_of_the_house() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for path in sorted(ROOT.glob("plugins/*/pyproject.toml")):
        name = tomllib.loads(path.read_text("utf-8"))["project"]["name"]
        assert f"`{name}`" in readme, f"README.md does not name {name}"
