"""The options of a post for this platform: `[options.mastodon]` in a post's file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from smm_core import ConfigError, parse_duration
from smm_mastodon.settings import VISIBILITIES, Visibility

KEYS = ("content_warning", "visibility", "language", "sensitive", "poll")
POLL_KEYS = ("options", "expires_in", "multiple", "hide_totals")
MOST_ANSWERS, LONGEST_ANSWER = 4, 50
SHORTEST_POLL, LONGEST_POLL = timedelta(minutes=5), timedelta(days=30)
_A_DAY = timedelta(days=1)


class Poll(Struct, frozen=True, kw_only=True):
    """A question with answers to choose from, which ends after a while."""

    answers: tuple[str, ...]
    expires_in: timedelta = _A_DAY
    multiple: bool = False
    hide_totals: bool = False


class Options(Struct, frozen=True, kw_only=True):
    """What a post says beyond its text. Left out means: the profile's setting, or the server's default."""

    content_warning: str = ""
    visibility: Visibility | None = None
    language: str = ""
    sensitive: bool | None = None
    poll: Poll | None = None


def options_of(raw: Mapping[str, Any]) -> Options:
    """The options that can be read; what cannot is left out, and is what `mistakes_in` names."""
    visibility, sensitive = raw.get("visibility"), raw.get("sensitive")
    return Options(
        content_warning=_text(raw.get("content_warning")),
        visibility=visibility if visibility in VISIBILITIES else None,
        language=_text(raw.get("language")),
        sensitive=sensitive if isinstance(sensitive, bool) else None,
        poll=_poll(raw.get("poll")),
    )


def mistakes_in(raw: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the options, in words that name the key."""
    for name in raw:
        if name not in KEYS:
            yield f"there is no option {name!r}; there are {', '.join(KEYS)}"
    for name in ("content_warning", "language"):
        if not isinstance(raw.get(name, ""), str):
            yield f"{name} is a text"
    if raw.get("visibility", "public") not in VISIBILITIES:
        yield f"visibility is one of {', '.join(VISIBILITIES)}"
    if not isinstance(raw.get("sensitive", False), bool):
        yield "sensitive is true or false"
    if "poll" in raw:
        yield from (f"poll: {words}" for words in _mistakes_in_poll(raw["poll"]))


def _mistakes_in_poll(raw: object) -> Iterator[str]:
    if not isinstance(raw, Mapping):
        yield 'write a table such as { options = ["Rye", "Wheat"], expires_in = "1d" }'
        return
    for name in raw:
        if name not in POLL_KEYS:
            yield f"there is no key {name!r}; there are {', '.join(POLL_KEYS)}"
    answers = _answers(raw)
    if not 2 <= len(answers) <= MOST_ANSWERS:
        yield f"options has {len(answers)} answers; 2 to {MOST_ANSWERS} are allowed"
    if len(set(answers)) < len(answers):
        yield "two answers are the same"
    for answer in answers:
        if not answer.strip() or len(answer) > LONGEST_ANSWER:
            yield f"the answer {answer[:20]!r} has {len(answer)} characters; 1 to {LONGEST_ANSWER} are allowed"
    if not SHORTEST_POLL <= (_duration(raw.get("expires_in", "1d")) or timedelta(0)) <= LONGEST_POLL:
        yield 'expires_in is a duration from "5m" to "30d"'
    for name in ("multiple", "hide_totals"):
        if not isinstance(raw.get(name, False), bool):
            yield f"{name} is true or false"


def _poll(raw: object) -> Poll | None:
    if not isinstance(raw, Mapping) or not _answers(raw):
        return None
    return Poll(
        answers=_answers(raw),
        expires_in=_duration(raw.get("expires_in", "1d")) or _A_DAY,
        multiple=raw.get("multiple") is True,
        hide_totals=raw.get("hide_totals") is True,
    )


def _answers(raw: Mapping[str, Any]) -> tuple[str, ...]:
    given = raw.get("options")
    return tuple(one for one in given if isinstance(one, str)) if isinstance(given, list | tuple) else ()


def _duration(raw: object) -> timedelta | None:
    if not isinstance(raw, str):
        return None
    try:
        return parse_duration(raw)
    except (ConfigError, ValueError):
        return None


def _text(raw: object) -> str:
    return raw.strip() if isinstance(raw, str) else ""
