"""Writes the generated pages of docs/ from the code they describe; `--check` only compares.

The pages hold no dates of their own and no paths of a machine, so the same code always gives the same pages.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_WHERE_IMPORTS_ARE = [str(ROOT), *map(str, sorted(ROOT.glob("plugins/smm-*"))), str(ROOT / "scripts")]
sys.path[:0] = [path for path in _WHERE_IMPORTS_ARE if path not in sys.path]

from docs_pages.cli import cli_page  # noqa: E402
from docs_pages.config import config_page  # noqa: E402
from docs_pages.platforms import platforms_page  # noqa: E402
from docs_pages.quality import quality_page  # noqa: E402
from docs_pages.states import states_page  # noqa: E402

from smm_core.discovery import discover  # noqa: E402
from smm_core.plugins import Plugins, load  # noqa: E402

MENDED_BY = "make docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or say which of them are out of date."""
    parser = argparse.ArgumentParser(description="Write the generated pages of docs/.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a page is out of date")
    if not parser.parse_args(arguments).check:
        for name, text in pages().items():
            (ROOT / "docs" / name).write_text(text, "utf-8")
        return 0
    stale = stale_pages()
    for name in stale:
        print(f"docs/{name} is out of date: run `{MENDED_BY}` and look at the difference", file=sys.stderr)
    return 1 if stale else 0


def pages() -> dict[str, str]:
    """File name in docs/ → what it should say."""
    ours = our_plugins()
    makers: Mapping[str, Callable[[Plugins], str]] = {
        "cli.md": cli_page,
        "config.md": config_page,
        "states.md": states_page,
        "platforms.md": platforms_page,
        "quality.md": quality_page,
    }
    return {name: _finished(make(ours)) for name, make in makers.items()}


def stale_pages() -> list[str]:
    """The names of the pages that do not say what they should."""
    return [name for name, text in pages().items() if _written(ROOT / "docs" / name) != text]


def _written(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def _finished(text: str) -> str:
    note = f"<!-- Made by scripts/docs.py from the code. Change it there, then run `{MENDED_BY}`. -->\n\n"
    return note + re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"


def our_plugins() -> Plugins:
    """The plugins of this repository and no others, whatever else is installed here."""
    wanted = {"builtin"}
    for path in ROOT.glob("plugins/*/pyproject.toml"):
        wanted |= set(tomllib.loads(path.read_text("utf-8"))["project"]["entry-points"]["smm"])
    found = [one for one in discover() if one.name in wanted]
    missing = wanted - {one.name for one in found}
    if missing:
        raise SystemExit(f"not installed here: {', '.join(sorted(missing))}; `scripts/setup dev` mends that")
    loaded = load(found)
    broken = [f"{one.found.name}: {one.error}" for one in loaded.loaded if one.error]
    if broken:
        raise SystemExit("broken plugins: " + "; ".join(broken))
    return loaded


if __name__ == "__main__":
    sys.exit(main())
