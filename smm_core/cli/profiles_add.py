"""`smm profiles add`: a profile set up by questions, verified, and undone when it does not work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.output import json_option, show_json
from smm_core.cli.session import Session, pass_session
from smm_core.errors import ConfigError, NeedsLogin, SmmError, WorkspaceError

if TYPE_CHECKING:
    from smm_core.config.decode import Key
    from smm_core.config.new_profile import NewProfile
    from smm_core.contracts import Inspected

_NAMED = 5


@click.command()
@click.argument("platform")
@click.option("--name", help="What the profile is called in smm.toml (default: CLIENT-PLATFORM).")
@click.option("--client", help="Whose profile it is (default: the only client).")
@click.option(
    "--set", "values", multiple=True, metavar="KEY=VALUE", help="A setting, or a key of the profile such as title."
)
@click.option(
    "--secret",
    "secrets",
    multiple=True,
    metavar="KEY=REFERENCE",
    help="Where a secret is: env:NAME, file:PATH or keyring:SERVICE/USER.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take what is given, and defaults for the rest.")
@click.option("--keep", is_flag=True, help="Keep the profile although it could not be verified.")
@json_option
@pass_session
def add(
    session: Session,
    platform: str,
    name: str | None,
    client: str | None,
    values: tuple[str, ...],
    secrets: tuple[str, ...],
    yes: bool,
    keep: bool,
    as_json: bool,
) -> int:
    """Set up a profile on PLATFORM: ask for what is needed, store secrets as references, verify who we are there.

    The profile is written to the end of smm.toml. When the platform does not know us, it is taken out again.
    """
    from smm_core.config.new_profile import NewProfile, append_profile

    session.log()
    settings = session.ws.plugins.publisher(platform).settings
    owner = _client_of(session, client)
    called = _free_name(session, name or f"{owner}-{platform}")
    answers = _Answers(session=session, platform=platform, profile=called, asks=not yes)
    for words in values:
        answers.take(settings, words, secret=False)
    for words in secrets:
        answers.take(settings, words, secret=True)
    with answers.forgotten_on_failure():
        answers.ask_for_the_rest(settings)
        own = {"client": owner, **answers.own} if len(session.ws.config.clients) > 1 else answers.own
        profile = NewProfile(name=called, platform=platform, own=own, settings=answers.settings)
        before = append_profile(session.root, profile)
        inspected, trouble = _verified(session, profile, before, keep=keep, asks=not yes)
    _say(called, inspected, trouble, _new_posts(session, called, owner), as_json=as_json)
    return 1 if trouble is not None else 0


@dataclass(kw_only=True)
class _Answers:
    """What is known so far: from the command line, then from the person."""

    session: Session
    platform: str
    profile: str
    asks: bool
    own: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    stored: list[str] = field(default_factory=list)

    def take(self, kind: type, words: str, *, secret: bool) -> None:
        """One `KEY=VALUE` of the command line."""
        from smm_core.config.new_profile import is_secret, key_named, value_of

        name, equals, typed = words.partition("=")
        if not equals:
            raise click.UsageError(f"{'--secret' if secret else '--set'} {name}: write KEY=VALUE")
        key, of_settings = key_named(kind, name.strip(), self.platform)
        if secret and not is_secret(key):
            raise click.UsageError(f"--secret {name}: {name} is no secret; use --set")
        if is_secret(key):
            self._refuse_open_secret(key, typed)
        (self.settings if of_settings else self.own)[key.name] = value_of(key, typed, where=self._where(key))

    def ask_for_the_rest(self, kind: type) -> None:
        """What is required and not known yet, and after a question also what has a default."""
        from smm_core.config.decode import keys_of

        open_ = [key for key in keys_of(kind) if key.name not in self.settings]
        needed = [key for key in open_ if key.is_required]
        if not self.asks and needed:
            from smm_core.config.new_profile import is_secret

            options = " ".join(f"--secret {k.name}=env:NAME" if is_secret(k) else f"--set {k.name}=…" for k in needed)
            raise ConfigError(
                "is needed", where=f"{self.platform} {', '.join(key.name for key in needed)}", hint=options
            )
        for key in needed:
            self._ask(key)
        others = [key for key in open_ if not key.is_required]
        if (
            self.asks
            and others
            and click.confirm(f"Look at {len(others)} more settings, which have defaults?", err=True)
        ):
            for key in others:
                self._ask(key)

    def _ask(self, key: Key) -> None:
        """Ask for one key until the answer can be one. Nothing typed leaves a default as it is."""
        from smm_core.config.new_profile import is_secret, value_of

        click.echo(f"{key.name}: {key.metadata.get('help', '')}", err=True)
        if is_secret(key):
            self._ask_for_secret(key)
            return
        while True:
            default = None if key.is_required else ""
            typed = click.prompt(f"  {key.name}", default=default, show_default=False, err=True)
            if not typed and not key.is_required:
                return
            try:
                self.settings[key.name] = value_of(key, typed, where=self._where(key))
            except SmmError as error:
                click.echo(f"  {error}", err=True)
            else:
                return

    def _ask_for_secret(self, key: Key) -> None:
        from smm_core.secrets import Secret, is_reference, keep_secret

        default = None if key.is_required else ""
        typed = click.prompt(
            f"  {key.name} (hidden; or a reference such as env:NAME)",
            default=default, show_default=False, hide_input=True, err=True,
        )  # fmt: skip
        if not typed:
            return
        if is_reference(typed):
            self.settings[key.name] = typed
            return
        reference = keep_secret(f"{self.profile}-{key.name}", Secret(typed.strip()), self.session.root)
        self.stored.append(reference)
        self.settings[key.name] = reference
        click.echo(f"  kept as {reference}", err=True)

    @contextlib.contextmanager
    def forgotten_on_failure(self) -> Iterator[None]:
        """Within this block, a failure takes back the secrets that were stored for the profile."""
        from smm_core.secrets import forget_secret

        try:
            yield
        except BaseException:
            for reference in self.stored:
                forget_secret(reference, self.session.root)
            raise

    def _refuse_open_secret(self, key: Key, typed: str) -> None:
        from smm_core.secrets import is_reference

        if not is_reference(typed):
            raise click.UsageError(
                f"{key.name} is a secret, and command lines are kept in histories: "
                f"write --secret {key.name}=env:NAME (or file:PATH, keyring:SERVICE/USER), or leave it out to be asked"
            )

    def _where(self, key: Key) -> str:
        return f"{self.platform} {key.name}"


def _client_of(session: Session, client: str | None) -> str:
    clients = session.ws.config.clients
    if client is not None:
        return session.ws.client(client).name
    if len(clients) > 1:
        raise SmmError("there is more than one client", hint=f"say whose it is: --client {' | '.join(clients)}")
    return next(iter(clients))


def _free_name(session: Session, name: str) -> str:
    from smm_core.config.decode import decode
    from smm_core.config.forms import Name
    from smm_core.config.mistakes import Where

    decode(Name, name, where=Where(file="--name"))
    if name in session.ws.config.profiles:
        raise WorkspaceError(f"smm.toml has a profile {name} already", hint="choose another name with --name")
    return name


def _verified(
    session: Session, profile: NewProfile, before: str, *, keep: bool, asks: bool
) -> tuple[Inspected | None, SmmError | None]:
    """Who we are there, after a login where the platform has one of its own; that can wait where nothing is asked.

    When it cannot be found out, the file is as it was before, unless it is to be kept.
    """
    from smm_core.cli.login import log_in, logs_in
    from smm_core.cli.profiles import inspect_profile
    from smm_core.config.new_profile import restore

    try:
        session.ws.reload()
        made = session.ws.profile(profile.name)
        try:
            return inspect_profile(session, made), None
        except NeedsLogin:
            if not logs_in(session.ws.plugins.publisher(made.platform)):
                raise
            if not asks:
                return None, None
        log_in(session, made, terminal=False)
        return inspect_profile(session, made), None
    except SmmError as error:
        if keep:
            return None, error
        undone = restore(session.root, profile, before)
        raise SmmError(
            f"profile {profile.name} does not work: {error}",
            hint="nothing was kept; --keep keeps it all the same"
            if undone
            else "smm.toml was changed meanwhile: take the profile out by hand",
        ) from None


def _new_posts(session: Session, name: str, client: str) -> list[str]:
    """The posts that will go to the new profile as well, though nobody wrote them for it."""
    from smm_core.cli.target import posts_for_all
    from smm_core.steps.collect import real_profiles

    return posts_for_all(session.ws, client) if name in real_profiles(session.ws, client) else []


def _say(
    name: str, inspected: Inspected | None, trouble: SmmError | None, posts: Sequence[str], *, as_json: bool
) -> None:
    if as_json:
        said: Mapping[str, Any] = {
            "profile": name,
            "account": inspected.account if inspected else None,
            "url": inspected.url if inspected else None,
            "verified": inspected is not None,
            "error": str(trouble) if trouble else None,
            "posts": posts,
        }
        show_json(said)
        return
    if inspected is not None:
        click.echo(f"{name} works: {inspected.account}{f' ({inspected.url})' if inspected.url else ''}")
        click.echo(f"next: give it posting times (slots) in smm.toml, then `smm profiles show {name}`")
    elif trouble is None:
        click.echo(f"{name} stands in smm.toml; next: smm profiles login {name}")
    else:
        click.echo(f"{name} is kept, but does not work yet: {trouble}", err=True)
    if posts:
        more = f" and {len(posts) - _NAMED} more" if len(posts) > _NAMED else ""
        click.echo(f"posts that name no profiles now go here too: {', '.join(posts[:_NAMED])}{more}", err=True)
