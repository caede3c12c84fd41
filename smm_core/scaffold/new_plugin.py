"""The files of a new plugin: a package that can be installed, or one file for a workspace's `plugins/` folder.

They stand ready in `package/`, by family (`common` go into each), and in `single/`. What ends with `.in` is filled in.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from smm_core.content.write import create_file
from smm_core.errors import SmmError, WorkspaceError

FAMILIES = ("publisher", "source", "template", "approver", "metrics")
_HERE = Path(__file__).parent
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST_NAME = 40
_LONGEST_TITLE = 60
_TAKEN = ("builtin", "core")
_ABOUT = {
    "publisher": "Publish with smm on {title}.",
    "source": "Collect ideas for smm from {title}.",
    "template": "Make posts of ideas with smm, the {title} way.",
    "approver": "Ask for approval of smm's posts with {title}.",
    "metrics": "Read the numbers of posts on {title} into smm.",
}
_RENAMED = {"gitignore": ".gitignore"}


@dataclass(frozen=True, kw_only=True, slots=True)
class NewPlugin:
    """A plugin to be made. `name` is what it offers (the platform's name, the source's type …), checked by `named`.

    `called` is what people call it, where that is not the name in capitals; checked by `titled`.
    """

    family: str
    name: str
    today: date
    called: str = ""

    @property
    def package(self) -> str:
        """What is installed: `smm-NAME`."""
        return f"smm-{self.name}"

    @property
    def module(self) -> str:
        """What is imported: `smm_NAME`."""
        return self.package.replace("-", "_")

    @property
    def title(self) -> str:
        """What people call it."""
        return self.called or " ".join(self._words)

    @property
    def _words(self) -> list[str]:
        return [word.capitalize() for word in self.name.split("-")]

    @property
    def words(self) -> Mapping[str, str]:
        """What is filled in, by placeholder."""
        return {
            "@NAME@": self.name,
            "@PACKAGE@": self.package,
            "@MODULE@": self.module,
            "@CLASS@": "".join(self._words),
            "@TITLE@": self.title,
            "@UPPER@": self.name.replace("-", "_").upper(),
            "@ABOUT@": _ABOUT[self.family].format(title=self.title),
            "@TODAY@": self.today.isoformat(),
        }


def named(name: str) -> str:
    """The name without a leading `smm-`; what cannot be one is an `SmmError` that says what could."""
    bare = name.removeprefix("smm-")
    if _NAME.fullmatch(bare) and len(bare) <= _LONGEST_NAME and bare not in _TAKEN and not keyword.iskeyword(bare):
        return bare
    plain = unicodedata.normalize("NFKD", bare.lower()).encode("ascii", "ignore").decode()
    simple = re.sub(r"[^a-z0-9]+", "-", plain).strip("-0123456789")[:_LONGEST_NAME].strip("-")
    reason = "is taken by smm itself" if bare in _TAKEN else "cannot be the name of a plugin"
    near = (
        f"for instance {simple}" if _NAME.fullmatch(simple) and simple not in (*_TAKEN, bare) else "such as acme-news"
    )
    raise SmmError(
        f"{name!r} {reason}",
        hint=f"small letters, digits and single dashes, at most {_LONGEST_NAME}, a letter first: {near}",
    )


def titled(title: str) -> str:
    """The title on one line; one that could not stand in a text of Python or TOML as it is, is an `SmmError`."""
    title = " ".join(title.split())
    if len(title) <= _LONGEST_TITLE and title.isprintable() and not set(title) & set('"\\{}@'):
        return title
    raise SmmError(
        f"{title[:_LONGEST_TITLE]!r} cannot be the title of a plugin",
        hint=f'at most {_LONGEST_TITLE} characters, and none of " \\ {{ }} @',
    )


def write_package(plugin: NewPlugin, into: Path) -> list[Path]:
    """Write the package into a new folder of its name below `into`; the files. A folder that is there is a `WorkspaceError`."""
    target = into / plugin.package
    if into.exists() and not into.is_dir():
        raise WorkspaceError(f"{into} is a file", hint="name a folder with --into")
    if target.exists():
        raise WorkspaceError(f"{target} is there already", hint="choose another name, or another folder with --into")
    return [_write(place, source, plugin) for place, source in sorted(_sources(plugin, target))]


def write_single_file(plugin: NewPlugin, folder: Path) -> Path:
    """Write one file into a workspace's `plugins/` folder; one that is there already is a `WorkspaceError`."""
    path = folder / f"{plugin.module.removeprefix('smm_')}.py"
    if path.exists():
        raise WorkspaceError(f"{path} is there already", hint="choose another name")
    return _write(path, _HERE / "single" / f"{plugin.family}.py.in", plugin)


def _sources(plugin: NewPlugin, target: Path) -> Iterable[tuple[Path, Path]]:
    """Where each file goes, and where it stands ready."""
    for shelf in (_HERE / "package" / "common", _HERE / "package" / plugin.family):
        for source in shelf.rglob("*"):
            if source.is_file():
                place = source.relative_to(shelf)
                name = _RENAMED.get(place.name, place.name.removesuffix(".in"))
                yield target / _filled(str(place.with_name(name)), plugin), source


def _write(path: Path, source: Path, plugin: NewPlugin) -> Path:
    create_file(path, _filled(source.read_text("utf-8"), plugin))
    return path


def _filled(text: str, plugin: NewPlugin) -> str:
    return re.sub(r"@[A-Z]+@", lambda found: plugin.words[found[0]], text)
