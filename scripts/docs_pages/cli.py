"""cli.md: the help of every command, as click prints it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from smm_core.cli import COMMANDS, cli
from smm_core.cli.plugin_commands import Offer
from smm_core.engine import Engine
from smm_core.plugins import Plugins

WIDTH = 100


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
