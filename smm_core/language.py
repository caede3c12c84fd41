"""Words, dates and times as the person who reads them writes them.

For plugins that clients look at. It needs Babel, which comes with `smm-core[languages]`; core itself does without.
"""

from __future__ import annotations

import gettext
import io
import re
import threading
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from msgspec import Struct

from smm_core.clock import zone_of
from smm_core.errors import SmmError

if TYPE_CHECKING:
    from babel import Locale

WRITTEN_IN = "en"
# A language without a country is written as most of those who read it here write it.
_USUAL_COUNTRY: Mapping[str, str] = MappingProxyType({"en": "GB", "nl": "NL"})
_YEAR = re.compile(r"[,\s]*\by+\b")


class Tongue(Struct, frozen=True, kw_only=True):
    """The language of one reader: `tag` names the words, `locale` how dates are written, `zone` whose clock is meant.

    Instants are aware datetimes; they are told as that clock shows them.
    """

    tag: str
    locale: Locale
    zone: ZoneInfo
    words: gettext.NullTranslations

    def whole_day(self, at: datetime | date) -> str:
        """A day with its year: `Tuesday 24 November 2026`."""
        from babel.dates import format_date

        return format_date(self._here(at), "full", locale=self.locale)

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
        """A day of this year or the next and a time of day: `Tuesday 24 November, 16:00`."""
        return f"{self.day(at)}, {self.time(at)}"

    def dated(self, at: datetime) -> str:
        """The same with the year, for what is kept: `Tuesday 24 November 2026, 16:00`."""
        return f"{self.whole_day(at)}, {self.time(at)}"

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
        """Several things in one phrase: `A, B and C`; nothing is empty."""
        from babel.lists import format_list

        return format_list(things, locale=self.locale) if things else ""

    def _here(self, at: datetime | date) -> datetime:
        if isinstance(at, datetime):
            return at.astimezone(self.zone).replace(tzinfo=None)
        return datetime(at.year, at.month, at.day)


class Languages:
    """The languages of a plugin: English, in which its phrases stand in the code, and one for each `.po` file in `folder`.

    A file is read when it is first needed; there is nothing to compile. Safe to use from several threads.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` holds catalogues such as `nl.po`."""
        self._files = {path.stem: path for path in sorted(folder.glob("*.po"))}
        self._read: dict[str, gettext.NullTranslations] = {WRITTEN_IN: gettext.NullTranslations()}
        self._lock = threading.Lock()

    @property
    def tags(self) -> tuple[str, ...]:
        """What there are words in, English first."""
        return (WRITTEN_IN, *self._files)

    def of(self, language: str, zone: str) -> Tongue:
        """The tongue of a person; a language that there are no words in is English, a zone that is unknown UTC.

        `language` is a tag such as `nl` or `nl-BE`, `zone` an IANA name.
        """
        from babel import Locale, UnknownLocaleError

        tag = _primary(language)
        tag = tag if tag in self._files else WRITTEN_IN
        usual = f"{tag}_{_USUAL_COUNTRY[tag]}" if tag in _USUAL_COUNTRY else tag
        wanted = language.replace("-", "_") if language.lower().startswith((f"{tag}-", f"{tag}_")) else usual
        try:
            locale = Locale.parse(wanted)
        except (ValueError, UnknownLocaleError):
            locale = Locale.parse(usual)
        return Tongue(tag=tag, locale=locale, zone=_zone(zone), words=self._words(tag))

    def asked_for(self, accept: str, zone: str = "UTC") -> Tongue:
        """The tongue for somebody of whom only an Accept-Language header is known."""
        for wish in accept[:200].split(","):
            tag = wish.partition(";")[0].strip()
            if _primary(tag) in self.tags:
                return self.of(tag, zone)
        return self.of(WRITTEN_IN, zone)

    def in_all(self, phrase: str) -> frozenset[str]:
        """A phrase in every language that there are words in, case folded."""
        return frozenset(self._words(tag).gettext(phrase).casefold() for tag in self.tags)

    def _words(self, tag: str) -> gettext.NullTranslations:
        with self._lock:
            if tag not in self._read:
                self._read[tag] = _catalogue(self._files[tag])
            return self._read[tag]


def _primary(language: str) -> str:
    return language.replace("_", "-").lower().split("-")[0]


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
        return zone_of(name)
    except SmmError:
        return zone_of("UTC")
