"""Words, dates and times as the person who reads them writes them."""

from __future__ import annotations

import gettext
import io
import re
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

if TYPE_CHECKING:
    from babel import Locale

CATALOGUES = Path(__file__).parent / "locale"
WRITTEN_IN = "en"
# A language without a country is written as most of those who read it here write it.
_USUAL_COUNTRY: Mapping[str, str] = MappingProxyType({"en": "GB", "nl": "NL"})
_YEAR = re.compile(r"[,\s]*\by+\b")


class Tongue(Struct, frozen=True, kw_only=True):
    """The language of one reader: `tag` names the words, `locale` how dates are written, `zone` whose clock is meant."""

    tag: str
    locale: Locale
    zone: ZoneInfo
    words: gettext.NullTranslations

    def day(self, at: datetime | date) -> str:
        """A day of this year or the next: `Tuesday 24 November`."""
        from babel.dates import format_date

        whole = self.locale.date_formats["full"].pattern
        return format_date(self._here(at), _YEAR.sub("", whole), locale=self.locale)

    def short_day(self, at: datetime | date) -> str:
        """A day in few letters: `Tue 24 Nov`."""
        from babel.dates import format_skeleton

        return format_skeleton("MMMEd", self._here(at), locale=self.locale)

    def time(self, at: datetime) -> str:
        """A time of day: `16:00`."""
        from babel.dates import format_time

        return format_time(self._here(at), "short", locale=self.locale)

    def moment(self, at: datetime) -> str:
        """A day and a time of day: `Tuesday 24 November, 16:00`."""
        return f"{self.day(at)}, {self.time(at)}"

    def from_now(self, at: datetime, now: datetime) -> str:
        """How far away an instant is: `in 3 hours`, `2 days ago`."""
        from babel.dates import format_timedelta

        return format_timedelta(at - now, add_direction=True, locale=self.locale)

    def month(self, day: date) -> str:
        """A month with its year: `November 2026`."""
        from babel.dates import format_skeleton

        return format_skeleton("yMMMM", datetime(day.year, day.month, 1), locale=self.locale)

    def weekdays(self) -> tuple[tuple[str, str], ...]:
        """The days of the week, from its first one here: short and whole names."""
        from babel.dates import get_day_names

        short, whole = get_day_names("abbreviated", locale=self.locale), get_day_names("wide", locale=self.locale)
        first = self.locale.first_week_day
        return tuple((short[day % 7], whole[day % 7]) for day in range(first, first + 7))

    def listed(self, things: tuple[str, ...]) -> str:
        """Several things in one phrase: `A, B and C`."""
        from babel.lists import format_list

        return format_list(things, locale=self.locale) if things else ""

    def _here(self, at: datetime | date) -> datetime:
        if isinstance(at, datetime):
            return at.astimezone(self.zone).replace(tzinfo=None)
        return datetime(at.year, at.month, at.day)


class Languages:
    """The languages of the page. A catalogue is a `.po` file, read once; there is nothing to compile."""

    def __init__(self) -> None:
        found = {path.stem: _catalogue(path) for path in sorted(CATALOGUES.glob("*.po"))}
        self._words: Mapping[str, gettext.NullTranslations] = {WRITTEN_IN: gettext.NullTranslations(), **found}

    @property
    def tags(self) -> tuple[str, ...]:
        """What there are words in."""
        return tuple(self._words)

    def of(self, language: str, zone: str) -> Tongue:
        """The tongue of a person; a language that there are no words in is English."""
        from babel import Locale, UnknownLocaleError

        tag = language.replace("_", "-").lower().split("-")[0]
        tag = tag if tag in self._words else WRITTEN_IN
        usual = f"{tag}_{_USUAL_COUNTRY[tag]}" if tag in _USUAL_COUNTRY else tag
        wanted = language.replace("-", "_") if language.lower().startswith(f"{tag}-") else usual
        try:
            locale = Locale.parse(wanted)
        except (ValueError, UnknownLocaleError):
            locale = Locale.parse(usual)
        return Tongue(tag=tag, locale=locale, zone=_zone(zone), words=self._words[tag])

    def asked_for(self, accept: str, zone: str = "UTC") -> Tongue:
        """The tongue for somebody of whom only an Accept-Language header is known."""
        for wish in accept[:200].split(","):
            tag = wish.partition(";")[0].strip()
            if tag.lower().split("-")[0] in self._words:
                return self.of(tag, zone)
        return self.of(WRITTEN_IN, zone)


def _catalogue(path: Path) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
