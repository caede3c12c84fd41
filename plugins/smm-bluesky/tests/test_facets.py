"""Which bytes of a text are a link, a mention or a hashtag: a table of hard texts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smm_bluesky.facets import facets_of, handles_in, plain_address

PEOPLE = {"ann.example": "did:plc:ann", "brood.co.uk": "did:plc:bob", "a-b.xn--bcher-kva.example": "did:plc:puny"}


def found(text: str) -> list[tuple[str, str]]:
    """Each facet as (the bytes it points at, what it is)."""
    body = text.encode()
    facets = facets_of(text, PEOPLE.get)
    pieces = []
    for one in facets:
        (feature,) = one["features"]
        value = feature.get("uri") or feature.get("did") or feature.get("tag")
        pieces.append((body[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(), value))
    return pieces


ANN, BOB = ("@ann.example", "did:plc:ann"), ("@brood.co.uk", "did:plc:bob")

TABLE = {
    "nothing": ("Just bread.", []),
    "a link at the end of a sentence": ("See https://a.example.", [("https://a.example", "https://a.example")]),
    "a link in brackets": ("(see https://a.example/b)", [("https://a.example/b", "https://a.example/b")]),
    "brackets that belong to the link": (
        "https://a.example/Rye_(bread), yes",
        [("https://a.example/Rye_(bread)", "https://a.example/Rye_(bread)")],
    ),
    "a link in quotes": ("«https://a.example/x»!", [("https://a.example/x", "https://a.example/x")]),
    "a link after an emoji family": (
        "👨‍👩‍👧‍👦https://a.example/é",
        [("https://a.example/é", "https://a.example/%C3%A9")],
    ),
    "a host of other letters": (
        "https://bücher.example/?q=ü",
        [("https://bücher.example/?q=ü", "https://xn--bcher-kva.example/?q=%C3%BC")],
    ),
    "a link that is escaped already": (
        "https://a.example/%C3%A9?x=%20",
        [("https://a.example/%C3%A9?x=%20", "https://a.example/%C3%A9?x=%20")],
    ),
    "a link with a fragment that is no tag": (
        "https://a.example/#top #rye",
        [("https://a.example/#top", "https://a.example/#top"), ("#rye", "rye")],
    ),
    "a link with a name that is no mention": (
        "https://a.example/@ann.example",
        [("https://a.example/@ann.example", "https://a.example/@ann.example")],
    ),
    "capitals in the scheme": ("HTTPS://A.example/X", [("HTTPS://A.example/X", "https://A.example/X")]),
    "two links with a comma": (
        "https://a.example,https://b.example",
        [("https://a.example,https://b.example", "https://a.example,https://b.example")],
    ),
    "East Asian punctuation": ("看https://a.example/x。好", [("https://a.example/x", "https://a.example/x")]),
    "a mention at the end of a sentence": ("Thanks @ann.example.", [ANN]),
    "a mention with an apostrophe": ("@ann.example's bread", [ANN]),
    "mentions in brackets and after commas": ("(@ann.example, @brood.co.uk)", [ANN, BOB]),
    "a mention after a flag": ("🇳🇱 @ann.example", [ANN]),
    "capitals in a mention": ("@Ann.Example", [("@Ann.Example", "did:plc:ann")]),
    "a mention in ASCII of another script": (
        "@a-b.xn--bcher-kva.example",
        [("@a-b.xn--bcher-kva.example", "did:plc:puny")],
    ),
    "a handle of nobody": ("@nobody.example", []),
    "a name without a dot": ("@ann says so", []),
    "a mail address": ("mail ann@ann.example", []),
    "a name on another network": ("@ann@ann.example", []),
    "a hashtag with punctuation": ("#rye, #wheat! (#oat)", [("#rye", "rye"), ("#wheat", "wheat"), ("#oat", "oat")]),
    "hashtags of other scripts": (
        "#면 #パン #ржаной_хлеб #हिन्दी",
        [("#면", "면"), ("#パン", "パン"), ("#ржаной_хлеб", "ржаной_хлеб"), ("#हिन्दी", "हिन्दी")],
    ),
    "a hashtag with combining marks": ("#cafe\u0301!", [("#cafe\u0301", "cafe\u0301")]),
    "a number is no hashtag": ("we are #1, #2026", []),
    "a hashtag that is too long stays text": (f"#{'a' * 65} #{'b' * 64}", [(f"#{'b' * 64}", "b" * 64)]),
    "an HTML entity is no hashtag": ("&#x27;", []),
    "a wide sign": ("＃パン", [("＃パン", "パン")]),
}


@pytest.mark.parametrize("name", TABLE)
def test_facets(name: str) -> None:
    text, wanted = TABLE[name]
    assert found(text) == wanted


def test_handles_are_asked_for_once() -> None:
    assert handles_in("@ann.example @Ann.Example @b.example") == ("ann.example", "b.example")


@given(
    st.text(alphabet=st.sampled_from("ab #@.:/()é👨‍👩‍👧🇳🇱\u0301한 \nhttps://a.example#rye@ann.example"), max_size=120)
)
def test_facets_never_meet_and_never_cut_a_letter(text: str) -> None:
    body, end = text.encode(), 0
    for one in facets_of(text, lambda handle: "did:plc:x"):
        start = one["index"]["byteStart"]
        assert end <= start < one["index"]["byteEnd"] <= len(body)
        end = one["index"]["byteEnd"]
        body[start:end].decode()


@given(st.text(max_size=60))
def test_every_link_becomes_an_address_in_ascii(path: str) -> None:
    address = plain_address(f"https://bücher.example/{path}")
    assert address.isascii() or not path.isprintable()
    assert plain_address(address) == address
