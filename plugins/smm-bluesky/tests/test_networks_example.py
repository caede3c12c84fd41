"""`examples/networks`, run as its README says, on the servers that the other tests use."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from bluesky_server import Network

from smm_core import ActionKind, SubjectKind
from smm_core.clock import SystemClock
from smm_core.store.audit import audit
from smm_core.workspace import Workspace

EXAMPLE = Path(__file__).parents[3] / "examples" / "networks"
PREVIEWS = ("index.html", "pictures/like-bluesky.png", "pictures/like-mastodon.png", "pictures/bluesky.png")


@pytest.mark.slow
def test_the_example_publishes_to_all_and_finds_what_it_rehearsed(network: Network, tmp_path: Path) -> None:
    before = sorted(EXAMPLE.rglob("*"))
    workspace = tmp_path / "networks"
    said = _run(network, workspace)

    out = dict(re.findall(r"^  ([a-z-]+) +(\d/\d) parts ", said, re.MULTILINE))
    assert out == {"bluesky": "2/2", "like-bluesky": "2/2", "like-mastodon": "1/1"}
    assert "What the real server gives back: what like-bluesky showed, part by part" in said

    addresses = re.findall(r"^  (http\S+getRecord\S+)$", said, re.MULTILINE)
    first, second = (network.get(address).json() for address in addresses)
    assert first["value"]["text"].startswith("On Friday we leave the door open")
    assert first["value"]["embed"]["images"][0]["alt"].startswith("This Friday: open oven night")
    assert second["value"]["reply"]["parent"] == {"uri": first["uri"], "cid": first["cid"]}
    linked = [facet["features"][0].get("uri") for facet in second["value"]["facets"]]
    assert "https://korenaar.example/open-oven" in linked

    assert all((workspace / ".smm" / "previews" / "open-oven" / name).stat().st_size > 1_000 for name in PREVIEWS)
    assert _below(network, first["uri"]) == ["They are! Mind the oven door, it is as hot as it looks."]
    assert _likes(workspace) == [1, 0], "Bo likes the first part"
    assert audit(workspace / ".smm" / "smm.db") == []
    settings = tomllib.loads((workspace / "smm.toml").read_text("utf-8"))["profiles"]["bluesky"]["settings"]
    assert settings["app_password"] == "env:KORENAAR_APP_PASSWORD", "the password itself stays out of the file"
    assert sorted(EXAMPLE.rglob("*")) == before, "the checkout stays as it was"


def _below(network: Network, uri: str) -> list[str]:
    """What the account of this post has said below the posts of others."""
    repo = uri.removeprefix("at://").partition("/")[0]
    asked = f"{network.pds}/xrpc/com.atproto.repo.listRecords?repo={repo}&collection=app.bsky.feed.post"
    values = [record["value"] for record in network.get(asked).json()["records"]]
    return [one["text"] for one in values if repo not in one.get("reply", {}).get("parent", {}).get("uri", repo)]


def _likes(workspace: Path) -> list[float]:
    """How often each part on the real server was liked, as smm read it."""
    with Workspace(workspace, SystemClock()) as ws:
        parts = [
            one for one in ws.store.ledger.of_post(1) if (one.profile, one.kind) == ("bluesky", ActionKind.PUBLISH)
        ]
        latest = [ws.store.readings.latest(SubjectKind.POST, str(part.id)) for part in parts]
    return [one.value for readings in latest for one in readings if one.metric == "likes"]


def _run(network: Network, workspace: Path) -> str:
    """What the example prints."""
    given = ["--into", workspace, "--pds", network.pds, "--control", network.control.getpeername()]
    # Nobody's settings reach a command that is run as a user would.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    ran = subprocess.run(
        [sys.executable, EXAMPLE / "run.py", *given], env=environment, capture_output=True, text=True, timeout=100
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout
