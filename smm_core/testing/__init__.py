"""What plugin authors test with: a loopback platform that answers over real HTTP, and misbehaves on demand."""

from smm_core.clock import FakeClock
from smm_core.testing.faults import (
    Accepted,
    CutBody,
    Drip,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Nonsense,
    NotHttp,
    Slow,
    Status,
)
from smm_core.testing.forms import PostedFile
from smm_core.testing.loopback import Answer, Loopback, Received, Route, answer_json
from smm_core.testing.openapi import OpenApi

__all__ = [
    "Accepted",
    "Answer",
    "CutBody",
    "Drip",
    "DropAfterAccepting",
    "DropBeforeReading",
    "FakeClock",
    "Fault",
    "Loopback",
    "Nonsense",
    "NotHttp",
    "OpenApi",
    "PostedFile",
    "Received",
    "Route",
    "Slow",
    "Status",
    "answer_json",
]
