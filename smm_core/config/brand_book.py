"""Brand books: one TOML file for each client, with the logo and the font files beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from smm_core.config.decode import decode_into
from smm_core.config.mistakes import Mistakes, Where
from smm_core.config.schema import BRAND_FILE, BrandDocument
from smm_core.errors import ConfigErrors, SmmError
from smm_core.model import Brand
from smm_core.toml_source import read_toml


def load_brands(clients: Mapping[str, Any], root: Path, *, where: Where, mistakes: Mistakes) -> Mapping[str, Brand]:
    """The brand books of the clients that have one, by client. `clients` are the raw tables, `where` is their place.

    A client that names none has the workspace's `brand.toml`, where there is one. A brand book without a name leaves it empty.
    """
    brands: dict[str, Brand] = {}
    read: dict[Path, Brand | None] = {}
    for client, table in clients.items():
        try:
            path = _path_of(table, root)
        except SmmError as error:
            mistakes.add(where.at(client, "brand"), error.message, hint=error.hint)
            continue
        if path is None:
            continue
        if path not in read:
            read[path] = _load_brand(path, root, mistakes)
        if brand := read[path]:
            brands[client] = brand
    return brands


def _path_of(table: object, root: Path) -> Path | None:
    named = table.get("brand") if isinstance(table, Mapping) else None
    if named is None:
        return root / BRAND_FILE if _is_there(root / BRAND_FILE) else None
    if not isinstance(named, str) or _is_refused_already(named):
        return None
    return _file_inside(root, root, named)


def _load_brand(path: Path, root: Path, mistakes: Mistakes) -> Brand | None:
    shown = path.relative_to(root).as_posix()
    try:
        source = read_toml(path, shown=shown)
    except ConfigErrors as errors:
        mistakes.take(shown, errors)
        return None
    where = Where(file=shown, lines=source.lines)
    document = decode_into(BrandDocument, source.raw, where=where, mistakes=mistakes)
    _check_files(source.raw, path.parent, root, where, mistakes)
    return _brand_of(document, path.parent) if document else None


def _check_files(raw: Mapping[str, Any], folder: Path, root: Path, where: Where, mistakes: Mistakes) -> None:
    typefaces = raw.get("typefaces")
    named = {where.at("logo"): raw.get("logo")}
    if isinstance(typefaces, Mapping):
        named |= {where.at("typefaces", role): file for role, file in typefaces.items()}
    for place, file in named.items():
        if isinstance(file, str) and not _is_refused_already(file):
            try:
                _file_inside(root, folder, file)
            except SmmError as error:
                mistakes.add(place, error.message, hint=error.hint)


def _brand_of(document: BrandDocument, folder: Path) -> Brand:
    return Brand(
        name=document.name,
        root=str(folder),
        colours={role: colour.lower() for role, colour in document.colours.items()},
        typefaces=document.typefaces,
        logo=document.logo,
        tone=document.tone,
        avoid=document.avoid,
        hashtag_sets={
            name: tuple(tag.removeprefix("#") for tag in tags) for name, tags in document.hashtag_sets.items()
        },
        require_call_to_action=document.require_call_to_action,
        require_alt_text=document.require_alt_text,
        require_hashtag_set=document.require_hashtag_set,
        link_parameters=document.links.parameters,
        link_hosts=tuple(host.lower() for host in document.links.hosts),
    )


def _file_inside(root: Path, folder: Path, text: str) -> Path:
    """The file that a text names from a folder; an SmmError when it is not there or, links followed, not in the workspace."""
    path = folder / text
    try:
        is_inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        is_inside = False
    if not is_inside:
        raise SmmError(f'"{text}" leads out of the workspace', hint="copy the file into the workspace")
    if not _is_there(path):
        raise SmmError(f'"{text}" is not there', hint=f"it is looked for in {folder}")
    if path.is_dir():
        raise SmmError(f'"{text}" is a folder, a file is expected')
    return path


def _is_refused_already(text: str) -> bool:
    """Whether the schema's own check refuses the text: one mistake is told once."""
    return not text or "\0" in text or PurePath(text).is_absolute()


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except OSError:
        return False
    return True
