"""A real workspace with reviews that wait, and the page on a real server on loopback."""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import httpx
import pytest
from PIL import Image, ImageDraw
from smm_web.app import Service
from smm_web.pages import Pages
from smm_web.server import server_of
from smm_web.site import Site, site_of

from smm_core.clock import FakeClock
from smm_core.desk.desk import Desk
from smm_core.steps.collect import collect
from smm_core.steps.render import render
from smm_core.steps.review import review
from smm_core.workspace import Workspace

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

SMM_TOML = """
[workspace]
name = "Studio"
zone = "Europe/Amsterdam"

[plugins]
enabled = ["sandbox", "web"]

[clients.acme]
title = "Acme Bakery"
zone = "Europe/Amsterdam"
language = "en"

[clients.other]
title = "Other"

[persons.wim]
title = "Wim"
address = "wim@studio.example"
roles = { acme = ["writer"] }

[persons.anna]
title = "Anna"
address = "anna@studio.example"
roles = { acme = ["approver"], other = ["approver"] }

[persons.bob]
title = "Bob Bakker"
address = "bob@acme.example"
language = "nl"
roles = { acme = ["client"] }

[persons.eve]
title = "Eve"
address = "eve@other.example"
roles = { other = ["client"] }

[profiles.acme-social]
client = "acme"
platform = "sandbox"
imitates = "microblog"
slots = ["mon-fri 09:00", "mon-fri 17:00"]

[profiles.acme-pictures]
client = "acme"
platform = "sandbox"
imitates = "pictures"
slots = ["daily 12:00"]

[profiles.other-social]
client = "other"
platform = "sandbox"
imitates = "microblog"
slots = ["daily 12:00"]

[sources.content]
type = "folder"
client = "acme"

[sources.theirs]
type = "folder"
client = "other"
settings = { path = "theirs" }

[workflow]
approver = "web"

[workflows.two]
clients = ["acme"]
approver = "web"
approve_by = "1 working day before"
on_silence = "hold"
[[workflows.two.stages]]
name = "studio"
persons = ["anna"]
[[workflows.two.stages]]
name = "bakery"
audience = "client"
persons = ["bob"]
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Office:
    """A workspace, its clock, and short ways to what persons do outside of the page."""

    ws: Workspace
    clock: FakeClock

    @property
    def desk(self) -> Desk:
        return Desk(self.ws, "web")

    def write(
        self, name: str, text: str, *, folder: str = "content/posts", picture: bytes | None = None, **front: str
    ) -> None:
        """Write a post (again); a step later it is asked about."""
        lines = {"profiles": '["acme-social"]', **front}
        path = self.ws.root / folder / f"{name}.md"
        if picture is not None:
            path.with_suffix(".jpg").write_bytes(picture)
            lines["pictures"] = f'[{{ file = "{name}.jpg", alt = "A loaf on a board" }}]'
        path.write_text("+++\n" + "".join(f"{key} = {value}\n" for key, value in lines.items()) + f"+++\n\n{text}\n")

    def ask(self) -> None:
        """From files to questions."""
        for step in (collect, render, review):
            report = step(self.ws)
            assert not report.troubles, report.troubles

    def number(self, slug: str) -> int:
        """The latest review of a post."""
        post = self.ws.store.posts.find(slug)
        return max(one.id for one in self.ws.store.reviews.listed(post=post.id))

    def token(self, person: str, **more: object) -> str:
        return self.desk.link(person, **more).token.reveal()  # type: ignore[arg-type]

    def verdicts(self, slug: str) -> list[tuple[str, str]]:
        return [(one.by, one.decision.value) for one in self.ws.store.reviews.verdicts(self.number(slug))]


def loaf(colour: str = "#c88a4a") -> bytes:
    """A picture of a loaf, more or less."""
    picture = Image.new("RGB", (900, 900), "#f2e7d5")
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((120, 330, 780, 700), 170, fill=colour)
    for x in (260, 430, 600):
        draw.line((x, 400, x + 70, 560), fill="#f7ecd9", width=22)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


@contextmanager
def opened(folder: Path) -> Iterator[Office]:
    """A workspace in a folder."""
    (folder / "content" / "posts").mkdir(parents=True)
    (folder / "theirs" / "posts").mkdir(parents=True)
    (folder / "smm.toml").write_text(SMM_TOML)
    clock = FakeClock(MONDAY)
    with Workspace(folder, clock) as ws:
        yield Office(ws=ws, clock=clock)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path / "studio") as office:
        yield office


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """The page on a server; `ticks` is the clock of the limit on guessing."""

    site: Site
    office: Office
    ticks: list[float]

    @property
    def url(self) -> str:
        return self.site.address

    def client(self, **more: object) -> httpx.Client:
        certificates = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # nobody speaks TLS here, and the usual one is dear
        return httpx.Client(base_url=self.url, trust_env=False, verify=certificates, **more)  # type: ignore[arg-type]

    @contextmanager
    def as_(self, person: str, **more: object) -> Iterator[httpx.Client]:
        """A browser in which a person has opened their link."""
        with self.client(headers={"origin": self.url}) as client:
            assert client.get(f"/r/{self.office.token(person, **more)}").status_code == 200
            yield client


@cache
def _pages() -> Pages:
    """The templates, compiled once for all tests."""
    return Pages()


@contextmanager
def serving(office: Office, public_url: str = "") -> Iterator[Served]:
    """The page on loopback, until the end of the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ticks = [0.0]
    site = site_of("127.0.0.1", port, public_url)
    service = Service(desk=office.desk, site=site, now=office.clock.now, tick=lambda: ticks[0], pages=_pages())
    server = server_of(service, "127.0.0.1", port)
    thread = threading.Thread(target=server.run, name="web")
    thread.start()
    end = time.monotonic() + 10
    while not server.started and time.monotonic() < end:
        time.sleep(0.005)
    try:
        yield Served(site=site_of("127.0.0.1", port) if public_url else site, office=office, ticks=ticks)
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def served(office: Office) -> Iterator[Served]:
    with serving(office) as served:
        yield served


def fields_of(html: str, action: str) -> dict[str, str]:
    """The fields of the form that is sent to an address, as a browser would send them untouched."""
    from html.parser import HTMLParser

    found: dict[str, str] = {}

    class Reader(HTMLParser):
        inside = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            named = dict(attrs)
            if tag == "form":
                self.inside = (named.get("action") or "").endswith(action)
            elif self.inside and tag == "input" and named.get("name") and named.get("type") != "checkbox":
                found[str(named["name"])] = named.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            self.inside = self.inside and tag != "form"

    Reader().feed(html)
    assert found, f"no form goes to {action}"
    return found
