"""The command line: one noun a module, each imported only when it is asked for.

Exit codes: 0 done, 1 failed (or something blocks), 2 wrong usage or configuration.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from smm_core import __version__

if TYPE_CHECKING:
    from smm_core.cli.plugin_commands import Offer

# command → (module, help in one line); the help stands here so that `smm --help` imports nothing
COMMANDS = {
    "init": ("init", "Make a workspace that works at once."),
    "doctor": ("doctor", "Say what works, what does not and what to do."),
    "attention": ("attention", "List what waits for a person."),
    "collect": ("steps", "Read the sources: ideas and posts."),
    "compose": ("steps", "Make posts of ideas by the rules."),
    "render": ("steps", "Render and check posts for their profiles."),
    "review": ("steps", "Ask for approval and hear the answers."),
    "schedule": ("steps", "Give approved posts their time."),
    "publish": ("steps", "Send what is due, once each."),
    "measure": ("steps", "Read the numbers."),
    "listen": ("steps", "Ask for new comments and mentions."),
    "run": ("run", "Run all steps as a daemon, or once."),
    "pause": ("pause", "Stop publishing at once, for all or one client."),
    "resume": ("pause", "Go on publishing."),
    "adopt": ("adopt", "Take a restored or copied database for ours."),
    "ideas": ("lists", "Ideas: list, show, use, dismiss."),
    "posts": ("lists", "Posts: list, show, new, edit, duplicate, withdraw."),
    "queue": ("queue", "The queue: list slots; put a post first, next or at the end."),
    "series": ("series", "Series: list, show, skip or change one date, end."),
    "reviews": ("reviews", "Reviews: list, show, approve, rework, comment, audit, link."),
    "deliveries": ("lists", "Deliveries: list, show, resolve, retry, cancel, delete, update, reply."),
    "inbox": ("lists", "Comments and mentions: list, show, reply, read, done, reopen."),
    "profiles": ("profiles", "Profiles: add, list, show, inspect, login."),
    "plugins": ("plugins", "Plugins: new, list, show, quality, forget."),
    "check": ("check", "Check a post or file against limits and brand book."),
    "preview": ("preview", "Draw what followers would see."),
    "try": ("try_", "Send a post to the test profile at once."),
    "calendar": ("calendar", "Show a month."),
    "simulate": ("simulate", "Say what will go out, what will not, and why."),
    "explain": ("explain", "Say why a post was or was not sent."),
    "report": ("report", "Make a page of what went where and what came of it."),
}
GROUPS = {
    "Start": ("init", "doctor", "attention"),
    "Steps": ("collect", "compose", "render", "review", "schedule", "publish", "measure", "listen", "run"),
    "Things": ("ideas", "posts", "queue", "series", "reviews", "deliveries", "inbox", "profiles", "plugins"),
    "Look": ("check", "preview", "try", "calendar", "simulate", "explain", "report"),
    "Hold": ("pause", "resume", "adopt"),
}

# What `main` gives to `cli` along with the process: where somebody else runs a command, the process is not ours to fork.
_OWN_PROCESS = object()


class _Commands(click.Group):
    """Finds commands by name in the table above, then among the plugins."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *_plugin_commands()]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name in COMMANDS:
            import importlib

            module = importlib.import_module(f"smm_core.cli.{COMMANDS[name][0]}")
            command: click.Command = module.commands[name]
            return command
        offer = _plugin_commands().get(name)
        if offer is None:
            return None
        from smm_core.cli import plugin_commands

        return plugin_commands.load(name, offer)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and args[0] not in _plugin_commands():
            from smm_core.errors import did_you_mean

            hint = did_you_mean(args[0], self.list_commands(ctx), "smm --help shows them all")
            ctx.fail(f"There is no command {args[0]!r} ({hint}).")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, names in GROUPS.items():
            with formatter.section(title):
                formatter.write_dl([(name, COMMANDS[name][1]) for name in names])
        plugins = _plugin_commands()
        if plugins:
            with formatter.section("From plugins"):
                formatter.write_dl([(name, offer.help) for name, offer in plugins.items()])


def _plugin_commands() -> Mapping[str, Offer]:
    """The commands of plugins, looked up once in each run."""
    cached = click.get_current_context().meta
    if "smm.commands" not in cached:
        from smm_core.cli import plugin_commands

        cached["smm.commands"] = plugin_commands.offered(COMMANDS)
    commands: Mapping[str, Offer] = cached["smm.commands"]
    return commands


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="smm", message="%(prog)s %(version)s")
@click.option("-w", "--workspace", type=click.Path(), help="The workspace's folder (default: the one you are in).")
@click.option("-v", "--verbose", is_flag=True, help="Say more on stderr.")
@click.pass_context
def cli(ctx: click.Context, workspace: str | None, verbose: bool) -> None:
    """Social media automation on your own machine: collect, compose, review, schedule, publish once, measure."""
    from pathlib import Path

    from smm_core.cli.session import Session

    shielded = ctx.obj is _OWN_PROCESS
    ctx.obj = Session(Path(workspace) if workspace is not None else None, verbose=verbose, shielded=shielded)
    ctx.call_on_close(ctx.obj.close)


def main() -> None:
    """Run the command line; a person never sees a traceback for what they did wrong."""
    sys.exit(_run(_OWN_PROCESS))


def _run(owner: object = None) -> int:
    try:
        result = cli.main(standalone_mode=False, obj=owner)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.Abort:
        click.echo("stopped", err=True)
        return 1
    except click.ClickException as error:
        error.show()
        return int(error.exit_code)
    except BrokenPipeError:
        import os

        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        from smm_core.cli.session import explain_failure

        return explain_failure(error)
    return result if isinstance(result, int) else 0
