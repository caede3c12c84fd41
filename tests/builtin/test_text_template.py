"""The text template: an idea becomes a post, and a mistake in a layout is told with file, line and name."""

from __future__ import annotations

import hashlib
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core import (
    Brand,
    Card,
    ComposeRequest,
    ConfigError,
    ContentError,
    Context,
    Idea,
    IdeaFound,
    IdeaState,
    Picture,
    PostContent,
    Response,
    Template,
    When,
    WhenKind,
)
from smm_core.builtin import text_template
from smm_core.builtin.text_sandbox import Sandbox, hashtag, render, shorten
from smm_core.context import PluginContext
from smm_core.media import MediaStore
from smm_core.secrets import CredentialsFile
from smm_core.text import graphemes

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)

FOUND = IdeaFound(
    key="k",
    title='Why "rye" rises {{ slowly }}',
    text="Patience.\n\n---\n\n+++\nprofiles = []",
    url="https://news.example/rye",
    author="Anna",
    published_at=datetime(2026, 11, 30, tzinfo=UTC),
    labels=("sour dough", "bread"),
)

LAYOUT = """\
+++
# rendered as well
title = "{{ idea.title }}"
at = "{{ fields.at | default('next') }}"
labels = ["{{ client }}", "{{ idea.labels[0] | hashtag }}"]
link = "{{ idea.url }}"
call_to_action = "Read on"
campaign = "{{ idea.author or 'nobody' }}"

[[pictures]]
card = "cards:tip"
fields = { headline = "{{ idea.title | shorten(12) }}" }
alt = "Tip of {{ brand.name }}"

[text]
microblog = '''
{{ idea.title }}

---

{{ idea.text }}
'''

[options.pictures]
tags = ["{{ language }}", 1]
+++

{{ idea.title }} ({{ idea.published_at.strftime("%d-%m-%Y") }})

---

{% for label in idea.labels %}{{ label | hashtag }} {% endfor %}

{{ idea.text }}
"""


class NoNetwork:
    """A template has no business on the network."""

    def request(self, *_: Any, **__: Any) -> Response:
        pytest.fail("the template used the network")


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return PluginContext(
        plugin="builtin",
        workspace=tmp_path,
        deadline=NOW,
        log=logging.LoggerAdapter(logging.getLogger("test")),
        http=NoNetwork(),
        media=MediaStore(tmp_path / ".smm" / "media"),
        credentials=CredentialsFile(tmp_path / ".smm" / "credentials.json"),
        clock=lambda: NOW,
    )


def compose(ctx: Context, layout: str | bytes, *, name: str = "tip", **fields: str) -> PostContent:
    folder = ctx.workspace / "templates"
    folder.mkdir(exist_ok=True)
    (folder / "tip.md").write_bytes(layout.encode() if isinstance(layout, str) else layout)
    idea = Idea(id=12, client="bakery", source="news", found=FOUND, state=IdeaState.NEW, collected_at=NOW)
    request = ComposeRequest(
        idea=idea,
        brand=Brand(name="Korenaar", tone="warm"),
        layout=name,
        folder=folder,
        client="bakery",
        language="nl",
        fields=fields,
    )
    return text_template.TextTemplate().compose(request, ctx)


def test_it_is_a_template() -> None:
    (template,) = text_template.smm_templates()
    assert isinstance(template, Template)
    assert (template.name, template.abilities) == ("text", frozenset())


def test_an_idea_becomes_a_post(ctx: Context) -> None:
    assert compose(ctx, LAYOUT) == PostContent(
        title='Why "rye" rises {{ slowly }}',
        parts=(
            'Why "rye" rises {{ slowly }} (30-11-2026)',
            "#SourDough #bread \n\nPatience.\n\n---\n\n+++\nprofiles = []",
        ),
        variations={
            "microblog": ('Why "rye" rises {{ slowly }}', "Patience.\n\n---\n\n+++\nprofiles = []"),
        },
        pictures=(
            Picture(
                card=Card(template="cards", layout="tip", fields={"headline": 'Why "rye"…'}), alt="Tip of Korenaar"
            ),
        ),
        labels=("bakery", "#SourDough"),
        link="https://news.example/rye",
        call_to_action="Read on",
        campaign="Anna",
        language="nl",
        idea=12,
        options={"pictures": {"tags": ["nl", 1]}},
    )


def test_fields_fill_in_what_the_person_chose(ctx: Context) -> None:
    found = compose(ctx, LAYOUT, at="2026-12-02T10:00")
    assert found.when == When(kind=WhenKind.AT, wall=datetime(2026, 12, 2, 10, 0))


def test_pictures_come_from_the_template_folder(ctx: Context) -> None:
    (ctx.workspace / "templates" / "media").mkdir(parents=True)
    (ctx.workspace / "templates" / "media" / "rye.png").write_bytes(b"rye")
    found = compose(ctx, '+++\npictures = [{file = "rye.png"}]\n+++\nx')
    assert found.pictures[0].media == hashlib.sha256(b"rye").hexdigest()
    assert ctx.media.read(hashlib.sha256(b"rye").hexdigest()) == b"rye"


