"""Post and idea files: what is read, and how a mistake is told."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from smm_core.content import key_of, read_idea, read_post
from smm_core.content.parts import join_parts, split_parts
from smm_core.errors import ContentError, MediaError
from smm_core.model import Card, Late, Picture, PostContent, PostFound, When, WhenKind

FULL_TOML = """\
+++
title = "Rye is back"
profiles = ["acme-one", "acme-two"]
at = 2026-12-01T09:00:00
zone = "Europe/Amsterdam"
campaign = "autumn"
labels = ["bread", "news"]
link = "https://bakery.example/rye"
call_to_action = "Order yours"
hashtag_set = "daily"
hashtags = ["rye", "#sourdough"]
first_comment = "Baked since 1921."
late = "ask"
window = "1h30m"
language = "en-GB"
approval = "hand"
repeat_allowed = true
draft = true
idea = 12

[[pictures]]
file = "rye.jpg"
alt = "A dark loaf"
focus = [0.5, 0.25]

[[pictures]]
card = "cards:quote"
fields = { quote = "Bread first", author = "Anna" }
picture = "rye.jpg"
alt = "A quote"
part = 2

[text]
microblog = "Short one"
acme-two = '''
First

---

Second
'''

[options.pictures]
location = "Delft"
users = ["a", "b"]
+++

Rye is back.

---

And here is how
we make it.
"""

FULL_YAML = """\
---
title: Rye is back
profiles: [acme-one, acme-two]
at: 2026-12-01T09:00
zone: Europe/Amsterdam
campaign: autumn
labels:
  - bread
  - news
link: https://bakery.example/rye
call_to_action: Order yours
hashtag_set: daily
hashtags: [rye, "#sourdough"]
first_comment: Baked since 1921.
late: ask
window: 1h30m
language: en-GB
approval: hand
repeat_allowed: true
draft: true
idea: 12
pictures:
  - file: rye.jpg
    alt: A dark loaf
    focus: [0.5, 0.25]
  - card: cards:quote
    fields: {quote: Bread first, author: Anna}
    picture: rye.jpg
    alt: A quote
    part: 2
text:
  microblog: Short one
  acme-two: |
    First

    ---

    Second
options:
  pictures:
    location: Delft
    users: [a, b]
---

Rye is back.

---

