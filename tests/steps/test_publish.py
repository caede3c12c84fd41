"""publish: every answer a platform can give, and what becomes of the delivery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.model import Action, ActionState, Decision, PostState, ReviewState
from smm_core.steps import Report
from smm_core.steps.collect import collect
from smm_core.steps.publish import publish
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.steps.schedule import schedule
from smm_core.workspace import Workspace
from tests.conftest import write_post

# A platform whose answers stand in a file, one a line; what it accepted stands in another.
PLATFORM = """
from datetime import timedelta
from pathlib import Path
from smm_core import *

HERE = Path(__file__).parent

class Odd:
    name = title = "odd"
    settings = NoSettings
    guarantees = Guarantees({guarantees}http_only=False)
    abilities = frozenset({abilities})

    def inspect(self, request, ctx):
        return Inspected(account="odd")
    def limits(self, profile, known):
        return Limits(parts=5, first_comment=True, text=(TextLimit(maximum=500, unit=TextUnit.GRAPHEMES),))
    def render(self, post, profile, limits):
        return render_plain(post, profile, limits)
    def prepare(self, request, ctx):
        with (HERE / "handed").open("a") as file:
            file.write(f"{{dict(request.handles)}}\\n")
        return self.answer("prepare", ctx) or Prepared()
    def send(self, request, ctx):
        with (HERE / "sent").open("a") as file:
            file.write(f"{{request.key}} {{request.part.text}}\\n")
        return self.answer("send", ctx) or Receipt(remote_id=request.key, url=f"https://odd.example/{{request.key}}")
    def find(self, request, ctx):
        return Receipt(remote_id=request.key) if self.next("find") == "found" else None
    def resume(self, request, ctx):
        return self.answer("resume", ctx) or Receipt(remote_id=request.key)

    def next(self, method):
        path = HERE / method
        lines = path.read_text().splitlines() if path.exists() else []
        if lines:
            path.write_text("".join(f"{{line}}\\n" for line in lines[1:]))
        return lines[0] if lines else ""
    def answer(self, method, ctx):
        word = self.next(method)
        if word == "later": raise TryLater("busy", after=timedelta(minutes=5))
        if word == "later-someday": raise TryLater("busy")
        if word == "rejected": raise Rejected("we do not like it")
        if word == "login": raise NeedsLogin("token expired")
        if word == "secret": raise SecretError("secret env:ODD_TOKEN: the environment variable is not set")
        if word == "media": raise MediaError("no media host is set up")
        if word == "unknown": raise OutcomeUnknown("cut off")
        if word == "bug": raise ZeroDivisionError("oops")
        if word == "nonsense": return 42
        if word == "pending": return Pending(check_after=timedelta(minutes=1), handles={{"job": "7"}})
        return None

@hookimpl
def smm_publishers():
    return [Odd()]
