"""Reads layouts from TOML files; a mistake is answered with file, layer, key and what would be right."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from smm_cards.layout import (
    Background,
    Bar,
    Field,
    Frame,
    Gradient,
    Layer,
    Layout,
    Logo,
    Page,
    Photo,
    Rule,
    Shape,
    Stack,
    Words,
)
from smm_core import ConfigError, NotFound, did_you_mean

OWN_FOLDER = Path(__file__).with_name("layouts")

T = TypeVar("T", bound=msgspec.Struct)
Table = Mapping[str, Any]

_FRAME = frozenset(Frame.__struct_fields__)


def layout_names(folder: Path) -> tuple[str, ...]:
    """The names of the layouts there are, sorted: the plugin's own and those in the workspace's folder."""
    return tuple(sorted({path.stem for root in (OWN_FOLDER, folder) for path in root.glob("*.toml")}))


def find_layout(name: str, folder: Path) -> Path:
    """The file of a layout; one in the workspace's folder goes before the plugin's own. Unknown: `NotFound` with the nearest."""
    names = layout_names(folder)
    if name not in names:
        raise NotFound(f"there is no card layout {name!r}", hint=did_you_mean(name, names))
    own = folder / f"{name}.toml"
    return own if own.is_file() else OWN_FOLDER / f"{name}.toml"


def read_layout(path: Path, shape: Shape) -> Layout:
    """One layout as it holds for one shape of canvas. Mistakes are a `ConfigError` that names file and key."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), where=str(path), hint="the file must be TOML") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", where=str(path), hint="check the file") from None
    return _layout(table, path, shape)


def _layout(table: Table, path: Path, shape: Shape) -> Layout:
    where = str(path)
    table = _for_shape(table, shape, where)
    head = {key: value for key, value in table.items() if key not in ("fields", "layers")}
    page = _convert(head, Page, where, others=("fields", "layers"))
    layout = Layout(
        name=path.stem,
        about=page.about,
        margin=page.margin,
        margin_min=page.margin_min,
        margin_max=page.margin_max,
        fields=tuple(_convert(one, Field, place) for one, place in _tables(table, "fields", where)),
        layers=tuple(_layer(one, shape, place) for one, place in _tables(table, "layers", where)),
    )
    _check_fields(layout, where)
    return layout


def _layer(table: Table, shape: Shape, where: str) -> Layer:
    table = _for_shape(table, shape, where)
    kind, rest = _kind(table, where, ("background", "bar", "gradient", "logo", "picture", "stack", "text"))
    if kind == "text":
        words = {key: value for key, value in rest.items() if key not in _FRAME}
        around = {key: value for key, value in rest.items() if key in _FRAME}
        return _stack(around, (_words(words, where, others=_FRAME),), where)
    if kind == "stack":
        items = tuple(_item(one, shape, place) for one, place in _tables(rest, "items", where))
        return _stack({key: value for key, value in rest.items() if key != "items"}, items, where)
    if kind == "background":
        return _convert(rest, Background, where)
    if kind == "bar":
        return _convert(rest, Bar, where)
    if kind == "gradient":
        return _convert(rest, Gradient, where)
    return _convert(rest, Logo, where) if kind == "logo" else _convert(rest, Photo, where)


def _stack(table: Table, items: tuple[Words | Rule, ...], where: str) -> Stack:
    frame = _convert(table, Frame, where)
    return Stack(**msgspec.structs.asdict(frame), items=items)


def _item(table: Table, shape: Shape, where: str) -> Words | Rule:
    table = _for_shape(table, shape, where)
    kind, rest = _kind(table, where, ("rule", "text"))
    return _convert(rest, Rule, where) if kind == "rule" else _words(rest, where)


def _words(table: Table, where: str, others: Iterable[str] = ()) -> Words:
    words = _convert(table, Words, where, others=others)
    if bool(words.field) == bool(words.text):
        raise ConfigError(
            "a text needs either a field or a fixed text",
            where=f"{where} field",
            hint='for instance field = "headline"',
        )
    if words.size[0] > words.size[1]:
        raise ConfigError(
            "the smallest size comes first", where=f"{where} size", hint=f"write [{words.size[1]}, {words.size[0]}]"
        )
    return words


# ---------------------------------------------------------------- tables


def _for_shape(table: Table, shape: Shape, where: str) -> Table:
    """The table with what `at.SHAPE` says instead."""
    special = table.get("at", {})
    if not isinstance(special, Mapping):
        raise ConfigError(
            "must be a table of shapes", where=f"{where} at", hint='for instance at.tall = { anchor = "middle" }'
        )
    _known(special, tuple(Shape), f"{where} at")
    own = special.get(shape, {})
    if not isinstance(own, Mapping):
        raise ConfigError(
            "must be a table", where=f"{where} at.{shape}", hint='for instance at.tall = { anchor = "middle" }'
        )
    return {key: value for key, value in table.items() if key != "at"} | dict(own)


def _tables(table: Table, key: str, where: str) -> list[tuple[Table, str]]:
    """The tables of a list, each with the words that name its place in the file."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(entry, Mapping) for entry in found):
        raise ConfigError("must be a list of tables", where=f"{where} {key}", hint=f"write [[{key}]] before each")
    return [(entry, f"{where} [{key} {number}]") for number, entry in enumerate(found, 1)]


def _kind(table: Table, where: str, kinds: tuple[str, ...]) -> tuple[str, Table]:
    kind = table.get("kind", "")
    if kind not in kinds:
        problem = f"{kind!r} is no kind of layer" if kind else "says no kind"
        raise ConfigError(problem, where=f"{where} kind", hint=did_you_mean(str(kind), kinds))
    return kind, {key: value for key, value in table.items() if key != "kind"}


def _convert(table: Table, kind: type[T], where: str, others: Iterable[str] = ()) -> T:
    _known(table, (*kind.__struct_fields__, *others), where)
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        problem, _, key = str(error).partition(" - at `$.")
        raise ConfigError(
            problem, where=f"{where} {key.rstrip('`')}".rstrip(), hint="see the README of smm-cards"
        ) from None


def _known(table: Table, names: Iterable[str], where: str) -> None:
    names = tuple(names)
    for key in table:
        if key not in names:
            raise ConfigError("unknown key", where=f"{where} {key}", hint=did_you_mean(key, names))


def _check_fields(layout: Layout, where: str) -> None:
    names = [field.name for field in layout.fields]
    for number, layer in enumerate(layout.layers, 1):
        if not isinstance(layer, Stack):
            continue
        for item in layer.items:
            used = item.field if isinstance(item, Words) else item.over
            if used and used not in names:
                raise ConfigError(
                    f"no field {used!r} is declared", where=f"{where} [layers {number}]", hint=did_you_mean(used, names)
                )
