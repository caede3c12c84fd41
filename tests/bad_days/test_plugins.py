"""Plugins that raise, hang, print, return nonsense or cannot even be imported: each is one line, everything else goes on."""

from __future__ import annotations

from tests.bad_days.conftest import Program

BROKEN = {
    "raises": ("raise RuntimeError('no luck today')", "cannot be loaded: RuntimeError: no luck today"),
    "absent": ("import a_library_that_is_not_there", "cannot be loaded: ModuleNotFoundError: No module named"),
    "syntax": ("def broken(:", "cannot be loaded: SyntaxError"),
    "leaves": ("import sys; sys.exit(0)", "cannot be loaded: SystemExit"),
    "hook": ("from smm_core import hookimpl\n@hookimpl\ndef smm_nonsense(): pass", "smm_nonsense"),
    "kind": (
        "from smm_core import hookimpl\n@hookimpl\ndef smm_sources(): return [object()]",
        "is no source: it lacks",
    ),
}
SOURCE = '[sources.odd]\ntype = "trouble"\nevery = "1s"\n'
PROFILE = '[profiles.odd]\nplatform = "trouble"\n'


def test_those_that_cannot_be_loaded_are_left_out_and_the_rest_goes_on(program: Program) -> None:
    for name, (text, _) in BROKEN.items():
        program.write(f"plugins/{name}.py", text)
    program.configure(enabled=("recorder", *BROKEN))
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
    program.configure(deadline="1s", enabled=("recorder", "hangs"))
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]
    assert program.logged("plugin hangs is left out: ", "import did not come back within 1 s")


SOURCES = {
    "raise": "collect for raise raised RuntimeError: the sky fell (the log has the details)",
    "leave": "collect for leave raised SystemExit: 1",
    "number": "collect for number returned int, not CollectPage",
    "none": "collect for none returned NoneType, not CollectPage",
    "hollow": "collect returned a page that cannot be used",
    "hang": "collect for hang did not come back within 1 s",
}


def test_a_source_that_misbehaves_is_one_line_and_the_others_are_read(program: Program) -> None:
    for name in SOURCES:
        program.trouble(f"bad-{name}", collect=name)
    program.trouble("good")
    program.configure(
        "".join(f'[sources.{name}]\ntype = "bad-{name}"\n' for name in SOURCES) + '[sources.news]\ntype = "good"\n',
        deadline="1s",
        enabled=("recorder", "good", *(f"bad-{name}" for name in SOURCES)),
    )
    program.post("fine")
    done = program.smm("run", "--once", code=1)
    assert program.sent() == ["This is fine."]
    assert [one["title"] for one in program.json("ideas", "list")] == ["An idea of good"]
    waiting = {one["what"]: one["why"] for one in program.json("attention")}
    for name, words in SOURCES.items():
        words = f"source {name}: plugin bad-{name}: {words}"
        done.line(f"collect: {words}")
        assert program.logged(words, level="WARNING"), name
        assert waiting.pop(f"source {name}").startswith(words)
    assert waiting == {}


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


METHODS = {
    ("limits", "raise"): "post {post} is blocked: plugin {plugin}: limits for {post} raised RuntimeError: the sky fell",
    ("limits", "number"): "post {post} is blocked: plugin {plugin}: limits for {post} returned int, not Limits",
    ("render", "none"): "post {post} is blocked: plugin {plugin}: render for {post} returned NoneType, not Rendering",
    ("render", "hollow"): "post {post} is blocked: plugin {plugin}: render returned something that cannot be used",
    ("ask", "raise"): "of post {post}: plugin {plugin}: ask for review",
    ("poll", "number"): "approver {plugin}: plugin {plugin}: poll returned int, not PollPage",
    ("prepare", "raise"): "post {post} → {post}: plugin {plugin}: prepare for {post} raised RuntimeError: the sky fell",
    (
        "prepare",
        "none",
    ): "post {post} → {post}: plugin {plugin}: prepare for {post} returned NoneType, not Prepared or Pe",
    (
        "send",
        "raise",
    ): "post {post} → {post}: no clear answer (plugin {plugin}: send for {post} raised RuntimeError: the",
    (
        "send",
        "number",
    ): "post {post} → {post}: no clear answer (plugin {plugin}: send for {post} returned int, not Receipt",
    (
        "send",
        "hang",
    ): "post {post} → {post}: no clear answer (plugin {plugin}: send for {post} did not come back within 1",
    ("read", "number"): "profile {post}: plugin {plugin}: read for {post} returned int, not Sequence",
    ("read", "hollow"): "profile {post}: metrics {plugin}: read returned something that is no Reading",
}


def test_a_method_that_misbehaves_stops_its_own_post_only(program: Program) -> None:
    told = {}
    profiles = ""
    for (method, does), words in METHODS.items():
        name = f"{method}-{does}"
        program.trouble(f"bad-{name}", **{method: does})
        profiles += f'[profiles.{name}]\nplatform = "bad-{name}"\n'
        approval = f'"bad-{name}"' if method in ("ask", "poll") else '"rule"'
        program.post(name, profiles=f'["{name}"]', approval=approval)
        told[name] = words.format(post=name, plugin=f"bad-{name}")
    program.configure(profiles, deadline="1s", enabled=("recorder", *(f"bad-{name}" for name in told)))
    program.post("fine", profiles='["shop"]')

    done = program.smm("run", "--once", code=1)

    assert program.sent() == ["This is fine."]
    for name, words in told.items():
        done.line(words)
        assert program.logged(words, level="WARNING"), name
        if name.startswith("send"):
            assert program.calls("send", name=f"bad-{name}") == 1


def test_a_check_that_misbehaves_leaves_the_word_to_a_person(program: Program) -> None:
    for does in ("raise", "number", "hang"):
        program.trouble(f"bad-{does}", smm_check_variant=does)
    program.configure(deadline="1s", enabled=("recorder", "bad-raise", "bad-number", "bad-hang"))
    program.post("fine")
    program.smm("run", "--once")
    assert program.sent() == []
    assert program.attention("review 1: fine")["why"] == "waits for approval"
    problems = {one["by"]: one["problem"] for one in program.json("check", "fine")["problems"]}
    for does in ("raise", "number", "hang"):
        assert problems[f"bad-{does}"].startswith(f"plugin bad-{does}: smm_check_variant")
        assert program.logged(f"plugin bad-{does}: smm_check_variant", level="WARNING"), does
    program.smm("reviews", "approve", "1")
    program.smm("run", "--once")
    assert program.sent() == ["This is fine."]


def test_an_observer_that_misbehaves_changes_nothing(program: Program) -> None:
    for does in ("raise", "hang"):
        program.trouble(f"bad-{does}", smm_event=does)
    program.configure(deadline="1s", enabled=("recorder", "bad-raise", "bad-hang"))
    for number in range(3):
        program.post(f"fine-{number}")
    program.smm("run", "--once")
    assert len(program.sent()) == 3
    for does in ("raise", "hang"):
        assert program.logged(f"observer bad-{does}: plugin bad-{does}: smm_event for post.new", level="WARNING")
    assert program.calls("smm_event", name="bad-hang") == 1
    assert program.calls("smm_event", name="bad-raise") > 3