And here is how
we make it.
"""


def sha_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "content" / "posts").mkdir(parents=True)
    (tmp_path / "content" / "media").mkdir()
    (tmp_path / "content" / "posts" / "rye.jpg").write_bytes(b"rye")
    return tmp_path / "content"


def read(root: Path, text: str) -> PostFound:
    return read_post(text, path=root / "posts" / "rye.md", root=root, keep=sha_of)


def content(root: Path, text: str) -> PostContent:
    return read(root, text).content


@pytest.mark.parametrize("text", [FULL_TOML, FULL_YAML], ids=["toml", "yaml"])
def test_every_key_is_read_in_both_languages(root: Path, text: str) -> None:
    sha = hashlib.sha256(b"rye").hexdigest()
    assert read(root, text) == PostFound(
        key="posts/rye",
        draft=True,
        content=PostContent(
            title="Rye is back",
            parts=("Rye is back.", "And here is how\nwe make it."),
            variations={"microblog": ("Short one",), "acme-two": ("First", "Second")},
            pictures=(
                Picture(media=sha, alt="A dark loaf", focus=(0.5, 0.25)),
                Picture(
                    card=Card(
                        template="cards", layout="quote", fields={"quote": "Bread first", "author": "Anna"}, picture=sha
                    ),
                    alt="A quote",
                    part=2,
                ),
            ),
            link="https://bakery.example/rye",
            call_to_action="Order yours",
            hashtag_set="daily",
            hashtags=("rye", "sourdough"),
            first_comment="Baked since 1921.",
            campaign="autumn",
            labels=("bread", "news"),
            profiles=("acme-one", "acme-two"),
            when=When(kind=WhenKind.AT, wall=datetime(2026, 12, 1, 9, 0), zone="Europe/Amsterdam"),
            late=Late.ASK,
            window=timedelta(hours=1, minutes=30),
            language="en-GB",
            approval="hand",
            repeat_allowed=True,
            idea=12,
            options={"pictures": {"location": "Delft", "users": ["a", "b"]}},
        ),
    )


def test_an_empty_front_matter_means_all_profiles_and_the_next_slot(root: Path) -> None:
    assert read(root, "+++\n+++\nHello\n") == PostFound(key="posts/rye", content=PostContent(parts=("Hello",)))


@pytest.mark.parametrize(
    "text", ["\ufeff+++\r\ntitle = 'x'\r\n+++\r\n\r\na\r\nb\r\n", "\n\n+++\ntitle = 'x'\n+++\na\nb"]
)
def test_byte_order_marks_line_ends_and_leading_blank_lines_do_not_matter(root: Path, text: str) -> None:
    found = content(root, text)
    assert (found.title, found.parts) == ("x", ("a\nb",))


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ('"next"', When()),
        ('""', When()),
        ('"Now"', When(kind=WhenKind.NOW)),
        ('"unplanned"', When(kind=WhenKind.UNPLANNED)),
        ('"end"', When(kind=WhenKind.END)),
        ('"first"', When(kind=WhenKind.FIRST)),
        ('"2026-12-01 09:00"', When(kind=WhenKind.AT, wall=datetime(2026, 12, 1, 9, 0))),
        ("2026-12-01T09:00:30", When(kind=WhenKind.AT, wall=datetime(2026, 12, 1, 9, 0, 30))),
    ],
)
def test_when(root: Path, at: str, expected: When) -> None:
    assert content(root, f"+++\nat = {at}\n+++\nx").when == expected


HEAD_MISTAKES = [
    ("profile = ['a']", 2, 'profile is not a key that is known here (did you mean "profiles"?)'),
    ("title = 3", 2, "title is the number 3, a text is expected"),
    ("profiles = 'a'", 2, 'profiles is the text "a", a list of texts is expected (write profiles = ["…", "…"])'),
    ("profiles = []", 2, "profiles is an empty list (leave it out for all profiles"),
    ("labels = ['a', 2]", 2, "labels[2] is the number 2, a text is expected"),
    ("\n\nat = 'tomorrow'", 4, 'at is the text "tomorrow", a date with a time is expected (write a wall time'),
    ("at = 2026-12-01", 2, "at is the time 2026-12-01, a date with a time is expected (add the time of day)"),
    ("at = 2026-12-01T09:00", 2, 'put the time in quotes: at = "2026-12-01T09:00"'),
    ("at = 2026-12-01T09:00:00Z", 2, 'has an offset from UTC (write the wall time at = "2026-12-01T09:00" and the'),
    ("at = '2026-12-01T09:00+01:00'", 2, "zone ="),
    ("at = '2026-13-01T09:00'", 2, "a date with a time is expected"),
    ("zone = 'Europe/Delft'", 2, "unknown time zone 'Europe/Delft'"),
    ("link = 'bakery.example'", 2, "(write the whole address: https://bakery.example)"),
    ("link = 'javascript:alert(1)'", 2, "which is not a web address"),
    ("link = 'http://[::1'", 2, "which is not a web address"),
    ("late = 'slot'", 2, "(choose next-slot, ask, drop)"),
    ("window = '2 hrs'", 2, "a duration is expected (write for instance 30m"),
    ("window = '0m'", 2, "window is no time at all"),
    ("window = '9999999999999d'", 2, "a duration is expected"),
    ("language = 'Dutch!'", 2, "a language tag is expected"),
    ("hashtags = ['fresh bread']", 2, "is not one word"),
    ("draft = 'yes'", 2, 'draft is the text "yes", true or false is expected'),
    ("idea = 0", 2, "a whole number from 1 is expected"),
    ("idea = true", 2, "is the truth value true"),
    ("pictures = ['rye.jpg']", 2, 'a list of tables is expected (write pictures = [{file = "bread.jpg"'),
    (
        "[[pictures]]\nfile = 'rye.jpg'\n[[pictures]]\nfil = 'x'",
        5,
        "pictures[2].fil is not a key that is known here (did",
    ),
    ("[[pictures]]\nalt = 'x'", 2, "pictures[1] must have either file or card"),
    ("[[pictures]]\nfile = 'rye.jpg'\ncard = 'a:b'", 2, "must have either file or card"),
    ("[[pictures]]\nfile = 'rye.jpg'\nfields = {a = 'b'}", 4, "pictures[1].fields belongs to a card"),
    ("[[pictures]]\nfile = 'rue.jpg'", 3, 'but there is no such file (did you mean "rye.jpg"?)'),
    (f"[[pictures]]\nfile = '{'x' * 300}.jpg'", 3, "but there is no such file"),
    ("[[pictures]]\nfile = '../../secret.png'", 3, "which is outside content/"),
    ("[[pictures]]\nfile = '/etc/hostname'", 3, "write it relative to this file"),
    ("[[pictures]]\nfile = 'rye.jpg'\nfocus = [0.5, 2]", 4, "is not a point of the picture"),
    ("[[pictures]]\nfile = 'rye.jpg'\nfocus = [0.5, 'x']", 4, "is not a point of the picture"),
    ("[[pictures]]\ncard = 'quote'", 3, 'write TEMPLATE:LAYOUT, for instance "cards:quote"'),
    (
        "[[pictures]]\ncard = 'cards:quote'\n[pictures.fields]\nyear = 1921",
        5,
        "pictures[1].fields.year is the number 1921",
    ),
    ("[text]\na = 1", 3, "text.a is the number 1, a text is expected"),
    ("text = 'x'", 2, 'text is the text "x", a table is expected'),
    ("[options.x]\na = nan", 3, "options.x.a is not an ordinary number"),
    ("[options]\nx = 1", 3, "options.x is the number 1, a table is expected"),
    ("title = 'a'\ntitle = 'b'", 3, "not valid TOML"),
    ("title = ", 2, "not valid TOML"),
    ("a = " + "[" * 5000, 1, "nested too deeply"),
]


@pytest.mark.parametrize(("head", "line", "words"), HEAD_MISTAKES)
def test_a_mistake_names_file_line_and_what_would_be_right(root: Path, head: str, line: int, words: str) -> None:
    (root.parent / "secret.png").write_bytes(b"outside")
    with pytest.raises(ContentError) as caught:
        read(root, f"+++\n{head}\n+++\nx")
    assert caught.value.where == f"content/posts/rye.md:{line}"
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


YAML_MISTAKES = [
    ("language: no", 2, "language is the truth value false, a text is expected (put it in quotes)"),
    ("title: x\ntitle: y", 3, "title is given twice"),
    ("text:\n  a: x\n  a: y", 4, "text.a is given twice"),
    ("labels: &l [a]\nhashtags: *l", 3, "hashtags refers to another place with *"),
    ("labels: &l [*l]", 2, "labels[1] refers to another place with *"),
    ("title: [", 2, "this is not YAML"),
    ("at: 2026-12-01T09:00:00+01:00", 2, "has an offset from UTC"),
    ("at: 2026-99-01T09:00:00", 2, "this is not YAML"),
    ("- a", 2, "is not a table of keys"),
    ("title: !!python/object:os.system x", 2, "this is not YAML"),
    ("pictures:\n  - file: rye.jpg\n  - file: rye.jpg\n    part: x", 5, "pictures[2].part is the text"),
    ("title: a\0b", 2, "this is not YAML"),
    ("1: x", 2, "1 is not a key that is known here"),
]


@pytest.mark.parametrize(("head", "line", "words"), YAML_MISTAKES)
def test_a_mistake_in_yaml(root: Path, head: str, line: int, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        read(root, f"---\n{head}\n---\nx")
    assert caught.value.where == f"content/posts/rye.md:{line}"
    assert words in str(caught.value)


def test_what_is_empty_in_yaml_is_absent(root: Path) -> None:
    found = content(root, "---\ntitle:\nlabels:\nlink: ''\nat:\npictures:\n---\nx")
    assert found == PostContent(parts=("x",))


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("Hello", 1, "there is no front matter (begin the file with a line +++"),
        ("", 1, "there is no front matter"),
        ("+++\ntitle = 'x'\n\nHello", 1, "the front matter has no end (close it with a line +++)"),
        ("+++\n+++\n\na\n\n---\n\n---\n\nb", 6, "part 2 of the thread is empty"),
        ("+++\n+++\n\na\n\n---\n", 6, "part 2 of the thread is empty"),
        ("+++\ntitle = '" + "x" * 200_000 + "'\n+++\n", 1, "longer than 128 kB"),
    ],
)
def test_a_mistake_of_the_whole_file(root: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(ContentError) as caught:
        read(root, text)
    assert caught.value.where == f"content/posts/rye.md:{line}"
    assert words in str(caught.value)


def test_a_part_without_text_may_have_a_picture(root: Path) -> None:
    text = "+++\npictures = [{file = 'rye.jpg', part = 2}]\n+++\na\n\n---\n"
    assert content(root, text).parts == ("a", "")


def test_pictures_are_found_beside_the_post_then_in_the_root_then_in_media(root: Path) -> None:
    (root / "media" / "logo.png").write_bytes(b"logo")
    (root / "media" / "rye.jpg").write_bytes(b"another")
    found = content(root, "+++\npictures = [{file = 'logo.png'}, {file = 'rye.jpg'}, {file = 'media/rye.jpg'}]\n+++\n")
    expected = [hashlib.sha256(body).hexdigest() for body in (b"logo", b"rye", b"another")]
    assert [picture.media for picture in found.pictures] == expected


def test_a_symbolic_link_out_of_the_content_folder_is_refused(root: Path) -> None:
    (root.parent / "private.png").write_bytes(b"private")
    (root / "posts" / "link.png").symlink_to(root.parent / "private.png")
    with pytest.raises(ContentError, match="outside content/"):
        read(root, "+++\npictures = [{file = 'link.png'}]\n+++\n")


def test_a_picture_that_cannot_be_used_is_told_with_its_line(root: Path) -> None:
    def refuse(path: Path) -> str:
        raise MediaError("larger than 64 MB")

    with pytest.raises(
        ContentError, match=r"rye\.md:3: pictures\[1\]\.file is the text \"rye\.jpg\": larger than 64 MB"
    ):
        read_post("+++\n[[pictures]]\nfile = 'rye.jpg'\n+++\n", path=root / "posts" / "rye.md", root=root, keep=refuse)


def test_text_stays_as_it_is_written(root: Path) -> None:
    body = "# not a heading\n\n*stars*   two spaces\n\n\n  indented\n\u3000日本語 👩‍👩‍👧 \u200fעברית"
    assert content(root, f"+++\n+++\n\n{body}\n\n").parts == (body,)


def test_three_dashes_within_a_paragraph_do_not_split_and_a_backslash_keeps_them() -> None:
    assert split_parts("a\n---\nb") == ("a\n---\nb",)
    assert split_parts("a\n\n\\---\n\nb") == ("a\n\n---\n\nb",)
    assert split_parts("a\n \n  --- \n\t\nb") == ("a", "b")
    assert split_parts("") == ("",)
    assert split_parts(join_parts(("---", "\\---", "  x\n---"))) == ("---", "\\---", "x\n---")


def test_keys_are_paths_without_their_ending(tmp_path: Path) -> None:
    assert key_of(tmp_path / "posts" / "2026" / "rye.bread.md", tmp_path) == "posts/2026/rye.bread"


def test_an_idea(root: Path) -> None:
    text = "+++\ntitle = 'Rye'\nurl = 'https://a.example'\nauthor = 'Anna'\nlabels = ['a']\ndate = 2026-11-20\n+++\n\nWhy rye?\n"
    found = read_idea(text, path=root / "ideas" / "rye.md", root=root)
    assert (found.key, found.title, found.text, found.url) == ("ideas/rye", "Rye", "Why rye?", "https://a.example")
    assert (found.author, found.labels) == ("Anna", ("a",))
    assert found.published_at == datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ('"2026-11-20"', datetime(2026, 11, 20, 12, tzinfo=UTC)),
        ('"2026-11-20T08:00+02:00"', datetime(2026, 11, 20, 6, tzinfo=UTC)),
        ("2026-11-20T08:00:00", datetime(2026, 11, 20, 8, tzinfo=UTC)),
    ],
)
def test_the_date_of_an_idea_is_an_instant(root: Path, date: str, expected: datetime) -> None:
    assert read_idea(f"+++\ndate = {date}\n+++\nx", path=root / "ideas" / "a.md", root=root).published_at == expected


def test_an_idea_needs_no_front_matter_but_something_to_say(root: Path) -> None:
    assert read_idea("# Rye, why?\n\nBecause.", path=root / "ideas" / "a.md", root=root).title == "Rye, why?"
    with pytest.raises(ContentError, match=r"content/ideas/a\.md:1: the idea has no title and no text"):
        read_idea("\n\n", path=root / "ideas" / "a.md", root=root)
    with pytest.raises(ContentError, match="date is the text"):
        read_idea("+++\ndate = 'soon'\n+++\nx", path=root / "ideas" / "a.md", root=root)
