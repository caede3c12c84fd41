"""Which cores of the machine a thread may run on.

Threads that mostly wait take turns at the interpreter's lock, and each turn that wakes another core costs more than the
turn itself: forty lanes publish half as much again when they keep to one core (`benchmarks/publish.py`). Where the
operating system does not offer this, nothing happens.
"""

from __future__ import annotations

import contextlib
import os
import random
import sys
from collections.abc import Set as AbstractSet


def all_of_them() -> frozenset[int]:
    """The cores that the calling thread may use; empty where the system does not say."""
    return frozenset(os.sched_getaffinity(0)) if sys.platform == "linux" else frozenset()


def one_of(cores: AbstractSet[int]) -> frozenset[int]:
    """Any one of them, so that several processes do not all take the same."""
    return frozenset(random.sample(sorted(cores), 1)) if cores else frozenset()


def use(cores: AbstractSet[int]) -> None:
    """Keep the calling thread to these cores."""
    if cores and sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, cores)
