"""What the plugin offers, and that it costs nothing until it is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import smm_feeds


def test_the_hooks_offer_one_source_and_one_command() -> None:
    assert [source.name for source in smm_feeds.smm_sources()] == ["feed"]
    assert [command.name for command in smm_feeds.smm_commands()] == ["feeds"]


def test_importing_the_plugin_loads_no_parser() -> None:
    heavy = "('feedparser', 'nh3', 'defusedxml', 'click', 'httpx', 'lxml', 'email.utils')"
    code = f"import smm_feeds, smm_feeds.source, sys; print([name for name in {heavy} if name in sys.modules])"
    paths = [str(Path(smm_feeds.__file__).parents[1]), *(path for path in sys.path if path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
