"""`smm plugins`: what is installed, what it offers, whether it works, and how good it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import click

from smm_core.cli.output import json_option, show_json, show_rows, table
from smm_core.cli.plugins_new import new
from smm_core.cli.session import Session, pass_session
from smm_core.errors import NotFound, WorkspaceError

if TYPE_CHECKING:
    from smm_core.config import Config
    from smm_core.engine import Engine
    from smm_core.plugins import Loaded, Plugins
    from smm_core.quality import Outcome, Quality
    from smm_core.quality.record import Record
    from smm_core.troubles import Troubled

OURS = "builtin"
"""The plugin that is part of smm itself: it is tested with smm, and has no tier."""


@click.group()
def plugins() -> None:
    """Plugins: everything that belongs to one platform, format or rule."""


@plugins.command("list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> int:
    """List plugins: where each comes from, what it offers, which quality it claims, and whether it works.

    Exit code 1 when one is broken or left out. `smm plugins quality` shows what holds of the claims.
    """
    from smm_core.quality.judge import claimed_tier

    known = _Known(session)
    did = known.misdeeds()
    rows = []
    for one in known.plugins.loaded:
        candidate = known.candidate(one)
        lately = [f"{trouble.misdeed} {trouble.count} ×" for trouble in did if trouble.plugin == one.found.name]
        rows.append(
            {
                "name": one.found.name,
                "package": one.found.package,
                "version": one.found.version,
                "path": _path(one),
                "offers": list(one.objects),
                "hooks": list(one.hooks),
                "abilities": _abilities(candidate.objects),
                "claims": "" if one.found.name == OURS else claimed_tier(candidate) or "",
                "state": _state(one, known.config)
                + (f"; lately {', '.join(lately)}" if lately and not one.error else ""),
            }
        )
    show_rows(
        rows, as_json=as_json, empty="no plugins", columns=("name", "package", "version", "offers", "claims", "state")
    )
    return 1 if any(one.error for one in known.plugins.loaded) else 0


@plugins.command()
@click.argument("name")
@json_option
@pass_session
def show(session: Session, name: str, as_json: bool) -> None:
    """Show one plugin: where it comes from, its hooks, objects and abilities, its quality, and what it did wrong lately."""
    known = _Known(session)
    one = known.named(name)
    candidate = known.candidate(one)
    judged = None if name == OURS else known.judged(one)
    abilities = _abilities(candidate.objects)
    troubles, deprecated = known.troubles(name)
    deprecated = list(dict.fromkeys([*one.deprecated, *deprecated]))
    if as_json:
        shown = {
            "plugin": one.found,
            "path": _path(one),
            "state": _state(one, known.config),
            "hooks": one.hooks,
            "abilities": abilities,
            "quality": judged and {"claimed": judged.claimed, "tier": judged.tier},
            "deprecated": deprecated,
            "troubles": troubles,
        }
        show_json(shown)
        return
    click.echo(click.style(f"{name}: {_state(one, known.config)}", bold=True))
    click.echo(f"  package  {one.found.package} {one.found.version}".rstrip())
    click.echo(f"  from     {_path(one)}\n  entry    {one.found.target}\n  hooks    {', '.join(one.hooks)}")
    for thing, words in abilities.items():
        able = f" ({', '.join(words)})" if words else ""
        click.echo(f"  offers   {thing}{able}")
    if judged is not None:
        click.echo(f"  quality  {_tier_words(judged)}; `smm plugins quality {name}` says why")
    for line in deprecated:
        click.echo(f"  mend     {line}")
    for trouble in troubles:
        click.echo(f"  trouble  {trouble}")
    if troubles:
        click.echo(f"  → when it is mended: smm plugins forget {name}")


@plugins.command()
@click.argument("name", required=False)
@json_option
@pass_session
def quality(session: Session, name: str | None, as_json: bool) -> int:
    """Judge a plugin by the rules of docs/quality.md, or all of them.

    Shown is the highest tier that holds, whatever the plugin claims. Exit code 1 when one claims more.
    """
    known = _Known(session)
    if name is not None:
        return _show_one(known.judged(known.named(name)), as_json)
    judged = [known.judged(one) for one in known.plugins.loaded if one.enabled and one.found.name != OURS]
    rows = [
        {
            "name": one.plugin,
            "version": one.version,
            "tier": one.tier or "none",
            "claims": one.claimed or "",
            "missing": [outcome.rule.name for outcome in one.missing],
            "why": one.why,
        }
        for one in judged
    ]
    columns = ("name", "version", "tier", "claims", "missing")
    show_rows(rows, as_json=as_json, empty="no plugins but those of smm itself", columns=columns)
    return 1 if any(one.overclaimed or one.mistakes for one in judged) else 0


@plugins.command()
@click.argument("name")
@pass_session
def forget(session: Session, name: str) -> None:
    """Forget what a plugin did wrong, after it was mended. One that was left out gets another chance."""
    from smm_core import discovery

    ws = session.ws
    # Nothing is imported: it may be the import that ended the process.
    found = discovery.discover() + discovery.discover_files(ws.root / "plugins")
    known = {one.name for one in found} | {one.plugin for one in ws.troubles.lately()}
    if name not in known:
        raise NotFound(f"there is no plugin {name!r}", hint=f"there are: {', '.join(sorted(known))}")
    gone = ws.troubles.forget(name)
    forgiven = ws.quarantine.forgive(name)
    done = "forgotten" if gone or forgiven else "there was nothing to forget"
    click.echo(f"{name}: {done}{'; it is no longer left out' if forgiven else ''}")


# ---------------------------------------------------------------- what is known


class _Known:
    """The plugins of the workspace with its configuration; outside a workspace all that are installed."""

    def __init__(self, session: Session) -> None:
        from smm_core.engine import Engine

        self.config: Config | None = None
        self._session = session
        self.engine: Engine
        self.plugins: Plugins
        try:
            session.shield()
            self.plugins, self.config, self.engine = session.ws.plugins, session.ws.config, session.ws.engine
        except WorkspaceError:
            from smm_core import discovery
            from smm_core.plugins import load

            self.engine = Engine()
            self.plugins = load(discovery.discover(), engine=self.engine)

    def named(self, name: str) -> Loaded:
        """A plugin by its name."""
        loaded = self.plugins.loaded
        for one in loaded:
            if one.found.name == name:
                return one
        raise NotFound(f"there is no plugin {name!r}", hint=f"there are: {', '.join(one.found.name for one in loaded)}")

    def candidate(self, one: Loaded) -> Any:
        """The plugin with what it offers."""
        from smm_core.quality import candidate_of

        return candidate_of(self.plugins, one, self.engine)

    def judged(self, one: Loaded) -> Quality:
        """The verdict on a plugin; smm's own part has none."""
        from smm_core.quality import judge

        if one.found.name == OURS:
            raise NotFound(f"{OURS} is a part of smm itself and has no tier", hint="its tests are those of smm")
        return judge(self.candidate(one))

    def misdeeds(self) -> list[Troubled]:
        """What all of them did lately; nothing outside a workspace."""
        return self._session.ws.troubles.lately() if self.config is not None else []

    def troubles(self, name: str) -> tuple[list[Troubled], list[str]]:
        """What a plugin did wrong lately, and what it read that is deprecated."""
        from smm_core.isolation import Misdeed

        did = [one for one in self.misdeeds() if one.plugin == name]
        wrong = [one for one in did if one.misdeed is not Misdeed.DEPRECATED]
        return wrong, [one.said for one in did if one.misdeed is Misdeed.DEPRECATED]


