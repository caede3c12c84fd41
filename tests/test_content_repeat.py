"""The `repeat` of a post file: read as people write it, refused with file, line and an example, changed with comments kept."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from smm_core.content import read_post
from smm_core.content.repeat import change_table, edit_repeat
from smm_core.content.write import post_text
from smm_core.errors import ContentError
from smm_core.model import Every, PostContent, PostFound, Repeat, RepeatChange
from smm_core.series import RepeatMistake, check_repeat
from tests.test_series import repeats

TABLE = """+++
title = "Bread day"

# since 1911
[repeat]  # rule
every = "week"
on = "mon, thu"
at = "09:00"

[text]
short = "Bread."
+++

Fresh bread.
"""
INLINE = '+++\nrepeat = {every = "week", on = ["mon", "thu"], at = "09:00"} # rule\n+++\n\nFresh bread.\n'
DOTTED = '+++\nrepeat.every = "week" # rule\nrepeat.on = "mon, thu"\nrepeat.at = 09:00:00\n+++\n\nFresh bread.\n'
LISTED = """+++
[repeat]
every = "1 week"
on = "monday and thursday"
at = "9:00"
except = [
    {date = 2026-11-23, skip = true},  # holiday
]
+++

Fresh bread.
"""
YAML = "---\nrepeat:\n  every: week\n  on: mon, thu\n  at: 09:00\n---\n\nFresh bread.\n"
RULE = Repeat(every=Every.WEEK, on=("monday", "thursday"), at=time(9))


def read(text: str) -> PostFound:
    root = Path("/nowhere/content")
    return read_post(text, path=root / "posts" / "bread.md", root=root, keep=lambda path: path.stem)


def rule(text: str) -> Repeat:
    found = read(text).content.repeat
    assert found is not None
    return found


@pytest.mark.parametrize("text", [TABLE, INLINE, DOTTED, YAML], ids=["table", "inline", "dotted", "yaml"])
def test_the_same_rule_in_every_way_of_writing(text: str) -> None:
    assert rule(text) == RULE


def test_every_key_is_read() -> None:
    text = """+++
zone = "Europe/Amsterdam"
[repeat]
every = "2 months"
on = ["first monday", 15]
at = "17:30"
starts = 2026-12-01
until = "2027-12-31"
times = 10

[[repeat.except]]
date = 2026-12-07
at = "2026-12-08 10:00"

[[repeat.except]]
date = 2026-12-15
at = "18:00"
text = "Last one of the year."
+++

