"""What plugins do wrong is noticed, kept and told; those that behave are not accused."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.doctor import doctor
from smm_core.engine import Call, Engine
from smm_core.errors import PluginError, Rejected, SmmError
from smm_core.isolation import Misdeed
from smm_core.troubles import Troubled, Troubles
from smm_core.workspace import Workspace

CALL = Call(plugin="odd", method="collect", subject="news")


class Heard(list[tuple[str, Misdeed, str]]):
    """Everything that was noted."""

    def note(self, call: Call, misdeed: Misdeed, said: str) -> None:
        self.append((call.plugin, misdeed, said))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def engine(heard: Heard) -> Engine:
    return Engine(timedelta(seconds=10), note=heard.note)


def fail() -> int:
    raise ValueError("the sky fell\nand broke")


@pytest.mark.parametrize(
    ("does", "misdeed", "said"),
    [
        (fail, Misdeed.RAISED, "ValueError: the sky fell"),
        (lambda: sys.exit(3), Misdeed.LEFT, "SystemExit: 3"),
        (lambda: "nonsense", Misdeed.WRONG, "returned str, not int"),
        (lambda: threading.Event().wait(), Misdeed.HUNG, "did not come back within 0.1 s"),
        (lambda: print("hello") or 1, Misdeed.PRINTED, "hello"),
    ],
)
def test_each_misdeed_is_noted(engine: Engine, heard: Heard, does: object, misdeed: Misdeed, said: str) -> None:
    limit = timedelta(seconds=0.1 if misdeed is Misdeed.HUNG else 10)
    if misdeed is Misdeed.PRINTED:
        engine.run(CALL, does, expect=int, deadline=limit)  # type: ignore[arg-type]
    else:
        with pytest.raises(PluginError):
            engine.run(CALL, does, expect=int, deadline=limit)  # type: ignore[arg-type]
    assert heard == [("odd", misdeed, said)]


def test_an_error_of_ours_is_no_misdeed(engine: Engine, heard: Heard) -> None:
    def refuse() -> int:
        raise Rejected("too long")

    with pytest.raises(SmmError):
        engine.run(CALL, refuse, expect=int)
    assert heard == []


# ---------------------------------------------------------------- threads


@pytest.fixture
def end() -> threading.Event:
    return threading.Event()


@pytest.mark.parametrize("here", [False, True], ids=["in its own thread", "in the caller's"])
def test_a_thread_that_goes_on_is_noted(engine: Engine, heard: Heard, end: threading.Event, here: bool) -> None:
    def leak() -> int:
        threading.Thread(target=end.wait, name="forgotten", daemon=True).start()
        return 1

    if here:
        engine.run_here(CALL, leak, expect=int, deadline=timedelta(seconds=10), instead=lambda late: None)
    else:
        engine.run(CALL, leak, expect=int)
    engine.settle()
    end.set()
    assert heard == [("odd", Misdeed.THREADS, "1 still alive after it came back: forgotten")]


def test_threads_that_end_are_nobodys_business(engine: Engine, heard: Heard, end: threading.Event) -> None:
    def joins() -> int:
        thread = threading.Thread(target=time.sleep, args=(0.01,))
        thread.start()
        thread.join()
        return 1

    def ends_soon() -> int:
        threading.Thread(target=end.wait, args=(0.1,)).start()
        return 1

    engine.run(CALL, joins, expect=int)
    engine.run(CALL, ends_soon, expect=int)
    engine.settle()
    assert heard == []


def test_a_thread_is_the_misdeed_of_who_started_it(engine: Engine, heard: Heard, end: threading.Event) -> None:
    meeting = threading.Barrier(2, timeout=10)

    def leak() -> int:
        meeting.wait()
        threading.Thread(target=end.wait, name="forgotten", daemon=True).start()
        meeting.wait()
        return 1

    def behave() -> int:
        meeting.wait()
        meeting.wait()
        return 1

    other = threading.Thread(target=engine.run, args=(Call(plugin="good", method="x"), behave), kwargs={"expect": int})
    other.start()
    engine.run(CALL, leak, expect=int)
    other.join()
    engine.settle()
    end.set()
    assert {plugin for plugin, _, _ in heard} == {"odd"}


# ---------------------------------------------------------------- kept on disk


def test_what_was_noted_is_known_to_the_next_process(tmp_path: Path, clock: FakeClock) -> None:
    first, second = (Troubles(tmp_path / "troubles.json", clock) for _ in range(2))
    for _ in range(3):
        first.note(CALL, Misdeed.RAISED, "ValueError: odd")
    second.note(CALL, Misdeed.RAISED, "ValueError: odder")
    first.close()
    second.close()
    (known,) = Troubles(tmp_path / "troubles.json", clock).lately()
    assert (known.plugin, known.misdeed, known.count, known.call) == ("odd", Misdeed.RAISED, 4, "collect for news")


def test_a_chatterbox_costs_few_writes(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "troubles.json"
    troubles = Troubles(path, clock)
    troubles.note(CALL, Misdeed.PRINTED, "hello")
    written = path.stat().st_mtime_ns
    for _ in range(1000):
        troubles.note(CALL, Misdeed.PRINTED, "hello")
    assert path.stat().st_mtime_ns == written
    assert [one.count for one in troubles.lately()] == [1001]
    troubles.close()
    assert [one.count for one in Troubles(path, clock).lately()] == [1001]


def test_after_a_week_it_is_forgotten(tmp_path: Path, clock: FakeClock) -> None:
    troubles = Troubles(tmp_path / "troubles.json", clock)
    troubles.note(CALL, Misdeed.HUNG, "did not come back")
    clock.advance(timedelta(days=6, hours=23))
    assert len(troubles.lately()) == 1
    clock.advance(timedelta(hours=2))
    assert troubles.lately() == []


def test_one_plugin_is_forgotten_and_the_others_are_not(tmp_path: Path, clock: FakeClock) -> None:
    troubles = Troubles(tmp_path / "troubles.json", clock)
    troubles.note(CALL, Misdeed.HUNG, "x")
    troubles.note(Call(plugin="other", method="y"), Misdeed.HUNG, "z")
    assert troubles.forget("odd") == 1
    assert [one.plugin for one in troubles.lately()] == ["other"]


@pytest.mark.parametrize("text", ["", "[", "{}", '[{"plugin": "x"}, 3]', '[{"misdeed": "flew"}]'])
def test_a_broken_file_is_an_empty_one(tmp_path: Path, clock: FakeClock, text: str) -> None:
    (tmp_path / "troubles.json").write_text(text)
    troubles = Troubles(tmp_path / "troubles.json", clock)
    assert troubles.lately() == []
    troubles.note(CALL, Misdeed.HUNG, "x")
    assert len(Troubles(tmp_path / "troubles.json", clock).lately()) == 1


def test_where_nothing_can_be_written_nothing_fails(tmp_path: Path, clock: FakeClock) -> None:
    troubles = Troubles(tmp_path / "missing" / "troubles.json", clock)
    troubles.note(CALL, Misdeed.HUNG, "x")
    troubles.close()


def test_it_reads_like_a_sentence(clock: FakeClock) -> None:
    one = Troubled(plugin="odd", misdeed=Misdeed.RAISED, count=1, last=clock.now(), call="collect for news", said="no")
    assert str(one) == "raised once at 2026-11-23 08:00 UTC in collect for news: no"


# ---------------------------------------------------------------- a whole workspace

SOURCE = """
import sys, threading, time
from smm_core import CollectPage, NoSettings, hookimpl

