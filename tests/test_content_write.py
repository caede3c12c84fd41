"""Writing post files: what is written is read as the same post, and people's comments survive a change."""

from __future__ import annotations

import stat
import tomllib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.content import read_post
from smm_core.content.front_matter import trim
from smm_core.content.parts import join_parts, split_parts
from smm_core.content.write import create_file, edit_front_matter, post_text, replace_body, replace_file, slugify
from smm_core.errors import ContentError
from smm_core.model import Card, Late, Picture, PostContent, PostFound, When, WhenKind
from smm_core.text import clean

# ---------------------------------------------------------------- what is written is read as the same post

HARD = st.sampled_from(
    ["+++", "---", '"', '"""', "\\", "'''", "#", "= [", "\n+++\n", "\n\n---\n\n", "\\---", "👩‍👩‍👧", "\u2028"]
)
TEXT = st.lists(st.one_of(st.text(max_size=12), HARD), max_size=6).map(lambda bits: trim(clean("".join(bits))))
SOME_TEXT = TEXT.filter(bool)
LINE = SOME_TEXT.map(lambda text: trim(text.replace("\n", " "))).filter(bool)
MAYBE = st.none() | LINE
PARTS = st.lists(SOME_TEXT, min_size=1, max_size=3).map(tuple)
TAG = st.from_regex(r"\w{1,8}", fullmatch=True)
SHA = st.text("0123456789abcdef", min_size=64, max_size=64)
FRACTION = st.floats(0, 1)
PLAIN: st.SearchStrategy[Any] = st.recursive(
    st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
CARD = st.builds(
    Card,
    template=st.just("cards"),
    layout=st.sampled_from(["quote", "own/tip"]),
    fields=st.dictionaries(st.text(min_size=1, max_size=5), TEXT, max_size=2),
    picture=st.none() | SHA,
)
PICTURE = st.one_of(
    st.builds(Picture, media=SHA, alt=TEXT, focus=st.tuples(FRACTION, FRACTION), part=st.integers(1, 9)),
    st.builds(Picture, card=CARD, alt=TEXT, part=st.integers(1, 9)),
)
WHEN = st.one_of(
    st.builds(When, kind=st.just(WhenKind.AT), wall=st.datetimes(), zone=st.sampled_from([None, "Europe/Amsterdam"])),
    st.builds(When, kind=st.sampled_from([kind for kind in WhenKind if kind is not WhenKind.AT])),
)
CONTENT = st.builds(
    PostContent,
    title=LINE,
    parts=PARTS,
    variations=st.dictionaries(LINE, PARTS, max_size=2),
    pictures=st.lists(PICTURE, max_size=2).map(tuple),
    link=st.sampled_from([None, "https://bakery.example/?a=b#c"]),
    call_to_action=TEXT,
    hashtag_set=MAYBE,
    hashtags=st.lists(TAG, max_size=2).map(tuple),
    first_comment=TEXT,
    campaign=MAYBE,
    labels=st.lists(LINE, max_size=2).map(tuple),
    profiles=st.lists(LINE, max_size=2).map(tuple),
    when=WHEN,
    late=st.sampled_from(Late),
    window=st.none() | st.integers(1, 10**7).map(lambda seconds: timedelta(seconds=seconds)),
    language=st.sampled_from([None, "nl", "en-GB"]),
    approval=MAYBE,
    repeat_allowed=st.booleans(),
    idea=st.none() | st.integers(1, 2**52),
    options=st.dictionaries(LINE, st.dictionaries(st.text(max_size=5), PLAIN, max_size=2), max_size=2),
)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A content folder in which every picture there could be lies under its own name."""
    root = tmp_path_factory.mktemp("shelf") / "content"
    (root / "posts").mkdir(parents=True)
    return root


@given(post=st.builds(PostFound, key=st.just("posts/x"), content=CONTENT, draft=st.booleans(), withdrawn=st.booleans()))
def test_round_trip(shelf: Path, post: PostFound) -> None:
    def file_of(sha256: str) -> str:
        (shelf / "posts" / f"{sha256}.png").touch()
        return f"{sha256}.png"

    text = post_text(post, file_of=file_of)
    found = read_post(text, path=shelf / "posts" / "x.md", root=shelf, keep=lambda path: path.stem)
    assert found == post


@given(parts=PARTS)
def test_parts_round_trip(parts: tuple[str, ...]) -> None:
    assert split_parts(join_parts(parts)) == parts


def test_a_new_file_reads_well() -> None:
    content = PostContent(
        title="Rye is back",
        parts=("Rye.", "More."),
        variations={"microblog": ("One", "Two")},
        pictures=(Picture(media="ab", alt="A loaf", focus=(0.5, 0.25)),),
        when=When(kind=WhenKind.AT, wall=datetime(2026, 12, 1, 9, 0), zone="Europe/Amsterdam"),
        window=timedelta(hours=26, seconds=5),
        labels=("bread",),
        options={"pictures": {"location": "Delft"}},
    )
    assert post_text(PostFound(key="posts/rye", content=content), file_of=lambda sha: "rye.jpg") == (
        "+++\n"
        'title = "Rye is back"\n'
        'at = "2026-12-01T09:00"\n'
        'zone = "Europe/Amsterdam"\n'
        'labels = ["bread"]\n'
        'window = "1d2h5s"\n'
        "pictures = [\n"
        '    {file = "rye.jpg", alt = "A loaf", focus = [0.5, 0.25]},\n'
        "]\n"
        "\n"
        "[text]\n"
        'microblog = """\n'
        "One\n\n---\n\nTwo"
        '"""\n'
        "\n"
        "[options.pictures]\n"
        'location = "Delft"\n'
        "+++\n"
        "\n"
        "Rye.\n\n---\n\nMore.\n"
    )


