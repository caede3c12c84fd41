"""The page of a reviewer for whom 2,000 posts wait, next to a page that is fixed.

    python benchmarks/review_page.py [--posts 2000] [--runs 60]

The workspace is filled by the real steps, from files to reviews. Server and browser share one core (where the system can be told so):
the time is from the request to the last byte, the cookie checked and the store asked each time. The floor is a Starlette app
that sends as many bytes from memory, on the same server in the same run.
"""

from __future__ import annotations

import argparse
import http.client
import os
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from filling import SINK
from table import Line, at_most, below, milliseconds, note, show

from smm_core.desk.desk import Desk
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.workspace import Workspace

SMM_TOML = """
[workspace]
name = "Benchmark"
zone = "Europe/Amsterdam"

[clients.bakery]
title = "Bakery"

[persons.anna]
address = "anna@bakery.example"
roles = { bakery = ["client"] }

[profiles.site]
platform = "sink"
distance = "1m"
per_day = 500

[sources.content]
type = "folder"

[plugins]
enabled = ["sink"]

[workflow]
approver = "hand"

[workflows.plain]
approver = "hand"
approve_by = "1h before"
[[workflows.plain.stages]]
name = "bakery"
audience = "client"
persons = ["anna"]
"""
TEXT = "Number {number} of our loaves is back, baked with our own sourdough and a little patience. Come and taste it."
TARGET = 0.100
LARGEST_RATIO = 60


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, serve, look; 1 when a page is slower than it may be."""
    parser = argparse.ArgumentParser(description="The page of a reviewer with much to answer.")
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--runs", type=int, default=60)
    options = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), options.posts)
        with Workspace(Path(folder)) as ws:
            lines = list(measure(ws, options.posts, options.runs))
    return (
        0
        if show(f"The page of a reviewer, {options.posts:,} posts waiting (medians of {options.runs}, one core)", lines)
        else 1
    )


def fill(root: Path, count: int) -> None:
    """A workspace in which so many posts wait for one person."""
    (root / "plugins").mkdir(parents=True)
    (root / "content" / "posts").mkdir(parents=True)
    (root / "smm.toml").write_text(SMM_TOML)
    (root / "plugins" / "sink.py").write_text(SINK)
    first = datetime.now(UTC) + timedelta(days=3)
    for number in range(count):
        at = first + timedelta(minutes=5 * number)
        front = f'title = "Loaf {number}"\nat = "{at:%Y-%m-%d %H:%M}"\ncall_to_action = "Come and taste it"\n'
        text = TEXT.format(number=number)
        (root / "content" / "posts" / f"loaf-{number:05}.md").write_text(f"+++\n{front}+++\n\n{text}\n")
    with Workspace(root) as ws:
        desk = Desk(ws, "web")
        while desk.waiting(desk.reviewer("anna"), limit=1).total < count:  # a round takes some hundreds
            for step in (collect, render, review):
                report = step(ws)
                assert not report.troubles, report.troubles[:3]


def measure(ws: Workspace, count: int, runs: int) -> Iterator[Line]:
    """The pages that a reviewer opens, and the floor."""
    from smm_web.app import Service
    from smm_web.entry import COOKIE
    from smm_web.site import site_of

    port = _free_port()
    service = Service(desk=Desk(ws, "web"), site=site_of("127.0.0.1", port))
    cookie = {"Cookie": f"{COOKIE}={service.desk.link('anna').token.reveal()}"}
    found = service.desk.waiting(service.desk.reviewer("anna"), limit=1)
    assert found.total == count, f"{found.total} posts wait"
    pages = {
        "the list": "/",
        "the list, its last page": f"/?start={count - 50}",
        "one review": f"/reviews/{found.items[0].review.id}",
        "all that is left": "/left",
        "the calendar": f"/calendar?month={datetime.now(UTC) + timedelta(days=6):%Y-%m}",
    }
    with _serving(service.app(), port):
        taken = {name: _look(port, path, cookie, runs) for name, path in pages.items()}
    with _serving(_fixed(taken["the list"][1]), port):
        floor, _ = _look(port, "/", cookie, runs)
    seconds = taken["the list"][0]
    yield below("the list", statistics.median(seconds), TARGET, say=milliseconds)
    yield at_most(
        "the list, next to a fixed page",
        statistics.median(seconds),
        statistics.median(floor),
        LARGEST_RATIO,
        say=milliseconds,
    )
    yield note("  the slowest of all", milliseconds(max(seconds)))
    for name in list(pages)[1:-1]:
        yield below(name, statistics.median(taken[name][0]), TARGET, say=milliseconds)
    yield note("the calendar", milliseconds(statistics.median(taken["the calendar"][0])))


def _look(port: int, path: str, headers: dict[str, str], runs: int) -> tuple[list[float], bytes]:
    """How long each of so many requests took, after a few for warming up, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken, body = [], b""
    for number in range(runs + 5):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (path, answer.status)
        if number >= 5:
            taken.append(time.perf_counter() - began)
    connection.close()
    return taken, body


def _fixed(body: bytes) -> Any:
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    def page(request: Request) -> Response:
        return Response(body, media_type="text/html")

    return Starlette(routes=[Route("/", page)])


@contextmanager
def _serving(app: Any, port: int) -> Iterator[None]:
    import uvicorn

    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, http="h11", loop="asyncio", lifespan="off", access_log=False, log_config=None
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
