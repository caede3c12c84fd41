"""Words, dates and times as the person who reads the mail writes them."""

from __future__ import annotations

import gettext
import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

if TYPE_CHECKING:
    from babel import Locale

CATALOGUES = Path(__file__).parent / "locale"
WRITTEN_IN = "en"
# A language without a country is written as most of those who read it here write it.
_USUAL = (("en", "en_GB"), ("nl", "nl_NL"))


class Tongue(Struct, frozen=True, kw_only=True):
    """The language of one reader: `tag` names the words, `locale` how dates are written, `zone` whose clock is meant."""

    tag: str
    locale: Locale
    zone: ZoneInfo
    words: gettext.NullTranslations

    def moment(self, at: datetime) -> str:
        """A day and a time of day, such as `Tuesday 24 November 2026, 16:00`."""
        from babel.dates import format_date, format_time

        here = at.astimezone(self.zone).replace(tzinfo=None)
        day = format_date(here, "full", locale=self.locale)
        return f"{day}, {format_time(here, 'short', locale=self.locale)}"

    def listed(self, things: tuple[str, ...]) -> str:
        """Several things in one phrase: `A, B and C`."""
        from babel.lists import format_list

        return format_list(things, locale=self.locale) if things else ""


def tongue_of(language: str, zone: str) -> Tongue:
    """The tongue of a person; a language that there are no words in is English, a zone that is unknown UTC."""
    from babel import Locale, UnknownLocaleError

    tag = language.replace("_", "-").lower().split("-")[0]
    path = CATALOGUES / f"{tag}.po"
    if tag != WRITTEN_IN and (not tag.isalpha() or not path.is_file()):
        tag = WRITTEN_IN
    wanted = language.replace("-", "_") if language.lower().startswith(f"{tag}-") else dict(_USUAL).get(tag, tag)
    try:
        locale = Locale.parse(wanted)
    except (ValueError, UnknownLocaleError):
        locale = Locale.parse(dict(_USUAL).get(tag, tag))
    words = gettext.NullTranslations() if tag == WRITTEN_IN else _catalogue(path)
    return Tongue(tag=tag, locale=locale, zone=_zone(zone), words=words)


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
