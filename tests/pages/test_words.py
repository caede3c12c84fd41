"""What pages say, in both languages."""

from __future__ import annotations

import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

import smm_core.pages
from smm_core.pages import report_data
from smm_core.pages.words import DUTCH, Words

PAGES = Path(smm_core.pages.__file__).parent
SAID = re.compile(r'\b(?:words|say)\("([^"]+)"')


def test_everything_that_a_page_says_is_translated() -> None:
    sources = [*PAGES.glob("*.py"), *(PAGES / "templates").glob("*.j2")]
    said = {text for path in sources for text in SAID.findall(path.read_text("utf-8"))}
    assert len(said) > 20
    assert said - set(DUTCH) == set()


def test_every_state_is_translated() -> None:
    shown = {*report_data._WAITING_POSTS.values(), *report_data._WAITING_DELIVERIES.values(), "overdue", "scheduled"}
    coming = {str(state) for state in report_data._COMING_POSTS}
    assert (shown | coming | set(report_data.ORDER)) - set(DUTCH) == set()


def test_a_translation_fills_in_the_same_places() -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for english, dutch in DUTCH.items():
        assert places(english) == places(dutch), english


@pytest.mark.parametrize(
    ("tag", "language"), [("nl", "nl"), ("nl-BE", "nl"), ("en-GB", "en"), ("de", "en"), ("NL", "nl")]
)
def test_another_language_reads_english(tag: str, language: str) -> None:
    assert Words.of(tag).language == language


@pytest.mark.parametrize(
    ("value", "english", "dutch"),
    [(0, "0", "0"), (1234567, "1,234,567", "1.234.567"), (2.5, "2.5", "2,5"), (1000.126, "1,000.13", "1.000,13")],
)
def test_numbers(value: float, english: str, dutch: str) -> None:
    assert Words("en").number(value) == english
    assert Words("nl").number(value) == dutch


def test_a_ratio_is_a_percentage_and_other_units_are_said() -> None:
    assert Words("nl").measure(0.0725, "ratio") == "7,25%"
    assert Words("en").measure(12, "seconds") == "12 seconds"


def test_moments_are_wall_times_in_a_zone() -> None:
    instant = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    assert Words("en").moment(instant, "Europe/Amsterdam") == "Fri 1 January 2027, 00:30"
    assert Words("nl").moment(instant, "UTC") == "do 31 december 2026, 23:30"
    assert Words("en").last_day(datetime(2026, 12, 1, tzinfo=UTC), "UTC") == "30 November 2026"


def test_an_unknown_metric_is_said_in_plain_words() -> None:
    assert Words("nl").metric("profile_visits") == "profile visits"
