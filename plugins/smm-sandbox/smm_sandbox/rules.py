"""Rule sets: what the network accepts, in which words it refuses and which numbers it gives. They are data, one TOML file each."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from msgspec import Struct

from smm_core import ConfigError, Limits, Profile, Provenance

OPEN = "open"
DEFAULT = "microblog"


class Look(StrEnum):
    """How a post is shown: text with pictures below it, or pictures with a caption below them."""

    CONVERSATION = "conversation"
    GALLERY = "gallery"


class IdStyle(StrEnum):
    """What ids look like; see `ids.make_id`."""

    SNOWFLAKE = "snowflake"
    TID = "tid"
    MEDIA = "media"
    PLAIN = "plain"


class Metric(StrEnum):
    """The canonical names of the numbers that the network keeps."""

    IMPRESSIONS = "impressions"
    REACH = "reach"
    LIKES = "likes"
    COMMENTS = "comments"
    SHARES = "shares"
    QUOTES = "quotes"
    SAVES = "saves"
    CLICKS = "clicks"
    FOLLOWERS = "followers"


class Breach(StrEnum):
    """The ways in which a submission can be refused. What has no words of its own in a rule set uses those of `other`."""

    ALT = "alt"
    ASPECT = "aspect"
    BYTES = "bytes"
    COMMENT = "comment"
    COMMENT_TEXT = "comment_text"
    EMBED = "embed"
    EMPTY = "empty"
    ENCODING = "encoding"
    FORMAT = "format"
    HASHTAGS = "hashtags"
    LINK = "link"
    LINKS = "links"
    MEDIA = "media"
    MENTIONS = "mentions"
    OTHER = "other"
    PARENT = "parent"
    PICTURES = "pictures"
    PIXELS = "pixels"
    REFUSED = "refused"
    TEXT = "text"
    THREAD = "thread"
    TOO_FEW_PICTURES = "too_few_pictures"
    WIDTH = "width"


class Refusal(Struct, frozen=True, kw_only=True):
    """The platform's error code and its words, with `{found}`, `{allowed}` and `{unit}` to be filled in."""

    code: str
    message: str


class RateLimit(Struct, frozen=True, kw_only=True):
    """At most `posts` accepted posts (comments not counted) in any stretch of `window`."""

    posts: int
    window: timedelta
    provenance: Provenance


class MetricGiven(Struct, frozen=True, kw_only=True):
    """A number that the platform gives: our name for it and the platform's."""

    metric: Metric
    native: str
    provenance: Provenance


class RuleSet(Struct, frozen=True, kw_only=True):
    """Everything the network knows of the platform it behaves like.

    `card_with_pictures` says whether a post may carry a link card and pictures at once.
    """

    name: str
    summary: str
    look: Look
    ids: IdStyle
    limits: Limits
    card_with_pictures: bool
    rate_limit: RateLimit
    refusals: Mapping[Breach, Refusal]
    post_metrics: tuple[MetricGiven, ...]
    profile_metrics: tuple[MetricGiven, ...]


@cache
def rule_set_names() -> tuple[str, ...]:
    """The names of the rule sets in this package, sorted."""
    folder = resources.files("smm_sandbox") / "rule_sets"
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def rule_set(name: str) -> RuleSet:
    """The rule set of that name; a mistake in its file is a `ConfigError` that names file and key."""
    from smm_sandbox.rule_file import read_rule_set

    text = (resources.files("smm_sandbox") / "rule_sets" / f"{name}.toml").read_text("utf-8")
    return read_rule_set(text, where=f"rule_sets/{name}.toml")


def named_rules(profile: Profile) -> RuleSet:
    """The rule set that the profile names with `imitates`; an unknown name is a `ConfigError` with the nearest."""
    wanted = profile.imitates or DEFAULT
    names = rule_set_names()
    if wanted in names:
        return rule_set(wanted)
    near = difflib.get_close_matches(wanted.lower(), names, n=1, cutoff=0.5)
    known = ", ".join(names)
    raise ConfigError(
        f"no installed platform and no rule set is called {wanted!r}",
        where=f"smm.toml [profiles.{profile.name}] imitates",
        hint=f"did you mean {near[0]!r}? The rule sets are {known}" if near else f"the rule sets are {known}",
    )


def network_rules(profile: Profile) -> RuleSet:
    """The rules by which the network treats the profile.

    A name that is not one of ours is another installed platform (core asked that one for its limits): the network
    then holds the few limits of `open`.
    """
    wanted = profile.imitates or DEFAULT
    return rule_set(wanted if wanted in rule_set_names() else OPEN)
