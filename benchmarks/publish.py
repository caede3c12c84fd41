"""Posts a second: the whole way through the ledger to a loopback server, next to a bare loop with one httpx client.

    python benchmarks/publish.py [--posts 500]

Both send the same small JSON to the same server, which runs in a process of its own. Ours writes every attempt and every
answer to disk before it goes on; the loop remembers nothing. No target yet: a first number to compare later ones with.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from filling import PROFILES, add_due, make_workspace
from table import Line, note, show

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description="Posts a second through the whole ledger.")
    parser.add_argument("--posts", type=int, default=500, help="how many are sent each time (default: 500)")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    if chosen.serve:
        asyncio.run(_serve())
        return 0
    return 0 if show(f"Publishing to a loopback server, {chosen.posts} posts", measure(chosen.posts)) else 1


def measure(posts: int) -> list[Line]:
    """One profile, then fifty; the lines of the table."""
    with _server() as address:
        floor = posts / _bare(address, posts)
        lines = []
        for profiles in (1, len(PROFILES)):
            rate = posts / _through_the_ledger(address, posts, profiles)
            many = f"{profiles} profile{'s' if profiles > 1 else ''}"
            lines.append(note(f"through the ledger, {many}", _rate(rate), _rate(floor), f"{floor / rate:.1f} × slower"))
    return lines


def _rate(rate: float) -> str:
    return f"{rate:.0f} posts/s"


def _bare(address: str, posts: int) -> float:
    """Seconds of the loop, one client kept open."""
    import httpx

    with httpx.Client(trust_env=False) as client:
        client.post(address, json={})
        began = time.perf_counter()
        for number in range(posts):
            client.post(address, json={"key": f"{number:032x}", "text": "Rye is back."}).raise_for_status()
        return time.perf_counter() - began


def _through_the_ledger(address: str, posts: int, profiles: int) -> float:
    """Seconds until everything due is out, in this process, without the daemon's timers."""
    from smm_core.steps.publish import publish
    from smm_core.workspace import Workspace

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_workspace(root, address=address)
        add_due(root, posts, datetime.now(UTC), profiles=profiles)
        with Workspace(root) as ws:
            epoch = ws.store.begin_epoch(ws.clock.now())
            ws.plugins.names("publisher")
            began = time.perf_counter()
            report = publish(ws, epoch)
            took = time.perf_counter() - began
        assert report.done == posts, report.troubles[:3]
    return took


# ---------------------------------------------------------------- the server


@contextlib.contextmanager
def _server() -> Iterator[str]:
    """A server in a process of its own; its address."""
    with subprocess.Popen([sys.executable, __file__, "--serve"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
        finally:
            process.kill()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read requests one after the other and say yes to each."""
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            sizes = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
            await reader.readexactly(int(sizes[0]) if sizes else 0)
            writer.write(ANSWER)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    sys.exit(main())
