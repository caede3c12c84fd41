"""The files of a new workspace, in English and Dutch. They stand ready in `workspace/`, by language; `common` go into both."""

from __future__ import annotations

from pathlib import Path

from smm_core.clock import zone_of
from smm_core.content import LANGUAGE_TAG
from smm_core.content.write import create_file, toml_text
from smm_core.errors import SmmError, WorkspaceError

LANGUAGES = ("en", "nl")
_SHELVES = Path(__file__).parent / "workspace"
_FILLED_IN = (".toml", ".md")
_RENAMED = {"gitignore": ".gitignore"}


def write_workspace(target: Path, *, name: str, language: str, zone: str) -> list[Path]:
    """Write a workspace that works at once into `target`, and return the files that were written.

    The texts are Dutch when `language` is, else English. An existing file is never touched: a `.gitignore` stays as it
    is, any other file that would be in the way is a `WorkspaceError`, before anything is written. An unknown zone or
    an impossible language tag is an `SmmError`.
    """
    zone_of(zone)
    if not LANGUAGE_TAG.fullmatch(language):
        raise SmmError(f"{language!r} is not a language tag", hint="write for instance nl or en-GB")
    files = _files(target, language)
    _refuse_occupied(target, files)
    values = {"@NAME@": " ".join(name.split()) or target.resolve().name, "@ZONE@": zone, "@LANGUAGE@": language}
    return [path for path, source in files.items() if _write(path, source, values)]


def _files(target: Path, language: str) -> dict[Path, Path]:
    """Where each file goes, and where it stands ready."""
    spoken = language.lower().split("-")[0]
    files = {}
    for shelf in (_SHELVES / (spoken if spoken in LANGUAGES else LANGUAGES[0]), _SHELVES / "common"):
        for source in sorted(found for found in shelf.rglob("*") if found.is_file()):
            place = source.relative_to(shelf)
            files[target / place.with_name(_RENAMED.get(place.name, place.name))] = source
    return files


def _refuse_occupied(target: Path, files: dict[Path, Path]) -> None:
    if target.exists() and not target.is_dir():
        raise WorkspaceError(f"{target} is a file", hint="name a folder for the workspace")
    if (target / "smm.toml").exists():
        raise WorkspaceError(f"{target} is a workspace already", hint=f"look at it with `smm -w {target} check`")
    taken = [path.relative_to(target).as_posix() for path in files if path.exists() and path.name != ".gitignore"]
    if taken:
        raise WorkspaceError(f"{target} has {', '.join(taken)} already", hint="name a new or an empty folder")


def _write(path: Path, source: Path, values: dict[str, str]) -> bool:
    """Whether the file was written; one that is there already was not."""
    if path.exists():
        return False
    if source.suffix in _FILLED_IN or source.name in _RENAMED:
        text = source.read_text("utf-8")
        for place, value in values.items():
            text = text.replace(place, toml_text(value))
        create_file(path, text)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    return True