def _state(one: Loaded, config: Config | None) -> str:
    if not one.enabled:
        return "not enabled in smm.toml"
    if one.left_out:
        return f"left out: {one.error}"
    if one.error:
        return f"broken: {one.error}"
    return "ok" if config is None or _is_used(one, config) else "not configured: nothing in smm.toml uses it"


def _is_used(one: Loaded, config: Config) -> bool:
    """Whether something in the configuration names what it offers. What needs no configuration always counts."""
    platforms = {profile.platform for profile in config.profiles.values()}
    platforms |= {profile.imitates for profile in config.profiles.values() if profile.imitates}
    used = {"publisher": platforms, "metrics": platforms, "source": {source.type for source in config.sources.values()}}
    offered = [words.split(" ", 1) for words in one.objects]
    return not offered or any(family not in used or name in used[family] for family, name in offered)


def _path(one: Loaded) -> str:
    """The workspace's file, or the folder in which the package lies."""
    return one.found.target if one.found.package == "workspace" else one.found.place


def _abilities(objects: Iterable[Any]) -> dict[str, list[str]]:
    return {
        f"{one.family} {one.name}": sorted(ability.__name__ for ability in getattr(one.thing, "abilities", ()))
        for one in objects
    }


# ---------------------------------------------------------------- showing a verdict

