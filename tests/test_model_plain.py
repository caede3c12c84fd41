"""model.plain: the words as JSON."""

from __future__ import annotations

import subprocess
import sys

# Each dataclass is met for the first time by four threads at once.
RACE = """
import sys, threading
from dataclasses import make_dataclass
from smm_core.model import from_json
sys.setswitchinterval(1e-6)
for number in range(200):
    inner = make_dataclass("Inner", [(f"f{one}", int, one) for one in range(10)])
    outer = make_dataclass("Outer", [("inner", inner), ("many", list[inner])])
    start = threading.Barrier(4)
    def read(kind=outer):
        start.wait()
        assert from_json('{"inner": {}, "many": [{}]}', kind).inner.f9 == 9
    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
print("done")
"""


def test_threads_may_read_the_same_kind_for_the_first_time_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", RACE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr[-500:]
