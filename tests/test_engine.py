"""Plugin calls: one that raises, hangs, prints, exits or answers nonsense holds up only itself."""

from __future__ import annotations

import contextlib
import logging
import subprocess
import sys
import textwrap
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.engine import Breadcrumbs, Call, Engine, PluginTimeout, left_behind
from smm_core.errors import PluginError, Rejected
from smm_core.secrets import Secret

CALL = Call(plugin="odd", method="collect", subject="news")


def test_a_result_comes_back() -> None:
    assert Engine().run(CALL, lambda: 42, expect=int) == 42


def test_a_wrong_type_is_named() -> None:
    with pytest.raises(PluginError, match="plugin odd: collect for news returned str, not int") as caught:
        Engine().run(CALL, lambda: "42", expect=int)  # type: ignore[arg-type,return-value]
    assert caught.value.plugin == "odd"


@pytest.mark.parametrize(
    "error", [ValueError("no\nsecond line"), SystemExit(3), KeyboardInterrupt(), RecursionError("deep")]
)
def test_whatever_it_raises_becomes_one_line(error: BaseException) -> None:
    def fail() -> int:
        raise error

    with pytest.raises(PluginError, match="plugin odd: collect for news raised") as caught:
        Engine().run(CALL, fail, expect=int)
    assert "\n" not in str(caught.value)


def test_errors_of_ours_pass_as_they_are() -> None:
    def refuse() -> int:
        raise Rejected("text too long")

    with pytest.raises(Rejected) as caught:
        Engine().run(CALL, refuse, expect=int)
    assert (caught.value.plugin, caught.value.method) == ("odd", "collect")


def test_secrets_are_not_in_the_error() -> None:
    token = Secret("hunter2-token")

    def leak() -> int:
        raise ValueError(f"bad token {token.reveal()}")

    with pytest.raises(PluginError) as caught:
        Engine().run(CALL, leak, expect=int)
    assert "hunter2" not in str(caught.value)


def test_one_that_hangs_is_left_behind() -> None:
    start = time.monotonic()
    with pytest.raises(PluginTimeout, match=r"did not come back within 0\.1 s"):
        Engine().run(CALL, lambda: time.sleep(20), expect=type(None), deadline=timedelta(seconds=0.1))
    assert time.monotonic() - start < 5


def test_one_that_hangs_does_not_hold_up_the_end_of_the_process() -> None:
    script = textwrap.dedent("""
        import time
        from datetime import timedelta
        from smm_core.engine import Call, Engine, PluginTimeout
        try:
            Engine().run(Call(plugin="odd", method="x"), lambda: time.sleep(60), expect=object, deadline=timedelta(seconds=0.1))
        except PluginTimeout:
            print("left behind")
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=10, check=True)
    assert done.stdout.strip() == "left behind"


def test_what_it_prints_goes_to_the_log(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "smm.plugins")
    logging.getLogger("smm").propagate = True
    Engine().run(CALL, lambda: print("hello from inside"), expect=type(None))
    print("from outside")
    assert capsys.readouterr().out == "from outside\n"
    assert "plugin odd: collect for news printed: hello from inside" in caplog.text


def test_a_call_that_ends_the_process_is_known_afterwards(tmp_path: Path) -> None:
    crumbs = tmp_path / "calls"
    script = textwrap.dedent(f"""
        import os
        from pathlib import Path
        from smm_core.engine import Breadcrumbs, Call, Engine
        engine = Engine(breadcrumbs=Breadcrumbs(Path({str(crumbs)!r})))
        engine.run(Call(plugin="fine", method="x"), lambda: 1, expect=int)
        engine.run(Call(plugin="odd", method="collect", subject="news"), lambda: os._exit(7), expect=int)
    """)
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 7
    assert left_behind(crumbs) == [CALL]
    assert left_behind(crumbs) == []


def test_calls_that_came_back_are_not_left_behind(tmp_path: Path) -> None:
    crumbs = Breadcrumbs(tmp_path / "calls")
    other = Call(plugin="other", method="y" * 300, subject="é" * 300)
    with crumbs.under_way(CALL), crumbs.under_way(other), crumbs.under_way(CALL):
        assert (tmp_path / "calls").read_text().split().count('["odd",') == 2
    assert left_behind(tmp_path / "calls") == []


def test_more_calls_than_there_are_lines_are_run_all_the_same(tmp_path: Path) -> None:
    crumbs = Breadcrumbs(tmp_path / "calls")
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(crumbs.under_way(CALL))
    assert left_behind(tmp_path / "calls") == []


def test_a_clean_end_leaves_no_file(tmp_path: Path) -> None:
    crumbs = Breadcrumbs(tmp_path / "calls")
    with crumbs.under_way(CALL):
        pass
    crumbs.close()
    assert list(tmp_path.iterdir()) == []


def test_a_token_that_the_platform_says_back_is_blotted_out() -> None:
    token = Secret("canary-51b0d7aa").reveal()

    def fail() -> int:
        raise Rejected(f"401 you said {token}", hint=f"not {token}")

    with pytest.raises(Rejected) as caught:
        Engine().run(CALL, fail, expect=int)
    assert str(caught.value) == "401 you said ••• (not •••)"
    assert token not in repr(caught.value)


def test_threads_are_used_again_but_not_one_that_hangs() -> None:
    engine = Engine()
    seen = {engine.run(CALL, threading.get_ident, expect=int) for _ in range(20)}
    assert len(seen) == 1
    free = threading.Event()
    with pytest.raises(PluginTimeout):
        engine.run(CALL, free.wait, expect=bool, deadline=timedelta(seconds=0.05))
    assert engine.run(CALL, lambda: 42, expect=int, deadline=timedelta(seconds=5)) == 42
    free.set()


def test_calls_at_the_same_time_each_have_a_thread() -> None:
    engine, meeting = Engine(), threading.Barrier(8, timeout=10)
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(engine.run(CALL, meeting.wait, expect=int))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == list(range(8))
