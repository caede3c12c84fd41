"""platforms.md: what each platform sets, promises and accepts, and where that is known from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from docs_pages.tables import keys_of_settings, markdown_table
from smm_core import Imitates, Limits, Profile, Provenance, say_duration
from smm_core.config.decode import keys_of
from smm_core.config.new_profile import is_secret
from smm_core.plugins import Plugins


def platforms_page(ours: Plugins) -> str:
    """What a profile on each platform sets, what the platform promises and accepts, and where that is known from."""
    sections = ["# Platforms", _PLATFORMS_INTRO]
    for name in ours.names("publisher"):
        publisher = ours.publisher(name)
        sections += [f"## `{name}`: {publisher.title}", f"From the plugin `{ours.owner('publisher', name)}`."]
        sections += _profile_settings(publisher, name)
        sections.append(markdown_table(("promise", "what holds"), _promises(publisher)))
        if isinstance(publisher, Imitates):
            for rules, line in publisher.rule_sets().items():
                sections += [f'### `imitates = "{rules}"`', f"{line}.", _limits_of(publisher, name, rules)]
        else:
            sections.append(_limits_of(publisher, name, None))
    return "\n\n".join(sections)


_PLATFORMS_INTRO = """\
What a profile on each platform has to know, what the platform promises, and what it accepts.

`smm profiles add PLATFORM` sets a profile up: it asks for each setting that is required, with the words of its line here, then
whether you want to look at the others. A secret is typed without being shown and kept in the keyring (where none runs: in a file
that only you can read); in `smm.toml` stands a reference to it. Then it asks the platform who we are, and when that fails
everything is as it was before. The command that is shown for each platform asks nothing: it says all that is required, takes
defaults for the rest, and finds the secrets in environment variables.

Platforms change their rules without telling. So every number here is data with a source and a date, and one that nobody
could verify is marked as a guess; the checks say so, too. Where a platform tells its own limits, `smm profiles inspect`
asks for them and they go before these. `smm profiles show NAME` prints what holds for one profile."""


def _profile_settings(publisher: Any, platform: str) -> Iterator[str]:
    """How a profile is set up without questions, and the settings with their meaning."""
    keys = keys_of_settings(publisher.settings, "profiles.KEY.settings")
    secret = {key.name for key in (keys_of(publisher.settings) if keys else ()) if is_secret(key)}
    variable = {key.key: f"{platform}_{key.key}".replace("-", "_").upper() for key in keys}
    words = [
        f"--secret {key.key}=env:{variable[key.key]}" if key.key in secret else f"--set {key.key}=…"
        for key in keys
        if key.required
    ]
    imitates = [f"--set imitates={next(iter(publisher.rule_sets()))}"] if isinstance(publisher, Imitates) else []
    yield "```sh\n" + " ".join(["smm profiles add", platform, "--yes", *imitates, *words]) + "\n```"
    if not keys:
        yield "Nothing to set."
        return
    rows = [
        (
            f"`{key.key}`",
            key.type,
            "required" if key.required else key.default,
            f"yes: `env:{variable[key.key]}`, for instance" if key.key in secret else "no",
            key.help,
        )
        for key in keys
    ]
    yield "The settings stand in `[profiles.KEY.settings]`."
    yield markdown_table(("setting", "what it is", "default", "secret", "meaning"), rows)


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
    return markdown_table(("limit", "value", "source", "as of", "known"), rows)


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
