"""Each rule notices what it is for, and only that; a plugin cannot claim what the tool disproves."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from smm_core import discovery
from smm_core.cli import cli
from smm_core.engine import Engine
from smm_core.isolation import Call, Misdeed
from smm_core.plugins import load
from smm_core.quality import RULES, Quality, State, Tier, candidate_of, judge
from smm_core.quality.record import digest_of
from smm_core.quality.trial import Trial, try_import
from smm_core.workspace import Workspace
from tests.quality import good

ROOT = Path(__file__).parents[2]
Change = tuple[str, str, str]
_numbers = itertools.count(1)

PUBLISHER, INIT, CLAIM, RECORD = "NAME/publisher.py", "NAME/__init__.py", "NAME/quality.toml", "NAME/quality.json"


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Quality]]:
    """Writes the good plugin with changes, loads it, and judges it; its import is tried out only where that is the point."""
    before = set(sys.modules)

    def make(*changes: Change, trial: bool = False) -> Quality:
        folder, name = tmp_path / "site", f"nowhere{next(_numbers)}"
        good.write(folder, name, changes)
        monkeypatch.syspath_prepend(str(folder))
        engine = Engine()
        plugins = load(discovery.discover([str(folder)]), engine=engine)
        candidate = candidate_of(plugins, plugins.loaded[0], engine)
        if not trial:
            candidate.__dict__["trial"] = Trial()
        return judge(candidate)

    yield make
    for name in set(sys.modules) - before:
        if name.startswith("nowhere"):
            del sys.modules[name]


def broken(quality: Quality) -> dict[str, tuple[str, ...]]:
    return {one.rule.name: one.said for one in quality.outcomes if not one.counts}


def test_the_good_one_is_gold(judged: Callable[..., Quality]) -> None:
    quality = judged(trial=True)
    assert broken(quality) == {}
    assert (quality.claimed, quality.tier, quality.overclaimed) == (Tier.GOLD, Tier.GOLD, False)


BREAKS: Sequence[tuple[str, str, Change]] = [
    ("public-names", "imports smm_core.store, which is not public", (PUBLISHER, "", "\nimport smm_core.store\n")),
    ("public-names", "imports Engine from smm_core", (PUBLISHER, "", "\nif not Settings:\n    from smm_core import Engine\n")),
    ("network-by-core", "imports httpx; use ctx.http", (PUBLISHER, "        return Inspected", "        import httpx\n\n        return Inspected")),
    ("network-by-core", "imports urllib.request", (PUBLISHER, "        return Inspected", "        from urllib import request as _\n\n        return Inspected")),
    ("good-guest", "prints: print", (PUBLISHER, "        return Prepared()", '        print("ready")\n        return Prepared()')),
    ("good-guest", "ends the process: sys.exit", (PUBLISHER, "        return Prepared()", "        import sys\n\n        sys.exit(1)")),
    ("secrets", "Settings.token is named like a secret", (PUBLISHER, "token: Secret | None", "token: str | None")),
    ("settings", "Settings is not frozen", (PUBLISHER, "(frozen=True, kw_only=True, slots=True)", "(kw_only=True, slots=True)")),
    ("settings", "Settings.url has no help line", (PUBLISHER, '= field(metadata={"help": "The address."})', "")),
    ("settings", "Settings.url has no type", (PUBLISHER, "url: str", "url: Any")),
    ("limits", "nothing says where the limit 'text'", (PUBLISHER, '{"*"', '{"parts"')),
    ("limits", "'long ago', which is no date", (PUBLISHER, "2026-11-23", "long ago")),
    ("limits", "raised", (PUBLISHER, "return Limits(", "return 1 or Limits(")),
    ("guarantees", "does not say how sure it is", (PUBLISHER, 'find="exact", ', "")),
    ("guarantees", "503 for a proof", (PUBLISHER, 'find="exact",', 'find="exact", not_sent=frozenset({400, 503}),')),
    ("guarantees", "its key ends before it is known", (PUBLISHER, "key_life=", "key_settles=timedelta(hours=1), key_life=")),
    ("abilities", "prepare(request, context) must be prepare(request, ctx)", (PUBLISHER, "request: PrepareRequest, ctx:", "request: PrepareRequest, context:")),
    ("abilities", "prepare is async", (PUBLISHER, "def prepare", "async def prepare")),
    ("readme", "no heading 'Permissions'", ("README.md", "## Permissions", "")),
    ("kit-passes", "test_b failed", (RECORD, '"failed": []', '"failed": ["PublisherSuite.test_b"]')),
    ("kit", "about version 1.1.0: run `python -m pytest --record-quality`", (RECORD, "1.2.0", "1.1.0")),
    ("kit", "was changed since the kit was run", (RECORD, good.DIGEST, "sha256:of something else")),
    ("kit", "nothing passed", (RECORD, '["PublisherSuite.test_a"]', "[]")),
    ("kit", "PublisherSuite of the kit was not run", (RECORD, "PublisherSuite", "SourceSuite")),
    ("kit", "differs without a reason", (RECORD, '"differs": {}', '"differs": {"test_c": "so"}')),
    ("kit", "nobody has recorded", (RECORD, '"plugin"', '"else"')),
    ("kit", "nobody has recorded", (RECORD, '"plugin": "NAME"', '"plugin": "another"')),
    ("stateless", "changes SEEN", (PUBLISHER, "        return None", "        SEEN.append(1)\n        return None\n\n\nSEEN: list[int] = []")),
    ("stateless", "sets the global", (PUBLISHER, "        return None", "        global LAST\n        LAST = 1\n        return None")),
    ("typed", "has no py.typed", ("NAME/py.typed", "", good.GONE)),
    ("typed", "find is not annotated", (PUBLISHER, ") -> Receipt | None:", "):")),
    ("documented", "publisher.py has no docstring", (PUBLISHER, '"""The publisher."""', "")),
    ("versioned", "no heading for 1.2.0", ("CHANGELOG.md", "## 1.2.0", "## 1.2.0.1")),
    ("versioned", "no licence", ("NAME-1.2.0.dist-info/METADATA", "License-Expression: MIT\n", "")),
    ("up-to-date", "deprecated since 0.3", (PUBLISHER, '"help": "The address."', '"help": "A.", "deprecated": {"since": "0.3", "use": "x"}')),
    ("errors-help", "a person looks", (CLAIM, "errors-help = ", "# errors-help = ")),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "said", "change"), BREAKS, ids=[f"{rule}: {said}" for rule, said, _ in BREAKS])
def test_a_rule_notices(judged: Callable[..., Quality], rule: str, said: str, change: Change) -> None:
    quality = judged(change)
    assert list(broken(quality)) == [rule]
    assert any(said in line for line in broken(quality)[rule]), broken(quality)
    below = {Tier.BRONZE: None, Tier.SILVER: Tier.BRONZE, Tier.GOLD: Tier.SILVER}
    assert quality.tier == below[next(one.tier for one in RULES if one.name == rule)]
    assert quality.overclaimed


def test_a_record_is_of_the_files_that_are_installed_and_not_of_the_claim(tmp_path: Path) -> None:
    good.write(tmp_path, "nowhere")
    package = tmp_path / "nowhere"
    before = digest_of(package)
    (package / "quality.toml").write_text('tier = "silver"\n')
    (package / "__pycache__").mkdir()
    (package / "__pycache__" / "publisher.pyc").write_bytes(b"compiled")
    (package / "publisher.py").write_bytes(good.PUBLISHER.replace("NAME", "nowhere").replace("\n", "\r\n").encode())
    assert digest_of(package) == before
    (package / "rules.toml").touch()
    with_rules = digest_of(package)
    (package / "rules.toml").write_text("maximum = 10")
    assert len({before, with_rules, digest_of(package)}) == 3


def test_an_ability_that_is_there_is_declared(judged: Callable[..., Quality]) -> None:
    quality = judged((PUBLISHER, "frozenset({Finds})", "frozenset()"))
    assert "has the methods of Finds and does not declare it" in broken(quality)["abilities"][0]
    assert "promises to find (exact) and does not declare Finds" in broken(quality)["guarantees"][0]


def test_every_rule_that_the_tool_checks_was_broken_once() -> None:
    tried = {rule for rule, _, _ in BREAKS} | {"loads", "quiet-import", "light-import"}
    assert {one.name for one in RULES if one.check} <= tried


# ---------------------------------------------------------------- the trial


def test_the_trial_sees_what_importing_touches(tmp_path: Path) -> None:
    lines = [
        "import pathlib, socket, subprocess, threading",
        "import jinja2",
        f"pathlib.Path({str(tmp_path / 'left')!r}).write_text('x')",
        "threading.Thread(target=int).start()",
        "subprocess.run(['true'])",
        "try: socket.create_connection(('127.0.0.1', 9), 0.1)\nexcept OSError: pass",
        "print('hello')",
        f"open({str(tmp_path / 'left')!r}).close()",
    ]
    (tmp_path / "odd.py").write_text("\n".join(lines))
    trial = try_import(str(tmp_path / "odd.py"))
    assert trial.error == ""
    words = ["opens a file to write", "starts a thread", "starts a process", "connects to the network"]
    for word in words:
        assert any(line.startswith(word) for line in trial.touched), (word, trial.touched)
    assert sum(line.startswith("opens a file to write") for line in trial.touched) == 1
    assert "jinja2" in trial.loaded
    assert trial.printed.strip() == "hello"


def test_the_trial_tells_its_own_files_from_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "site" / "bakery"
    package.mkdir(parents=True)
    (tmp_path / "site" / "note.txt").write_text("of somebody else")
    (package / "words.txt").write_text("rye")
    lines = [
        "import pathlib, fractions, zoneinfo, bakery.oven",
        "here = pathlib.Path(__file__).parent",
        "(here / 'words.txt').read_text()",
        "(here.parent / 'note.txt').read_text()",
        "class Bread: name = 'rye'",
        "smm_sources = lambda: [Bread()]",
    ]
    (package / "__init__.py").write_text("\n".join(lines))
    (package / "oven.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    trial = try_import("bakery")
    assert trial.touched == (f"reads a file that is not its own: {tmp_path / 'site' / 'note.txt'}",)
    assert (trial.error, trial.offers) == ("", {"sources": ("rye",)})


@pytest.mark.parametrize(
    ("text", "said"), [("import os; os._exit(3)", "exit code 3"), ("raise ValueError('odd')", "ValueError: odd")]
)
def test_a_trial_that_fails_says_why(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "odd.py").write_text(text)
    assert said in try_import(str(tmp_path / "odd.py")).error


# ---------------------------------------------------------------- what a plugin says of itself


def test_who_differs_with_a_reason_stays_in_its_tier(judged: Callable[..., Quality]) -> None:
    reason = "The client it is built on has no types at all."
    quality = judged((PUBLISHER, ") -> Receipt | None:", "):"), (CLAIM, "", f'\n[differs]\ntyped = "{reason}"\n'))
    (typed,) = [one for one in quality.outcomes if one.rule.name == "typed"]
    assert (quality.tier, typed.state, typed.said) == (Tier.GOLD, State.DIFFERS, (reason,))


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("[differs]\ngood-guest = 'It prints because that is nice.'", "nobody may differ from a bronze rule"),
        ("[differs]\nnonsense = 'There is no such rule here.'", "there is no such rule"),
        ("[differs]\ntyped = 'no'", "say it in a sentence"),
        ("tear = 'gold'", "unknown key"),
        ("[differs", "quality.toml: "),
    ],
)
def test_a_mistake_in_the_claim_is_said(judged: Callable[..., Quality], line: str, mistake: str) -> None:
    prints = (PUBLISHER, "        return Prepared()", '        print("ready")\n        return Prepared()')
    place = (CLAIM, "tier =", f"{line}\ntier =") if line.startswith("tear") else (CLAIM, "", f"\n{line}\n")
    quality = judged(prints, place)
    assert mistake in quality.mistakes[0]
    assert quality.tier is None


def test_a_plugin_that_does_not_load_has_no_tier(judged: Callable[..., Quality]) -> None:
    quality = judged((INIT, "return [Nowhere()]", "raise ValueError('odd')"))
    assert quality.tier is None
    assert broken(quality) == {"loads": ("ValueError: odd",)}


# ---------------------------------------------------------------- ours


def test_ours_are_as_good_as_they_say() -> None:
    """Each plugin of the house reaches gold, or says why not; the import of each is tried out."""
    engine = Engine()
    plugins = load(discovery.discover(), engine=engine)
    names = {path.name.removeprefix("smm-") for path in (ROOT / "plugins").glob("smm-*")}
    for loaded in (one for one in plugins.loaded if one.found.name in names):
        quality = judge(candidate_of(plugins, loaded, engine))
        assert quality.mistakes == ()
        assert quality.tier == quality.claimed, f"{broken(quality)}; after a change of a plugin: make quality"
        assert quality.tier is Tier.GOLD or len(quality.why) > 40
        names.discard(loaded.found.name)
    assert names == set()


# ---------------------------------------------------------------- the commands


def smm(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["-w", str(root), "plugins", *words], standalone_mode=False)


SINGLE = '''"""Says nothing."""
from smm_core import hookimpl

@hookimpl
def smm_event(event, ctx):
    """Nothing."""
'''


@pytest.fixture
def single(root: Path) -> Path:
    (root / ".smm").mkdir()
    (root / "plugins").mkdir()
    (root / "plugins" / "silent.py").write_text(SINGLE)
    (root / "plugins" / "broken.py").write_text("raise ValueError('odd')")
    return root


def test_the_list_says_where_each_comes_from_and_how_it_is(single: Path) -> None:
    listed = smm(single, "list", "--json")
    rows = {row["name"]: row for row in json.loads(listed.output)}
    assert listed.return_value == 1
    assert rows["silent"]["path"] == str(single / "plugins" / "silent.py")
    assert (rows["silent"]["hooks"], rows["silent"]["state"]) == (["smm_event"], "ok")
    assert rows["broken"]["state"] == "broken: cannot be loaded: ValueError: odd"
    assert rows["webhook"]["state"] == "not configured: nothing in smm.toml uses it"
    assert (rows["sandbox"]["state"], rows["sandbox"]["claims"]) == ("ok", "gold")
    assert "Finds" in rows["sandbox"]["abilities"]["publisher sandbox"]


def test_the_list_says_what_one_did_lately(single: Path) -> None:
    with Workspace(single) as ws:
        for _ in range(2):
            ws.troubles.note(Call(plugin="silent", method="smm_event"), Misdeed.HUNG, "did not come back within 3 s")
    rows = {row["name"]: row for row in json.loads(smm(single, "list", "--json").output)}
    assert rows["silent"]["state"] == "ok; lately hung 2 ×"


def test_one_that_was_left_out_says_so_and_gets_another_chance(single: Path) -> None:
    with Workspace(single) as ws:
        ws.quarantine.suspect("silent", "plugin silent: smm_event", sole=True)
    assert "left out: smm_event ended the whole process" in smm(single, "show", "silent").output
    assert smm(single, "forget", "silent").output == "silent: forgotten; it is no longer left out\n"
    assert smm(single, "show", "silent").output.startswith("silent: ok")
    assert smm(single, "forget", "silent").output == "silent: there was nothing to forget\n"


def test_a_verdict_is_shown_rule_by_rule(single: Path) -> None:
    judged = smm(single, "quality", "silent")
    assert "silent: bronze" in judged.output
    assert "there is no README" in judged.output
    verdict = json.loads(smm(single, "quality", "silent", "--json").output)
    assert (verdict["tier"], verdict["claimed"]) == ("bronze", None)
    assert [rule["name"] for rule in verdict["rules"]] == [rule.name for rule in RULES]


def test_who_claims_too_much_is_told(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good.write(tmp_path / "site", "nowhere0", [("README.md", "## Limits", "")])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    judged = smm(root, "quality", "nowhere0")
    assert judged.return_value == 1
    assert "nowhere0 1.2.0: claims gold, bronze holds" in judged.output
    assert "the next tier needs: readme" in judged.output
    assert next(rule.reason for rule in RULES if rule.name == "readme") in judged.output
    assert "claims gold, bronze holds" in smm(root, "show", "nowhere0").output


def test_where_a_plugin_differs_from_the_kit_is_shown(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    why = "the platform hangs replies below the first part"
    good.write(tmp_path / "site", "nowhere00", [(RECORD, '"differs": {}', json.dumps({"differs": {"a": why}})[1:-1])])
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert f"the kit: 1 passed, 1 different\n  a differs: {why}\n" in smm(root, "quality", "nowhere00").output
    verdict = json.loads(smm(root, "quality", "nowhere00", "--json").output)
    assert verdict["kit"]["differs"] == {"a": why}


def test_what_is_no_plugin_of_others_has_no_tier(single: Path) -> None:
    for name, said in (("builtin", "part of smm itself"), ("nonsense", "there is no plugin 'nonsense'")):
        assert said in str(smm(single, "quality", name).exception)