def test_a_picture_without_a_file_name_cannot_be_written() -> None:
    post = PostFound(key="posts/rye", content=PostContent(pictures=(Picture(media="ab" * 32),)))
    with pytest.raises(ContentError, match="posts/rye: the picture abababababab has no file name"):
        post_text(post)


# ---------------------------------------------------------------- changes

WRITTEN = """\
+++
# what is this about
title = "Rye"  # short!
labels = [
    "bread",  # always
]

# variations
[text]
microblog = "Short"

[[pictures]]
file = "rye.jpg"
+++

Body  with   spaces

"""


def test_a_change_keeps_comments_and_order() -> None:
    changes = {"title": 'Rye "dark"', "at": datetime(2026, 12, 1, 9, 0), "window": timedelta(hours=2), "draft": True}
    assert edit_front_matter(WRITTEN, changes) == WRITTEN.replace('"Rye"', '"Rye \\"dark\\""').replace(
        "]\n\n# var", ']\nat = "2026-12-01T09:00"\nwindow = "2h"\ndraft = true\n\n# var'
    )


def test_keys_are_taken_away_and_tables_are_replaced() -> None:
    edited = edit_front_matter(
        WRITTEN, {"labels": None, "text": {"x": "y"}, "pictures": [{"file": "b.jpg"}], "zone": None}
    )
    head = tomllib.loads(edited.split("+++")[1])
    assert head == {"title": "Rye", "text": {"x": "y"}, "pictures": [{"file": "b.jpg"}]}
    assert "# short!" in edited
    assert edited.endswith("+++\n\nBody  with   spaces\n\n")


def test_no_change_changes_nothing() -> None:
    assert edit_front_matter(WRITTEN, {}) == WRITTEN
    assert edit_front_matter(WRITTEN.replace("\n", "\r\n"), {}) == WRITTEN.replace("\n", "\r\n")
    assert edit_front_matter("+++\n+++\nx", {"title": "t"}) == '+++\ntitle = "t"\n+++\nx'


def test_line_ends_of_other_systems_survive_a_change() -> None:
    edited = edit_front_matter("+++\r\ntitle = 'a'\r\n+++\r\n\r\nx\r\n", {"draft": True})
    assert edited == "+++\r\ntitle = 'a'\r\ndraft = true\r\n+++\r\n\r\nx\r\n"


