"""Writes the generated pages of docs/ from the code they describe; `--check` only compares.

The pages hold no dates of their own and no paths of a machine, so the same code always gives the same pages.
"""

from __future__ import annotations

import argparse
import re
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [path for path in [str(ROOT), *map(str, sorted(ROOT.glob("plugins/smm-*")))] if path not in sys.path]

from smm_core import Imitates, Limits, NoSettings, Profile, Provenance, lifecycle, say_duration  # noqa: E402
from smm_core.cli import COMMANDS, cli  # noqa: E402
from smm_core.cli.plugin_commands import Offer  # noqa: E402
from smm_core.config.schema import CONFIG_FILE, KeyHelp, describe, describe_keys  # noqa: E402
from smm_core.discovery import discover  # noqa: E402
from smm_core.engine import Engine  # noqa: E402
from smm_core.plugins import Plugins, load  # noqa: E402
from smm_core.quality import RULES as QUALITY  # noqa: E402
from smm_core.quality import Rule, Tier  # noqa: E402
from smm_core.store.audit_rules import RULES  # noqa: E402

WIDTH = 100
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


# ---------------------------------------------------------------- cli.md


def cli_page(ours: Plugins) -> str:
    """The help of every command, as click prints it."""
    extra = _plugin_commands(ours)
    with click.Context(cli, info_name="smm", terminal_width=WIDTH, **cli.context_settings) as root:
        root.meta["smm.commands"] = {
            name: Offer(help=command.get_short_help_str(), plugin=owner) for name, (owner, command) in extra.items()
        }
        sections = [_help_section(root, cli, "## smm")]
        for name in COMMANDS:
            command = cli.get_command(root, name)
            if command is None:
                raise SystemExit(f"smm {name} cannot be loaded")
            sections += _command_sections(root, command, name)
        for name, (owner, command) in extra.items():
            sections += _command_sections(root, command, name, f"From the plugin `{owner}`.")
    return "# The command line\n\n" + _CLI_INTRO + "\n".join(sections)


_CLI_INTRO = """\
Verbs are steps or looks (`smm collect`, `smm check`), plural nouns are groups (`smm posts list`). Every listing takes
`--json`. Listings go to stdout, diagnostics to stderr.

| exit code | meaning |
| --- | --- |
| 0 | done |
| 1 | failed, or something blocks or waits for a person |
| 2 | wrong usage, configuration or content file |

| environment variable | meaning |
| --- | --- |
| `SMM_WORKSPACE` | the workspace's folder, when you are not in it |
| `SMM_PERSON` | who you are, in the records of changes and approvals (default: your login) |
| `SMM_TRACEBACK` | set it to see where a mistake in smm itself happened |

"""


def _plugin_commands(ours: Plugins) -> dict[str, tuple[str, click.Command]]:
    answers = ours.broadcast(Engine(), "smm_commands")
    commands = [(owner, command) for owner, answer in answers for command in answer]
    return {str(command.name): (owner, command) for owner, command in sorted(commands, key=lambda one: one[1].name)}


def _command_sections(parent: click.Context, command: click.Command, name: str, remark: str = "") -> Iterator[str]:
    with command.make_context(name, [], parent=parent, resilient_parsing=True) as ctx:
        mark = "###" if parent.parent else "##"
        yield _help_section(ctx, command, f"{mark} {ctx.command_path}", remark)
        if isinstance(command, click.Group):
            for child in command.list_commands(ctx):
                below = command.get_command(ctx, child)
                if below is not None:
                    yield from _command_sections(ctx, below, child)


def _help_section(ctx: click.Context, command: click.Command, heading: str, remark: str = "") -> str:
    text = "\n".join(line.rstrip() for line in command.get_help(ctx).splitlines())
    return f"{heading}\n\n{remark}\n\n```text\n{text}\n```\n"


# ---------------------------------------------------------------- config.md


