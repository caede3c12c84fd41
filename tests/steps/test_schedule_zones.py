"""A change of the zone data plans anew what has not begun, and says so."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import write_post

HERE = Path(__file__).parent


def run(root: Path, tmp_path: Path, *more: str) -> Any:
    toml = root / "smm.toml"
    text = toml.read_text().replace("Europe/Amsterdam", "Europe/Nowhere")
    toml.write_text(text.split("[profiles.short]")[0] + "[sources.content]" + text.split("[sources.content]")[1])
    brand = root / "brand.toml"
    brand.write_text("require_call_to_action = false\n")
    write_post(root, "slot", "One.\n\n---\n\nTwo.")
    write_post(root, "own", "Its own time.", at='"2026-12-01T09:00"')
    write_post(root, "elsewhere", "Another zone.", at='"2026-12-01T12:00"', zone='"Asia/Tokyo"')
    write_post(root, "begun", "It has begun.", at='"2026-12-03T09:00"')
    arguments = [sys.executable, str(HERE / "zone_data.py"), str(root), str(tmp_path / "zones"), *more]
    done = subprocess.run(
        arguments,
        capture_output=True,
        text=True,
        check=False,
        cwd=HERE.parents[1],
        env={"PYTHONPATH": str(HERE.parents[1])},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_what_has_not_begun_follows_its_wall_time(root: Path, tmp_path: Path) -> None:
    ran = run(root, tmp_path)
    slots = {"slot 0": "2026-11-23T16:00:00.000000Z", "slot 1": "2026-11-23T16:00:00.000000Z"}
    others = {"elsewhere 0": "2026-12-01T03:00:00.000000Z", "begun 0": "2026-12-03T08:00:00.000000Z"}
    assert ran["before"] == {**slots, **others, "own 0": "2026-12-01T08:00:00.000000Z"}
    assert ran["silent"] == []
    assert ran["after"] == {
        **dict.fromkeys(slots, "2026-11-23T15:00:00.000000Z"),
        **others,
        "own 0": "2026-12-01T07:00:00.000000Z",
    }
    assert ran["said"] == [
        "the time zone data changed (2026a → 2026b) for Europe/Nowhere: 2 deliveries move",
        "post slot → social moves from Mon 2026-11-23 18:00 to Mon 2026-11-23 17:00 Europe/Nowhere:"
        " the clocks of Europe/Nowhere change otherwise now",
        "post own → social moves from Tue 2026-12-01 10:00 to Tue 2026-12-01 09:00 Europe/Nowhere:"
        " the clocks of Europe/Nowhere change otherwise now",
    ]
    assert ran["again"] == []
    assert ran["told"] == ["delivery.moved", "delivery.moved", "zones.changed"]
    assert ran["new"] == "2026-12-02T07:00:00.000000Z"
    assert ran["wakes"][1:3] == ["2026-11-23T14:50:00.000000Z", "2026-12-01T02:50:00.000000Z"]


def test_a_process_that_missed_the_change_plans_by_the_new_data(root: Path, tmp_path: Path) -> None:
    ran = run(root, tmp_path, "another was quicker")
    assert ran["said"] == []
    assert ran["new"] == "2026-12-02T07:00:00.000000Z"


@pytest.mark.parametrize("name", ["../zones", "/etc/passwd", "Europe/Nowhere"])
def test_a_zone_that_is_none_has_no_fingerprint(name: str) -> None:
    from smm_core.clock import zone_print

    assert zone_print(name) == ""
    assert zone_print("Europe/Paris") != ""
