"""What the conformance kit found in a plugin: the file `quality.json` beside its `quality.toml`.

It is written when a person asks pytest for it with `--record-quality`, and is shipped with the package. It names the state of the
package's files that was tested, so that it backs no claim about any other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FILE = "quality.json"
OPTION = "--record-quality"
"""The option of pytest that writes it; `smm_core.testing.pytest_plugin` has it."""

_NOT_TESTED = frozenset({FILE, "quality.toml"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Record:
    """The package's name and version, the digest of its files, the suites that were run, and what came of each test.

    A test's name is `SUITE.test[parameter]`. `differs` and `untried` say why: the plugin's reason, or what it does not claim.
    """

    plugin: str
    version: str = ""
    files: str = ""
    suites: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    differs: Mapping[str, str] = field(default_factory=dict)
    untried: Mapping[str, str] = field(default_factory=dict)


def read_record(package: Path) -> Record | None:
    """The record in a package's folder; None when there is none that can be read."""
    try:
        raw = json.loads((package / FILE).read_text("utf-8"))
        return Record(
            plugin=str(raw["plugin"]),
            version=str(raw["version"]),
            files=str(raw["files"]),
            suites=_words(raw["suites"]),
            passed=_words(raw["passed"]),
            failed=_words(raw["failed"]),
            differs=_reasons(raw["differs"]),
            untried=_reasons(raw["untried"]),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def write_record(package: Path, record: Record) -> None:
    """Write the record into a package's folder, in one step; equal runs give equal files."""
    from smm_core.content.write import replace_file

    replace_file(package / FILE, json.dumps(asdict(record), indent=2, ensure_ascii=False) + "\n")


def digest_of(package: Path) -> str:
    """The digest of everything in a package's folder but the record, the claim, and what Python compiles."""
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*")):
        name = path.relative_to(package).as_posix()
        if path.is_file() and "__pycache__" not in path.parts and name not in _NOT_TESTED:
            # Git may write the line ends of text as the machine likes them.
            body = hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n"))
            digest.update(f"{name}\0{body.hexdigest()}\n".encode())
    return f"sha256:{digest.hexdigest()}"


def _words(raw: list[Any]) -> tuple[str, ...]:
    return tuple(map(str, raw))


def _reasons(raw: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(why) for name, why in raw.items()}