"""


class Platform:
    """The odd platform of one workspace."""

    def __init__(self, ws: Workspace, folder: Path) -> None:
        self.ws = ws
        self.folder = folder

    def answers(self, method: str, *words: str) -> None:
        """What it will answer next."""
        (self.folder / method).write_text("".join(f"{word}\n" for word in words))

    def sent(self) -> list[str]:
        """The texts it was sent, in order."""
        path = self.folder / "sent"
        return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []

    def publish(self) -> Report:
        """One round of the step."""
        return publish(self.ws, self.ws.store.begin_epoch(self.ws.clock.now()))

    def action(self) -> Action:
        """The first action there is."""
        return self.ws.store.ledger.get(1)


@contextmanager
def odd_workspace(root: Path, clock: FakeClock, guarantees: str = "", abilities: str = "") -> Iterator[Platform]:
    """A workspace with the odd platform; what it guarantees and can do is Python, as it stands in the plugin."""
    (root / "plugins").mkdir()
    code = PLATFORM.format(guarantees=guarantees, abilities=f"{{{abilities}}}" if abilities else "")
    (root / "plugins" / "odd.py").write_text(code)
    text = (root / "smm.toml").read_text().replace('platform = "sandbox"\nimitates = "microblog"', 'platform = "odd"')
    (root / "smm.toml").write_text(text.replace("[workflow]", "[publish]\nwindow = '3h'\n\n[workflow]"))
    with Workspace(root, clock) as ws:
        yield Platform(ws, root / "plugins")


@pytest.fixture
def odd(root: Path, clock: FakeClock) -> Iterator[Platform]:
    """A platform with neither key nor find."""
    with odd_workspace(root, clock) as platform:
        yield platform


def scheduled(platform: Platform, text: str = "Fresh bread.", **front: str) -> None:
    """A post that is approved and due now."""
    written(platform, text, **front)
    approve(platform)
    assert platform.ws.store.posts.get(1).state is PostState.SCHEDULED


def written(platform: Platform, text: str, **front: str) -> None:
    """Somebody writes the post, or writes it anew."""
    front = {"profiles": '["social"]', "at": '"now"', "call_to_action": '"Come by"'} | front
    write_post(platform.ws.root, "bread", text + " Come by", **front)
    assert collect(platform.ws).troubles == []


def approve(platform: Platform) -> None:
    """From what was written to the ledger."""
    ws = platform.ws
    for step in (render, review):
        assert step(ws).troubles == []
    for open_ in ws.store.reviews.listed(state=ReviewState.OPEN):
        ws.store.reviews.decide(open_.id, Decision.APPROVE, "tester", ws.clock.now())
    assert schedule(ws).troubles == []


def test_it_goes_out_once(odd: Platform) -> None:
    scheduled(odd)
    odd.publish()
    odd.publish()
    assert odd.sent() == ["Fresh bread. Come by"]
    assert odd.ws.store.posts.get(1).state is PostState.DONE


def test_a_thread_goes_out_in_order_with_its_comment(odd: Platform) -> None:
    scheduled(odd, "One.\n\n---\n\nTwo.\n\n---\n\nThree.", first_comment='"First!"')
    odd.publish()
    assert odd.sent() == ["One.", "Two.", "Three. Come by", "First!"]


@pytest.mark.parametrize(("word", "wait"), [("later", timedelta(minutes=5)), ("later-someday", timedelta(seconds=10))])
def test_surely_not_accepted_is_tried_again_after_a_while(
    odd: Platform, clock: FakeClock, word: str, wait: timedelta
) -> None:
    scheduled(odd)
    odd.answers("send", word)
    odd.publish()
    assert odd.action().state is ActionState.SCHEDULED
    clock.advance(wait / 2.5)
    odd.publish()
    assert len(odd.sent()) == 1
    clock.advance(wait)
    odd.publish()
    assert len(odd.sent()) == 2
    assert odd.action().state is ActionState.PUBLISHED


def test_what_is_refused_waits_for_a_person(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd)
    odd.answers("send", "rejected")
    odd.publish()
    clock.advance(timedelta(days=1))
    odd.publish()
    assert (odd.action().state, odd.action().reason, len(odd.sent())) == (ActionState.REFUSED, "we do not like it", 1)


@pytest.mark.parametrize(("method", "word"), [("send", "login"), ("prepare", "login"), ("prepare", "secret")])
def test_a_login_pauses_the_profile_and_goes_on_after_it(odd: Platform, method: str, word: str) -> None:
    scheduled(odd)
    odd.answers(method, word)
    odd.publish()
    assert odd.action().state is ActionState.HELD
    assert [state.profile for state in odd.ws.store.profiles.logged_out()] == ["social"]
    odd.publish()
    odd.ws.store.profiles.log_in("social")
    assert odd.ws.store.ledger.release_held("social", odd.ws.clock.now()) == 1
    odd.publish()
    assert (odd.action().state, len(odd.sent())) == (ActionState.PUBLISHED, 2 if method == "send" else 1)


@pytest.mark.parametrize("word", ["unknown", "bug", "nonsense"])
def test_no_clear_answer_without_key_or_find_is_held_and_never_sent_again(
    odd: Platform, clock: FakeClock, word: str
) -> None:
    scheduled(odd)
    odd.answers("send", word)
    odd.publish()
    for _ in range(5):
        clock.advance(timedelta(hours=3))
        odd.publish()
    assert odd.action().state is ActionState.HELD
    assert odd.action().reason.startswith("unknown:")
    assert len(odd.sent()) == 1


def test_no_clear_answer_with_a_key_is_sent_again_with_the_same_key(root: Path, clock: FakeClock) -> None:
    with odd_workspace(
        root, clock, guarantees="key_life=timedelta(hours=1), key_settles=timedelta(minutes=2), "
    ) as odd:
        scheduled(odd)
        odd.answers("send", "unknown")
        odd.publish()
        clock.advance(timedelta(minutes=1))
        odd.publish()
        assert len(odd.sent()) == 1, "the key has not settled yet"
        clock.advance(timedelta(minutes=2))
        odd.publish()
        keys = {line.split()[0] for line in (odd.folder / "sent").read_text().splitlines()}
        assert (odd.action().state, len(odd.sent()), len(keys)) == (ActionState.PUBLISHED, 2, 1)


def test_a_key_that_has_run_out_is_not_trusted(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock, guarantees="key_life=timedelta(hours=1), ") as odd:
        scheduled(odd)
        odd.answers("send", "unknown")
        odd.publish()
        clock.advance(timedelta(hours=2))
        odd.publish()
        assert (odd.action().state, len(odd.sent())) == (ActionState.HELD, 1)


def test_found_after_no_clear_answer_is_published(root: Path, clock: FakeClock) -> None:
    with odd_workspace(
        root, clock, guarantees='find="exact", absent_after=timedelta(minutes=5), ', abilities="Finds"
    ) as odd:
        scheduled(odd)
        odd.answers("send", "unknown")
        odd.answers("find", "nothing", "found")
        odd.publish()
        clock.advance(timedelta(seconds=10))
        odd.publish()
        assert odd.action().state is ActionState.UNKNOWN, "absence is not proven yet"
        clock.advance(timedelta(minutes=5))
        odd.publish()
        assert (odd.action().state, len(odd.sent())) == (ActionState.PUBLISHED, 1)


def test_proven_absence_is_sent_again(root: Path, clock: FakeClock) -> None:
    with odd_workspace(
        root, clock, guarantees='find="exact", absent_after=timedelta(minutes=5), ', abilities="Finds"
    ) as odd:
        scheduled(odd)
        odd.answers("send", "unknown")
        odd.publish()
        clock.advance(timedelta(minutes=6))
        odd.publish()
        assert (odd.action().state, len(odd.sent())) == (ActionState.PUBLISHED, 2)


def test_resemblance_never_proves_absence(root: Path, clock: FakeClock) -> None:
    with odd_workspace(
        root, clock, guarantees='find="resemblance", absent_after=timedelta(minutes=5), ', abilities="Finds"
    ) as odd:
        scheduled(odd)
        odd.answers("send", "unknown")
        odd.publish()
        for _ in range(12):
            clock.advance(timedelta(hours=1))
            odd.publish()
        assert (odd.action().state, len(odd.sent())) == (ActionState.HELD, 1)


def test_pending_is_asked_again_with_its_handles(root: Path, clock: FakeClock) -> None:
    with odd_workspace(root, clock, abilities="Resumes") as odd:
        scheduled(odd)
        odd.answers("send", "pending")
        odd.answers("resume", "pending", "later")
        odd.publish()
        assert (odd.action().state, odd.action().handles) == (ActionState.PENDING, {"job": "7"})
        for _ in range(8):
            clock.advance(timedelta(minutes=2))
            odd.publish()
        assert (odd.action().state, len(odd.sent())) == (ActionState.PUBLISHED, 1)


def test_preparing_is_repeated_and_at_last_held(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd, window='"3d"')
    odd.answers("prepare", *["bug"] * 20)
    for _ in range(20):
        odd.publish()
        clock.advance(timedelta(hours=1))
    assert (odd.action().state, odd.sent()) == (ActionState.HELD, [])
    assert "ZeroDivisionError: oops" in odd.action().reason


def test_media_that_cannot_be_had_wait_for_a_person_and_hold_up_nobody(odd: Platform) -> None:
    write_post(odd.ws.root, "rolls", "Rolls. Come by", profiles='["social"]', at='"now"', call_to_action='"Come by"')
    scheduled(odd)
    odd.answers("prepare", "media")
    odd.publish()
    assert (odd.action().state, odd.action().reason) == (ActionState.HELD, "no media host is set up")
    assert len(odd.sent()) == 1


def test_what_is_not_ready_is_prepared_again_with_its_handles_before_it_is_sent(
    odd: Platform, clock: FakeClock
) -> None:
    scheduled(odd)
    odd.answers("prepare", "pending", "pending")
    for _ in range(2):
        odd.publish()
        assert (odd.action().state, odd.sent()) == (ActionState.SCHEDULED, [])
        clock.advance(timedelta(minutes=2))
    odd.publish()
    assert (odd.action().state, len(odd.sent())) == (ActionState.PUBLISHED, 1)
    assert (odd.folder / "handed").read_text().splitlines() == ["{}", "{'job': '7'}", "{'job': '7'}"]


@pytest.mark.parametrize(
    ("late", "state"),
    [("drop", ActionState.CANCELLED), ("ask", ActionState.HELD), ("next-slot", ActionState.SCHEDULED)],
)
def test_what_is_too_late_goes_by_its_policy(odd: Platform, clock: FakeClock, late: str, state: ActionState) -> None:
    scheduled(odd, late=f'"{late}"')
    clock.advance(timedelta(hours=4))
    odd.publish()
    assert (odd.action().state, odd.sent()) == (state, [])
    if state is ActionState.SCHEDULED:
        assert odd.action().due_at.isoformat() == "2026-11-23T16:00:00+00:00", "17:00 in Amsterdam is the next slot"
        clock.set(odd.action().due_at)
        odd.publish()
        assert len(odd.sent()) == 1


def test_a_missing_plugin_loses_nothing(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd)
    plugin = odd.folder / "odd.py"
    code = plugin.read_text()
    plugin.unlink()
    with Workspace(odd.ws.root, clock) as without:
        report = publish(without, without.store.begin_epoch(clock.now()))
        assert "no plugin offers the publisher 'odd'" in report.troubles[0]
    plugin.write_text(code)
    clock.advance(timedelta(minutes=6))
    with Workspace(odd.ws.root, clock) as again:
        publish(again, again.store.begin_epoch(clock.now()))
    assert len(odd.sent()) == 1


def test_one_profile_that_is_stuck_holds_up_nobody(odd: Platform, clock: FakeClock) -> None:
    scheduled(odd, profiles='["social", "short"]')
    odd.answers("send", "unknown")
    odd.publish()
    states = {action.profile: action.state for action in odd.ws.store.ledger.of_post(1)}
    assert states == {"social": ActionState.UNKNOWN, "short": ActionState.PUBLISHED}
