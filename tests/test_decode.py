"""The decoder: every kind of annotation, every kind of mistake, and secrets that must not be told."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smm_core.config.decode import Form, decode, decode_settings, words_of
from smm_core.config.mistakes import Mistakes, Where
from smm_core.config.schema import ConfigDocument, describe_keys
from smm_core.errors import ConfigErrors, SecretError, SmmError
from smm_core.secrets import Secret
from smm_core.toml_source import Lines

HERE = Where(file="example")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Size(IntEnum):
    SMALL = 1
    LARGE = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Inner:
    name: str
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    text: str = ""
    count: int = 0
    share: float = 0.0
    on: bool = False
    wait: timedelta = timedelta(0)
    file: Path = Path()
    day: date | None = None
    at: datetime | None = None
    clock: time | None = None
    colour: Colour = Colour.RED
    size: Size = Size.SMALL
    mode: Literal["inline", "reference"] = "inline"
    tags: tuple[str, ...] = ()
    pair: tuple[float, str] = (0.0, "")
    words: list[str] = field(default_factory=list)
    numbers: Sequence[int] = ()
    unique: frozenset[int] = frozenset()
    weights: Mapping[str, float] = field(default_factory=dict)
    inner: Inner | None = None
    inners: tuple[Inner, ...] = ()
    named: Mapping[str, Inner] = field(default_factory=dict)
    either: int | tuple[int, ...] = 0
    anything: Any = None
    maybe: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Required:
    url: str
    inner: Inner
    secret: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordered:
    low: int
    high: int

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low is above high")


def _even(number: int) -> None:
    if number % 2:
        raise SmmError(f"{number} is odd", hint=f"write {number + 1}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Formed:
    number: Annotated[int, Form(words="an even number", check=_even)] = 0
    numbers: tuple[Annotated[int, Form(words="an even number", check=_even)], ...] = ()


def mistakes_of(kind: type, raw: object) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        decode(kind, raw, where=HERE)
    return [str(mistake) for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("key", "raw", "expected"),
    [
        ("text", "x", "x"),
        ("count", 3, 3),
        ("share", 3, 3.0),
        ("share", 0.5, 0.5),
        ("on", True, True),
        ("wait", "1h30m", timedelta(minutes=90)),
        ("file", "a/b", Path("a/b")),
        ("day", date(2026, 1, 1), date(2026, 1, 1)),
        ("at", datetime(2026, 1, 1, 9), datetime(2026, 1, 1, 9)),
        ("clock", time(9), time(9)),
        ("colour", "blue", Colour.BLUE),
        ("size", 2, Size.LARGE),
        ("mode", "reference", "reference"),
        ("tags", ["a", "b"], ("a", "b")),
        ("pair", [1, "x"], (1.0, "x")),
        ("words", ["a"], ["a"]),
        ("numbers", [1, 2], (1, 2)),
        ("unique", [1, 1], frozenset({1})),
        ("weights", {"a": 1}, {"a": 1.0}),
        ("inner", {"name": "x"}, Inner(name="x")),
        ("inners", [{"name": "x", "weight": 2}], (Inner(name="x", weight=2.0),)),
        ("named", {"k": {"name": "x"}}, {"k": Inner(name="x")}),
        ("either", 3, 3),
        ("either", [3], (3,)),
        ("anything", {"a": [1]}, {"a": [1]}),
        ("maybe", "x", "x"),
        ("maybe", None, None),
    ],
)
def test_values_of_every_kind(key: str, raw: object, expected: object) -> None:
    value = getattr(decode(Settings, {key: raw}, where=HERE), key)
    assert value == expected
    assert type(value) is type(expected)


def test_what_is_absent_has_its_default() -> None:
    assert decode(Settings, {}, where=HERE) == Settings()


@pytest.mark.parametrize(
    ("key", "raw", "message"),
    [
        ("count", "3", 'is the text "3", a whole number is expected'),
        ("count", 3.5, "is the number 3.5, a whole number is expected"),
        ("count", True, "is true, a whole number is expected"),
        ("share", "0.5", 'is the text "0.5", a number is expected'),
        ("share", math.nan, "is the number nan, a number is expected"),
        ("share", False, "is false, a number is expected"),
        ("on", "yes", 'is the text "yes", true or false is expected'),
        ("on", 1, "is the number 1, true or false is expected"),
        ("text", 3, "is the number 3, a text is expected"),
        ("text", ["x"], "is a list, a text is expected"),
        ("text", {"x": 1}, "is a table, a text is expected"),
        ("text", date(2026, 1, 2), "is the date 2026-01-02, a text is expected"),
        ("wait", 30, 'is the number 30, a duration such as "30m" or "2h" is expected'),
        ("wait", "soon", "'soon' is not a duration; write for instance 90s, 30m, 2h, 1d12h or 3w"),
        ("file", 3, "is the number 3, a path is expected"),
        ("day", "2026-01-01", 'is the text "2026-01-01", a date is expected'),
        ("day", datetime(2026, 1, 1), "is the date 2026-01-01 00:00:00, a date is expected"),
        ("colour", "bleu", 'is the text "bleu", one of red, blue is expected (did you mean blue?)'),
        ("size", True, "is true, one of 1, 2 is expected"),
        ("mode", "zip", 'is the text "zip", one of inline, reference is expected'),
        ("tags", "a", 'is the text "a", a list is expected'),
        ("pair", [1], "has 1 entries, 2 are expected"),
        ("weights", [1], "is a list, a table is expected"),
        ("inner", "x", 'is the text "x", a table is expected'),
        ("either", "x", 'is the text "x", a whole number or a list is expected'),
        ("text", ["x" * 99], "is a list, a text is expected"),
        ("count", "x" * 99, f'is the text "{"x" * 39}…", a whole number is expected'),
    ],
)
def test_a_wrong_value_is_told_what_was_found_and_what_is_expected(key: str, raw: object, message: str) -> None:
    assert mistakes_of(Settings, {key: raw}) == [f"example {key}: {message}"]


def test_mistakes_inside_of_lists_and_tables_name_their_place() -> None:
    raw = {"tags": ["a", 1, 2], "inners": [{"name": "x"}, {"nmae": "y"}], "weights": {"a b": "x"}}
    assert mistakes_of(Settings, raw) == [
        "example tags, entry 2: is the number 1, a text is expected",
        "example tags, entry 3: is the number 2, a text is expected",
        'example weights."a b": is the text "x", a number is expected',
        "example inners, entry 2, nmae: unknown key (did you mean name?)",
        "example inners, entry 2, name: is missing, a text is expected",
    ]


def test_all_mistakes_are_told_at_once() -> None:
    assert mistakes_of(Required, {"ulr": "x", "zzz": {}}) == [
        "example ulr: unknown key (did you mean url?)",
        "example zzz: unknown table (known here: inner, secret, url)",
        "example url: is missing, a text is expected",
        "example inner.name: is missing, a text is expected",
    ]


def test_an_objection_of_the_class_itself_is_a_mistake() -> None:
    assert mistakes_of(Ordered, {"low": 2, "high": 1}) == ["example: low is above high"]


def test_forms_narrow_values_and_entries() -> None:
    assert decode(Formed, {"number": 2, "numbers": [4]}, where=HERE) == Formed(number=2, numbers=(4,))
    assert mistakes_of(Formed, {"number": 3, "numbers": [2, 5]}) == [
        "example number: 3 is odd (write 4)",
        "example numbers, entry 2: 5 is odd (write 6)",
    ]
    assert mistakes_of(Formed, {"number": "x"}) == ['example number: is the text "x", an even number is expected']


@dataclass(frozen=True, kw_only=True, slots=True)
class Impossible:
    thing: complex = 0j


def test_an_annotation_that_no_file_can_hold_is_the_programmers_mistake() -> None:
    with pytest.raises(TypeError, match="complex"):
        decode(Impossible, {"thing": 1}, where=HERE)


def test_settings_of_a_plugin_may_be_absent_and_name_their_table() -> None:
    assert decode_settings(Settings, None, where="smm.toml [profiles.x.settings]") == Settings()
    with pytest.raises(ConfigErrors) as caught:
        decode_settings(Required, {"url": 1, "inner": {"name": "x"}}, where="smm.toml [profiles.x.settings]")
    assert str(caught.value) == "smm.toml [profiles.x.settings] url: is the number 1, a text is expected"
    assert caught.value.where == "smm.toml [profiles.x.settings] url"


CANARY = "ghp-canary-0123456789"


@pytest.mark.parametrize(
    "raw",
    [
        {"secret": CANARY},
        {"webhook_secret": CANARY},
        {"Access-Token": CANARY},
        {"api_key": CANARY},
        {"password": "hunter2"},
        {"password": ""},
        {"password": "env:"},
        {"token": "keyring:no-user"},
        {"tokens": ["env:GOOD", CANARY]},
        {"inner": {"token": CANARY}},
        {"token_for_reading": CANARY},
        {"secret": "env:NOT A NAME"},
    ],
)
def test_a_secret_that_is_written_out_is_refused_and_never_told(raw: dict[str, Any]) -> None:
    with pytest.raises(ConfigErrors) as caught:
        decode_settings(AnySettings, {"raw": raw}, where="x")
    assert "never the secret itself" in str(caught.value)
    assert CANARY not in str(caught.value)
    assert "hunter2" not in str(caught.value)


@dataclass(frozen=True, kw_only=True, slots=True)
class AnySettings:
    raw: Mapping[str, Any] = field(default_factory=dict)


@pytest.mark.parametrize(
    "raw",
    [
        {"secret": "env:SMM_SECRET"},
        {"secret": "file:.smm/secret"},
        {"secret": "keyring:smm/acme"},
        {"token_url": "https://example.org/oauth/token"},
        {"max_tokens": 4096},
        {"require_token": True},
        {"token_type": "bearer"},
        {"title": CANARY},
    ],
)
def test_references_and_harmless_keys_are_no_secrets(raw: dict[str, Any]) -> None:
    assert decode_settings(AnySettings, {"raw": raw}, where="x").raw == raw


def test_a_secret_of_the_wrong_type_is_not_told_either() -> None:
    assert mistakes_of(Required, {"url": "x", "inner": {"name": "x"}, "secret": 8675309}) == [
        "example secret: is a number, a text is expected"
    ]


def test_places_read_like_the_file_they_are_in() -> None:
    where = Where(file="smm.toml", lines=Lines(lambda: "[profiles.acme]\nslots = []\nsettings = { url = 1 }\n"))

    assert str(where.at("profiles", "acme", "slots", 1)) == "smm.toml:2 [profiles.acme] slots, entry 2"
    assert str(where.at("profiles", "acme", "settings", "url")) == "smm.toml:3 [profiles.acme] settings.url"
    assert str(where.at("profiles", "acme", "missing")) == "smm.toml:1 [profiles.acme] missing"
    assert str(where.at("workspace", "name")) == "smm.toml [workspace] name"
    assert str(where.at("clients")) == "smm.toml [clients]"
    assert str(where) == "smm.toml"


def test_mistakes_are_sorted_by_file_and_line() -> None:
    lines = Lines(lambda: "a = 1\nb = 2\n")
    mistakes = Mistakes()
    for file, key in (("one", "b"), ("two", "b"), ("one", "a"), ("two", "a")):
        mistakes.add(Where(file=file, path=(key,), lines=lines), "wrong")
    with pytest.raises(ConfigErrors) as caught:
        mistakes.settle(None)
    assert str(caught.value).split("\n") == ["one:1 a: wrong", "one:2 b: wrong", "two:1 a: wrong", "two:2 b: wrong"]


def test_words_of_kinds() -> None:
    assert words_of(str | None) == "a text"
    assert words_of(Colour) == "one of red, blue"
    assert words_of(tuple[int, ...]) == "a list"


def test_the_reference_of_a_plugins_settings_can_be_made_of_its_class() -> None:
    rows = {(row.table, row.key): row for row in describe_keys(Required, file="smm.toml", table="settings")}

    assert rows["settings", "url"].required
    assert rows["settings.inner", "weight"].default == "1.0"
    assert rows["settings", "secret"].type == "a text"


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
setting_names = st.sampled_from([*Settings.__dataclass_fields__, "unknown"])
document_names = st.sampled_from([*ConfigDocument.__dataclass_fields__, "profile"])
table_names = st.sampled_from(["name", "title", "zone", "slots", "client", "platform", "late", "window", "acme"])


@given(
    st.dictionaries(setting_names, plain, max_size=4)
    | st.dictionaries(document_names, st.dictionaries(table_names, plain, max_size=3) | plain, max_size=4)
)
def test_any_table_is_decoded_or_refused_with_mistakes_of_one_line(raw: dict[str, Any]) -> None:
    for kind in (Settings, ConfigDocument):
        try:
            assert isinstance(decode(kind, raw, where=HERE), kind)
        except ConfigErrors as errors:
            # Either of the two is right; a mistake has one line, which a terminal can show.
            assert errors.mistakes  # noqa: PT017
            assert all(str(mistake).isprintable() for mistake in errors.mistakes)  # noqa: PT017


# ---------------------------------------------------------------- secrets


@dataclass(frozen=True, kw_only=True, slots=True)
class WithSecret:
    key_of_door: Secret | None = None
    token: Secret | None = None


def test_a_secret_is_looked_up_when_it_is_revealed(tmp_path: Path) -> None:
    kept = tmp_path / "token"
    settings = decode_settings(WithSecret, {"token": "file:token"}, where=HERE, root=tmp_path)
    with pytest.raises(SecretError, match="file:token"):
        settings.token.reveal()
    kept.write_text("canary-1")
    kept.chmod(0o600)
    assert settings.token.reveal() == "canary-1"
    kept.write_text("canary-2")
    assert settings.token.reveal() == "canary-2"
    assert "canary" not in f"{settings!r} {settings.token}"


def test_the_same_reference_is_the_same_secret(tmp_path: Path) -> None:
    def settings(reference: str, root: Path) -> Any:
        return decode_settings(WithSecret, {"token": reference}, where=HERE, root=root)

    one = settings("env:A", tmp_path)
    assert one == settings("env:A", tmp_path)
    assert hash(one) == hash(settings("env:A", tmp_path))
    assert one != settings("env:B", tmp_path)
    assert one != settings("env:A", tmp_path / "other")
    assert one.token != Secret("env:A")


@pytest.mark.parametrize("name", ["key_of_door", "token"])
@pytest.mark.parametrize("raw", ["canary-6d10", 61, ["canary-6d10"], {"a": "canary-6d10"}])
def test_a_secret_that_is_written_out_is_refused_once_and_not_told(name: str, raw: object) -> None:
    with pytest.raises(ConfigErrors) as caught:
        decode_settings(WithSecret, {name: raw}, where=HERE)
    (mistake,) = [one for one in caught.value.mistakes if one.where.endswith(name)]
    assert "not a reference to a secret" in str(mistake)
    assert "canary" not in str(caught.value)
