"""The adversary bites: designs that lack one thing each are caught, and the one that lacks nothing is not."""

from __future__ import annotations

import pytest

from tests.crash import controls


@pytest.mark.parametrize("control", controls.ALL, ids=lambda one: one.run.__name__)
def test_what_lacks_one_thing_is_caught(control: controls.Lacking) -> None:
    caught = controls.drive(control.run, kills=control.kills, temper=control.temper)
    assert (caught.kills > 0) == (control.kills > 0)
    if control.caught_by:
        assert getattr(caught, control.caught_by) > 0, caught
    else:
        assert (caught.duplicates, caught.lost) == (0, 0)
