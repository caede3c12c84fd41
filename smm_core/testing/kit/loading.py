"""Imports a plugin in a process of its own and says what that touched."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_SECONDS = 20

_PROBE = r"""
import importlib, importlib.util, json, os, sys
import smm_core.hookspecs, smm_core.contracts, smm_core.plugins
module, paths = sys.argv[1], json.loads(sys.argv[2])
sys.path[:0] = paths
allowed = tuple({os.path.realpath(path) for path in (*sys.path, sys.prefix, sys.base_prefix, sys.pycache_prefix) if path})
touched = []
NAMES = {
    "socket.connect": "connects to {1}", "socket.bind": "listens on {1}", "socket.getaddrinfo": "looks up {0}",
    "socket.gethostbyname": "looks up {0}", "subprocess.Popen": "starts {0}", "os.system": "starts {0}",
    "os.mkdir": "makes the folder {0}", "os.remove": "removes {0}", "os.rename": "renames {0}", "os.rmdir": "removes {0}",
    "sqlite3.connect": "opens the database {0}",
}
def watch(event, arguments):
    if event in NAMES:
        touched.append(NAMES[event].format(*arguments))
    elif event == "open" and isinstance(arguments[0], (str, bytes)):
        path, mode, flags = os.fsdecode(arguments[0]), arguments[1] or "", arguments[2] or 0
        writes = any(sign in mode for sign in "wax+") or flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        if writes:
            touched.append(f"writes {path}")
        elif not os.path.realpath(path).startswith(allowed):
            touched.append(f"reads {path}")
own = importlib.util.find_spec(module)
if own is not None and own.origin:  # its code may lie in the folder that the tests run in
    allowed += (os.path.dirname(os.path.realpath(own.origin)),)
sys.addaudithook(watch)
loaded = importlib.import_module(module)
found = {}
for family in ("sources", "templates", "approvers", "publishers", "metrics"):
    hook = getattr(loaded, f"smm_{family}", None)
    if hook is not None:
        found[family] = [thing.name for thing in hook()]
report = {"touched": touched, "objects": found}
sys.stdout.write("\n" + json.dumps(report))
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Loaded:
    """What a plugin did while it was imported and asked for its objects: what it touched, and family → names."""

    touched: tuple[str, ...]
    objects: dict[str, list[str]]


def load(module: str) -> Loaded:
    """Import a module in a process of its own and call its registration hooks; a failure is an AssertionError in words."""
    paths = [path for path in sys.path if path and Path(path).exists()]
    with tempfile.TemporaryDirectory() as elsewhere:
        done = subprocess.run(
            [sys.executable, "-B", "-c", _PROBE, module, json.dumps(paths)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            cwd=elsewhere,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )
    assert done.returncode == 0, f"importing {module} and calling its hooks failed:\n{done.stderr[-2000:]}"
    report = json.loads(done.stdout.splitlines()[-1])
    return Loaded(touched=tuple(report["touched"]), objects=report["objects"])
