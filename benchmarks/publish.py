"""Posts a second: the whole way through the ledger to a loopback server, next to others that send the same to it.

    python benchmarks/publish.py [--posts 1000]

All send a small JSON document for each post to one server, which runs in a process of its own. Ours checks the approval and
writes every attempt and every answer to disk before it goes on; apprise and the loop of eight threads with one httpx client
remember nothing, huey keeps its queue in SQLite and forgets a task when it hands it out. What can take turns does, the best
turn of each counts.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filling import add_due, make_workspace
from table import Line, at_least, at_most, milliseconds, show

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
PROFILES = 10
THREADS = 8
TURNS = 3
SLOW_SECONDS, SLOW_POSTS, SLOW_PROFILES = 0.05, 1000, 50


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Posts a second through the whole ledger.")
    parser.add_argument("--posts", type=int, default=1000, help="how many are sent each time (default: 1000)")
    parser.add_argument("--serve", type=float, help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve is not None:
        asyncio.run(_serve(chosen.serve))
        return 0
    logging.disable(logging.CRITICAL)
    return 0 if show(f"Publishing to a loopback server, {chosen.posts} posts", measure(chosen.posts)) else 1


def measure(posts: int) -> list[Line]:
    """The lines of the table."""
    with _server() as address:
        ways: dict[str, Callable[[], float]] = {
            "ours": lambda: _through_the_ledger(address, posts, PROFILES),
            "apprise": lambda: _apprise(address, posts),
            "huey": lambda: _huey(address, posts),
            "threads": lambda: _threads(address, posts),
        }
        best = dict.fromkeys(ways, 0.0)
        for _ in range(TURNS):
            for name, way in ways.items():
                best[name] = max(best[name], posts / way())
    ours = f"through the ledger, {PROFILES} profiles"
    lines = [
        at_least(ours, best["ours"], best["apprise"], 2, say=_rate, against="apprise, no memory"),
        at_least(ours, best["ours"], best["huey"], 1.5, say=_rate, against=f"huey and httpx, {THREADS} workers"),
        at_least(ours, best["ours"], best["threads"], 0.6, say=_rate, against=f"httpx.Client in {THREADS} threads"),
    ]
    with _server(SLOW_SECONDS) as address:
        took = min(_through_the_ledger(address, SLOW_POSTS, SLOW_PROFILES) for _ in range(TURNS))
    bound = SLOW_SECONDS * SLOW_POSTS / SLOW_PROFILES
    what = f"{SLOW_POSTS} due at once, {SLOW_PROFILES} profiles, {SLOW_SECONDS * 1000:.0f} ms an answer"
    lines.append(at_most(what, took, bound, 1.5, say=milliseconds, against="one after the other"))
    return lines


def _rate(rate: float) -> str:
    return f"{rate:.0f}/s"


# ---------------------------------------------------------------- ours and the others, in seconds


def _through_the_ledger(address: str, posts: int, profiles: int) -> float:
    """Until everything due is out, in this process, without the daemon's timers."""
    from smm_core.steps.publish import publish
    from smm_core.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_workspace(root, address=address)
        with Workspace(root) as ws:
            epoch = ws.store.begin_epoch(ws.clock.now())
            add_due(root, profiles, datetime.now(UTC), profiles=profiles)
            publish(ws, epoch)  # so that everybody has loaded what he needs before the time runs
            add_due(root, posts, datetime.now(UTC), profiles=profiles)
            began = time.perf_counter()
            report = publish(ws, epoch)
            took = time.perf_counter() - began
        assert report.done == posts, report.troubles[:3]
    return took


def _document(number: int) -> dict[str, str]:
    return {"key": f"{number:032x}", "text": "Rye is back. Come and try it."}


def _apprise(address: str, posts: int) -> float:
    """One notification after the other, through its plugin for JSON."""
    import apprise

    notifier = apprise.Apprise()
    notifier.add(address.replace("http://", "json://"))
    assert notifier.notify(body="first")
    began = time.perf_counter()
    for number in range(posts):
        assert notifier.notify(body=str(_document(number)))
    return time.perf_counter() - began


def _huey(address: str, posts: int) -> float:
    """Every post a task: put into the queue, taken by one of the workers, sent with a shared client."""
    import httpx
    from huey import SqliteHuey

    with tempfile.TemporaryDirectory() as folder, httpx.Client(trust_env=False) as client:
        queue: Any = SqliteHuey("posts", filename=str(Path(folder) / "queue.db"), fsync=True)
        left = threading.Semaphore(0)

        @queue.task()  # type: ignore[untyped-decorator]
        def send(number: int) -> None:
            client.post(address, json=_document(number)).raise_for_status()
            left.release()

        workers = queue.create_consumer(workers=THREADS, periodic=False, initial_delay=0.001, max_delay=0.01)
        workers.start()
        began = time.perf_counter()
        for number in range(posts):
            send(number)
        for _ in range(posts):
            left.acquire()
        took = time.perf_counter() - began
        workers.stop(graceful=True)
    return took


def _threads(address: str, posts: int) -> float:
    """One client, eight threads."""
    import httpx

    with httpx.Client(trust_env=False) as client, ThreadPoolExecutor(THREADS) as pool:

        def send(number: int) -> None:
            client.post(address, json=_document(number)).raise_for_status()

        began = time.perf_counter()
        list(pool.map(send, range(posts)))
        return time.perf_counter() - began


# ---------------------------------------------------------------- the server


@contextlib.contextmanager
def _server(seconds: float = 0) -> Iterator[str]:
    """A server in a process of its own that takes so long for each answer; its address."""
    command = [sys.executable, __file__, "--serve", str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


async def _serve(seconds: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read requests one after the other and say yes to each."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                sizes = [
                    line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
                ]
                await reader.readexactly(int(sizes[0]) if sizes else 0)
                if seconds:
                    await asyncio.sleep(seconds)
                writer.write(ANSWER)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
