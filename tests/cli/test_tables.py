"""Tables for people, whatever stands in a cell."""

from __future__ import annotations

import click
from hypothesis import given
from hypothesis import strategies as st

from smm_core.cli.output import table

CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=80)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4))
def test_any_text_makes_a_table(rows: list[tuple[str, str]]) -> None:
    drawn = table(rows, ("one", "two"))
    for row in rows:
        for cell in row:
            assert "".join(cell.split())[:10] in "".join(drawn.split()) or len(cell) > 60


def test_what_looks_like_a_number_stays_as_it_is() -> None:
    assert "2,200" in table([["2,200", "007", "1e5"]], ("a", "b", "c"))
    assert table([["2,200", "007", "1e5"]], ("a", "b", "c")).splitlines()[-1].split() == ["2,200", "007", "1e5"]


def test_a_long_cell_is_wrapped_between_words_and_an_address_is_not() -> None:
    address = "https://example.org/" + "x" * 80
    drawn = table([["word " * 30 + address, click.style("held", fg="red")]], ("text", "state"))
    assert address in drawn
    assert max(len(line.split("  ")[0]) for line in drawn.splitlines() if "word" in line) <= 60
