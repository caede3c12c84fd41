"""A plugin that is gold, as data: file → text. Tests change one thing, and see which rule notices."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from smm_core.quality.record import digest_of

INIT = '''"""Publishes nowhere."""

from __future__ import annotations

from collections.abc import Iterable

from smm_core import Publisher, hookimpl


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    """The one publisher."""
    from NAME.publisher import Nowhere

    return [Nowhere()]
'''

PUBLISHER = '''"""The publisher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from smm_core import (
    Context,
    FindRequest,
    Finds,
    Guarantees,
    Inspected,
    InspectRequest,
    Limits,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Provenance,
    Receipt,
    Rendering,
    Secret,
    SendRequest,
    TextLimit,
    TextUnit,
    render_plain,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """What a profile sets."""

    url: str = field(metadata={"help": "The address."})
    token: Secret | None = field(default=None, metadata={"help": "Where the token lies."})


class Nowhere:
    """Publishes nowhere."""

    name = "NAME"
    title = "Nowhere"
    settings: type = Settings
    guarantees = Guarantees(find="exact", key_life=timedelta(hours=1))
    abilities: frozenset[type] = frozenset({Finds})

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        """Nobody."""
        return Inspected(account="nobody")

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        """Ten."""
        return Limits(
            text=(TextLimit(maximum=10, unit=TextUnit.GRAPHEMES),),
            provenance={"*": Provenance(source="the platform's page", as_of="2026-11-23")},
        )

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        """As it is."""
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        """Nothing."""
        return Prepared()

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        """Nowhere."""
        return Receipt(remote_id=request.key, at=ctx.now())

    def find(self, request: FindRequest, ctx: Context) -> Receipt | None:
        """Never there."""
        return None
'''

README = """# Nowhere

## What it does
## Set up
## Settings
## Permissions
## Limits
## What it cannot do
"""

QUALITY = """tier = "gold"

[remarks]
tried-for-real = "2026-11-23: published three posts on an account of our own."
errors-help = "2026-11-23: read them all, each says what to do next."
"""


GONE = "this file is not there"
DIGEST = "what the files are when all is written"


def files(name: str) -> dict[str, str]:
    """The plugin's files, by path in its project."""
    texts = {
        "pyproject.toml": '[project]\nname = "NAME"\nversion = "1.2.0"\n',
        "README.md": README,
        "CHANGELOG.md": "# Changelog\n\n## 1.2.0\n\n- New.\n",
        "NAME/__init__.py": INIT,
        "NAME/publisher.py": PUBLISHER,
        "NAME/py.typed": "",
        "NAME/quality.toml": QUALITY,
        "NAME/quality.json": json.dumps(
            {
                "plugin": name,
                "version": "1.2.0",
                "files": DIGEST,
                "suites": ["PublisherSuite"],
                "passed": ["PublisherSuite.test_a"],
                "failed": [],
                "differs": {},
                "untried": {},
            }
        ),
        "NAME-1.2.0.dist-info/METADATA": "Metadata-Version: 2.4\nName: NAME\nVersion: 1.2.0\nLicense-Expression: MIT\n",
        "NAME-1.2.0.dist-info/entry_points.txt": "[smm]\nNAME = NAME\n",
    }
    return {path.replace("NAME", name): text.replace("NAME", name) for path, text in texts.items()}


def write(folder: Path, name: str, changes: Iterable[tuple[str, str, str]] = ()) -> None:
    """Write the plugin into a folder, with pieces of its files replaced: (file, old, new). An empty `old` adds at the end."""
    texts = files(name)
    for path, old, new in changes:
        path = path.replace("NAME", name)
        old, new = old.replace("NAME", name), new.replace("NAME", name)
        assert old in texts[path], f"{path} has no {old!r}"
        texts[path] = texts[path].replace(old, new) if old else texts[path] + new
    for path, text in texts.items():
        if text == GONE:
            continue
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    record = folder / name / "quality.json"
    record.write_text(record.read_text().replace(DIGEST, digest_of(folder / name)))
