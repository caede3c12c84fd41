"""The manual publisher: a folder that is ready to paste from, and instructions a person can follow."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core import (
    ActionKind,
    Attachment,
    ByHand,
    InspectRequest,
    LinkStyle,
    Part,
    Pending,
    PostContent,
    PrepareRequest,
    Profile,
    Publisher,
    Receipt,
    SendRequest,
)
from smm_core.builtin.manual import Manual, Settings, smm_publishers
from smm_core.builtin.manual_page import Page, Shown, page_html
from smm_core.config.decode import decode_settings
from smm_core.context import PluginContext
from smm_core.values import replace

NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
LOAF, CAKE = b"loaf", b"cake"


class Pictures:
    """Two pictures by their sha256."""

    def read(self, sha256: str) -> bytes:
        return {hashlib.sha256(body).hexdigest(): body for body in (LOAF, CAKE)}[sha256]

    def path(self, sha256: str) -> Path:
        raise NotImplementedError

    def keep(self, body: bytes) -> str:
        raise NotImplementedError


class NoNetwork:
    """Whatever is asked of it fails the test."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("the manual publisher used the network")


@pytest.fixture
def ctx(tmp_path: Path) -> PluginContext:
    return PluginContext(
        plugin="builtin",
        workspace=tmp_path,
        deadline=NOW + timedelta(minutes=1),
        log=logging.LoggerAdapter(logging.getLogger("test"), {}),
        http=NoNetwork(),
        media=Pictures(),
        credentials=None,  # type: ignore[arg-type]
        clock=lambda: NOW,
    )


def picture(body: bytes, alt: str, kind: str = "jpeg") -> Attachment:
    return Attachment(sha256=hashlib.sha256(body).hexdigest(), format=kind, width=4, height=3, bytes=len(body), alt=alt)


PROFILE = Profile(
    name="acme-groups",
    client="acme",
    platform="manual",
    handle="@acme",
    language="nl",
    settings=Settings(page="https://groups.example/acme"),
)
TEXT = 'Vers brood <b>&</b> "taart"\n\n👩🏽‍🍳 #brood'
PREPARE = PrepareRequest(
    profile=PROFILE,
    action=ActionKind.PUBLISH,
    part=Part(text=TEXT, media=(picture(LOAF, "Een brood, net uit de oven!"), picture(CAKE, "", "png"))),
    key="5f2c9d",
    digest="d" * 64,
    due_at=NOW,
    title="Brood & taart",
)


@dataclass(frozen=True)
class Sent:
    """A send after its prepare."""

    request: SendRequest
    folder: Path


def prepared(ctx: PluginContext, request: PrepareRequest = PREPARE) -> Sent:
    made = Manual().prepare(request, ctx)
    fields = ("profile", "action", "part", "key", "digest", "due_at", "parent", "root", "title")
    values = {name: getattr(request, name) for name in fields}
    send = SendRequest(**values, send_by=NOW + timedelta(minutes=5), handles=made.handles)
    return Sent(send, ctx.workspace / made.handles["folder"])


