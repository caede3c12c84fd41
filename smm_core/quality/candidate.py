"""Everything about one plugin that is looked at when it is judged, each part read when a rule first asks for it."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smm_core.discovery import Found
from smm_core.plugins import Loaded, Plugins
from smm_core.quality.record import Record, digest_of, read_record

if TYPE_CHECKING:
    from email.message import Message

    from smm_core.engine import Engine
    from smm_core.quality.trial import Trial

_NEAR = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """An object that a plugin offers: its family, its name, itself."""

    family: str
    name: str
    thing: Any

    def __str__(self) -> str:
        return f"the {self.family} {self.name!r}"


class Candidate:
    """One plugin before its judges."""

    def __init__(self, loaded: Loaded, objects: Iterable[Offered], engine: Engine) -> None:
        self.loaded = loaded
        self.objects = tuple(objects)
        self.engine = engine

    @property
    def found(self) -> Found:
        """Where the plugin comes from."""
        return self.loaded.found

    @property
    def is_single_file(self) -> bool:
        """Whether it is a file of a workspace, and no package."""
        return self.found.target.endswith(".py")

    def of(self, *families: str) -> list[Offered]:
        """What it offers in these families."""
        return [one for one in self.objects if one.family in families]

    # ------------------------------------------------------------ its code

    @cached_property
    def package(self) -> Path | None:
        """The folder of its package (for a single file: the folder it lies in); None when it cannot be found."""
        if self.is_single_file:
            return Path(self.found.target).parent
        try:
            spec = importlib.util.find_spec(self.found.target.partition(":")[0].partition(".")[0])
        except (ImportError, ValueError):
            return None
        if spec is None or spec.origin is None:
            return None
        return Path(spec.origin).parent

    @cached_property
    def modules(self) -> dict[str, ast.Module]:
        """Its source files, parsed: name within the package → tree. What cannot be parsed is left out."""
        if self.package is None:
            return {}
        files = [Path(self.found.target)] if self.is_single_file else sorted(self.package.rglob("*.py"))
        trees = {}
        for path in files:
            try:
                trees[path.relative_to(self.package).as_posix()] = ast.parse(path.read_text("utf-8"))
            except (OSError, ValueError, SyntaxError):
                continue
        return trees

    @cached_property
    def trial(self) -> Trial:
        """What importing and registering it does, seen from a process of its own."""
        from smm_core.quality.trial import try_import

        return try_import(self.found.target)

    # ------------------------------------------------------------ what lies beside its code

    @cached_property
    def project(self) -> Path | None:
        """The folder with its pyproject.toml, where the plugin is installed from one; None for an installed wheel."""
        if self.package is None or self.is_single_file:
            return None
        folders = list(self.package.parents)[:_NEAR]
        return next((folder for folder in folders if _is_project_of(folder, self.found.package)), None)

    @cached_property
    def metadata(self) -> Message | None:
        """The metadata of its package, as installed."""
        import importlib.metadata

        try:
            return importlib.metadata.distribution(self.found.package).metadata  # type: ignore[return-value]
        except importlib.metadata.PackageNotFoundError:
            return None

    @cached_property
    def readme(self) -> str:
        """Its README: the file of the project, else the one in the package's metadata; empty without any."""
        file = self._beside("README.md")
        if file is not None:
            return file.read_text("utf-8", "replace")
        return str(self.metadata.get_payload() or "") if self.metadata is not None else ""

    @cached_property
    def changelog(self) -> str | None:
        """Its CHANGELOG, or that of the repository it lies in; None when there is none to be seen."""
        if self.project is None:
            return None
        folders = [self.project, *list(self.project.parents)[: _NEAR - 1]]
        file = next((path for folder in folders if (path := folder / "CHANGELOG.md").is_file()), None)
        return file.read_text("utf-8", "replace") if file else None

    @cached_property
    def record(self) -> Record | None:
        """What the conformance kit found in this plugin; None when nobody recorded it."""
        if self.package is None or self.is_single_file:
            return None
        record = read_record(self.package)
        return record if record is not None and _normal(record.plugin) == _normal(self.found.package) else None

    @cached_property
    def files(self) -> str:
        """The digest of the files of its package as they are now."""
        return digest_of(self.package) if self.package is not None else ""

    def _beside(self, name: str) -> Path | None:
        path = self.project / name if self.project is not None else None
        return path if path is not None and path.is_file() else None


def candidate_of(plugins: Plugins, loaded: Loaded, engine: Engine) -> Candidate:
    """A loaded plugin with all that it offers, to be judged."""
    names = (line.split(" ", 1) for line in loaded.objects)
    objects = [Offered(family=family, name=name, thing=plugins.get(family, name)) for family, name in names]
    return Candidate(loaded, objects, engine)


def _is_project_of(folder: Path, package: str) -> bool:
    import tomllib

    try:
        name = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"]["name"]
    except (OSError, ValueError, KeyError):
        return False
    return _normal(name) == _normal(package)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", str(name)).lower()
