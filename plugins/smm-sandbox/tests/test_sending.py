"""Exactly once: the same key never makes two posts, whatever happens in between."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from datetime import timedelta

import pytest
from smm_sandbox.faults import FaultKind

from smm_core import ActionKind, NeedsLogin, OutcomeUnknown, Part, Pending, PluginError, Receipt, Rejected, TryLater


def test_a_post_is_published_and_found_by_its_key(bench):
    receipt = bench.send("Fresh bread")

    assert bench.find() == receipt
    assert receipt.url == f"https://sandbox.invalid/@acme/{receipt.remote_id}"
    assert receipt.at == bench.ctx.instant
    assert [post.text for post in bench.posts()] == ["Fresh bread"]


def test_what_was_never_sent_is_not_found(bench):
    bench.send("Fresh bread", key="k1")
    assert bench.find("k2") is None


def test_the_same_key_gives_the_same_post_for_ever(bench):
    first = bench.send("Fresh bread")
    bench.advance(days=400)
    assert bench.send("Fresh bread") == first
    assert len(bench.posts()) == 1


def test_other_keys_make_other_posts_even_at_the_same_instant(bench):
    ids = {bench.send("Fresh bread", key=f"k{number}").remote_id for number in range(5)}
    assert len(ids) == 5


@pytest.mark.parametrize(
    ("rules", "pattern"),
    [("microblog", r"\d{18}"), ("shorttext", r"[2-7a-z]{13}"), ("pictures", r"\d{17}"), ("open", r"p[0-9a-z]+")],
)
def test_ids_look_like_those_of_the_platform(bench, rules, pattern):
    import re

    receipt = bench.send(Part(text="Fresh bread", media=(bench.picture(),)), profile=bench.profile(rules))
    assert re.fullmatch(pattern, receipt.remote_id)


def test_threads_racing_with_one_key_on_a_new_network_make_one_post(bench):
    barrier, answers = threading.Barrier(8), []

    def race() -> None:
        barrier.wait()
        answers.append(bench.send("Fresh bread"))

    threads = [threading.Thread(target=race) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len({answer.remote_id for answer in answers}) == 1
    assert len(answers) == 8
    assert len(bench.posts()) == 1


_SENDER = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from smm_sandbox.network import Network
from smm_sandbox.records import Account, Kind, Submission
from smm_sandbox.rules import rule_set
from smm_sandbox.service import Service

now = lambda: datetime.fromisoformat(sys.argv[2])
account = Account(name="acme", title="Acme", handle="acme", language="en", zone="UTC", rules="open", speed=1, followers=1, joined_at=now())
service = Service(Network(Path(sys.argv[1])), rule_set("open"), now)
print("ready", flush=True)
for number in range(100_000):
    service.submit(Submission(account=account, kind=Kind.POST, key=f"k{number}", text="x" * 2000, link=None, pictures=(),
                              parent=None, send_by=now() + timedelta(minutes=1)))
    print(number, flush=True)
"""