def config_page(ours: Plugins) -> str:
    """Every key of smm.toml, of brand books and of the settings of our plugins."""
    sections = ["# The configuration", _CONFIG_INTRO]
    keys = describe()
    for file in dict.fromkeys(key.file for key in keys):
        sections.append(f"## {file}")
        of_file = [key for key in keys if key.file == file]
        for table in dict.fromkeys(key.table for key in of_file):
            heading = f"### `[{table}]`" if table else "### Before any table"
            sections += [heading, _key_table([key for key in of_file if key.table == table])]
    sections += ["## Settings of sources", *_settings_sections(ours, "source", "sources")]
    sections += ["## Settings of profiles", *_settings_sections(ours, "publisher", "profiles")]
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


def _settings_sections(ours: Plugins, family: str, table: str) -> Iterator[str]:
    for name in ours.names(family):
        kind = ours.get(family, name).settings
        word = "type" if family == "source" else "platform"
        owner = ours.owner(family, name)
        yield f'### `{word} = "{name}"`'
        yield f"From the plugin `{owner}`. The keys stand in `[{table}.KEY.settings]`."
        keys = () if kind is NoSettings else describe_keys(kind, file=CONFIG_FILE, table=f"{table}.KEY.settings")
        yield _key_table(keys) if keys else "Nothing to set."


def _approver_sections(ours: Plugins) -> Iterator[str]:
    for name in ours.names("approver"):
        kind = getattr(ours.get("approver", name), "settings", NoSettings)
        if kind is not NoSettings:
            table = f"approvers.{name}.settings"
            yield f'### `approver = "{name}"`'
            yield f"From the plugin `{ours.owner('approver', name)}`. The keys stand in `[{table}]`."
            yield _key_table(describe_keys(kind, file=CONFIG_FILE, table=table))


def _key_table(keys: Sequence[KeyHelp]) -> str:
    rows = [(f"`{key.key}`", key.type, "required" if key.required else key.default, key.help) for key in keys]
    return _table(("key", "what it is", "default", "meaning"), rows)


# ---------------------------------------------------------------- states.md


def states_page(ours: Plugins) -> str:
    """The allowed moves of actions and posts, drawn and listed, and what the ledger promises."""
    return "\n\n".join(
        [
            "# The states",
            "These tables stand in one place in the code, `smm_core/lifecycle.py`. The store refuses every other move.",
            "## An action",
            "An action is one act on a platform that cannot be taken back: publishing a part of a post, or a comment.",
            *_states(lifecycle.ACTION_MOVES, first="waiting"),
            "## A post",
            "A post collects what becomes of all its variants.",
            *_states(lifecycle.POST_MOVES, first="written"),
            "## What `smm doctor --ledger` proves",
            "These rules stand in `smm_core/store/audit_rules.py`, each with the SQL that finds what breaks it.",
            _table(("rule", "what holds"), ((f"`{rule.name}`", rule.says) for rule in RULES)),
        ]
    )


def _states(moves: Mapping[Any, Mapping[Any, str]], *, first: str) -> Iterator[str]:
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    lines += [f"    {before} --> {after}" for before, onward in moves.items() for after in onward]
    lines += [f"    {state} --> [*]" for state, onward in moves.items() if not onward]
    yield "```mermaid\n" + "\n".join(lines) + "\n```"
    rows = [(f"`{before}`", f"`{after}`", why) for before, onward in moves.items() for after, why in onward.items()]
    rows += [(f"`{state}`", "", "the end") for state, onward in moves.items() if not onward]
    yield _table(("from", "to", "when"), rows)


# ---------------------------------------------------------------- platforms.md


def platforms_page(ours: Plugins) -> str:
    """What each publisher and rule set accepts, and where that is known from."""
    sections = ["# What platforms accept", _PLATFORMS_INTRO]
    for name in ours.names("publisher"):
        publisher = ours.publisher(name)
        sections += [f"## `{name}`: {publisher.title}", f"From the plugin `{ours.owner('publisher', name)}`."]
        sections.append(_table(("promise", "what holds"), _promises(publisher)))
        if isinstance(publisher, Imitates):
            for rules, line in publisher.rule_sets().items():
                sections += [f'### `imitates = "{rules}"`', f"{line}.", _limits_of(publisher, name, rules)]
        else:
            sections.append(_limits_of(publisher, name, None))
    return "\n\n".join(sections)