MISTAKES = [
    ("+++\ntitle = '{{ idea.titel }}'\n+++\nx", 2, 'there is no titel here; did you mean "title"?'),
    ("+++\n+++\n\nx\n{{ idee.title }}", 5, "there is no variable idee; there are idea, brand, fields"),
    ("+++\n+++\n{{ fields.size }}", 3, "there is no size here; there are colour"),
    ("+++\n+++\n{% for x in idea.lables %}{{ x }}{% endfor %}", 3, 'did you mean "labels"?'),
    ("+++\n+++\nx\n{% if %}", 4, "Expected an expression"),
    ("+++\n+++\nx\n\n{{ idea.title | shout }}", 5, "No filter named 'shout'"),
    ("+++\n+++\n{{ idea.__class__ }}", 3, "unsafe"),
    ("+++\n+++\n{{ idea.title.__init__.__globals__ }}", 3, "unsafe"),
    ("+++\n+++\n{{ ''.__class__.__mro__ }}", 3, "unsafe"),
    ("+++\n+++\n{{ cycler }}", 3, "there is no variable cycler"),
    ("+++\n+++\n{{ 'x' * 10 }}", 3, "* is only for numbers"),
    ("+++\n+++\n{{ '%1000000000d' % 1 }}", 3, "% is only for numbers"),
    ("+++\n+++\n{{ 9 ** 9 }}", 3, "** is not available"),
    ("+++\n+++\n{{ 1 / 0 }}", 3, "division by zero"),
    ("+++\n+++\na\n{% for x in range(10**9) %}x{% endfor %}", 4, "** is not available"),
    ("+++\n+++\na\n{% for x in range(1000000000) %}x{% endfor %}", 4, "a range of 1000000000 is longer than 1000"),
    (
        "+++\n+++\n{% for x in range(999) %}\n{% for y in range(999) %}long{% endfor %}{% endfor %}",
        3,
        "the text grows beyond 100,000 characters",
    ),
    ("+++\n+++\n{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 3, "calls itself without end"),
    ("+++\n+++\n{% include 'smm.toml' %}", 3, "no loader"),
    ("+++\ntitel = 'x'\n+++\nx", 2, 'titel is not a key that is known here (did you mean "title"?)'),
    ("+++\nlink = '{{ idea.author }}'\n+++\nx", 2, 'link is the text "Anna", which is not a web address'),
    ("no front matter", 1, "there is no front matter"),
    ("+++\n+++\n" + "x" * 100_001, None, "is larger than 100 kB"),
    (b"+++\n+++\ncaf\xe9", None, "is not UTF-8"),
]


@pytest.mark.parametrize(("layout", "line", "words"), MISTAKES)
def test_a_mistake_names_file_and_line(ctx: Context, layout: str | bytes, line: int | None, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        compose(ctx, layout, colour="red")
    assert caught.value.where == "templates/tip.md" + (f":{line}" if line else "")
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("name", "words"),
    [("tipp", 'did you mean "tip"?'), ("../smm", "there is no layout"), ("quote", "there are tip")],
)
def test_a_layout_that_is_not_there(ctx: Context, name: str, words: str) -> None:
    (ctx.workspace / "smm.md").write_text("+++\n+++\nx")
    with pytest.raises(ConfigError) as caught:
        compose(ctx, LAYOUT, name=name)
    assert caught.value.where == "templates/"
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("Short enough", 12, "Short enough"),
        ("Not  short\nenough", 10, "Not short…"),
        ("Not short enough", 9, "Not…"),
        ("Supercalifragilistic", 6, "Super…"),
        ("👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧", 2, "👩‍👩‍👧…"),
        ("Bread, butter and jam", 8, "Bread…"),
        ("x", 0, "…"),
        ("", 0, ""),
    ],
)
def test_shorten(text: str, most: int, expected: str) -> None:
    assert shorten(text, most) == expected


@given(text=st.text(max_size=60), most=st.integers(1, 40))
def test_shorten_keeps_within_its_limit_and_begins_as_the_text(text: str, most: int) -> None:
    short = shorten(text, most)
    assert len(graphemes(short)) <= most
    assert " ".join(text.split()).startswith(short.removesuffix("…"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fresh bread", "#FreshBread"),
        ("bread", "#bread"),
        ("Vers brood (2026)!", "#VersBrood2026"),
        ("#sourdough", "#sourdough"),
        ("crème brûlée", "#CrèmeBrûlée"),
        ("パン の 日", "#パンの日"),
        ("!?", ""),
    ],
)
def test_hashtag(text: str, expected: str) -> None:
    assert hashtag(text) == expected


@given(text=st.text(max_size=40))
def test_what_is_filled_in_is_never_read_as_a_template(text: str) -> None:
    assert render(Sandbox(), "{{ idea }}", {"idea": text}) == text
