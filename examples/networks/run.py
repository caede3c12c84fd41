"""The same post on a rehearsal of Bluesky, a rehearsal of Mastodon, and a real server of Bluesky's network.

    .venv/bin/python examples/networks/run.py

Starts the real servers on this machine, opens an account there as a person would, copies this folder to
build/networks and runs smm in the copy, each command shown before it runs. Nothing leaves this machine, and the servers
end with this script. Safe to repeat: every run begins with a new network and a new copy.

`--control SOCKET --pds ADDRESS` uses servers that run already, `--into FOLDER` copies to another place.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PARTS = ROOT / "scripts" / "parts" / "atproto.py"
POST = "open-oven"
REAL = "bluesky"  # both the platform and the profile on the real server
REHEARSAL = "like-bluesky"
PROFILES = 3
VARIABLE = "KORENAAR_APP_PASSWORD"
PASSWORD = "korenaar-before-dawn"  # noqa: S105 - of accounts that live no longer than their server
QUESTION = "Are children welcome too?"
ANSWER = "They are! Mind the oven door, it is as hot as it looks."


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Somebody on the real server, logged in as in the app."""

    pds: str
    handle: str
    did: str
    token: str

    def ask(self, name: str, body: Any) -> Any:
        """The answer of a procedure."""
        return _ask(f"{self.pds}/xrpc/{name}", body, token=self.token)

    def write(self, collection: str, record: dict[str, Any]) -> None:
        """Write a record dated now, as the app would."""
        dated = {"$type": collection, "createdAt": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), **record}
        self.ask("com.atproto.repo.createRecord", {"repo": self.did, "collection": collection, "record": dated})


@dataclass(frozen=True, kw_only=True, slots=True)
class Desk:
    """A workspace, and the environment in which smm works there."""

    workspace: Path
    environment: dict[str, str]

    def smm(self, *words: str, quiet: bool = False) -> str:
        """Run one smm command, show it with what it prints (unless quiet), and return what it printed."""
        print(f"$ smm {shlex.join(words)}", flush=True)
        command: list[str | Path] = [Path(sys.executable).with_name("smm"), *words]
        done = subprocess.run(command, env=self.environment, text=True, stdout=subprocess.PIPE, check=False)
        if not quiet or done.returncode:
            print("".join(f"  {line}\n" for line in done.stdout.splitlines()), end="", flush=True)
        if done.returncode:
            sys.exit(f"smm {shlex.join(words)} ended with {done.returncode}")
        return str(done.stdout)

    def listed(self, *words: str) -> Any:
        """What a command says with `--json`."""
        return json.loads(self.smm(*words, "--json", quiet=True))


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A part of the post as the real server shows it: its `address` there, its name (`uri`, `cid`) and its text."""

    address: str
    uri: str
    cid: str
    text: str


def main() -> int:
    """Run it; 0 when the post is out on all profiles, and on the real server as it was rehearsed."""
    asked = _arguments()
    with ExitStack() as stack:
        pds, control = (asked.pds, asked.control) if asked.pds else stack.enter_context(_servers())
        network = stack.enter_context(_connected(control))
        # On servers that run already the plain names may be taken.
        suffix = str(os.getpid()) if asked.pds else ""
        baker, bo = (_join(pds, f"{name}{suffix}.test") for name in ("korenaar", "bo-vermeer"))
        desk = _desk(asked.into, _app_password(baker))
        previews = _rehearse(desk, baker)
        parts = _publish(desk, baker)
        _answer(desk, bo, parts[0], network)
        return _say_what_came_of_it(desk, parts, previews)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "networks", help="where the workspace goes, anew")
    parser.add_argument("--pds", default="", help="the address of a server that runs already")
    parser.add_argument("--control", default="", help="its control socket")
    asked = parser.parse_args()
    if bool(asked.pds) != bool(asked.control):
        parser.error("--pds and --control go together")
    return asked


# ---------------------------------------------------------------- what a person does with smm


def _desk(workspace: Path, password: str) -> Desk:
    """A copy of this folder, so that this one stays as it is."""
    shutil.rmtree(workspace, ignore_errors=True)
    shutil.copytree(HERE, workspace, ignore=shutil.ignore_patterns(".smm", "__pycache__", "run.py", "README.md"))
    own = {"SMM_WORKSPACE": str(workspace), "SMM_PERSON": "mirjam", VARIABLE: password}
    return Desk(workspace=workspace, environment={**os.environ, **own})


def _rehearse(desk: Desk, baker: Account) -> list[str]:
    """Set the real profile up and look at the post; where the previews are."""
    _say(
        "Beside two rehearsals a profile on the real server; smm.toml learns where the password is, never the password"
    )
    settings = {"title": "De Korenaar", "handle": baker.handle, "service": baker.pds, "allow_private": "true"}
    given = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    desk.smm("profiles", "add", REAL, "--name", REAL, *given, "--secret", f"app_password=env:{VARIABLE}", "--yes")
    _say("One file, three profiles: would they take it, and what would it look like?")
    desk.smm("run", "--once")
    desk.smm("check", POST)
    return desk.smm("preview", POST).splitlines()


def _publish(desk: Desk, baker: Account) -> list[Shown]:
    """Approve and send; what the account then has on the real server, by the server's own word."""
    _say("A person says yes, and the daemon publishes until nothing more is due")
    desk.smm("reviews", "approve", POST)
    desk.smm("run", "--until-idle")
    asked = {"repo": baker.did, "collection": "app.bsky.feed.post"}
    records = _ask(f"{baker.pds}/xrpc/com.atproto.repo.listRecords?{urlencode(asked, safe=':')}")["records"]
    parts = sorted(records, key=lambda one: ("reply" in one["value"], one["value"]["createdAt"]))
    return [_shown(baker, one["uri"]) for one in parts]


