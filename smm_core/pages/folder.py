"""The folder that a page lives in: the page itself, and the pictures beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from smm_core.errors import MediaError, SmmError

if TYPE_CHECKING:
    from smm_core.contracts import MediaReader

_PICTURES = "pictures"
_REFERENCE = re.compile(r"media:([0-9a-f]{64})")


class PageFolder:
    """Writes a page and its pictures into a folder. Names that it returns are relative to the page."""

    def __init__(self, path: Path, media: MediaReader) -> None:
        self.path = path
        self._media = media
        self._names: dict[str, str] = {}

    def picture(self, sha256: str) -> str:
        """Put a stored picture beside the page. One that is missing or broken is a `MediaError`."""
        if sha256 not in self._names:
            from smm_core.media import inspect_picture

            body = self._media.read(sha256)
            kind = inspect_picture(body).format
            self._names[sha256] = self.keep(body, f"{sha256[:20]}.{'jpg' if kind == 'jpeg' else kind}")
        return self._names[sha256]

    def keep(self, body: bytes, name: str) -> str:
        """Put a file into the folder of pictures; it is not written again when it is there."""
        path = self.path / _PICTURES / name
        if not self.has(name) or path.stat().st_size != len(body):
            self._write(path, body)
        return f"{_PICTURES}/{name}"

    def has(self, name: str) -> bool:
        """Whether a picture of that name is there."""
        return (self.path / _PICTURES / name).is_file()

    def name_of(self, name: str) -> str:
        """A picture as the page names it."""
        return f"{_PICTURES}/{name}"

    def local(self, html: str) -> str:
        """A fragment with `media:SHA256` replaced by the pictures' names; one that is missing is left without a source."""

        def named(found: re.Match[str]) -> str:
            try:
                return self.picture(found[1])
            except MediaError:
                return ""

        return _REFERENCE.sub(named, html)

    def page(self, template: str, **values: Any) -> Path:
        """Render a template of this package as the folder's `index.html`."""
        path = self.path / "index.html"
        self._write(path, render(template, **values).encode())
        return path

    def _write(self, path: Path, body: bytes) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f".{path.name}.part")
            temporary.write_bytes(body)
            temporary.replace(path)
        except OSError as error:
            raise SmmError(f"{path}: {error.strerror or error}", hint="choose another folder with --out") from None


def render(template: str, **values: Any) -> str:
    """A template of this package with everything that is filled in escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("smm_core.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(template).render(**values)