_SIGNS: Mapping[str, tuple[str, str]] = {
    "holds": ("✓", "green"),
    "broken": ("✗", "red"),
    "differs": ("≠", "yellow"),
    "not said": ("?", "yellow"),
    "does not apply": ("·", "bright_black"),
}
_MOST_SAID = 5


def _tier_words(judged: Quality) -> str:
    holds = str(judged.tier) if judged.tier else "no tier"
    return f"claims {judged.claimed}, {holds} holds" if judged.overclaimed else holds


def _show_one(judged: Quality, as_json: bool) -> int:
    failed = 1 if judged.overclaimed or judged.mistakes else 0
    if as_json:
        show_json(
            {
                "plugin": judged.plugin,
                "version": judged.version,
                "claimed": judged.claimed,
                "tier": judged.tier,
                "why": judged.why,
                "kit": judged.record,
                "mistakes": judged.mistakes,
                "rules": [
                    {
                        "name": one.rule.name,
                        "tier": one.rule.tier,
                        "checked_by": "the tool" if one.rule.check else "a person",
                        "asks": one.rule.asks,
                        "reason": one.rule.reason,
                        "state": one.state,
                        "said": one.said,
                    }
                    for one in judged.outcomes
                ],
            }
        )
        return failed
    click.echo(click.style(f"{judged.plugin} {judged.version}".rstrip() + f": {_tier_words(judged)}", bold=True))
    click.echo(table([[_signed(one), one.rule.tier, _words(one)] for one in judged.outcomes], ("rule", "tier", "")))
    if judged.record is not None:
        _show_record(judged.record)
    for mistake in judged.mistakes:
        click.echo(f"mend: {mistake}", err=True)
    if judged.missing:
        click.echo(f"the next tier needs: {', '.join(one.rule.name for one in judged.missing)}")
        for one in judged.missing:
            click.echo(f"  {one.rule.name}: {one.rule.reason}")
    if judged.why:
        click.echo(f"its author says: {judged.why}")
    return failed


def _show_record(record: Record) -> None:
    """What the conformance kit found, and where the plugin is different and why."""
    found = {"passed": record.passed, "failed": record.failed, "not tried": record.untried, "different": record.differs}
    click.echo(f"the kit: {', '.join(f'{len(tests)} {word}' for word, tests in found.items() if tests)}")
    for test, why in record.differs.items():
        click.echo(f"  {test} differs: {why}")


def _signed(one: Outcome) -> str:
    sign, colour = _SIGNS[one.state]
    return f"{click.style(sign, fg=colour)} {one.rule.name}"


def _words(one: Outcome) -> str:
    if not one.said:
        return one.rule.asks if one.state == "holds" else one.state
    lines = [f"differs: {line}" if one.state == "differs" else line for line in one.said[:_MOST_SAID]]
    if len(one.said) > _MOST_SAID:
        lines.append(f"and {len(one.said) - _MOST_SAID} more; --json shows all")
    return "\n".join(lines)


plugins.add_command(new)

commands = {"plugins": plugins}