class Copied(HTMLParser):
    """What a person would copy from the page, and what a browser would load."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.copies: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._copying = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if dict(attrs).get("class") == "copy":
            self.copies.append("")
            self._copying = True

    def handle_endtag(self, tag: str) -> None:
        self._copying = False

    def handle_data(self, data: str) -> None:
        if self._copying:
            self.copies[-1] += data

    def all(self, tag: str, attribute: str) -> list[str]:
        return [attrs.get(attribute) or "" for name, attrs in self.tags if name == tag]


# ---------------------------------------------------------------- the folder


def test_the_folder_has_everything_to_paste(ctx: PluginContext) -> None:
    folder = prepared(ctx).folder
    assert sorted(file.name for file in folder.iterdir()) == [
        "01-een-brood-net-uit-de-oven.jpg",
        "02-picture.png",
        "alt-texts.txt",
        "post.html",
        "text.txt",
    ]
    assert (folder / "text.txt").read_bytes() == TEXT.encode()
    assert (folder / "01-een-brood-net-uit-de-oven.jpg").read_bytes() == LOAF
    assert (folder / "02-picture.png").read_bytes() == CAKE
    assert "01-een-brood-net-uit-de-oven.jpg: Een brood, net uit de oven!\n" in (folder / "alt-texts.txt").read_text()
    assert folder.stat().st_mode & 0o077 == 0, "only its owner may look inside"


def test_preparing_twice_changes_nothing(ctx: PluginContext) -> None:
    first = prepared(ctx)
    before = {file.name: file.read_bytes() for file in first.folder.iterdir()}
    assert prepared(ctx).folder == first.folder
    assert {file.name: file.read_bytes() for file in first.folder.iterdir()} == before


def test_handles_are_plain_and_relative(ctx: PluginContext) -> None:
    made = Manual().prepare(PREPARE, ctx)
    assert made.handles == {"folder": ".smm/plugins/builtin/manual/5f2c9d"}


def test_a_link_beside_the_text_is_pasted_below_it(ctx: PluginContext) -> None:
    part = Part(text="Vers brood", link="https://acme.example/?a=1&b=2")
    folder = prepared(ctx, replace(PREPARE, part=part)).folder
    assert (folder / "text.txt").read_text() == "Vers brood\n\nhttps://acme.example/?a=1&b=2"
    assert not (folder / "alt-texts.txt").exists()
    again = replace(part, text="Vers brood: https://acme.example/?a=1&b=2")
    assert (prepared(ctx, replace(PREPARE, part=again)).folder / "text.txt").read_text() == again.text


@pytest.mark.parametrize("key", ["../outside", "/etc", "", ".", "..", "a/b", "a\x00b", "x" * 200])
def test_a_key_does_not_lead_out_of_the_folder(ctx: PluginContext, key: str) -> None:
    with pytest.raises(ValueError, match="name of a folder"):
        Manual().prepare(replace(PREPARE, key=key), ctx)


def test_an_alternative_text_does_not_lead_out_of_the_folder(ctx: PluginContext) -> None:
    part = Part(text="", media=(picture(LOAF, "../../../etc/passwd\x00 " + "lang" * 40),))
    folder = prepared(ctx, replace(PREPARE, part=part)).folder
    names = sorted(file.name for file in folder.iterdir())
    assert names[0].startswith("01-etc-passwd-lang")
    assert len(names[0]) < 60


# ---------------------------------------------------------------- the page

OUR_TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "a", "div", "figure", "img", "figcaption"}
    | {"pre", "code"}
)


def test_the_page_shows_what_is_to_be_copied(ctx: PluginContext) -> None:
    folder = prepared(ctx).folder
    page = Copied((folder / "post.html").read_text("utf-8"))
    assert page.copies[:2] == [TEXT, "Een brood, net uit de oven!"]
    assert page.copies[-1] == "smm deliveries resolve NUMBER --published URL"
    assert all((folder / unquote(source)).is_file() for source in page.all("img", "src"))
    assert page.all("html", "lang") == ["nl"]
    assert page.all("a", "href") == ["https://groups.example/acme"]


@given(
    st.builds(
        Page,
        title=st.text(),
        todo=st.text(),
        destination=st.text() | st.just("javascript:alert(1)"),
        answers_to=st.none() | st.text(),
        text=st.text(st.characters(exclude_characters="\r\x00", exclude_categories=("Cs",))),
        pictures=st.lists(st.builds(Shown, file=st.text(max_size=20).map(lambda t: t.encode("utf-8", "replace").decode()), alt=st.text())).map(tuple),
        language=st.text(),
    )
)  # fmt: skip
def test_no_text_escapes_into_the_page(page: Page) -> None:
    seen = Copied(page_html(page))
    assert seen.copies[0] == page.text
    assert {tag for tag, _ in seen.tags} <= OUR_TAGS
    assert not any(name.startswith("on") for _, attrs in seen.tags for name in attrs)
    assert all(address.lower().startswith(("http:", "https:")) for address in seen.all("a", "href"))


# ---------------------------------------------------------------- asking the person


def test_sending_asks_the_person_and_nobody_else(ctx: PluginContext) -> None:
    sent = prepared(ctx)
    answer = Manual().send(sent.request, ctx)
    assert isinstance(answer, Pending)
    assert answer.handles == sent.request.handles
    assert str(answer.handles["folder"]) in answer.note
    assert "\n" not in answer.note


def test_instructions_say_all_that_is_to_be_done(ctx: PluginContext) -> None:
    assert Manual().instructions(prepared(ctx).request).splitlines() == [
        "Post this as @acme with its 2 pictures.",
        "Go to https://groups.example/acme.",
        "Open .smm/plugins/builtin/manual/5f2c9d/post.html and copy from there.",
        "Then tell the link: smm deliveries resolve 0 --published URL",
    ]


def test_a_reply_and_a_comment_say_where_they_belong(ctx: PluginContext) -> None:
    parent = Receipt(remote_id="1", url="https://groups.example/p/1")
    part = Part(text="En nog iets", media=(picture(LOAF, "Brood"),))
    reply = replace(PREPARE, part=part, parent=parent, root=parent)
    words = Manual().instructions(prepared(ctx, reply).request)
    assert "with its picture, as a reply to the part before it: https://groups.example/p/1." in words
    comment = replace(PREPARE, part=Part(text="Tot zo"), action=ActionKind.COMMENT, parent=parent)
    sent = prepared(ctx, comment)
    assert (
        Manual().instructions(sent.request).startswith("Comment as @acme below the post: https://groups.example/p/1.")
    )
    assert parent.url in Copied((sent.folder / "post.html").read_text("utf-8")).all("a", "href")


def test_without_settings_there_are_instructions_all_the_same() -> None:
    bare = Profile(name="acme-groups", client="acme", platform="manual")
    request = SendRequest(
        profile=bare, action=ActionKind.PUBLISH, part=Part(text="x"), key="k", digest="d", due_at=NOW, send_by=NOW
    )
    assert Manual().instructions(request).startswith("Post this as acme-groups.\nThen tell")


# ---------------------------------------------------------------- limits, and as a plugin


def test_limits_are_what_the_settings_say() -> None:
    free = Manual().limits(replace(PROFILE, settings=Settings()), {})
    assert (free.text, free.hashtags, free.link_style) == ((), None, LinkStyle.INLINE)
    raw = {"max_characters": 500, "max_pictures": 1, "max_parts": 1, "max_hashtags": 3, "link": "none"}
    settings = decode_settings(Settings, raw, where="smm.toml [profiles.acme-groups.settings]")
    tight = Manual().limits(replace(PROFILE, settings=settings), {})
    assert (tight.text[0].maximum, tight.images.maximum, tight.parts, tight.hashtags) == (500, 1, 1, 3)
    assert tight.link_style is LinkStyle.NONE


def test_rendering_is_plain() -> None:
    post = PostContent(parts=("Vers brood",), link="https://acme.example/")
    limits = Manual().limits(PROFILE, {})
    assert "https://acme.example/" in Manual().render(post, PROFILE, limits).parts[0].text


def test_it_is_a_publisher_by_hand(ctx: PluginContext) -> None:
    (manual,) = smm_publishers()
    assert manual.name == "manual"
    assert isinstance(manual, Publisher)
    assert isinstance(manual, ByHand)
    assert ByHand in manual.abilities
    inspected = manual.inspect(InspectRequest(profile=PROFILE), ctx)
    assert (inspected.account, inspected.url) == ("@acme", "https://groups.example/acme")
