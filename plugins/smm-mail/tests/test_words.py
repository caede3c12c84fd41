"""What people mean by what they write: the pure part, with what somebody might send who means no good."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smm_mail.compose import parsed
from smm_mail.incoming import read
from smm_mail.reply import APPROVALS, Meaning, above_quote, said
from smm_mail.text import one_line, printable

from smm_core import SmmError

QUICK = settings(max_examples=60, deadline=None, database=None, derandomize=True)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("ok", Meaning.APPROVE),
        ("  Oké. ", Meaning.APPROVE),
        ("Goedgekeurd 👍🏽", Meaning.APPROVE),
        ("Approved\n\nKind regards,\nBob Bakker", Meaning.APPROVE),
        ("Ok\nThanks, Bob", Meaning.APPROVE),
        ("ok\n\nSent from my phone", Meaning.APPROVE),
        ("ok?", Meaning.REWORK),
        ("Ok, maar korter", Meaning.REWORK),
        ("not ok", Meaning.REWORK),
        ("niet akkoord", Meaning.REWORK),
        ("Ok 👎", Meaning.REWORK),
        ("ok\n👎", Meaning.UNCLEAR),
        ("ok\n\nPS another picture", Meaning.UNCLEAR),
        ("ok\nnot", Meaning.UNCLEAR),
        ("Ok\nThanks, change it first", Meaning.UNCLEAR),
        ("", Meaning.UNCLEAR),
        ("> ok", Meaning.UNCLEAR),
        ("Op ma 23 nov 2026 schreef Acme:\nok", Meaning.UNCLEAR),
        ("-----Original Message-----\nok", Meaning.UNCLEAR),
        ("Van: Acme <a@b>\nVerzonden: maandag\nok", Meaning.UNCLEAR),
    ],
)
def test_what_is_meant(text: str, meaning: Meaning) -> None:
    assert said(text, ("bob", "bakker")).meaning is meaning


@pytest.mark.parametrize(
    "quote",
    [
        "On Mon, Nov 23, 2026 at 9:00 AM Acme <approve@studio.example> wrote:\n> Please",
        "Op ma 23 nov 2026 om 09:00 schreef Acme approvals\n<approve@studio.example>:\n> Graag",
        "________________________________\nFrom: Acme\nSent: Monday",
        "From: Acme\nDate: Monday\nTo: Bob\n\nPlease",
        "*Van:* Acme\n*Verzonden:* maandag",
        "-- \nBob",
    ],
)
def test_the_quote_is_left_out(quote: str) -> None:
    assert above_quote(f"Korter graag.\n\n{quote}\nok") == "Korter graag."


@QUICK
@given(text=st.text(max_size=200), names=st.lists(st.text(max_size=8), max_size=3))
def test_nothing_but_a_yes_is_a_yes(text: str, names: list[str]) -> None:
    heard = said(text, names)
    if heard.meaning is Meaning.APPROVE:
        first = next(line for line in text.splitlines() if line.strip())
        assert any(word in first.casefold() for word in APPROVALS)
        assert len(first.split()) <= 3


@QUICK
@given(body=st.binary(max_size=400) | st.text(max_size=400).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_are_a_mail(body: bytes) -> None:
    for mail in (
        body,
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" + body,
        b"From: " + body,
    ):
        found = read(mail)
        assert found.sender == "" or found.sender.count("@") == 1
        said(found.text, found.names)


HEADERS = st.sampled_from(
    ["From", "To", "Subject", "In-Reply-To", "References", "Content-Type", "Content-Transfer-Encoding", "Auto-Submitted",
     "Message-ID", "Authentication-Results", "Content-Disposition", "Precedence"]
)  # fmt: skip
VALUES = st.text(max_size=60) | st.sampled_from(
    [
        "text/html; charset=nonsense",
        "multipart/report",
        "message/rfc822",
        "=?utf-8?q?=ff?=",
        "=?x?b?!!?=",
        "base64",
        "<a@b>",
        "a@b@c",
    ]
)


@QUICK
@given(headers=st.lists(st.tuples(HEADERS, VALUES), max_size=6), text=st.text(max_size=120))
def test_any_headers_are_read(headers: list[tuple[str, str]], text: str) -> None:
    lines = [f"{name}: {' '.join(value.splitlines())}" for name, value in headers]
    found = read("\r\n".join([*lines, "", text]).encode("utf-8", "replace"))
    found.is_vouched_for("mx.example")


def test_html_is_read_without_what_it_quotes() -> None:
    mail = (
        b"From: bob@acme.example\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
        b"<html><head><title>x</title><style>p {}</style></head><body><div>Ok</div><br>"
        b'<div class="gmail_quote">On Monday Acme wrote:<blockquote>Please</blockquote></div></body></html>'
    )
    assert said(read(mail).text).meaning is Meaning.APPROVE


@pytest.mark.parametrize(
    ("header", "sender"),
    [
        ("bob@acme.example", "bob@acme.example"),
        ("Bob <Bob@Acme.example>", "bob@acme.example"),
        ('"bob@acme.example" <eve@evil.example>', "eve@evil.example"),
        ("<bob@acme.example> <eve@evil.example>", ""),
        ("bob@acme.example, eve@evil.example", ""),
        ("eve@evil.example (bob@acme.example)", ""),
        ("=?utf-8?q?bob=40acme=2Eexample_=3C?= <eve@evil.example>", "eve@evil.example"),
        ("=?utf-8?q?=3Cbob=40acme=2Eexample=3E?=", ""),
        ("", ""),
    ],
)
def test_whom_it_is_from_is_read_strictly(header: str, sender: str) -> None:
    assert read(f"From: {header}\r\n\r\nok".encode()).sender == sender
    assert read(f"From: bob@acme.example\r\nFrom: {header}\r\n\r\nok".encode()).sender == ""


@QUICK
@given(text=st.text(max_size=200))
def test_text_for_headers_is_one_line(text: str) -> None:
    line = one_line(text)
    assert len(line) <= 120
    assert not set(line) & set("\r\n\x00\u2028\u202e")
    assert "=?" not in line
    printable(text).encode("utf-8")


@pytest.mark.parametrize("address", ["", "x", "a@b@c", "a b@c", "a@b\nBcc: c@d", "a@b>", "<a@b> <c@d>", "a@"])
def test_what_is_no_address_is_said(address: str) -> None:
    with pytest.raises(SmmError, match="is no mail address"):
        parsed(address, "person bob")
