"""The forms that texts and numbers of the configuration must have: names, zones, languages, colours, paths, slots.

Each is an annotated type for `decode`, whose check says what is wrong and, where it can, what was meant.
"""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import PurePath
from typing import Annotated, Literal

from smm_core.clock import zone_of
from smm_core.config.decode import Form
from smm_core.errors import SmmError, did_you_mean
from smm_core.slots import parse_slots
from smm_core.working_time import parse_hours, parse_lead

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?(-[A-Za-z0-9]{5,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_HOST = re.compile(r"(?:[^\s/:@?#.]+\.)*[^\s/:@?#.]+")
_PLACEHOLDERS = ("platform", "profile", "client", "campaign", "post")
_WEB_ADDRESS = re.compile(r"https?://[^\s/?#]+\S*")


def _check_some(text: str) -> None:
    if not text.strip():
        raise ValueError("is empty")


def _check_name(text: str) -> None:
    if not _NAME.fullmatch(text):
        simple = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
        hint = f"for instance {simple}" if simple else ""
        raise SmmError("a name has small letters a to z, digits, - and _ only, a letter or digit first", hint=hint)


def _check_zone(text: str) -> None:
    try:
        zone_of(text)
    except SmmError as error:
        raise SmmError(error.message, hint=_nearest_zone(text) or error.hint) from None


def _nearest_zone(text: str) -> str:
    from zoneinfo import available_timezones

    cities = {name.rpartition("/")[2].lower(): name for name in sorted(available_timezones()) if "/" in name}
    word = text.strip().replace(" ", "_")
    if city := cities.get(word.rpartition("/")[2].lower()):
        return f"did you mean {city}?"
    return did_you_mean(word, available_timezones(), "")


def _check_language(text: str) -> None:
    if not _LANGUAGE.fullmatch(text):
        hint = f"did you mean {text.replace('_', '-')}?" if "_" in text else "write for instance en, nl or pt-BR"
        raise SmmError(f'"{text}" is not a language tag', hint=hint)


def _check_country(text: str) -> None:
    if text and not _COUNTRY.fullmatch(text):
        raise SmmError(f'"{text}" is not a country code', hint="two capital letters, for instance NL")


def _check_colour(text: str) -> None:
    if _COLOUR.fullmatch(text):
        return
    short = re.fullmatch(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})", text)
    digits = short[1] if short else "1a2b3c"
    whole = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    raise SmmError(f'"{text}" is not a colour', hint=f"write #rrggbb, for instance #{whole}")


def _check_hashtag(text: str) -> None:
    tag = text.removeprefix("#")
    if not tag or "#" in tag or re.search(r"\s", tag):
        raise ValueError(f'"{text}" is not one hashtag: no spaces, no # inside of it')


def _check_path(text: str) -> None:
    if not text or "\0" in text:
        raise ValueError("is not a path")
    if PurePath(text).is_absolute():
        raise SmmError(
            f'"{text}" is absolute', hint="copy the file into the workspace and write its path from this file's folder"
        )


def _check_host(text: str) -> None:
    if not _HOST.fullmatch(text):
        raise SmmError(f'"{text}" is not a host name', hint="without https:// and path, for instance www.example.com")


def _check_web_address(text: str) -> None:
    if not _WEB_ADDRESS.fullmatch(text):
        raise ValueError(f'"{text}" is not a web address; it begins with https:// or http://')


def _check_pattern(text: str) -> None:
    for placeholder in re.findall(r"\{([^{}]*)\}", text):
        if placeholder not in _PLACEHOLDERS:
            hint = did_you_mean(placeholder, _PLACEHOLDERS, "") or f"there are {', '.join(_PLACEHOLDERS)}"
            raise SmmError(f"there is no placeholder {{{placeholder}}}", hint=hint)


def _check_slots(text: str) -> None:
    parse_slots(text, "UTC")


def _check_at_least_one(number: int) -> None:
    if number < 1:
        raise ValueError(f"is {number}, at least 1 is expected")


def _check_longer_than_nothing(step: timedelta) -> None:
    if not step:
        raise ValueError("is no time at all; a longer duration is expected")


def _check_lead(text: str) -> None:
    parse_lead(text)


def _check_hours(text: str) -> None:
    parse_hours(text)


def check_entries(entries: tuple[object, ...]) -> None:
    """A ValueError when a list has no entries."""
    if not entries:
        raise ValueError("is empty, at least one is expected")


Some = Annotated[str, Form(words="a text", check=_check_some)]
Name = Annotated[str, Form(words="a name", check=_check_name)]
Zone = Annotated[str, Form(words="an IANA time zone", check=_check_zone)]
Language = Annotated[str, Form(words="a language tag", check=_check_language)]
Country = Annotated[str, Form(words="a country code", check=_check_country)]
Colour = Annotated[str, Form(words="a colour #rrggbb", check=_check_colour)]
Hashtag = Annotated[str, Form(words="a hashtag", check=_check_hashtag)]
FilePath = Annotated[str, Form(words="a path", check=_check_path)]
Host = Annotated[str, Form(words="a host name", check=_check_host)]
WebAddress = Annotated[str, Form(words="a web address", check=_check_web_address)]
Pattern = Annotated[str, Form(words="a text", check=_check_pattern)]
SlotLine = Annotated[str, Form(words="a slot", check=_check_slots)]
Reference = Annotated[str, Form(words="a reference to a secret", check=_check_some)]
Count = Annotated[int, Form(words="a whole number", check=_check_at_least_one)]
Duration = Annotated[timedelta, Form(words='a duration such as "30m" or "2h"', check=_check_longer_than_nothing)]
LeadTime = Annotated[str, Form(words="a time before something", check=_check_lead)]
WorkHours = Annotated[str, Form(words="working hours", check=_check_hours)]
Role = Literal["writer", "approver", "manager", "client"]