Bread.
"""
    assert rule(text) == Repeat(
        every=Every.MONTH,
        interval=2,
        on=("first monday", "15"),
        at=time(17, 30),
        starts=date(2026, 12, 1),
        until=date(2027, 12, 31),
        times=10,
        changes=(
            RepeatChange(date=date(2026, 12, 7), at=datetime(2026, 12, 8, 10)),
            RepeatChange(date=date(2026, 12, 15), at=datetime(2026, 12, 15, 18), parts=("Last one of the year.",)),
        ),
    )


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (['on = "mon"', 'at = "09:00"'], 2, "repeat.every is missing"),
        (['every = "week"', 'on = "mon"'], 2, "repeat.at is missing"),
        (['every = "fortnight"', 'on = "mon"', 'at = "09:00"'], 3, "2 weeks"),
        (['every = "week"', 'on = "moonday"', 'at = "09:00"'], 4, '"moonday" is not a weekday'),
        (['every = "week"', 'at = "09:00"'], 2, "on which day of the week"),
        (['every = "month"', 'on = "monday"', 'at = "09:00"'], 4, "first monday"),
        (['every = "month"', "on = 32", 'at = "09:00"'], 4, "32"),
        (['every = "day"', 'at = "25:00"'], 4, "a time of day is expected"),
        (['every = "day"', "at = 17"], 4, "in quotes"),
        (['every = "day"', 'at = "09:00"', 'until = "soon"'], 5, "a date is expected"),
        (['every = "2 days"', 'at = "09:00"'], 3, "starts = 2026-11-30"),
        (['every = "day"', 'at = "09:00"', "untill = 2026-12-01"], 5, 'did you mean "until"'),
        (['every = "day"', 'at = "09:00"', "except = [{skip = true}]"], 5, "date = 2026-12-25"),
        (
            ['every = "week"', 'on = "mon"', 'at = "09:00"', "except = [{date = 2026-12-25, skip = true}]"],
            6,
            "near it: 2026-12-21, 2026-12-28",
        ),
    ],
)
def test_a_mistake_names_file_line_and_what_would_be_right(lines: list[str], line: int, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        read("\n".join(["+++", "[repeat]", *lines, "+++", "", "Bread."]))
    said = str(caught.value)
    assert words in said
    assert f"posts/bread.md:{line}" in said


def test_a_text_instead_of_a_table_is_told_how() -> None:
    with pytest.raises(ContentError, match='every = "week"'):
        read('+++\nrepeat = "weekly"\n+++\n\nBread.\n')


def test_a_series_has_its_time_in_one_place() -> None:
    with pytest.raises(ContentError, match=r"repeat\.at"):
        read('+++\nat = "2026-12-01T09:00"\n[repeat]\nevery = "day"\nat = "09:00"\n+++\n\nBread.\n')


# ---------------------------------------------------------------- writing

CHANGE = st.one_of(
    st.builds(RepeatChange, date=st.just(date.min), skip=st.just(True)),
    st.builds(
        RepeatChange,
        date=st.just(date.min),
        at=st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(second=0, microsecond=0)),
        parts=st.none() | st.sampled_from([("Rye.",), ("One.", "Two\n\nlines."), ("+++",)]),
    ),
)


@given(repeat=repeats(), changes=st.lists(CHANGE, max_size=3))
def test_round_trip(repeat: Repeat, changes: list[RepeatChange]) -> None:
    from itertools import islice

    from smm_core.series import dates
    from smm_core.values import replace

    days = list(islice(dates(repeat, repeat.starts or date(2026, 1, 1)), len(changes)))
    whole = replace(repeat, changes=tuple(replace(one, date=day) for one, day in zip(changes, days, strict=False)))
    try:
        check_repeat(whole)
    except RepeatMistake:
        return
    text = post_text(PostFound(key="posts/bread", content=PostContent(parts=("Bread.",), repeat=whole)))
    assert rule(text) == whole


SKIP = RepeatChange(date=date(2026, 11, 30), skip=True)
MOVE = RepeatChange(date=date(2026, 12, 3), at=datetime(2026, 12, 2, 10), parts=("Rye\nbread.",))


@pytest.mark.parametrize("text", [TABLE, INLINE, DOTTED, LISTED], ids=["table", "inline", "dotted", "listed"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_a_date_is_changed_and_everything_else_stays(text: str, ending: str) -> None:
    text = text.replace("\n", ending)
    once = edit_repeat(text, change=SKIP)
    both = edit_repeat(once, change=MOVE, until=date(2027, 1, 31))
    found = rule(both)
    assert set(rule(text).changes) | {SKIP, MOVE} == set(found.changes)
    assert found.until == date(2027, 1, 31)
    comments = [part for part in text.split(ending) if "#" in part]
    for comment in comments:
        assert comment.partition("#")[2] in both
    assert both.count(ending) == both.count("\n")
    assert read(both).content.parts == ("Fresh bread.",)


def test_a_date_is_changed_again_in_its_place() -> None:
    again = edit_repeat(edit_repeat(TABLE, change=SKIP), change=RepeatChange(date=SKIP.date, parts=("Rye.",)))
    assert rule(again).changes == (RepeatChange(date=SKIP.date, parts=("Rye.",)),)
    assert again == TABLE.replace(
        "\n[text]\nshort", '\n[[repeat.except]]\ndate = 2026-11-30\ntext = "Rye."\n\n[text]\nshort'
    )


@pytest.mark.parametrize(
    "text", [YAML, "+++\ntitle = 'x'\n+++\n\nBread.\n", "Bread.\n"], ids=["yaml", "none", "no head"]
)
def test_what_cannot_be_changed_is_left_to_a_person(text: str) -> None:
    with pytest.raises(ContentError, match="by hand"):
        edit_repeat(text, change=SKIP)


@settings(max_examples=25)
@given(days=st.lists(st.integers(0, 40), max_size=6))
def test_many_changes_one_after_another(days: list[int]) -> None:
    text = TABLE
    for number in days:
        one = RepeatChange(date=date(2026, 11, 23) + timedelta(weeks=number), parts=(f"Bread {number}",))
        text = edit_repeat(text, change=one)
    head = tomllib.loads(text.split("+++")[1])
    assert len(head["repeat"].get("except", [])) == len(set(days))
    assert [change_table(one) for one in rule(text).changes] == head["repeat"].get("except", [])
