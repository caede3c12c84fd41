"""The real servers, as the tests see them: started once for a whole run, however many processes it has.

Whoever comes first starts them; all others connect. They end when nobody is connected any more, so nothing is left behind
by a run that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from smm_core import Response
from smm_core.http import Client

PARTS = Path(__file__).parents[3] / "scripts" / "parts" / "atproto.py"
PASSWORD = "kneading-dough-at-dawn"
_NUMBERS = itertools.count(1)


@dataclass
class Account:
    """Somebody with an account: logged in with the real password, as a person in the app would be."""

    server: str
    handle: str
    did: str
    access: str
    client: Client = field(repr=False)

    def ask(self, name: str, body: Any = None, *, status: int = 200, **params: str | list[str]) -> Any:
        """The answer of a query, or (with a body) of a procedure."""
        address = f"{self.server}/xrpc/{name}" + (f"?{urlencode(params, doseq=True)}" if params else "")
        headers = {"authorization": f"Bearer {self.access}"}
        method = "GET" if body is None else "POST"
        response = self.client.request(method, address, headers=headers, json=body)
        assert response.status == status, (name, response.status, response.text)
        return response.json() if response.body else {}

    def app_password(self, name: str = "smm") -> str:
        """A new app password."""
        return str(self.ask("com.atproto.server.createAppPassword", {"name": name})["password"])

    def write(self, record: Mapping[str, Any], collection: str = "app.bsky.feed.post") -> dict[str, str]:
        """Write a record as the app would; the reference to it."""
        record = {"$type": collection, "createdAt": _now(), **record}
        made = self.ask("com.atproto.repo.createRecord", {"repo": self.did, "collection": collection, "record": record})
        return {"uri": made["uri"], "cid": made["cid"]}

    def records(self) -> list[dict[str, Any]]:
        """All its posts, as they are in its repository, by the order of their keys."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.ask(
                "com.atproto.repo.listRecords",
                repo=self.did,
                collection="app.bsky.feed.post",
                limit="100",
                **({"cursor": cursor} if cursor else {}),
            )
            found += page["records"]
            cursor = page.get("cursor", "")
            if not cursor or not page["records"]:
                return found


@dataclass
class Network:
    """The servers: `pds` and `limited` (with its rate limits on), `appview`, `plc`."""

    pds: str
    limited: str
    appview: str
    plc: str
    control: socket.socket = field(repr=False)
    client: Client = field(repr=False)

    def join(self, name: str = "ann", *, server: str = "", domain: str = "test") -> Account:
        """A new account."""
        handle = f"{name}{os.getpid()}x{next(_NUMBERS)}.{domain}"
        asked = {"handle": handle, "email": f"{handle}@mail.test", "password": PASSWORD}
        server = server or self.pds
        response = self.client.request("POST", f"{server}/xrpc/com.atproto.server.createAccount", json=asked)
        assert response.status == 200, response.text
        made = response.json()
        return Account(server=server, handle=handle, did=made["did"], access=made["accessJwt"], client=self.client)

    def settle(self) -> None:
        """Wait until the AppView has seen all that was written."""
        self.control.sendall(b'{"do": "settle"}\n')
        answer = json.loads(self.control.makefile().readline())
        assert answer == {"answer": True}, answer

    def get(self, address: str) -> Response:
        """Some answer of a server."""
        return self.client.request("GET", address)


def why_not() -> str:
    """Why the real servers cannot be started here; empty when they can."""
    checked = subprocess.run([sys.executable, PARTS, "check"], capture_output=True, text=True)
    return checked.stderr.strip() if checked.returncode else ""


@contextlib.contextmanager
def running(shared: Path) -> Iterator[Network]:
    """The network of this run; `shared` is a folder that all its processes know."""
    with (shared / "atproto.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        control = _connected(shared)
        if control is None:
            _start(shared)
            control = _connected(shared)
            assert control is not None, "the real servers do not answer"
    addresses = json.loads((shared / "atproto.json").read_text())
    with control, Client(allow_private=True) as client:
        yield Network(**addresses, control=control, client=client)


def _start(shared: Path) -> None:
    command = [sys.executable, PARTS, "serve", _socket_of(shared)]
    with (shared / "atproto.log").open("w") as log:
        started = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True)
    assert started.stdout, f"the real servers did not start: {(shared / 'atproto.log').read_text()}"
    (shared / "atproto.json").write_text(started.stdout)


def _connected(shared: Path) -> socket.socket | None:
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        control.connect(str(_socket_of(shared)))
    except OSError:
        control.close()
        return None
    return control


def _socket_of(shared: Path) -> Path:
    # The path of a socket may have some hundred characters only.
    return Path(f"/tmp/smm-atproto-{os.getuid()}-{abs(hash_of(str(shared)))}.sock")


def hash_of(text: str) -> int:
    """The same number in every process."""
    import hashlib

    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
