"""Words, dates and times in the language of who reads them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from smm_core import Languages

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DUTCH = """msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "Approve"
msgstr "Goedkeuren"
"""


@pytest.fixture
def languages(tmp_path: Path) -> Languages:
    """English and Dutch."""
    (tmp_path / "nl.po").write_text(DUTCH, "utf-8")
    return Languages(tmp_path)


@pytest.mark.parametrize(
    ("language", "zone", "moment", "month", "first"),
    [
        ("en", "Europe/Amsterdam", "Tuesday, 24 November, 16:00", "November 2026", "Mon"),
        ("nl", "Europe/Amsterdam", "dinsdag 24 november, 16:00", "november 2026", "ma"),
        ("nl-BE", "Europe/Brussels", "dinsdag 24 november, 16:00", "november 2026", "ma"),
        ("en-US", "America/New_York", "Tuesday, November 24, 10:00\u202fAM", "November 2026", "Sun"),
        ("fr", "nowhere", "Tuesday, 24 November, 15:00", "November 2026", "Mon"),
    ],
)
def test_times_are_written_as_people_there_write_them(
    languages: Languages, language: str, zone: str, moment: str, month: str, first: str
) -> None:
    tongue = languages.of(language, zone)
    assert tongue.moment(AT) == moment
    assert tongue.month(date(2026, 11, 1)) == month
    assert tongue.weekdays()[0][0] == first


def test_a_language_is_found_for_who_is_not_known(languages: Languages) -> None:
    for accept, tag in (("nl-BE,nl;q=0.9", "nl"), ("fr,nl;q=0.5", "nl"), ("", "en"), ("x" * 9999, "en"), (",;=", "en")):
        assert languages.asked_for(accept).tag == tag


def test_what_is_kept_has_its_year_and_what_is_near_does_not(languages: Languages) -> None:
    tongue = languages.of("nl", "Europe/Amsterdam")
    assert tongue.dated(AT) == "dinsdag 24 november 2026, 16:00"
    assert tongue.whole_day(date(2026, 11, 24)) == "dinsdag 24 november 2026"
    assert (tongue.day(AT), tongue.short_day(AT), tongue.time(AT)) == ("dinsdag 24 november", "di 24 nov", "16:00")
    assert tongue.from_now(AT, datetime(2026, 11, 24, 12, 0, tzinfo=UTC)) == "over 3 uur"
    assert (tongue.listed(("a", "b", "c")), tongue.listed(())) == ("a, b en c", "")


def test_words_are_those_of_the_tag(languages: Languages) -> None:
    assert languages.tags == ("en", "nl")
    said = [languages.of(tag, "UTC").words.gettext("Approve") for tag in ("nl", "nl-BE", "NL_nl", "fr", "../../x", "")]
    assert said == ["Goedkeuren", "Goedkeuren", "Goedkeuren", "Approve", "Approve", "Approve"]
    assert languages.in_all("Approve") == {"approve", "goedkeuren"}


@pytest.mark.parametrize("zone", ["No/Where", "", "../zones", "localtime"])
def test_an_unknown_zone_is_utc(languages: Languages, zone: str) -> None:
    assert languages.of("nl", zone).zone.key == "UTC"