def _shown(baker: Account, uri: str) -> Shown:
    """A post as the server gives it to anybody who asks."""
    repo, collection, rkey = uri.removeprefix("at://").split("/")
    query = urlencode({"repo": repo, "collection": collection, "rkey": rkey}, safe=":")
    address = f"{baker.pds}/xrpc/com.atproto.repo.getRecord?{query}"
    found = _ask(address)
    return Shown(address=address, uri=uri, cid=found["cid"], text=found["value"]["text"])


def _answer(desk: Desk, bo: Account, first: Shown, network: socket.socket) -> None:
    """Bo likes the post and asks something; smm counts, hears and answers."""
    _say("Bo, who has an account on that network, likes it and asks something below it")
    subject = {"uri": first.uri, "cid": first.cid}
    bo.write("app.bsky.feed.like", {"subject": subject})
    bo.write("app.bsky.feed.post", {"text": QUESTION, "reply": {"root": subject, "parent": subject}})
    _settle(network)
    desk.smm("measure")
    desk.smm("listen", REAL)
    (heard,) = desk.listed("inbox", "list", "--profile", REAL)
    desk.smm("inbox", "reply", str(heard["id"]), ANSWER)


def _say_what_came_of_it(desk: Desk, parts: list[Shown], previews: list[str]) -> int:
    """Where it is out, and whether the rehearsal told the truth; the exit code."""
    _say("Where it is out")
    out = [one for one in desk.listed("deliveries", "list", "--post", POST) if one["state"] == "published"]
    for one in out:
        print(f"  {one['profile']:<14} {one['sent']} parts   {one['url']}")
    rehearsed = sorted(desk.listed("sandbox", "timeline", REHEARSAL)["posts"], key=lambda post: post["at"])
    same = [post["text"] for post in rehearsed] == [part.text for part in parts]
    _say(f"What the real server gives back: {'' if same else 'NOT '}what {REHEARSAL} showed, part by part")
    for part in parts:
        print(f"  {part.address}\n    {part.text.partition(chr(10))[0][:96]} …")
    _say("The previews")
    print("\n".join(f"  {path}" for path in previews))
    return 0 if same and len(out) == PROFILES else 1


def _say(line: str) -> None:
    """A heading."""
    bold, plain = ("\033[1m", "\033[0m") if sys.stdout.isatty() else ("", "")
    print(f"\n{bold}{line}{plain}", flush=True)


# ---------------------------------------------------------------- the real servers


@contextmanager
def _servers() -> Iterator[tuple[str, str]]:
    """A network of its own: the address of its server and the socket that keeps it alive."""
    parts: list[str | Path] = [sys.executable, PARTS]
    missing = subprocess.run([*parts, "check"], stderr=subprocess.PIPE, text=True, check=False)
    if missing.returncode:
        sys.exit(f"The real servers cannot be started here: {missing.stderr.strip()}")
    print("Starting a real server, the app view and what belongs to them, on this machine …", flush=True)
    # The path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="smm-networks-", dir="/tmp") as folder:
        control = f"{folder}/control"
        with Path(folder, "log").open("w+") as log:
            started = subprocess.run(
                [*parts, "serve", control], stdout=subprocess.PIPE, stderr=log, text=True, check=False
            )
            if started.returncode:
                sys.exit(f"The real servers did not start: {Path(folder, 'log').read_text()}")
        yield json.loads(started.stdout)["pds"], control


@contextmanager
def _connected(control: str) -> Iterator[socket.socket]:
    """The servers live for as long as somebody is connected."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as network:
        network.connect(control)
        yield network


def _settle(network: socket.socket) -> None:
    """Wait until the app view has seen all that was written."""
    network.sendall(b'{"do": "settle"}\n')
    with network.makefile() as answers:
        answer = json.loads(answers.readline())
    if answer != {"answer": True}:
        sys.exit(f"The app view did not follow: {answer}")


def _join(pds: str, handle: str) -> Account:
    """A new account."""
    asked = {"handle": handle, "email": f"{handle}@mail.test", "password": PASSWORD}
    made = _ask(f"{pds}/xrpc/com.atproto.server.createAccount", asked)
    return Account(pds=pds, handle=handle, did=made["did"], token=made["accessJwt"])


def _app_password(baker: Account) -> str:
    """What smm logs in with: a password that can do less, and can be taken back."""
    return str(baker.ask("com.atproto.server.createAppPassword", {"name": "smm"})["password"])


def _ask(address: str, body: Any = None, *, token: str = "") -> Any:
    """The JSON that the server answers, to a question or (with a body) to something to do."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    method = "GET" if body is None else "POST"
    answer = httpx.request(method, address, json=body, headers=headers, timeout=30, trust_env=False)
    if answer.is_error:
        sys.exit(f"{address} answered {answer.status_code}: {answer.text}")
    return answer.json()


if __name__ == "__main__":
    sys.exit(main())
