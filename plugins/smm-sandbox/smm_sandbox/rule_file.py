"""Reads a rule set from TOML. Every value is checked, every fact has a source and a date, nothing unknown passes."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from smm_core import (
    ConfigError,
    ImageLimits,
    Limits,
    LinkStyle,
    Provenance,
    Rate,
    Size,
    TextLimit,
    TextUnit,
    did_you_mean,
    parse_duration,
    replace,
)
from smm_sandbox.rules import Breach, IdStyle, Look, Metric, MetricGiven, RateLimit, Refusal, RuleSet

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
Facts = Mapping[str, Provenance]

_WORDS: Mapping[type, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    dict: "a table",
    list: "a list",
}


@dataclass(slots=True)
class _Table:
    """A TOML table from which keys are taken; `finish` refuses what nobody took."""

    raw: Mapping[str, Any]
    where: str
    path: str = ""
    taken: set[str] = field(default_factory=set)

    def mistake(self, key: str, message: str) -> ConfigError:
        return ConfigError(message, where=f"{self.where} {self.path}{key}")

    def has(self, key: str) -> bool:
        return key in self.raw

    def take(self, key: str, kind: type[T]) -> T:
        self.taken.add(key)
        if key not in self.raw:
            raise self.mistake(key, "is missing")
        value = self.raw[key]
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self.mistake(key, f"is {value!r}, {_WORDS[kind]} is expected")
        return value

    def word(self, key: str, kind: type[E]) -> E:
        value = self.take(key, str)
        return self.member(key, value, kind)

    def member(self, key: str, value: str, kind: type[E]) -> E:
        try:
            return kind(value)
        except ValueError:
            raise self.mistake(key, f"is {value!r}, one of {', '.join(kind)} is expected") from None

    def positive(self, key: str) -> int:
        value = self.take(key, int)
        if value < 1:
            raise self.mistake(key, f"is {value}, at least 1 is expected")
        return value

    def table(self, key: str) -> _Table:
        return _Table(self.take(key, dict), self.where, f"{self.path}{key}.")

    def tables(self, key: str) -> tuple[_Table, ...]:
        rows = self.take(key, list)
        for number, row in enumerate(rows, 1):
            if not isinstance(row, dict):
                raise self.mistake(f"{key}[{number}]", f"is {row!r}, a table is expected")
        return tuple(_Table(row, self.where, f"{self.path}{key}[{number}].") for number, row in enumerate(rows, 1))

    def fact(self, facts: Facts) -> Provenance:
        name = self.take("fact", str)
        if name not in facts:
            raise self.mistake("fact", f"there is no [facts.{name}]; there are {', '.join(facts)}")
        return facts[name]

    def finish(self) -> None:
        for key in self.raw:
            if key not in self.taken:
                raise self.mistake(key, f"is not a key here; {did_you_mean(key, self.taken)}")


def read_rule_set(text: str, *, where: str) -> RuleSet:
    """The rule set that a TOML text describes; any mistake is a `ConfigError` naming `where` and the key."""
    try:
        top = _Table(tomllib.loads(text), where)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(str(error), where=where) from None
    facts = _facts(top.table("facts"))
    limits, card_with_pictures = _limits(top.table("limits"), facts)
    rate_limit = _rate_limit(top.table("rate_limit"), facts)
    limits = replace(
        limits,
        rates=(Rate(maximum=rate_limit.posts, per=rate_limit.window),),
        provenance={**limits.provenance, "rates": rate_limit.provenance},
    )
    metrics = top.table("metrics")
    rules = RuleSet(
        name=top.take("name", str),
        summary=top.take("summary", str),
        look=top.word("look", Look),
        ids=top.word("ids", IdStyle),
        limits=limits,
        card_with_pictures=card_with_pictures,
        rate_limit=rate_limit,
        refusals=_refusals(top.table("refusals"), facts),
        post_metrics=tuple(_metric(row, facts) for row in metrics.tables("post")),
        profile_metrics=tuple(_metric(row, facts) for row in metrics.tables("profile")),
    )
    metrics.finish()
    top.finish()
    return rules


def _facts(table: _Table) -> Facts:
    facts = {}
    for name in table.raw:
        row = table.table(name)
        source, as_of = row.take("source", str), row.take("as_of", str)
        for key, value in (("source", source), ("as_of", as_of)):
            if not value.strip():
                raise row.mistake(key, "is empty: every fact has a source and a date")
        facts[name] = Provenance(source=source, as_of=as_of, verified=row.take("verified", bool))
        row.finish()
    return facts


def _text_limit(row: _Table, facts: Facts) -> tuple[TextLimit, Provenance]:
    limit = TextLimit(
        maximum=row.positive("maximum"),
        unit=row.word("unit", TextUnit),
        url=row.positive("url") if row.has("url") else None,
    )
    if limit.unit is TextUnit.WEIGHTED:
        raise row.mistake("unit", "weights cannot be given in a rule set")
    provenance = row.fact(facts)
    row.finish()
    return limit, provenance


def _limits(table: _Table, facts: Facts) -> tuple[Limits, bool]:
    provenance: dict[str, Provenance] = {}
    texts = []
    for row in table.tables("text"):
        limit, known = _text_limit(row, facts)
        texts.append(limit)
        provenance["text"] = _weakest([*([provenance["text"]] if "text" in provenance else []), known])
    single: dict[str, TextLimit] = {}
    for key in ("alt_text", "first_comment_text"):
        if table.has(key):
            single[key], provenance[key] = _text_limit(table.table(key), facts)
    images = _images(table.table("images"), facts, provenance)
    other = _Values(table.table("other"), facts, provenance)
    limits = Limits(
        text=tuple(texts),
        alt_text=single.get("alt_text"),
        first_comment_text=single.get("first_comment_text"),
        images=images,
        parts=other.take("parts", int),
        hashtags=other.maybe("hashtags", int),
        mentions=other.maybe("mentions", int),
        links=other.maybe("links", int),
        link_style=other.take("link_style", str, lambda row, value: row.member("value", value, LinkStyle)),
        first_comment=other.take("first_comment", bool),
        provenance=provenance,
    )
    # No limit of its own, so its source has no place among those of the limits.
    both = _Values(other.table, facts, {}).maybe("card_with_pictures", bool)
    other.table.finish()
    table.finish()
    return limits, both is not False


@dataclass(slots=True)
class _Values:
    """A table of `{ value = …, fact = … }` rows; what is taken leaves its provenance under `prefix` + key."""

    table: _Table
    facts: Facts
    provenance: dict[str, Provenance]
    prefix: str = ""

    def take(self, key: str, kind: type[Any], convert: Callable[[_Table, Any], T] | None = None) -> Any:
        row = self.table.table(key)
        value = row.take("value", kind)
        self.provenance[self.prefix + key] = row.fact(self.facts)
        row.finish()
        if kind is int and value < 0:
            raise row.mistake("value", f"is {value}, 0 or more is expected")
        return convert(row, value) if convert else value

    def maybe(self, key: str, kind: type[Any], convert: Callable[[_Table, Any], T] | None = None) -> Any:
        return self.take(key, kind, convert) if self.table.has(key) else None


def _images(table: _Table, facts: Facts, provenance: dict[str, Provenance]) -> ImageLimits:
    known: dict[str, Provenance] = {}
    values = _Values(table, facts, known, "images.")
    images = ImageLimits(
        minimum=values.take("minimum", int),
        maximum=values.take("maximum", int),
        formats=values.take("formats", list, _formats),
        max_bytes=values.maybe("max_bytes", int),
        min_width=values.maybe("min_width", int),
        max_width=values.maybe("max_width", int),
        max_pixels=values.maybe("max_pixels", int),
        min_aspect=values.maybe("min_aspect", float),
        max_aspect=values.maybe("max_aspect", float),
        sizes=values.maybe("sizes", list, _sizes) or (),
    )
    table.finish()
    # The recommended sizes are advice, not a limit: that they are guesses says nothing about the limits.
    provenance["images"] = _weakest([fact for key, fact in known.items() if key != "images.sizes"])
    provenance.update(known)
    return images


def _formats(row: _Table, value: list[Any]) -> tuple[str, ...]:
    if not value or not all(isinstance(name, str) for name in value):
        raise row.mistake("value", f'is {value!r}, a list of format names such as "jpeg" is expected')
    return tuple(value)


def _sizes(row: _Table, value: list[Any]) -> tuple[Size, ...]:
    for pair in value:
        if not (isinstance(pair, list) and len(pair) == 2 and all(type(side) is int and side > 0 for side in pair)):
            raise row.mistake("value", f"has {pair!r}, a pair [width, height] in pixels is expected")
    return tuple(Size(width=width, height=height) for width, height in value)


def _weakest(known: Iterable[Provenance]) -> Provenance:
    """Of several sources the one that is least sure: what rests on all of them is no surer than that one."""
    return min(known, key=lambda provenance: provenance.verified)


def _rate_limit(table: _Table, facts: Facts) -> RateLimit:
    posts, words = table.positive("posts"), table.take("window", str)
    try:
        window = parse_duration(words)
    except ValueError as error:
        raise table.mistake("window", str(error)) from None
    limit = RateLimit(posts=posts, window=window, provenance=table.fact(facts))
    table.finish()
    return limit


def _refusals(table: _Table, facts: Facts) -> Mapping[Breach, Refusal]:
    table.fact(facts)
    refusals = {}
    for key in table.raw:
        if key == "fact":
            continue
        breach = table.member(key, key, Breach)
        row = table.table(key)
        refusal = Refusal(code=row.take("code", str), message=row.take("message", str))
        try:
            refusal.message.format(found="", allowed="", unit="")
        except (KeyError, ValueError, IndexError):
            raise row.mistake("message", "may hold only {found}, {allowed} and {unit} in braces") from None
        row.finish()
        refusals[breach] = refusal
    if Breach.OTHER not in refusals:
        raise table.mistake("other", "is missing: it holds for whatever has no words of its own")
    return refusals


def _metric(row: _Table, facts: Facts) -> MetricGiven:
    given = MetricGiven(metric=row.word("metric", Metric), native=row.take("native", str), provenance=row.fact(facts))
    row.finish()
    return given