def test_a_process_killed_while_it_sends_leaves_one_post_or_none(bench):
    profile = bench.profile("open")
    for round_number in range(3):
        told = _kill_while_sending(bench, after=0.1 + 0.07 * round_number)
        assert all(bench.find(f"k{number}", profile) for number in range(told + 1)), "what was told must be there"
        interrupted = f"k{told + 1}"
        found = bench.find(interrupted, profile)
        again = bench.send("x" * 2000, key=interrupted, profile=profile)
        assert found in (None, again)
    with closing(sqlite3.connect(bench.network.path)) as connection:
        posts, keys = connection.execute("SELECT count(*), count(DISTINCT key) FROM posts").fetchone()
        assert posts == keys > 3
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def _kill_while_sending(bench, after: float) -> int:
    """Let a process send as fast as it can, kill it, and return the last number that it saw accepted."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", _SENDER, str(bench.ctx.data_dir()), bench.ctx.now().isoformat()]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(3)] == ["ready\n", "0\n", "1\n"]
        time.sleep(after)
        process.send_signal(signal.SIGKILL)
        numbers = [line for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    return int(numbers[-1]) if numbers else 1


def test_nothing_is_taken_when_the_time_for_sending_is_over(bench):
    with pytest.raises(TryLater):
        bench.send("Too late", send_by=bench.ctx.instant)
    assert bench.find() is None


def test_a_thread_hangs_together_and_needs_its_parent(bench):
    first = bench.send("One", key="k1")
    second = bench.send("Two", key="k2", parent=first)
    third = bench.send("Three", key="k3", parent=second)

    posts = {post.id: post for post in bench.posts()}
    assert posts[third.remote_id].parent == second.remote_id
    assert posts[third.remote_id].root == first.remote_id
    with pytest.raises(Rejected, match="404"):
        bench.send("Lost", key="k4", parent=Receipt(remote_id="nowhere"))


def test_a_first_comment_goes_below_its_post(bench):
    profile = bench.profile("pictures")
    post = bench.send(Part(text="Bread", media=(bench.picture(),)), profile=profile)
    comment = bench.send("#bread", key="k2", parent=post, action=ActionKind.COMMENT, profile=profile)

    stored = {entry.id: entry for entry in bench.posts()}[comment.remote_id]
    assert (stored.kind, stored.parent) == ("comment", post.remote_id)
    with pytest.raises(Rejected):
        bench.send("#bread", key="k3", action=ActionKind.COMMENT, profile=profile)


def test_what_the_network_cannot_do_is_said_before_anything_is_sent(bench):
    with pytest.raises(PluginError, match="cannot boost"):
        bench.send("Bread", action=ActionKind.BOOST)


# ---------------------------------------------------------------- faults


def test_refuse(bench):
    bench.faults("refuse")
    with pytest.raises(Rejected, match="422"):
        bench.send("Bread")
    assert bench.find() is None
    assert isinstance(bench.send("Bread"), Receipt), "a fault counts for one send"


def test_429_says_how_long_to_wait(bench):
    bench.faults("429:2")
    with pytest.raises(TryLater) as caught:
        bench.send("Bread")
    assert caught.value.after == timedelta(seconds=2)
    assert bench.find() is None


def test_503_proves_nothing_but_took_nothing(bench):
    bench.faults("503")
    with pytest.raises(OutcomeUnknown):
        bench.send("Bread")
    assert bench.find() is None


def test_drop_took_the_post_and_lost_the_answer(bench):
    bench.faults("drop")
    with pytest.raises(OutcomeUnknown):
        bench.send("Bread")
    found = bench.find()
    assert found is not None
    assert bench.send("Bread") == found


def test_slow_takes_its_time(bench):
    bench.faults("slow:0.05")
    started = time.monotonic()
    bench.send("Bread")
    assert time.monotonic() - started >= 0.05


def test_pending_becomes_visible_later(bench):
    bench.faults("pending:30")
    pending = bench.send("Bread")
    assert isinstance(pending, Pending)
    assert pending.check_after == timedelta(seconds=30)
    assert bench.posts() == ()
    with pytest.raises(TryLater):
        bench.find()

    bench.advance(seconds=10)
    assert bench.resume().check_after == timedelta(seconds=20)
    assert isinstance(bench.send("Bread"), Pending), "sending again does not make a second one"

    bench.advance(seconds=20)
    receipt = bench.resume()
    assert isinstance(receipt, Receipt)
    assert bench.find() == receipt
    assert len(bench.posts()) == 1


def test_a_pending_post_that_was_reset_is_a_clear_error(bench):
    with pytest.raises(PluginError, match="acme"):
        bench.resume()


def test_login_ends_and_is_renewed(bench):
    bench.faults("login")
    for _ in range(2):
        with pytest.raises(NeedsLogin, match="smm sandbox login acme"):
            bench.send("Bread")
    with pytest.raises(NeedsLogin):
        bench.prepare(Part(text="Bread"))
    with bench.network.writing() as session:
        session.log_in("acme")
    assert isinstance(bench.send("Bread"), Receipt)


def test_faults_come_in_their_order(bench):
    bench.faults("drop", "429:1", "refuse")
    for expected in (OutcomeUnknown, TryLater, Rejected):
        with pytest.raises(expected):
            bench.send("Bread")
    assert isinstance(bench.send("Bread"), Receipt)


@pytest.mark.parametrize("word", ["", "drp", "429", "429:", "429:soon", "slow:-1", "slow:nan", "slow:1e9", "drop:3"])
def test_a_word_that_is_no_fault_says_what_would_be_right(word):
    from smm_sandbox.faults import Fault

    with pytest.raises(ValueError, match=r"is not a fault|seconds"):
        Fault.parse(word)


def test_every_fault_is_written_as_it_is_read():
    from smm_sandbox.faults import Fault

    for word in ("refuse", "429:2", "503", "drop", "slow:0.5", "pending:30", "login"):
        assert str(Fault.parse(word)) == word
    assert {
        str(Fault.parse(word).kind) for word in ("refuse", "429:2", "503", "drop", "slow:1", "pending:1", "login")
    } == set(FaultKind)


# ---------------------------------------------------------------- rate limits


def test_the_rate_limit_says_when_there_is_room_again(bench):
    profile = bench.profile("microblog", posts_per_window=2)
    bench.send("One", key="k1", profile=profile)
    bench.advance(seconds=100)
    bench.send("Two", key="k2", profile=profile)
    bench.advance(seconds=100)

    with pytest.raises(TryLater) as caught:
        bench.send("Three", key="k3", profile=profile)
    assert caught.value.after == timedelta(seconds=100), "the first of the two leaves the window of 5 minutes then"
    assert bench.send("One", key="k1", profile=profile), "what is out already is not counted again"

    bench.advance(seconds=100)
    assert isinstance(bench.send("Three", key="k3", profile=profile), Receipt)


def test_a_platforms_own_rate_limit_holds_without_settings(bench):
    profile = bench.profile("pictures")
    part = Part(text="Bread", media=(bench.picture(),))
    for number in range(50):
        bench.send(part, key=f"k{number}", profile=profile)
    with pytest.raises(TryLater):
        bench.send(part, key="k50", profile=profile)