_PLATFORMS_INTRO = """\
Platforms change their rules without telling. So every number here is data with a source and a date, and one that nobody
could verify is marked as a guess; the checks say so, too. Where a platform tells its own limits, `smm profiles inspect`
asks for them and they go before these. `smm profiles show NAME` prints what holds for one profile."""


def _promises(publisher: Any) -> Iterator[tuple[str, str]]:
    told = publisher.guarantees
    yield "abilities", ", ".join(f"`{kind.__name__}`" for kind in sorted(publisher.abilities, key=str)) or "none"
    yield "recognises the same key", f"for {_long(told.key_life)}" if told.key_life else "no"
    yield "time until a key is known", _long(told.key_settles)
    yield "remote id is chosen by us", "yes" if told.natural_id else "no"
    yield "finding what was sent", told.find or "no"
    yield "absence proves something", f"after {_long(told.absent_after)}" if told.absent_after else "never"
    yield "answers that prove “not sent”", ", ".join(map(str, sorted(told.not_sent))) or "none"


def _long(step: timedelta) -> str:
    return f"{step.days // 365} years" if step >= timedelta(days=730) else say_duration(step)


def _limits_of(publisher: Any, platform: str, rules: str | None) -> str:
    profile = Profile(name="any", client="any", platform=platform, imitates=rules)
    limits = publisher.limits(profile, {})
    rows = []
    for field, what, value in _limit_rows(limits):
        known = limits.provenance.get(field) or limits.provenance_of(field.partition(".")[0])
        rows.append((what, value, *_sourced(known)))
    return _table(("limit", "value", "source", "as of", "known"), rows)


def _sourced(known: Provenance | None) -> tuple[str, str, str]:
    if known is None:
        return ("", "", "")
    return (known.source, known.as_of, "verified" if known.verified else "a guess")


def _limit_rows(limits: Limits) -> Iterator[tuple[str, str, str]]:
    """The field that has a provenance, what a person calls it, its value."""
    for one in limits.text:
        link = f"; a link counts {one.url}" if one.url else ""
        yield "text", "text of a part", f"{one.maximum:,} {one.unit}{link}"
    if not limits.text:
        yield "text", "text of a part", "any length"
    yield "parts", "thread", f"up to {limits.parts} parts" if limits.parts > 1 else "no threads"
    images = limits.images
    yield "images.minimum", "pictures of a part, least", str(images.minimum)
    yield "images.maximum", "pictures of a part, most", str(images.maximum)
    yield "images.formats", "picture formats", ", ".join(images.formats)
    for field, what, unit in (
        ("max_bytes", "picture file, largest", "bytes"),
        ("min_width", "picture width, least", "pixels"),
        ("max_width", "picture width, most", "pixels"),
        ("max_pixels", "picture area, most", "pixels"),
        ("min_aspect", "width by height, least", ""),
        ("max_aspect", "width by height, most", ""),
    ):
        value = getattr(images, field)
        if value is not None:
            yield f"images.{field}", what, f"{value:,} {unit}".strip()
    if images.sizes:
        yield "images.sizes", "recommended sizes", ", ".join(f"{size.width} × {size.height}" for size in images.sizes)
    if limits.alt_text:
        yield "alt_text", "alternative text", f"{limits.alt_text.maximum:,} {limits.alt_text.unit}"
    for field in ("hashtags", "mentions", "links"):
        if getattr(limits, field) is not None:
            yield field, f"{field} of a part", str(getattr(limits, field))
    styles = {"inline": "written into the text", "card": "attached as a card", "none": "not possible"}
    yield "link_style", "the post's link", styles[limits.link_style]
    yield "first_comment", "first comment", "yes" if limits.first_comment else "no"
    if limits.first_comment_text:
        longest = limits.first_comment_text
        yield "first_comment_text", "first comment, text", f"{longest.maximum:,} {longest.unit}"


# ---------------------------------------------------------------- tables


def _table(head: Sequence[str], rows: Iterator[Sequence[str]] | Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_cell(one) for one in line) + " |" for line in lines)