class Odd:
    name = "odd"
    settings = NoSettings
    def collect(self, request, ctx):
        {does}
        return CollectPage()

@hookimpl
def smm_sources():
    return [Odd()]
"""


@pytest.mark.parametrize(
    ("does", "ok", "words"),
    [
        (
            "raise RuntimeError('no luck')",
            False,
            "raised once at 2026-11-23 08:00 UTC in collect for odd: RuntimeError",
        ),
        ("sys.exit(0)", False, "tried to end the process once"),
        ("return 3", False, "answered with the wrong type once"),
        ("threading.Thread(target=time.sleep, args=(3,), daemon=True).start()", False, "left threads running once"),
        ("print('hello')", True, "printed once at 2026-11-23 08:00 UTC in collect for odd: hello"),
        ("pass", True, "source odd"),
    ],
)
def test_the_doctor_tells_it_until_it_is_forgotten(
    root: Path, clock: FakeClock, does: str, ok: bool, words: str
) -> None:
    from smm_core.steps.collect import collect

    (root / "plugins").mkdir()
    (root / "plugins" / "odd.py").write_text(SOURCE.format(does=does))
    (root / "smm.toml").write_text((root / "smm.toml").read_text() + '\n[sources.odd]\ntype = "odd"\nclient = "acme"\n')
    (root / "content" / "posts" / "fine.md").write_text("+++\n+++\n\nFresh bread.\n")
    with Workspace(root, clock) as ws:
        collect(ws)
        assert ws.store.posts.slugs() == ["fine"]
    with Workspace(root, clock) as ws:
        (finding,) = [one for one in doctor(ws) if one.part == "plugin odd"]
        assert (finding.ok, words in finding.found) == (ok, True), finding.found
        assert does == "pass" or "smm plugins forget odd" in finding.next_step
        ws.troubles.forget("odd")
        (finding,) = [one for one in doctor(ws) if one.part == "plugin odd"]
        assert (finding.ok, finding.found) == (True, "source odd")
