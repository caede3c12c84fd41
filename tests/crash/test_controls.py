"""The adversary bites: designs that lack one thing each are caught, and the one that lacks nothing is not."""

from __future__ import annotations

import pytest

from tests.crash import controls
from tests.crash.platform import Temper


@pytest.mark.parametrize(
    ("control", "caught_by"),
    [
        (controls.naive_loop, "duplicates"),
        (controls.marking_before_sending, "lost"),
        (controls.attempt_written_after_sending, "duplicates"),
        (controls.no_settling_time, "duplicates"),
        (controls.believing_a_5xx, "duplicates"),
    ],
)
def test_what_lacks_one_thing_is_caught(control: controls.Control, caught_by: str) -> None:
    caught = controls.drive(control)
    assert caught.kills > 0
    assert getattr(caught, caught_by) > 0, caught


def test_two_without_lock_and_epoch_are_caught() -> None:
    caught = controls.drive(controls.two_without_lock_and_epoch, kills=0, temper=Temper(rate=0))
    assert caught.duplicates > 0, caught


def test_what_lacks_nothing_is_not_caught() -> None:
    assert controls.drive(controls.as_it_should_be) == controls.Caught(duplicates=0, lost=0, kills=6)