def test_a_new_key_does_not_end_up_in_a_text_that_looks_like_a_comment() -> None:
    edited = edit_front_matter('+++\nfirst_comment = """\n# one\n# two"""\n[text]\na = "b"\n+++\n', {"draft": True})
    head = tomllib.loads(edited.split("+++")[1])
    assert head == {"first_comment": "# one\n# two", "text": {"a": "b"}, "draft": True}


KEYS = st.sampled_from(["title", "labels", "at", "text", "pictures", "options"])
VALUES = st.none() | SOME_TEXT | st.booleans() | st.lists(TEXT, max_size=2) | st.dictionaries(TAG, TEXT, max_size=2)


@given(first=st.dictionaries(KEYS, VALUES), second=st.dictionaries(KEYS, VALUES))
def test_changes_give_what_was_asked(first: dict[str, Any], second: dict[str, Any]) -> None:
    start = tomllib.loads(WRITTEN.split("+++")[1])
    text = edit_front_matter(edit_front_matter(WRITTEN, first), second)
    head = tomllib.loads(text.removeprefix("+++\n").removesuffix("\n+++\n\nBody  with   spaces\n\n"))
    assert head == {key: value for key, value in (start | first | second).items() if value is not None}


def test_yaml_is_left_to_its_writer() -> None:
    with pytest.raises(
        ContentError, match=r"posts/a\.md:1: only a front matter in TOML .* \(change draft, at there by hand"
    ):
        edit_front_matter("---\ntitle: x\n---\n", {"draft": True, "at": "now"}, name="posts/a.md")


def test_broken_toml_is_told_with_its_place() -> None:
    with pytest.raises(ContentError, match=r"a\.md:2: not valid TOML"):
        edit_front_matter("+++\ntitle = \n+++\n", {"draft": True}, name="a.md")


@given(parts=PARTS)
def test_the_body_is_replaced_and_the_head_stays(parts: tuple[str, ...]) -> None:
    edited = replace_body(WRITTEN, parts)
    assert edited.startswith(WRITTEN[: WRITTEN.rindex("+++") + 4])
    assert (
        read_post(
            edited.replace('file = "rye.jpg"', 'card = "a:b"'), path=Path("c/p/x.md"), root=Path("c"), keep=str
        ).content.parts
        == parts
    )


# ---------------------------------------------------------------- files


def test_a_new_file_never_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "posts" / "a.md"
    create_file(path, "one\n")
    with pytest.raises(ContentError, match="there is a file of this name already"):
        create_file(path, "two\n")
    assert path.read_text() == "one\n"
    assert [found.name for found in path.parent.iterdir()] == ["a.md"]


def test_a_file_is_replaced_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    replace_file(path, "one\r\n")
    path.chmod(0o640)
    replace_file(path, "two\r\n")
    assert path.read_bytes() == b"two\r\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [found.name for found in tmp_path.iterdir()] == ["a.md"]


def test_what_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "posts").write_text("a file, not a folder")
    with pytest.raises(ContentError, match=r"posts/a\.md: cannot be written"):
        create_file(tmp_path / "posts" / "a.md", "x")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Rye is back!", "rye-is-back"),
        ("  Brötchen & Käse ", "brötchen-käse"),
        ("Oma’s recept", "omas-recept"),
        ("パンの日 2026", "パンの日-2026"),
        ("हिन्दी रोटी", "हिन्दी-रोटी"),
        ("Cafe\u0301", "café"),
        ("../../etc/passwd", "etc-passwd"),
        ("🥖🥖", "post"),
        ("", "post"),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    assert slugify(title) == slug


@given(title=st.text(max_size=200), longest=st.integers(5, 80))
def test_slugs_are_safe_file_names(title: str, longest: int) -> None:
    slug = slugify(title, longest=longest)
    assert 1 <= len(slug) <= max(longest, 4)
    assert not set(slug) & set("/\\:*?\"<>|. \n\0'")
    assert not slug.startswith("-")
    assert not slug.endswith("-")
