"""`smm sandbox …`: look at the test network, script its faults, renew a login, start afresh."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from smm_core import SmmError, to_json
from smm_sandbox.faults import Fault
from smm_sandbox.network import Network
from smm_sandbox.timeline import timeline_of, write_timeline

if TYPE_CHECKING:
    import click


class Workspace(Protocol):
    """What core hands to commands as the context's `obj`."""

    root: Path

    def data_dir(self, plugin_name: str) -> Path:
        """The plugin's folder inside the workspace's `.smm/`."""
        ...


def sandbox_group() -> click.Group:
    """The group `smm sandbox` with its commands."""
    import click

    @click.group("sandbox", context_settings={"help_option_names": ["-h", "--help"]})
    def sandbox() -> None:
        """The local network behind test profiles."""

    for command in (_timeline(), _say(), _faults(), _login(), _reset()):
        sandbox.add_command(command)
    return sandbox


def _network(context: click.Context) -> Network:
    return Network(cast("Workspace", context.obj).data_dir("sandbox"))


def _timeline() -> click.Command:
    import click

    @click.command("timeline")
    @click.argument("profile")
    @click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write into.")
    @click.option("--json", "as_json", is_flag=True, help="Print the posts as JSON; write no files.")
    @click.pass_context
    def timeline(context: click.Context, profile: str, out: Path | None, as_json: bool) -> None:
        """Show what followers of PROFILE see, as a page and a picture."""
        network, now = _network(context), datetime.now(UTC)
        if as_json:
            click.echo(to_json(timeline_of(network, profile, now)))
            return
        try:
            files = write_timeline(network, profile, now, out or network.folder / "timeline" / profile)
        except OSError as error:
            raise SmmError(
                f"cannot write the time line: {error.strerror or error}", hint="choose a folder with --out"
            ) from None
        click.echo(files.page)
        click.echo(files.picture)

    return timeline


def _say() -> click.Command:
    import click

    @click.command("say")
    @click.argument("profile")
    @click.argument("text")
    @click.option("--on", metavar="ID", help="The post that is commented on (default: its newest).")
    @click.option("--mention", is_flag=True, help="Mention PROFILE elsewhere, on none of its posts.")
    @click.option("--by", "author", default="Ann", show_default=True, help="Who says it.")
    @click.pass_context
    def say(context: click.Context, profile: str, text: str, on: str | None, mention: bool, author: str) -> None:
        """Let somebody say TEXT to PROFILE: a comment on its newest post, unless you choose otherwise."""
        network, now = _network(context), datetime.now(UTC)
        posts = [post for post in timeline_of(network, profile, now).posts if post.parent is None]
        if on is not None and on not in [post.id for post in posts]:
            raise SmmError(
                f"{profile} has no post {on} on the test network", hint="smm sandbox timeline --json shows them"
            )
        if not mention and not posts:
            raise SmmError(f"nothing of {profile} is visible on the test network", hint="use --mention")
        with network.writing() as session:
            below = None if mention else on or posts[0].id
            remark = session.say(profile, author=author, text=text, on=below, now=now)
        click.echo(
            f"{remark.author} {'mentioned' if mention else 'commented on a post of'} {profile}; smm listen hears it"
        )

    return say


def _faults() -> click.Command:
    import click

    @click.command("faults")
    @click.argument("profile")
    @click.argument("faults", nargs=-1)
    @click.option("--clear", is_flag=True, help="Forget the faults planned so far.")
    @click.option("--json", "as_json", is_flag=True, help="Print the script as JSON.")
    @click.pass_context
    def plan(context: click.Context, profile: str, faults: tuple[str, ...], clear: bool, as_json: bool) -> None:
        """Plan FAULTS for the next sends of PROFILE, one a send; without FAULTS show what is planned.

        \b
        refuse           the post is refused for good
        429:SECONDS      too many requests, come back after so long
        503              no clear answer; the post was not taken
        drop             the post was taken, the answer got lost
        slow:SECONDS     taken, but late
        pending:SECONDS  taken, visible only after so long
        login            the login ends, until: smm sandbox login PROFILE
        """
        try:
            script = tuple(Fault.parse(word) for word in faults)
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="FAULTS") from None
        with _network(context).writing() as session:
            if clear:
                session.clear_faults(profile)
            session.plan_faults(profile, script)
            words = [str(fault) for fault in session.faults(profile)]
            known = session.account(profile) is not None
        click.echo(
            to_json({"profile": profile, "faults": words})
            if as_json
            else f"{profile}: {' '.join(words) or 'no faults planned'}"
        )
        if words and not known:
            click.echo(f"nothing of {profile} has reached the test network yet; the faults wait for it", err=True)

    return plan


def _login() -> click.Command:
    import click

    @click.command("login")
    @click.argument("profile")
    @click.pass_context
    def login(context: click.Context, profile: str) -> None:
        """Renew the login of PROFILE after the fault `login`."""
        with _network(context).writing() as session:
            session.log_in(profile)
        click.echo(f"{profile} is logged in on the test network")

    return login


def _reset() -> click.Command:
    import click

    @click.command("reset")
    @click.argument("profile", required=False)
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @click.pass_context
    def reset(context: click.Context, profile: str | None, yes: bool) -> None:
        """Forget everything on the test network, or only what PROFILE has there."""
        whose = f"of {profile} " if profile else ""
        if not yes:
            click.confirm(f"Remove all posts {whose}from the test network?", abort=True, err=True)
        with _network(context).writing() as session:
            gone = session.forget(profile)
        click.echo(f"{gone} post{'' if gone == 1 else 's'} {whose}removed from the test network")

    return reset