_IN_CELL = MappingProxyType({"|": "\\|", "<": "&lt;", "\n": " "})


def _cell(text: str) -> str:
    return "".join(_IN_CELL.get(letter, letter) for letter in str(text))


# ---------------------------------------------------------------- quality.md


def quality_page(ours: Plugins) -> str:
    """The rules by which plugins are judged, in three tiers."""
    sections = [f"## {tier.capitalize()}\n\n{_TIERS[tier]}\n\n{_rules(tier)}" for tier in Tier]
    return "\n\n".join([_QUALITY_INTRO.format(count=len(QUALITY)), *sections, _QUALITY_END])


def _rules(tier: Tier) -> str:
    rows = ((f"`{rule.name}`", rule.asks, rule.reason, _looker(rule)) for rule in QUALITY if rule.tier is tier)
    return _table(("rule", "what it asks", "because", "who looks"), rows)


def _looker(rule: Rule) -> str:
    return "the tool" if rule.check else "a person"


_TIERS: Mapping[Tier, str] = MappingProxyType(
    {
        Tier.BRONZE: "It works and does no harm. Nobody may differ from these rules.",
        Tier.SILVER: "One can rely on it. Whoever differs gives a reason.",
        Tier.GOLD: "One can recommend it to people one does not know. Whoever differs gives a reason.",
    }
)

_QUALITY_INTRO = """\
# The quality of a plugin

Anybody can publish a plugin, and its users hand it their accounts. {count} rules in three tiers say what they may expect.
`smm plugins quality` judges all plugins that are installed, `smm plugins quality NAME` one, rule by rule; both take
`--json`, and neither asks a platform anything. Run it in your plugin's folder while you write it.

Where a tool can look, the tool decides: shown is the highest tier whose rules, and those of the tiers below, all
hold. A plugin that claims more than that makes the command end with exit code 1.

## What a plugin says of itself

In a file `quality.toml` in its package, beside `__init__.py`, so that it is installed with it:

```toml
tier = "silver"
why = "Nobody has published with it on a real account yet."      # why it is not gold

[differs]
typed = "The client of the platform that it is built on has no types, and guessing them would be worse."

[remarks]
errors-help = "2026-11-23: read all of them; each names the setting or the page where the login is renewed."
```

`[differs]` names rules of silver and gold that the plugin does not follow, with the reason why that is right for it. The
reason is shown to everybody, and the rule then stands in nobody's way. `[remarks]` answers the rules that no tool can check: who
looked at what, and when. Without a remark such a rule does not hold."""

_QUALITY_END = """\
## How the tool looks

- *Importing* happens in a process of its own, in an empty folder, with every file, socket, thread and process watched.
- *Source text* is parsed, not run: imports, prints, exits, module-level state, annotations and docstrings.
- *Objects* are asked for their settings, limits, guarantees and abilities; `limits` is called once, with a profile
  without settings, because a test profile that imitates the platform has none either.
- *The kit* leaves a report, `.smm-quality.json`, beside the plugin's `pyproject.toml`. It must be about this version and
  name the suite of each family that the plugin offers. Ship it inside the package, and your users see it as well.
- *README and changelog* are looked for beside the `pyproject.toml`, then in what was installed. The headings are: what it
  does, set up, what it cannot do; settings where there are any; permissions for publishers and metrics; limits for publishers.

## When a plugin misbehaves

A call that hangs, raises, tries to end the process, answers with the wrong type, prints, or leaves threads running is written to the
log, and for seven days `smm doctor` and `smm plugins show NAME` say how often, when last, and in which call. Other profiles and
sources go on. When it is mended, `smm plugins forget NAME` clears its record, and gives one that was left out another chance.

## What goes away

A hook, an ability, a setting or a field of a request that will be removed is marked with the version that says so and with
what to use instead. A plugin that uses one gets a line in the log, once, and in `smm plugins show`; the rule `up-to-date`
does not hold until it is mended. Nothing is removed before the next minor version."""


if __name__ == "__main__":
    sys.exit(main())
