"""A plugin of every family, named like its file. A method does what the file of its name in the folder beside asks for."""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smm_core import (
    Approver,
    Asked,
    AskRequest,
    CheckRequest,
    CollectPage,
    CollectRequest,
    ComposeRequest,
    Context,
    Event,
    Guarantees,
    IdeaFound,
    Inspected,
    InspectRequest,
    Limits,
    Metrics,
    MetricsRequest,
    PollPage,
    PollRequest,
    PostContent,
    Prepared,
    PrepareRequest,
    Problem,
    Profile,
    Publisher,
    Reading,
    Receipt,
    Rendering,
    SendRequest,
    Source,
    Template,
    TextLimit,
    TextUnit,
    hookimpl,
    render_plain,
)

NAME = Path(__file__).stem
FOLDER = Path(__file__).with_suffix("")


def trouble(method: str) -> Any:
    """Note the call, then do what is asked for; what comes back, if anything, is to be returned instead."""
    with (FOLDER / "calls").open("a") as calls:
        calls.write(method + "\n")
    asked = FOLDER / method
    match asked.read_text() if asked.exists() else "":
        case "raise":
            raise RuntimeError("the sky fell\non two lines")
        case "leave":
            sys.exit(1)
        case "hang":
            threading.Event().wait()
        case "hold everything":
            re.match(r"(a+)+$", "a" * 60 + "b")  # holds the interpreter's lock, so that no other thread runs
        case "print":
            print(f"hello from {NAME}")
            sys.stdout.write("and no end of line")
        case "exit 0":
            os._exit(0)
        case "exit 3":
            os._exit(3)
        case "exit 255":
            os._exit(255)
        case "crash":
            ctypes.string_at(0)
        case "number":
            return 42
        case "none":
            return ...
        case "hollow":
            return {"collect": CollectPage(ideas=(42,)), "render": Rendering(parts=(42,)), "read": [42]}.get(method)  # type: ignore[arg-type]
    return None


def instead(answer: Any, otherwise: Any) -> Any:
    return otherwise if answer is None else None if answer is ... else answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    pass


class TroubleSource:
    name = NAME
    settings: type = Settings

    def collect(self, request: CollectRequest, ctx: Context) -> CollectPage:
        return instead(trouble("collect"), CollectPage(ideas=(IdeaFound(key="one", title=f"An idea of {NAME}"),)))


class TroubleTemplate:
    name = NAME
    abilities: frozenset[type] = frozenset()

    def compose(self, request: ComposeRequest, ctx: Context) -> PostContent:
        return instead(trouble("compose"), PostContent(parts=(request.idea.found.title,)))


class TroubleApprover:
    name = NAME

    def ask(self, request: AskRequest, ctx: Context) -> Asked:
        return instead(trouble("ask"), Asked())

    def poll(self, request: PollRequest, ctx: Context) -> PollPage:
        return instead(trouble("poll"), PollPage(cursor=request.cursor))


class TroublePublisher:
    name = NAME
    title = NAME
    settings: type = Settings
    guarantees = Guarantees(http_only=False)
    abilities: frozenset[type] = frozenset()

    def inspect(self, request: InspectRequest, ctx: Context) -> Inspected:
        return instead(trouble("inspect"), Inspected(account=NAME))

    def limits(self, profile: Profile, known: Mapping[str, Any]) -> Limits:
        return instead(trouble("limits"), Limits(text=(TextLimit(maximum=5000, unit=TextUnit.GRAPHEMES),)))

    def render(self, post: PostContent, profile: Profile, limits: Limits) -> Rendering:
        return instead(trouble("render"), render_plain(post, profile, limits))

    def prepare(self, request: PrepareRequest, ctx: Context) -> Prepared:
        return instead(trouble("prepare"), Prepared())

    def send(self, request: SendRequest, ctx: Context) -> Receipt:
        return instead(trouble("send"), Receipt(remote_id=request.key))


class TroubleMetrics:
    name = NAME

    def read(self, request: MetricsRequest, ctx: Context) -> Sequence[Reading]:
        return instead(trouble("read"), [])


@hookimpl
def smm_sources() -> Iterable[Source]:
    return (TroubleSource(),)


@hookimpl
def smm_templates() -> Iterable[Template]:
    return (TroubleTemplate(),)


@hookimpl
def smm_approvers() -> Iterable[Approver]:
    return (TroubleApprover(),)


@hookimpl
def smm_publishers() -> Iterable[Publisher]:
    return (TroublePublisher(),)


@hookimpl
def smm_metrics() -> Iterable[Metrics]:
    return (TroubleMetrics(),)


@hookimpl
def smm_check_variant(request: CheckRequest) -> Iterable[Problem]:
    return instead(trouble("smm_check_variant"), ())


@hookimpl
def smm_event(event: Event, ctx: Context) -> None:
    trouble("smm_event")


trouble("import")
