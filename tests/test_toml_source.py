"""TOML files: what cannot be read is told with its line, and every key is found again in the text."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.errors import ConfigErrors
from smm_core.toml_source import KeyPath, Lines, read_toml


def place(text: str, *path: str | int) -> tuple[int, KeyPath] | None:
    tomllib.loads(text)
    found = Lines(lambda: text).place(path)
    return (found.line, found.header) if found else None


TEXT = '''\
top = 1 # [not.a.header]

[a.b]
key = """
[not.a.header]
key = 2 \\"""
""""
'quoted key' = [ # a list
  "[x]", {y = "]"},
  'z = 3',
]
dotted . deep = 'C:\\'
inline = { one = 1, two = { three = 3 } }
last = 2026-01-01T09:00:00

[[list]]
name = "first"
[[list]]
name = "second"
[list.sub]
key = 1
[[list.more]]
key = 2
["odd.name"."ü"]
key = \'\'\'
x = 1\'\'\'\'
end=1'''


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (("top",), (1, ())),
        (("a",), (3, ("a",))),
        (("a", "b"), (3, ("a", "b"))),
        (("a", "b", "key"), (4, ("a", "b"))),
        (("a", "b", "quoted key"), (8, ("a", "b"))),
        (("a", "b", "quoted key", 1, "y"), (8, ("a", "b"))),
        (("a", "b", "dotted"), (12, ("a", "b"))),
        (("a", "b", "dotted", "deep"), (12, ("a", "b"))),
        (("a", "b", "inline", "two", "three"), (13, ("a", "b"))),
        (("a", "b", "last"), (14, ("a", "b"))),
        (("a", "b", "missing"), (3, ("a", "b"))),
        (("list", 0, "name"), (17, ("list", 0))),
        (("list", 1, "name"), (19, ("list", 1))),
        (("list", 1, "sub", "key"), (21, ("list", 1, "sub"))),
        (("list", 1, "more", 0, "key"), (23, ("list", 1, "more", 0))),
        (("odd.name", "ü", "key"), (25, ("odd.name", "ü"))),
        (("odd.name", "ü", "end"), (27, ("odd.name", "ü"))),
        (("missing",), None),
        ((), None),
    ],
)
def test_the_place_of_a_key(path: KeyPath, expected: object) -> None:
    assert place(TEXT, *path) == expected


quoted = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters='"\\'), max_size=12)
values = st.one_of(
    st.integers().map(str),
    quoted.map('"{}"'.format),
    quoted.map(lambda text: f'"""\n{text}\n[x]\nx = 1\n"""'),
    st.lists(quoted, max_size=4).map(lambda texts: "[ # ]\n" + "".join(f'  "{text}", # "\n' for text in texts) + "]"),
    quoted.map('{{ a = 1, b = "{}" }}'.format),
    st.sampled_from(["true", "1.5", "2026-01-01", "'''\n[y]'''", "'#'", "[[1], [2, [3]]]", '"\\""', "''"]),
)


@given(
    st.lists(
        st.tuples(quoted, st.lists(st.tuples(quoted, values), unique_by=lambda pair: pair[0])), unique_by=lambda t: t[0]
    )
)
def test_every_key_of_any_file_is_found_on_its_line(tables: list[tuple[str, list[tuple[str, str]]]]) -> None:
    text, expected = "# start\n", {}
    for name, pairs in tables:
        expected[(name,)] = text.count("\n") + 1
        text += f'["{name}"] # "\n'
        for key, value in pairs:
            expected[(name, key)] = text.count("\n") + 1
            text += f'"{key}" = {value}\n\n'
    tomllib.loads(text)
    lines = Lines(lambda: text)

    found = {path: where.line for path in expected if (where := lines.place(path))}
    assert found == expected


def test_the_text_is_not_read_before_a_place_is_asked_for_and_then_once() -> None:
    reads: list[str] = []

    def read() -> str:
        reads.append("read")
        return "a = 1"

    lines = Lines(read)
    assert reads == []
    lines.place(("a",))
    lines.place(("b",))
    assert reads == ["read"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("a = 1\na = 2\n", 2, "a stands here a second time (keep one of the two)"),
        ("[a.b]\n[a.b]\n", 2, "the table [a.b] stands here a second time (join the two)"),
        ("a = 1\n\n[a.b]", 3, "this name stands here a second time"),
        ("\na = yes\n", 2, "not valid TOML, column 5: Invalid value (texts stand in quotes"),
        ('a = "open', 1, "Unterminated string (close the text with the quotes"),
        ('a = "open\nb = 1', 1, "Illegal character"),
        ('a = "C:\\x"', 1, "Unescaped '\\' in a string (write \\\\"),
        ("a = 1 2", 1, "one key = value a line"),
        ("just words\n", 1, "a line is key = value"),
        ("a = { b = 1\n\n", 1, "close the table with }"),
        ("a = {}\na.b = 1\n", 2, "a table in braces is complete"),
        ("a = " + "1" * 5000, None, "a number has too many digits"),
        ("a = " + "[" * 3000, None, "is nested too deeply"),
        ("a." * 60 + "a = 1", None, "is nested too deeply"),
    ],
)
def test_mistakes_of_syntax_name_the_line_and_what_would_be_right(
    tmp_path: Path, text: str, line: int | None, message: str
) -> None:
    path = tmp_path / "smm.toml"
    path.write_text(text)
    with pytest.raises(ConfigErrors) as caught:
        read_toml(path, shown="smm.toml")
    assert str(caught.value).startswith(f"smm.toml:{line}: " if line else "smm.toml: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("a = 1".encode("utf-16"), "smm.toml: is written in UTF-16 (save it as UTF-8)"),
        (b"a = 1\nb = '\xe9'", "smm.toml:2: is not UTF-8 (save it as UTF-8)"),
        (b"#" * 1_000_001, "smm.toml: is larger than 1 MB"),
        (b"a = 1\0", "smm.toml:1: not valid TOML"),
    ],
)
def test_files_that_are_no_text_of_ours(tmp_path: Path, body: bytes, message: str) -> None:
    path = tmp_path / "smm.toml"
    path.write_bytes(body)
    with pytest.raises(ConfigErrors) as caught:
        read_toml(path, shown="smm.toml")
    assert str(caught.value).startswith(message)


def test_a_byte_order_mark_and_the_line_ends_of_other_systems_are_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "smm.toml"
    path.write_bytes(b'\xef\xbb\xbfa = 1\r\n\r\nb = """x\r\ny"""\r\nc = 2\r\n')
    source = read_toml(path, shown="smm.toml")

    assert source.raw == {"a": 1, "b": "x\ny", "c": 2}
    found = source.lines.place(("c",))
    assert found is not None
    assert found.line == 5


def test_a_file_that_is_exactly_as_large_as_allowed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "smm.toml"
    path.write_bytes(b"#" * 1_000_000)
    assert read_toml(path, shown="smm.toml").raw == {}


def test_what_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name, message in (("missing", "no such file"), ("folder", "is a folder"), ("pipe", "not a regular file")):
        with pytest.raises(ConfigErrors, match=message):
            read_toml(tmp_path / name, shown=name)
    (tmp_path / "file").touch()
    with pytest.raises(ConfigErrors, match="cannot be read"):
        read_toml(tmp_path / "file" / "smm.toml", shown="smm.toml")


def test_any_bytes_are_read_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "smm.toml"

    @given(st.binary(max_size=60) | st.text("[]{}=.,\"'#\n ab1\\", max_size=40).map(str.encode))
    def check(body: bytes) -> None:
        path.write_bytes(body)
        try:
            source = read_toml(path, shown="smm.toml")
        except ConfigErrors as errors:
            assert errors.mistakes  # noqa: PT017 - most of these texts are refused, some are not
        else:
            for key in source.raw:
                assert source.lines.place((key,)) is not None

    check()
