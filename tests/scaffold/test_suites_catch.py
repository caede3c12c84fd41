"""The suites of sources, templates, approvers and metrics can fail: small wrong changes to correct plugins, each caught by one test.

The correct plugins are those that `smm plugins new` writes; that they pass is tested in a fresh environment.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from smm_core.scaffold.new_plugin import NewPlugin, write_package
from smm_core.testing.kit.bench import Bench, NoNetwork


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrong:
    """A change that makes a plugin wrong, and the test that must notice."""

    family: str
    what: str
    old: str
    new: str
    caught_by: str
    file: str = ""


def source(what: str, old: str, new: str, caught_by: str, file: str = "") -> Wrong:
    return Wrong(family="source", what=what, old=old, new=new, caught_by=caught_by, file=file)


def template(what: str, old: str, new: str, caught_by: str, file: str = "") -> Wrong:
    return Wrong(family="template", what=what, old=old, new=new, caught_by=caught_by, file=file)


def approver(what: str, old: str, new: str, caught_by: str, file: str = "") -> Wrong:
    return Wrong(family="approver", what=what, old=old, new=new, caught_by=caught_by, file=file)


def metrics(what: str, old: str, new: str, caught_by: str, file: str = "") -> Wrong:
    return Wrong(family="metrics", what=what, old=old, new=new, caught_by=caught_by, file=file)


WRONG = (
    source(
        "asks the network while it is imported",
        "from collections.abc import Iterable\n",
        "import socket\nfrom collections.abc import Iterable\n\nsocket.getaddrinfo('127.0.0.1', 80)\n",
        "importing_touches_nothing",
        "__init__.py",
    ),
    source("keeps a token as a text", "token: Secret | None", "token: str | None", "settings_are_typed_and_explained", "settings.py"),
    source("explains nothing", 'metadata={"help": "Where the site is."}', "metadata={}", "settings_are_typed_and_explained", "settings.py"),
    source("stops after one page", "more=len(entries) == request.settings.per_page", "more=False", "finds_everything_once"),
    source("never ends", "more=len(entries) == request.settings.per_page", "more=True", "the_walk_ends_and_gets_on"),
    source("forgets its place", "cursor=str(entries[-1][\"id\"]) if entries else after", 'cursor=""', "the_walk_ends_and_gets_on"),
    source("skips an entry", "str(entries[-1][\"id\"])", "str(entries[-1][\"id\"] + 1)", "goes_on_after_a_restart"),
    source("keeps its place in memory", 'after = request.cursor or "0"', 'after = getattr(self, "after", "0")\n        self.after = "2"', "finds_everything_once"),
    source("puts the token into the cursor", "else after,", 'else after + request.settings.token.reveal(),', "the_cursor_is_plain_text_without_secrets"),
    source("makes keys of titles by chance", 'key=str(entry["id"])', "key=str(id(entry)) + str(__import__('time').time_ns())", "a_page_may_be_asked_for_again"),
    source("takes any answer for an empty page", 'raise FetchError(f"the site answered {response.status}", hint="look at it in a browser")', "return []", "bad_answers_lose_nothing"),
    source("lets nonsense raise", "except (ValueError, KeyError, TypeError):", "except ZeroDivisionError:", "bad_answers_lose_nothing"),
    source("takes links of any kind", "address if is_link else None", '"javascript:1"', "ideas_can_be_used"),
    source("takes ideas without a title", "if title else None", "if True else None", "hostile_content_is_content"),
    source("logs the token", 'after = request.cursor or "0"', 'after = request.cursor or "0"\n        ctx.log.info(request.settings.token.reveal())', "no_secret_shows"),
    source("leaves a thread behind", 'after = request.cursor or "0"', 'import threading\n\n        threading.Timer(1, print).start()\n        after = request.cursor or "0"', "finds_everything_once"),
    template("writes None for what is missing", "found.text", "str(found.text or None)", "makes_a_post_of_a_bare_idea"),
    template("drops the link", "link=found.url, ", "", "keeps_the_link_of_the_idea"),
    template("chooses profiles", "link=found.url, ", 'link=found.url, profiles=("x",), ', "leaves_planning_to_core"),
    template("knows a platform", "link=found.url, ", 'link=found.url, options={"board": {"a": 1}}, ', "leaves_planning_to_core"),
    template("uses the network", "found = request.idea.found", 'found = request.idea.found\n        ctx.http.request("GET", "https://example.org")', "is_pure"),
    template("is different each time", "found = request.idea.found", "import time\n\n        found = request.idea.found\n        LAYOUTS['plain'] = str(time.time_ns()) + '{title}'", "is_pure"),
    template("falls over an unknown layout", "if request.layout not in LAYOUTS:", "if False:", "an_unknown_layout_is_named"),
    template("runs the words of an idea", "text.strip() or found.title", '__import__("jinja2").Template(text).render() or "x"', "hostile_ideas_are_text"),
    template("gives empty posts", "text.strip() or found.title", '""', "makes_a_post_of_a_full_idea"),
    approver("asks twice", "if not path.exists():", "while path.exists():\n            path = path.with_suffix('.again.txt')\n        if True:", "asking_twice_asks_once"),
    approver("shows only the first part", "for part in one.parts", "for part in one.parts[:1]", "shows_exactly_what_will_be_sent"),
    approver("hides what the checks said", "[*texts, *doubts, _LINE]", "[*texts, _LINE]", "shows_what_the_checks_said"),
    approver("takes silence for a yes", "if decision is None:\n        return None", "if decision is None:\n        decision = Decision.APPROVE", "nobody_answered_is_no_answer"),
    approver("takes no for yes", '"no": Decision.REWORK', '"no": Decision.APPROVE', "a_rework_is_heard_with_its_remark"),
    approver("loses the remark", "remark=rest.strip()", 'remark=""', "a_rework_is_heard_with_its_remark"),
    approver("answers for nothing in particular", "digests=review.digests", "digests={}", "an_answer_names_what_it_is_for"),
    approver("approves what the post became", '/ f"{review.id}-{mark}.txt"', '/ "question.txt"', "an_answer_to_something_older_does_not_count"),
    approver("answers by itself", "return Asked()", 'return Asked(answers=(Answer(review_id=request.review.id, decision=Decision.APPROVE, by="me", digests=request.review.digests),))', "nobody_answered_is_no_answer"),
    approver("hears an answer only once", "for review in request.reviews)", "for review in request.reviews if not (ctx.data_dir() / 'heard').exists())\n        (ctx.data_dir() / 'heard').touch() if request.reviews and (answers := list(answers)) and any(answers) else None", "polling_again_from_the_same_cursor_hears_it_again"),
    metrics("writes 0 for what is absent", "value = numbers.get(native)", "value = numbers.get(native, 0)", "what_is_absent_is_absent"),
    metrics("leaves zeroes out", "value = numbers.get(native)", "value = numbers.get(native) or None", "a_zero_that_was_measured_is_kept"),
    metrics("counts everything twice", "yield Reading(", "for _ in (1, 2):\n                yield Reading(", "readings_can_be_kept"),
    metrics("uses the platform's names", "metric=metric", "metric=native.upper()", "readings_can_be_kept"),
    metrics("reads in local time", "value=value, at=at", "value=value, at=at.replace(tzinfo=None)", "readings_can_be_kept"),
    metrics("falls over a post that is gone", "if response.status in (404, 410):", "if response.status == 410:", "one_post_that_is_gone_costs_only_itself"),
    metrics("takes a refusal for no numbers", "if response.status in (404, 410):", "if response.status in (404, 410, 401, 403):", "bad_answers_are_errors_and_no_numbers"),
    metrics("ignores Retry-After", "after=retry_after(response, ctx.now())", "after=None", "bad_answers_are_errors_and_no_numbers"),
    metrics("takes a fault for zeroes", "if response.status != 200 or not isinstance(numbers, dict):\n        raise", "if response.status != 200 or not isinstance(numbers, dict):\n        return {'likes': 0}\n        raise", "bad_answers_are_errors_and_no_numbers"),
    metrics("lets nonsense raise", "except ValueError:\n        numbers = None", "except ZeroDivisionError:\n        numbers = None", "bad_answers_are_errors_and_no_numbers"),
    metrics("says the token in an error", 'NeedsLogin(f"the platform answered {response.status}"', 'NeedsLogin(f"{headers}"', "bad_answers_are_errors_and_no_numbers"),
    metrics("reads what nobody asked for", "for post, numbers in found", "for post, numbers in [*found, *((p, n) for p, n in [(__import__('dataclasses').replace(request.subjects[0], id='x'), {'likes': 1})] if request.subjects)]", "only_what_was_asked_for"),
)  # fmt: skip
SUITES = {"source": "TestSource", "template": "TestTemplate", "approver": "TestApprover", "metrics": "TestMetrics"}


def make_wrong(wrong: Wrong, number: int, into: Path) -> str:
    """A new plugin with the change; the name of the test that must fail."""
    plugin = NewPlugin(family=wrong.family, name=f"wrong-{number}", today=date(2026, 11, 23))
    write_package(plugin, into)
    path = into / plugin.package / plugin.module / (wrong.file or f"{wrong.family}.py")
    text = path.read_text("utf-8")
    assert wrong.old in text, f"{wrong.what}: the scaffold no longer has {wrong.old!r}"
    path.write_text(text.replace(wrong.old, wrong.new), "utf-8")
    return f"{plugin.package}/tests/test_conformance.py::{SUITES[wrong.family]}::test_{wrong.caught_by}"


@pytest.mark.slow
def test_every_wrong_change_is_caught(tmp_path: Path) -> None:
    tests = [make_wrong(wrong, number, tmp_path) for number, wrong in enumerate(WRONG)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    folders = [str(folder) for folder in tmp_path.iterdir()]
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -q --import-mode=importlib --tb=no\n")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *tests],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": os.pathsep.join(folders)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    failed = set(re.findall(r"^FAILED (\S+)", ran.stdout, re.MULTILINE))
    missed = [wrong.what for wrong, test in zip(WRONG, tests, strict=True) if test not in failed]
    assert missed == [], f"nobody noticed a plugin that {'; that '.join(missed)}\n{ran.stdout[-3000:]}{ran.stderr}"


def test_a_call_that_never_comes_back_is_caught(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path, deadline=timedelta(seconds=0.2))
    with pytest.raises(AssertionError, match=r"collect did not come back within 0\.2 s"):
        bench.failure("collect", lambda ctx: threading.Event().wait(), expect=bool, http=NoNetwork())
    bench.close()


def test_an_error_of_python_is_caught(tmp_path: Path) -> None:
    bench = Bench(root=tmp_path)
    with pytest.raises(AssertionError, match=r"raised KeyError: 'id'\. Turn it into an error of smm"):
        bench.failure("read", lambda ctx: {}["id"], expect=object, http=NoNetwork())
    bench.close()
