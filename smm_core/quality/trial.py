"""Imports and registers a plugin in a process of its own, and sees what that touches. The rules of quality and the kit ask it.

Run as a program it is the inside of that process: `python trial.py TARGET`. What core itself loads for a plugin's public names is loaded
before, so that it is not the plugin's to answer for.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

LONGEST = 20.0
"""Seconds that importing and registering may take before it counts as hanging."""

SLOW = 0.5
"""Seconds of processor time that make a plugin slow to load."""

_WATCHED: Mapping[str, str] = MappingProxyType(
    {
        "socket.connect": "connects to the network",
        "socket.bind": "listens on the network",
        "socket.getaddrinfo": "looks up a host name",
        "socket.gethostbyname": "looks up a host name",
        "socket.sendto": "sends to the network",
        "subprocess.Popen": "starts a process",
        "os.system": "starts a process",
        "os.exec": "starts a process",
        "os.posix_spawn": "starts a process",
        "os.fork": "starts a process",
        "os.mkdir": "makes a folder",
        "os.remove": "removes a file",
        "os.rmdir": "removes a folder",
        "os.rename": "moves a file",
        "os.chdir": "changes the working folder",
        "os.putenv": "changes the environment",
        "sqlite3.connect": "opens a database",
    }
)
_FAMILIES = ("sources", "templates", "approvers", "publishers", "metrics")
_SITE = "tried_plugin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What importing and registering did: what it touched beside its own files, which top-level modules it loaded, how long it
    took (seconds of processor time), what it printed, and what it offers (family, such as `publishers`, → names).

    `error` says why it could not be seen.
    """

    touched: tuple[str, ...] = ()
    loaded: tuple[str, ...] = ()
    seconds: float = 0.0
    printed: str = ""
    offers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    error: str = ""


def try_import(target: str) -> Trial:
    """Import and register a plugin (a module, or the path of a file) in a fresh process. Takes a few tenths of a second."""
    with tempfile.TemporaryDirectory(prefix="smm-trial-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-B", "-P", __file__, target],
                capture_output=True,
                text=True,
                timeout=LONGEST,
                cwd=folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            )
        except subprocess.TimeoutExpired:
            return Trial(error=f"did not come back within {LONGEST:g} s")
    lines = done.stdout.splitlines()
    try:
        seen = json.loads(lines[-1])
    except (IndexError, ValueError):
        why = done.stderr.strip().splitlines()[-1:] or [f"ended the process with exit code {done.returncode}"]
        return Trial(error=why[0][:300])
    return Trial(
        touched=tuple(seen["touched"]),
        loaded=tuple(seen["loaded"]),
        seconds=seen["seconds"],
        printed="\n".join(lines[:-1])[:300],
        offers={family: tuple(names) for family, names in seen["offers"].items()},
    )


# ---------------------------------------------------------------- inside of that process


def main(target: str) -> None:
    """Import and register, and say on the last line of stdout what that touched, as JSON."""
    _load_what_core_gives()
    own = _own_files(target)
    touched: list[str] = []
    before, began = set(sys.modules), time.process_time()
    stop = _watch(touched, own)
    offers = register(target)
    stop()
    seen = {
        "touched": list(dict.fromkeys(touched)),
        "loaded": sorted({name.partition(".")[0] for name in set(sys.modules) - before}),
        "seconds": round(time.process_time() - began, 3),
        "offers": offers,
    }
    sys.stdout.write("\n")  # whatever a plugin printed, ours is a line of its own
    sys.stdout.write(json.dumps(seen))


def register(target: str) -> dict[str, list[str]]:
    """What core does with a plugin at its start: import it, and ask it for what it offers. Family → names."""
    name, _, attribute = target.partition(":")
    if target.endswith(".py"):
        spec = importlib.util.spec_from_file_location(_SITE, target)
        if spec is None or spec.loader is None:
            raise ImportError(f"{target} is not a Python file")
        plugin: Any = importlib.util.module_from_spec(spec)
        sys.modules[_SITE] = plugin
        spec.loader.exec_module(plugin)
    else:
        plugin = importlib.import_module(name)
        for word in filter(None, attribute.split(".")):
            plugin = getattr(plugin, word)
    hooks = {family: getattr(plugin, f"smm_{family}", None) for family in _FAMILIES}
    return {
        family: [str(getattr(thing, "name", "")) for thing in hook() or ()]
        for family, hook in hooks.items()
        if hook is not None
    }


def _load_what_core_gives() -> None:
    """Every module behind the public names, and what they load only when used."""
    import smm_core
    import smm_core.config.decode
    import smm_core.hookspecs
    import smm_core.plugins

    for name in smm_core.__all__:
        getattr(smm_core, name)


def _own_files(target: str) -> str:
    """The file of a single-file plugin; else the folder that its package, or its module, lies in."""
    if target.endswith(".py"):
        return os.path.realpath(target)
    spec = importlib.util.find_spec(target.partition(":")[0].partition(".")[0])
    return str(Path(spec.origin).resolve().parent) if spec is not None and spec.origin else ""


def _watch(touched: list[str], own: str) -> Callable[[], None]:
    """Note what is touched from here on, until the function that is returned is called."""
    on = [True]
    libraries = _libraries()

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if not on:
            return
        if event == "open":
            if _writes(arguments):
                touched.append(f"opens a file to write: {arguments[0]}")
            elif _reads_elsewhere(arguments[0], (own, *libraries)):
                touched.append(f"reads a file that is not its own: {os.fsdecode(arguments[0])}")
        elif event in _WATCHED:
            touched.append(f"{_WATCHED[event]}: {arguments[:2]!r}"[:120])

    def started(thread: threading.Thread) -> None:
        touched.append(f"starts a thread: {thread.name}")
        start(thread)

    sys.addaudithook(audit)
    start = threading.Thread.start
    threading.Thread.start = started  # type: ignore[method-assign,assignment]
    return on.clear


def _writes(arguments: tuple[Any, ...]) -> bool:
    path, mode, flags = arguments
    if path == os.devnull:
        return False
    if isinstance(mode, str):
        return bool(set(mode) & set("wax+"))
    return bool(isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))


def _libraries() -> tuple[str, ...]:
    """The folders of the standard library and of what is installed, and that of compiled modules."""
    installed = (path for path in sys.path if Path(path).name in ("site-packages", "dist-packages"))
    named = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    return tuple({os.path.realpath(path) for path in (*named, *installed, sys.pycache_prefix) if path})


def _reads_elsewhere(path: Any, allowed: tuple[str, ...]) -> bool:
    """Whether a file is neither below one of these folders nor a module, which may be imported from anywhere."""
    if not isinstance(path, str | bytes) or path == os.devnull:
        return False
    real = os.path.realpath(os.fsdecode(path))
    if real.endswith(tuple(importlib.machinery.all_suffixes())):
        return False
    return not any(real == folder or real.startswith(folder + os.sep) for folder in allowed if folder)


if __name__ == "__main__":
    main(sys.argv[1])
