"""Plugins that raise, hang, print, return nonsense or cannot even be imported: each is one line, everything else goes on."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.bad_days.conftest import Program

BROKEN = {
    "raises": ("raise RuntimeError('no luck today')", "cannot be loaded: RuntimeError: no luck today"),
    "absent": ("import a_library_that_is_not_there", "cannot be loaded: ModuleNotFoundError: No module named"),
    "syntax": ("def broken(:", "cannot be loaded: SyntaxError"),
    "leaves": ("import sys; sys.exit(0)", "cannot be loaded: SystemExit"),
    "hook": ("from smm_core import hookimpl\n@hookimpl\ndef smm_nonsense(): pass", "smm_nonsense"),
    "kind": ("from smm_core import hookimpl\n@hookimpl\ndef smm_sources(): return [object()]", "is no source: it lacks"),
}
SOURCE = '[sources.odd]\ntype = "trouble"\nevery = "1s"\n'
PROFILE = '[profiles.odd]\nplatform = "trouble"\n'


def doctor(program: Program, part: str) -> dict[str, Any]:
    """What the doctor says of one part."""
    (found,) = [one for one in program.json("doctor") if one["part"] == part]
    assert isinstance(found, dict)
    return found


def test_those_that_cannot_be_loaded_are_left_out_and_the_rest_goes_on(program: Program) -> None:
    for name, (text, _) in BROKEN.items():
        program.write(f"plugins/{name}.py", text)
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]
    listed = {one["name"]: one["state"] for one in program.json("plugins", "list")}
    findings = {one["part"]: one for one in program.json("doctor")}
    for name, (_, words) in BROKEN.items():
        assert words in listed[name]
        assert words in findings[f"plugin {name}"]["found"]
        assert f"plugins/{name}.py" in findings[f"plugin {name}"]["next_step"]
        assert program.logged(f"plugin {name} is left out: ", words), name
    assert len(program.json("attention")) == len(BROKEN)


def test_one_that_hangs_while_it_is_imported_is_left_out(program: Program) -> None:
    program.write("plugins/hangs.py", "import threading; threading.Event().wait()")
    program.configure(deadline="1s")
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]
    assert program.logged("plugin hangs is left out: ", "import did not come back within 1 s")


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("raise", "plugin trouble: collect for odd raised RuntimeError: the sky fell (the log has the details)"),
        ("sys.exit", "plugin trouble: collect for odd raised SystemExit: 1"),
        ("number", "plugin trouble: collect for odd returned int, not CollectPage"),
        ("none", "plugin trouble: collect for odd returned NoneType, not CollectPage"),
        ("hollow", "plugin trouble: collect returned a page that cannot be used"),
        ("hang", "plugin trouble: collect for odd did not come back within 1 s"),
    ],
)
def test_a_source_that_misbehaves_is_one_line_and_the_others_are_read(program: Program, does: str, words: str) -> None:
    program.trouble(collect=does)
    program.configure(SOURCE, deadline="1s")
    program.post("fine")
    done = program.smm("run", "--once", code=1)
    assert done.line(words).startswith("collect: source odd: ")
    assert program.sent() == ["This is fine."]
    assert program.logged(words, level="INFO")
    assert program.attention(words)["what"] == "source odd"


def test_what_a_plugin_prints_is_in_the_log_and_nowhere_else(program: Program) -> None:
    program.trouble(**dict.fromkeys(("import", "collect", "render", "send", "smm_event"), "print"))
    program.configure(SOURCE + PROFILE)
    program.post("fine")
    done = program.smm("run", "--once", "--json")
    assert "hello" not in done.out + done.err
    for method in ("import", "collect for odd", "render for odd", "send for odd", "smm_event"):
        assert program.logged(f"plugin trouble: {method}", "printed: hello from trouble"), method
        assert program.logged(f"plugin trouble: {method}", "printed: and no end of line"), method
    assert program.sent() == ["This is fine."]


@pytest.mark.parametrize(
    ("method", "does", "words"),
    [
        ("limits", "raise", "post odd is blocked: plugin trouble: limits for odd raised RuntimeError: the sky fell"),
        ("limits", "number", "post odd is blocked: plugin trouble: limits for odd returned int, not Limits"),
        ("render", "none", "post odd is blocked: plugin trouble: render for odd returned NoneType, not Rendering"),
        ("render", "hollow", "post odd is blocked: plugin trouble: render returned something that cannot be used"),
        ("ask", "raise", "review 2 of post odd: plugin trouble: ask for review 2 raised RuntimeError: the sky fell"),
        ("poll", "number", "approver trouble: plugin trouble: poll returned int, not PollPage"),
        ("prepare", "raise", "post odd → odd: plugin trouble: prepare for odd raised RuntimeError: the sky fell"),
        ("prepare", "none", "post odd → odd: plugin trouble: prepare for odd returned NoneType, not Prepared or Pending"),
        ("send", "raise", "post odd → odd: no clear answer (plugin trouble: send for odd raised RuntimeError: the sky"),
        ("send", "number", "post odd → odd: no clear answer (plugin trouble: send for odd returned int, not Receipt or"),
        ("send", "hang", "post odd → odd: no clear answer (plugin trouble: send for odd did not come back within 1 s"),
        ("read", "number", "profile odd: plugin trouble: read for odd returned int, not Sequence"),
        ("read", "hollow", "profile odd: metrics trouble: read returned something that is no Reading"),
    ],
)
def test_a_method_that_misbehaves_stops_its_own_post_only(
    program: Program, method: str, does: str, words: str
) -> None:
    program.trouble(**{method: does})
    program.configure(PROFILE, deadline="1s")
    program.post("fine", profiles='["shop"]')
    program.post("odd", profiles='["odd"]', approval='"trouble"' if method in ("ask", "poll") else '"rule"')
    done = program.smm("run", "--once", code=1)
    done.line(words)
    assert program.sent() == ["This is fine."]
    assert program.logged(words)
    if method == "send":
        assert program.calls("send") == 1


@pytest.mark.parametrize("does", ["raise", "number", "hang"])
def test_a_check_that_misbehaves_leaves_the_word_to_a_person(program: Program, does: str) -> None:
    program.trouble(smm_check_variant=does)
    program.configure(deadline="1s")
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == []
    assert program.attention("review 1: fine")["why"] == "waits for approval"
    (problem,) = program.json("check", "fine")["problems"]
    assert problem["problem"].startswith("plugin trouble: smm_check_variant")
    assert program.logged("plugin trouble: smm_check_variant") or does == "number"
    program.smm("reviews", "approve", "1")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]


@pytest.mark.parametrize("does", ["raise", "hang"])
def test_an_observer_that_misbehaves_changes_nothing(program: Program, does: str) -> None:
    program.trouble(smm_event=does)
    program.configure(deadline="1s")
    for number in range(3):
        program.post(f"fine-{number}")
    started = time.monotonic()
    program.smm("run", "--once")
    assert time.monotonic() - started < 6
    assert len(program.sent()) == 3
    assert program.logged("observer trouble: plugin trouble: smm_event for post.new", level="WARNING")
