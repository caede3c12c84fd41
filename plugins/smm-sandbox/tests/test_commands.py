"""`smm sandbox`: the time line as files, the fault script, the login, a fresh start."""

from __future__ import annotations

import io
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image
from smm_sandbox import smm_commands, smm_metrics, smm_publishers

from smm_core import ActionKind, NotFound, Part, SmmError


@dataclass
class Workspace:
    root: Path

    def data_dir(self, plugin_name: str) -> Path:
        return self.root / ".smm" / plugin_name


@pytest.fixture
def run(bench):
    (group,) = smm_commands()

    def invoke(*arguments, ok=True, **more):
        result = CliRunner().invoke(group, arguments, obj=Workspace(bench.ctx.workspace), **more)
        if ok:
            assert result.exit_code == 0, result.output
        return result

    return invoke


@pytest.fixture
def published(bench):
    """A gallery post with a comment, published an hour ago by the real clock, which the commands use."""
    bench.ctx.instant = datetime.now(UTC) - timedelta(hours=1)
    profile = bench.profile("pictures", speed=50)
    post = bench.send(Part(text="<b>Bread</b> #bread", media=(bench.picture(colour="#ff0000"),)), profile=profile)
    bench.send("More #bread", key="k2", parent=post, action=ActionKind.COMMENT, profile=profile)
    return post


def test_what_the_plugin_offers():
    (publisher,), (metrics,) = smm_publishers(), smm_metrics()
    assert publisher.name == metrics.name == "sandbox"
    assert all(isinstance(publisher, ability) for ability in publisher.abilities)


def test_the_time_line_is_a_page_with_its_pictures_beside_it(run, published, tmp_path):
    out = tmp_path / "out"
    result = run("timeline", "acme", "--out", str(out))
    assert result.output.splitlines() == [str(out / "index.html"), str(out / "timeline.png")]

    html = (out / "index.html").read_text("utf-8")
    (source,) = re.findall(r'<img src="([^"]+)"', html)
    assert Image.open(io.BytesIO((out / source).read_bytes())).size == (800, 800)
    assert "&lt;b&gt;Bread&lt;/b&gt;" in html
    assert f'id="{published.remote_id}"' in html
    assert re.search(r"<b>[1-9]\d*</b> likes", html)
    assert "followers" in html
    assert "First comment by" in html
    image = Image.open(io.BytesIO((out / "timeline.png").read_bytes()))
    assert image.width == 1200


def test_the_time_line_can_be_written_again(run, published):
    first = run("timeline", "acme").output
    assert run("timeline", "acme").output == first
    assert "/.smm/sandbox/timeline/acme/index.html" in first


def test_the_time_line_as_json(run, published):
    timeline = json.loads(run("timeline", "acme", "--json").output)
    assert timeline["profile"] == "acme"
    assert [post["kind"] for post in timeline["posts"]] == ["comment", "post"]
    assert timeline["posts"][1]["id"] == published.remote_id
    assert timeline["posts"][1]["numbers"]["likes"] > 0
    assert "clicks" not in timeline["posts"][1]["numbers"]


def test_an_unknown_profile_is_answered_with_the_nearest(run, published):
    result = run("timeline", "acmee", ok=False)
    assert isinstance(result.exception, NotFound)
    assert "did you mean acme?" in str(result.exception)


def test_an_empty_network_says_what_to_do(run):
    result = run("timeline", "acme", ok=False)
    assert isinstance(result.exception, NotFound)
    assert "smm try" in str(result.exception)


def test_faults_are_planned_shown_and_cleared(run, bench):
    assert run("faults", "acme", "drop", "429:2").stdout == "acme: drop 429:2\n"
    assert run("faults", "acme", "--json").stdout == '{"faults":["drop","429:2"],"profile":"acme"}\n'
    assert run("faults", "acme", "--clear", "refuse").stdout == "acme: refuse\n"
    assert run("faults", "acme", "--clear").stdout == "acme: no faults planned\n"


def test_a_word_that_is_no_fault_is_wrong_usage(run):
    result = run("faults", "acme", "explode", ok=False)
    assert result.exit_code == 2
    assert "429:SECONDS" in result.output


def test_login_and_reset(run, bench, published):
    bench.faults("login")
    with pytest.raises(Exception, match="smm sandbox login acme"):
        bench.send("Bread", key="k3")
    run("login", "acme")
    bench.send("Bread", key="k4")

    assert run("reset", input="n\n", ok=False).exit_code == 1
    assert len(bench.posts()) == 3
    assert run("reset", "acme", "--yes").output == "3 posts of acme removed from the test network\n"
    assert bench.posts() == ()
    assert run("reset", "--yes").output == "0 posts removed from the test network\n"


def test_files_are_for_their_owner_only(bench, published):
    assert bench.network.path.stat().st_mode & 0o777 == 0o600
    (picture,) = bench.posts()[0].pictures
    assert bench.network.picture_path(picture.upload.sha256).stat().st_mode & 0o077 == 0


def test_importing_the_plugin_loads_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; sys.path[:0] = sys.argv[1:]; import smm_sandbox; smm_sandbox.smm_publishers(); "
        "print(sorted({'PIL', 'jinja2', 'httpx', 'click', 'regex'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *sys.path], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_words_are_put_into_somebodys_mouth(bench, run):
    bench.ctx.instant = datetime.now(UTC) - timedelta(hours=1)
    bench.send("Bread", profile=bench.profile(speed=0))
    assert run("say", "acme", "Is there some left?", "--by", "Bo").output.startswith("bo.example commented on")
    assert run("say", "acme", "Look: @acme", "--mention").output.startswith("ann.example mentioned acme")
    failed = run("say", "acme", "Hello", "--on", "p99", ok=False)
    assert isinstance(failed.exception, SmmError)
    assert "acme has no post p99" in str(failed.exception)
    with bench.network.reading() as session:
        said = session.remarks("acme", datetime.now(UTC))
    assert [(one.author, one.text, one.on is None) for one in said] == [
        ("bo.example", "Is there some left?", False),
        ("ann.example", "Look: @acme", True),
    ]
    run("reset", "acme", "--yes")
    with bench.network.reading() as session:
        assert session.remarks("acme", datetime.now(UTC)) == ()
