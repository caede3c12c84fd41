"""The source `changes`: each release of a change log becomes an idea."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from smm_core import CollectPage, CollectRequest, ContentError, Context, IdeaFound, clean

_HEADING = re.compile(r"^## +\[?(?P<version>\d[^\s\]]*)\]?(?:\([^)]*\))?(?: *[-–—] *(?P<day>\d{4}-\d{2}-\d{2}))?.*$", re.MULTILINE)  # fmt: skip
_MOST_BYTES = 2_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """The `[sources.NAME.settings]` of a source of this type."""

    file: str = field(default="CHANGELOG.md", metadata={"help": "The change log, from the workspace's folder."})
    product: str = field(default="", metadata={"help": "What the software is called, for the titles."})


class Changes:
    """Finds the releases in a change log. The file is small, so that every turn reads it whole and needs no cursor."""

    name = "changes"
    settings: type = Settings

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        """All releases, newest first as people write them."""
        text = _read(ctx.workspace / request.settings.file, request.settings.file)
        return CollectPage(ideas=tuple(releases(text, request.settings.product)))


def _read(path: Path, shown: str) -> str:
    try:
        with path.open("rb") as file:
            body = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ContentError(
            f"cannot be read: {error.strerror}", where=shown, hint="is `file` right in smm.toml?"
        ) from None
    if len(body) > _MOST_BYTES:
        raise ContentError("is larger than 2 MB", where=shown, hint="is `file` right in smm.toml?")
    return clean(body.decode("utf-8", "replace"))


def releases(text: str, product: str) -> Iterator[IdeaFound]:
    """An idea for each release of a change log, the newest first as they stand there, each version once."""
    headings = list(_HEADING.finditer(text))
    ends = [heading.start() for heading in headings[1:]] + [len(text)]
    seen = set()
    for heading, end in zip(headings, ends, strict=True):
        version = heading["version"]
        if version not in seen:
            seen.add(version)
            yield IdeaFound(
                key=version,
                title=f"{product} {version}".strip(),
                text=text[heading.end() : end].strip(),
                published_at=_instant(heading["day"]),
                labels=("release",),
            )


def _instant(day: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None
    except ValueError:
        return None
