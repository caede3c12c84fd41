"""config.md: every key of smm.toml, of brand books and of the settings of our plugins."""

from __future__ import annotations

from collections.abc import Iterator

from docs_pages.tables import key_table, keys_of_settings
from smm_core import NoSettings
from smm_core.config.schema import describe
from smm_core.plugins import Plugins


def config_page(ours: Plugins) -> str:
    """Every key of smm.toml, of brand books and of the settings of our plugins."""
    sections = ["# The configuration", _CONFIG_INTRO]
    keys = describe()
    for file in dict.fromkeys(key.file for key in keys):
        sections.append(f"## {file}")
        of_file = [key for key in keys if key.file == file]
        for table in dict.fromkeys(key.table for key in of_file):
            heading = f"### `[{table}]`" if table else "### Before any table"
            sections += [heading, key_table([key for key in of_file if key.table == table])]
    sections += ["## Settings of sources", *_source_sections(ours)]
    sections += [
        "## Settings of profiles",
        "They are listed with [each platform](platforms.md), beside what it accepts.",
    ]
    sections += ["## Settings of approvers", *_approver_sections(ours)]
    return "\n\n".join(sections)


_CONFIG_INTRO = """\
A workspace is a folder with a file `smm.toml`. `KEY` stands for a name of your choice: lower-case letters, digits and
dashes. A mistake is answered with file, line, key and what would be right; a key that is not in this list is a mistake,
too. `smm doctor` looks at all of it.

- A duration is written `90s`, `30m`, `2h`, `1d12h` or `3w`.
- A slot is written `"mon-fri 09:00"`, `"sat,sun 10:30"` or `"daily 20:15,22:00"`: wall-clock times in the profile's zone.
- A secret never stands in the file. A reference to it does: `env:NAME`, `file:PATH` (readable by you alone, relative to
  the workspace) or `keyring:SERVICE/USER`."""


def _source_sections(ours: Plugins) -> Iterator[str]:
    for name in ours.names("source"):
        keys = keys_of_settings(ours.get("source", name).settings, "sources.KEY.settings")
        yield f'### `type = "{name}"`'
        yield f"From the plugin `{ours.owner('source', name)}`. The keys stand in `[sources.KEY.settings]`."
        yield key_table(keys) if keys else "Nothing to set."


def _approver_sections(ours: Plugins) -> Iterator[str]:
    for name in ours.names("approver"):
        kind = getattr(ours.get("approver", name), "settings", NoSettings)
        if kind is not NoSettings:
            table = f"approvers.{name}.settings"
            yield f'### `approver = "{name}"`'
            yield f"From the plugin `{ours.owner('approver', name)}`. The keys stand in `[{table}]`."
            yield key_table(keys_of_settings(kind, table))
