"""What is new since the version before: by words, and by which pictures."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from smm_core.changes import changes_between, words_between
from smm_core.contracts import ChangeKind, PictureTouch, Touch
from smm_core.model import Attachment, Part, Variant, sealed


def picture(name: str, alt: str = "") -> Attachment:
    return Attachment(sha256=name, format="png", width=10, height=10, bytes=3, alt=alt)


def variant(*parts: Part, profile: str = "social", **more: object) -> Variant:
    return sealed(Variant(profile=profile, parts=parts, **more))  # type: ignore[arg-type]


def said(before: str, after: str) -> str:
    marks = {Touch.SAME: "{}", Touch.ADDED: "+({})", Touch.REMOVED: "-({})"}
    return "".join(marks[piece.touch].format(piece.text) for piece in words_between(before, after))


def test_a_change_is_told_by_words() -> None:
    assert said("Fresh bread today.", "Fresh rolls today.") == "Fresh -(bread)+(rolls) today."
    assert said("bread", "Bread") == "-(bread)+(Bread)"
    assert said("two  spaces", "two spaces") == "two-(  )+( )spaces"
    assert said("", "All new.") == "+(All new.)"


@settings(max_examples=60, deadline=None)
@given(before=st.text(max_size=80), after=st.text(max_size=80))
def test_both_texts_can_be_read_out_of_it(before: str, after: str) -> None:
    pieces = words_between(before, after)
    assert "".join(one.text for one in pieces if one.touch is not Touch.REMOVED) == after
    kept = [one.text for one in pieces if one.touch is not Touch.ADDED]
    assert "".join(kept) == before
    assert all(one.text for one in pieces)


def test_pictures_by_what_they_show() -> None:
    old = variant(Part(text="x", media=(picture("a", "oven"), picture("b"), picture("c"))))
    new = variant(Part(text="x", media=(picture("a", "the oven"), picture("c"), picture("d"))))
    (change,) = changes_between([old], [new], ["social"])
    assert change.kind is ChangeKind.PICTURES
    assert [(one.touch, one.sha256, one.number) for one in change.pictures] == [
        (PictureTouch.ALT, "a", 1),
        (PictureTouch.MOVED, "c", 2),
        (PictureTouch.ADDED, "d", 3),
        (PictureTouch.REMOVED, "b", 2),
    ]
    assert (change.pictures[0].before, change.pictures[0].after) == ("oven", "the oven")


def test_parts_links_comments_options_and_profiles() -> None:
    old = variant(Part(text="one", link="https://a.example"), Part(text="two"), first_comment="c")
    new = variant(Part(text="one", link="https://b.example"), options={"x": 1})
    other = variant(Part(text="new here"), profile="short")
    gone = variant(Part(text="was there"), profile="old")
    out = variant(Part(text="out"), profile="out")
    changes = changes_between([old, gone, out], [new, other], ["social", "short", "out"])
    assert [(one.profile, one.kind, one.part) for one in changes] == [
        ("social", ChangeKind.LINK, 1),
        ("social", ChangeKind.GONE, 2),
        ("social", ChangeKind.TEXT, 0),
        ("social", ChangeKind.OPTIONS, None),
        ("short", ChangeKind.NEW, None),
        ("old", ChangeKind.GONE, None),
    ]


def test_the_same_is_no_change() -> None:
    same = variant(Part(text="one", media=(picture("a"), picture("a"))))
    assert changes_between([same], [same], ["social"]) == ()
