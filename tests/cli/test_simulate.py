"""`smm simulate` as a person sees it."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smm_core.clock import wall_of
from smm_core.hold import hold
from tests.cli.conftest import Smm
from tests.conftest import write_post

ZONE = "Europe/Amsterdam"


@pytest.fixture(autouse=True)
def _lenient_brand(root: Path) -> None:
    (root / "brand.toml").write_text("require_call_to_action = false\n")


def tomorrow() -> datetime:
    return wall_of(datetime.now(UTC) + timedelta(days=1), ZONE).replace(second=0, microsecond=0)


def test_it_tells_what_happens_what_does_not_and_what_stays_empty(smm: Smm, root: Path) -> None:
    at = tomorrow()
    write_post(root, "thread", "One.\n\n---\n\nTwo.", at=f'"{at:%Y-%m-%dT%H:%M}"', approval='"rule"')
    write_post(root, "waits", "Nobody looks.", at=f'"{at + timedelta(days=1):%Y-%m-%dT%H:%M}"')
    ran = smm("simulate")
    assert ran.code == 0
    head, happens, rest = re.split(rf"{at:%a %Y-%m-%d}\n|What will not happen, and why", ran.out)
    assert head.startswith("from ")
    for profile in ("social", "short"):
        assert re.search(rf"{at:%H:%M} +thread +{profile} +published: parts 1-2", happens)
    assert "waits" not in happens
    assert "it is not approved yet (hand)" in rest
    assert "Slots that stay empty" in rest
    assert "no daemon is running" in ran.err


def test_json_has_everything(smm: Smm, root: Path) -> None:
    write_post(root, "bread", at=f'"{tomorrow():%Y-%m-%dT%H:%M}"', approval='"rule"', profiles='["social"]')
    with hold(root, "smm run"):
        ran = smm("simulate", "--until", "+3d", "--json")
    (one,) = ran.json["happens"]
    assert (one["post"], one["profile"], one["state"], one["part"]) == ("bread", "social", "published", 1)
    assert (ran.json["prevented"], ran.json["warnings"]) == ([], [])
    assert {gap["profile"] for gap in ran.json["gaps"]} == {"social", "short"}
    assert smm("deliveries", "list", "--json").json == [], "nothing of it is in the ledger"


def test_a_client_sees_its_own(smm: Smm, root: Path) -> None:
    with (root / "smm.toml").open("a") as file:
        file.write(
            '\n[clients.other]\n\n[profiles.theirs]\nclient = "other"\nplatform = "sandbox"\nslots = ["daily 10:00"]\n'
        )
    write_post(root, "bread", approval='"rule"')
    forecast = smm("simulate", "--client", "other", "--json").json
    assert (forecast["happens"], [gap["profile"] for gap in forecast["gaps"]]) == ([], ["theirs"])
    assert "did you mean other?" in smm("simulate", "--client", "othr").err


@pytest.mark.parametrize("until", ["2020-01-01", "+0s", "+20w3000d", "tomorrow", "2026-13-01"])
def test_an_end_that_makes_no_sense_is_wrong_usage(smm: Smm, until: str) -> None:
    ran = smm("simulate", "--until", until)
    assert ran.code == 2
    assert until in ran.err


def test_until_a_date_means_all_of_it(smm: Smm, root: Path) -> None:
    at = tomorrow()
    write_post(root, "bread", at=f'"{at:%Y-%m-%d}T23:59"', approval='"rule"', profiles='["social"]')
    assert [one["post"] for one in smm("simulate", "--until", f"{at:%Y-%m-%d}", "--json").json["happens"]] == ["bread"]
    assert smm("simulate", "--until", f"{at:%Y-%m-%d}T23:58", "--json").json["happens"] == []
