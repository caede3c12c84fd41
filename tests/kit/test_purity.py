"""What a function touches beside its arguments is seen."""

from __future__ import annotations

import os
import random
import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from smm_core.testing.kit.purity import touches
from smm_core.testing.kit.texts import loses


def _refused() -> None:
    with socket.socket() as one, pytest.raises(OSError):
        one.connect(("127.0.0.1", 9))


@pytest.mark.parametrize(
    ("function", "word"),
    [
        (lambda: datetime.now(UTC), "clock"),
        (time.time, "clock"),
        (random.random, "chance"),
        (lambda: random.Random(1).choice([1, 2]), "chance"),
        (lambda: os.urandom(1), "disk or the network"),
        (lambda: Path(__file__).read_text("utf-8"), "disk or the network"),
        (_refused, "network"),
    ],
)
def test_what_is_touched_is_named(function: Callable[[], object], word: str) -> None:
    _, touched = touches(lambda: function())
    assert any(word in one for one in touched), touched


def test_a_pure_function_touches_nothing() -> None:
    assert touches(lambda: sorted("bread", key=str.lower)) == (["a", "b", "d", "e", "r"], [])


def test_the_garbage_of_others_is_not_held_against_a_function() -> None:
    class Forgotten:
        def __init__(self) -> None:
            self.socket, self.me = socket.socket(), self

        def __del__(self) -> None:
            self.socket.close()

    Forgotten()
    made, touched = touches(lambda: [{"number": number} for number in range(5_000)])  # enough to collect in between
    assert (len(made), touched) == (5_000, [])


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        ("1/2 Bread 👩‍👩‍👧 now", ""),
        ("Bread 👩‍👩 👧 now", "👩‍👩‍👧"),
        ("now Bread 👩‍👩‍👧", "n"),
        ("Bread 👩‍👩‍👧 no", "w"),
    ],
)
def test_what_is_lost_is_named_as_people_see_it(after: str, lost: str) -> None:
    assert loses("Bread\n👩‍👩‍👧  now", after) == lost
