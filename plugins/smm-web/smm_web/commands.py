"""`smm web`: serve the page, or make a link to it for one person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, cast

from smm_core import Link, ReviewDesk, parse_duration, to_json

if TYPE_CHECKING:
    import click

PORT = 8765


class Session(Protocol):
    """What core hands to commands as the context's `obj`."""

    def desk(self, plugin: str) -> ReviewDesk:
        """The desk of the open workspace."""
        ...


def web_command() -> click.Command:
    """The command."""
    import click

    @click.command("web", context_settings={"help_option_names": ["-h", "--help"]})
    @click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
    @click.option("--port", default=PORT, show_default=True, type=click.IntRange(1, 65535), help="The port.")
    @click.option("--public-url", default="", help="Where people reach the page (default: public_url in [reviews]).")
    @click.option(
        "--link", "person", metavar="PERSON", help="Print a link for a person of smm.toml, and serve nothing."
    )
    @click.option("--review", type=click.IntRange(1), help="With --link: to this review only.")
    @click.option("--for", "life", metavar="TIME", help="With --link: how long it holds, such as 3d.")
    @click.option("--json", "as_json", is_flag=True, help="With --link: print it as JSON.")
    @click.pass_context
    def web(
        context: click.Context,
        host: str,
        port: int,
        public_url: str,
        person: str | None,
        review: int | None,
        life: str | None,
        as_json: bool,
    ) -> None:
        """Serve the page on which reviewers answer, or make a link to it."""
        from smm_web.site import site_of

        if (review or life or as_json) and not person:
            raise click.UsageError("--review, --for and --json belong to --link PERSON")
        desk = cast("Session", context.obj).desk("web")
        site = site_of(host, port, public_url or desk.public_url)
        if person:
            link = desk.link(person, review=review, until=_until(life))
            click.echo(_told(link, site.address, as_json=as_json))
            return
        from smm_web.app import Service
        from smm_web.server import serve

        click.echo(
            f"reviewers answer on {site.address}/ (Ctrl-C ends it; `smm web --link PERSON` makes a link)", err=True
        )
        serve(Service(desk=desk, site=site), host, port)

    return web


def _until(life: str | None) -> datetime | None:
    """When a link ends that holds so long from now."""
    import click

    if life is None:
        return None
    try:
        span = parse_duration(life)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    if span <= timedelta(0):
        raise click.BadParameter("it has to be longer than nothing", param_hint="--for")
    return datetime.now(UTC) + span


def _told(link: Link, address: str, *, as_json: bool) -> str:
    """The link for whoever asked for it: the one place where it is shown."""
    url = f"{address}/r/{link.token.reveal()}"
    if not as_json:
        return url
    return to_json(
        {"id": link.id, "person": link.person, "review": link.review, "until": link.until.isoformat(), "url": url}
    )
