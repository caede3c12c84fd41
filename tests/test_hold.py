"""One process at a time holds a workspace."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from smm_core.hold import Held, hold, holder


def test_a_second_holder_is_refused_with_the_first_ones_process_id(tmp_path: Path) -> None:
    script = textwrap.dedent(f"""
        import sys
        from pathlib import Path
        from smm_core.hold import hold
        with hold(Path({str(tmp_path)!r}), "smm run"):
            print("holding", flush=True)
            sys.stdin.read()
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        assert first.stdout.readline() == "holding\n"
        assert holder(tmp_path) == (first.pid, "smm run")
        with (
            pytest.raises(Held, match=rf"process {first.pid} \(smm run\) already holds") as caught,
            hold(tmp_path, "me"),
        ):
            pytest.fail("held twice")
        assert caught.value.pid == first.pid
        first.kill()
        first.wait()
    assert holder(tmp_path) is None
    with hold(tmp_path, "me"):
        assert holder(tmp_path) == (os.getpid(), "me")


def test_it_is_free_again_afterwards(tmp_path: Path) -> None:
    for _ in range(2):
        with hold(tmp_path, "me"):
            pass
    assert holder(tmp_path) is None
