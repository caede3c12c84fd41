"""A platform that writes down what it is given, one JSON line each, so that a test can count."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smm_core import (
    Context,
    Guarantees,
    Inspected,
    InspectRequest,
    Limits,
    PostContent,
    Prepared,
    PrepareRequest,
    Profile,
    Publisher,
    Receipt,
    Rendering,
    SendRequest,
    TextLimit,
    TextUnit,
    hookimpl,
    render_plain,
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    book: str


class Recorder:
    name = "recorder"
    title = "Recorder"
    settings: type = Settings
    guarantees = Guarantees(http_only=False)
    abilities: frozenset[type] = frozenset()

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        return Inspected(account=request.profile.name)

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        return Limits(text=(TextLimit(maximum=5000, unit=TextUnit.GRAPHEMES),))

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        return render_plain(post, profile, limits)

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        return Prepared()

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        entry = {"profile": request.profile.name, "text": request.part.text, "media": len(request.part.media)}
        book = os.open(request.profile.settings.book, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(book, json.dumps(entry).encode() + b"\n")
        finally:
            os.close(book)
        return Receipt(remote_id=request.key)


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    return (Recorder(),)
