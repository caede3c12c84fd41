"""Questions as mails: what a person's program shows of them, in which thread, and that none goes out twice."""

from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from smm_mail.journal import FILE, Journal, Letter
from smm_mail.language import languages
from smm_mail.letter import subject_of

from smm_core import AskKind, AskRequest, Person, Post, PostContent, PostState, Review, ReviewState
from smm_core.store import Store

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_a_question_is_a_whole_mail(studio: Any) -> None:
    studio.set('enabled = ["mail"]', 'enabled = ["mail", "sandbox"]')
    studio.set('platform = "manual"', 'platform = "sandbox"\nimitates = "microblog"')
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug. <b>Proef</b> het.", picture=True, title="Rogge is terug")
    report = studio.round()
    assert report.troubles == []
    assert "post rogge: asked bob, anna (mail)" in report.lines
    (mail,) = studio.smtp.to("bob@acme.example")
    assert str(mail["From"]) == "Acme approvals <approve@studio.example>"
    assert str(mail["To"]) == "Bob Bakker <bob@acme.example>"
    assert str(mail["Subject"]) == "Graag je akkoord: Rogge is terug"
    assert (mail["Auto-Submitted"], mail["In-Reply-To"]) == ("auto-generated", None)
    assert re.fullmatch(r"approve\+[0-9a-f]{16}@studio\.example", str(mail["Reply-To"]))

    plain, html = studio.smtp.plain(mail), studio.smtp.html(mail)
    for text in (plain, html):
        assert "Hallo Bob Bakker," in text
        assert "Wordt geplaatst: donderdag 10 december 2026, 09:00" in text
        assert "Antwoord graag uiterlijk woensdag 9 december 2026, 09:00." in text
        assert "dan wordt het pas geplaatst als iemand het heeft goedgekeurd" in text
        assert "Een rond brood op een plank" in text
    assert "Rogge is terug. <b>Proef</b> het." in plain
    assert "Rogge is terug. &lt;b&gt;Proef&lt;/b&gt; het." in html
    assert "<b>Proef" not in html
    assert '<html lang="nl">' in html

    (cid,) = re.findall(r'src="cid:([^"]+)"', html)
    alt = re.search(r'<img [^>]*alt="([^"]+)"', html)
    assert alt is not None
    assert "Rogge is terug." in alt[1]
    (inside,) = [part for part in mail.walk() if part["Content-ID"] == f"<{cid}>"]
    assert inside.get_content_disposition() == "inline"
    assert Image.open(io.BytesIO(inside.get_payload(decode=True))).format == "JPEG"  # type: ignore[arg-type]

    (url,) = set(re.findall(r"https://approve\.acme\.example/r/[^\s\"#]+", plain))
    assert url in html
    assert f"{url}#approve" in plain
    assert f'href="{url}#rework"' in html
    who = studio.ws.desk("mail").enter(url.rpartition("/")[2])
    assert (who.person.name, who.review) == ("bob", 1)


def test_times_are_those_of_the_person(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (anna,) = studio.smtp.to("anna@acme.example")
    assert "Goes out: Thursday, 10 December 2026, 03:00" in studio.smtp.plain(anna)
    assert str(anna["Subject"]) == "Please approve: Rogge"


def test_many_posts_are_one_mail_with_a_link_each_and_one_for_all(studio: Any) -> None:
    for number in range(1, 5):
        studio.post(f"post-{number}", f"2026-12-1{number}T09:00", f"Bericht nummer {number}.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    assert str(mail["Subject"]) == "Graag je akkoord op 4 berichten"
    plain = studio.smtp.plain(mail)
    assert all(f"Bericht nummer {number}." in plain for number in range(1, 5))
    tokens = dict.fromkeys(re.findall(r"/r/([^\s#]+)", plain))
    seen = [studio.ws.desk("mail").enter(token).review for token in tokens]
    assert seen == [None, 1, 2, 3, 4]
    assert len(studio.smtp.mails) == 2, "one to each person"


def test_a_reminder_and_an_escalation_come_in_time_and_in_the_thread(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (first,) = studio.smtp.to("bob@acme.example")
    studio.clock.set(studio.ws.store.reviews.get(1).deadline)
    studio.on(minutes=-90)
    studio.round()
    _, second = studio.smtp.to("bob@acme.example")
    assert str(second["Subject"]) == f"Re: {first['Subject']}"
    assert str(second["In-Reply-To"]) == str(second["References"]) == str(first["Message-ID"])
    assert "Een herinnering: dit bericht wacht nog op je antwoord." in studio.smtp.plain(second)
    studio.on(minutes=60)
    studio.round()
    (boss,) = studio.smtp.to("mia@studio.example")
    assert str(boss["Subject"]) == "Nobody has answered yet: Rogge"
    assert boss["In-Reply-To"] is None
    studio.round()
    assert len(studio.smtp.mails) == 5, "each of them once"
    assert len({str(mail["Message-ID"]) for mail in studio.smtp.mails}) == 5


def test_after_a_crash_nobody_gets_it_twice(studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")

    def crash(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("smm_core.store.review_asks.Asks.mark_sent", crash)
        with pytest.raises(KeyboardInterrupt):
            studio.round()
    assert len(studio.smtp.mails) == 2
    studio.post("tarwe", "2026-12-11T09:00", "Tarwe ook.")
    studio.round()
    assert [str(mail["Subject"]) for mail in studio.smtp.to("bob@acme.example")] == [
        "Graag je akkoord: Rogge",
        "Graag je akkoord: Tarwe",
    ]


def test_what_was_begun_goes_out_again_with_the_same_id(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.smtp.answer = "451 come back later"
    report = studio.round()
    assert "takes no mail now: 451 come back later" in report.troubles[0]
    folder = studio.root / ".smm" / "plugins" / "mail"
    begun = Journal(folder).letters()
    assert [letter.is_sent for letter in begun.values()] == [False]
    assert (folder / FILE).stat().st_mode & 0o077 == 0
    with (folder / FILE).open("a") as file:
        file.write('{"message_id": "<cut')  # a crash in the middle of a line
    studio.smtp.answer = "250 OK"
    studio.round()
    assert str(studio.smtp.mails[0]["Message-ID"]) in begun
    assert all(letter.is_sent for letter in Journal(folder).letters().values())
    assert len(Journal(folder).letters()) == len(studio.smtp.mails) == 2


def test_a_line_that_was_cut_off_takes_no_other_with_it(tmp_path: Path) -> None:
    letter = Letter(
        message_id="<a@b>", root="<a@b>", person="bob", address="bob@b", subject="s", token="t", at=NOW, about=()
    )  # fmt: skip
    (tmp_path / FILE).write_text('{"message_id": "<cut')
    Journal(tmp_path).write(letter)
    assert Journal(tmp_path).letters() == {"<a@b>": letter}


def test_an_edit_shows_what_changed(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    studio.on(hours=1)
    studio.post("rogge", "2026-12-10T09:00", "Rogge is weer terug.")
    studio.round()
    _, second = studio.smtp.to("bob@acme.example")
    assert "{+ weer+}" in studio.smtp.plain(second)
    assert "> weer</ins>" in studio.smtp.html(second)
    assert second["In-Reply-To"] is None, "another question begins another thread"


def test_one_who_cannot_be_reached_stops_nobody_else(studio: Any) -> None:
    studio.smtp.refused = frozenset({"bob@acme.example"})
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    report = studio.round()
    assert report.troubles == []
    assert [str(mail["To"]) for mail in studio.smtp.mails] == ["Anna <Anna@acme.example>"]
    studio.smtp.refused = frozenset({"bob@acme.example", "Anna@acme.example"})
    studio.post("tarwe", "2026-12-11T09:00", "Tarwe ook.")
    (trouble,) = studio.round().troubles
    assert "post tarwe: nobody could be written to" in trouble
    assert "refuses bob@acme.example: 550 5.1.1 no such user (mend the person's address)" in trouble


@pytest.mark.parametrize(
    "title",
    ["Brood\nBcc: all@acme.example", "Brood\r\n\r\n<script>", "\u202eneddar\x00", "=?utf-8?q?x=0ABcc:_y?=", "x" * 500],
)
def test_no_title_breaks_out_of_its_header(studio: Any, title: str) -> None:
    content = PostContent(title=title, parts=("Brood.",))
    post = Post(
        id=1, client="acme", slug="x", source="s", content=content, state=PostState.RENDERED, revision=1,
        created_at=studio.clock.now(), updated_at=studio.clock.now(),
    )  # fmt: skip
    review = Review(
        id=1, post_id=1, client="acme", approver="mail", digests={}, state=ReviewState.OPEN, asked_at=studio.clock.now()
    )
    asked = AskRequest(review=review, post=post, variants=(), problems=())
    subject = subject_of(AskKind.ASK, (asked,), languages().of("en", "UTC"))
    mail = EmailMessage()
    mail["Subject"] = subject
    assert len(subject) <= 120
    assert subject.isprintable()
    assert mail.as_bytes().count(b"\nBcc") == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('user = "studio"', 'user = "studio"\nsmtp_port = 1'), "smtp_port"),
        (("file:password", "file:other"), "secret file:other"),
        (('smtp_security = "none"', 'smtp_security = "starttls"'), "STARTTLS extension not supported by server"),
        (('smtp_security = "none"', 'smtp_security = "tls"'), "no private connection"),
        (
            ('smtp_host = "127.0.0.1"', 'smtp_host = "mail.acme.example"'),
            "the password would travel to mail.acme.example",
        ),
        (
            ('sender = "Acme approvals <approve@studio.example>"', 'sender = "nobody"'),
            "sender: 'nobody' is no mail address",
        ),
        (("[approvers.mail.settings]", "[approvers.other.settings]"), "sender"),
    ],
)
def test_mistakes_are_told_with_their_key(studio: Any, change: tuple[str, str], words: str) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    try:
        studio.set(*change)
        said = " ".join(studio.round().troubles)
    except Exception as error:
        said = str(error)
    assert words in said
    assert "canary" not in said


def test_the_server_says_no_to_the_login(studio: Any, caplog: pytest.LogCaptureFixture) -> None:
    (studio.root / "password").write_text("canary-wrong-55")
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    asking, hearing = studio.round().troubles
    assert "does not accept the login of studio (look at user and password in [approvers.mail.settings])" in asking
    assert "does not accept the login of studio (look at imap_user and imap_password in" in hearing
    assert "canary" not in asking + hearing + caplog.text
    assert studio.smtp.taken == []


def test_no_link_and_no_token_is_in_the_store_or_the_log(studio: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    token = re.findall(r"/r/([^\s#]+)", studio.smtp.plain(mail))[0]
    mark = str(mail["Reply-To"]).partition("+")[2].partition("@")[0]
    assert isinstance(studio.ws.store, Store)
    kept = b"".join(path.read_bytes() for path in (studio.root / ".smm").glob("smm.db*"))
    for secret in (token, mark):
        assert secret not in caplog.text
        assert secret.encode() not in kept


def test_whom_there_are_no_words_for_is_written_to_in_english() -> None:
    assert [languages().of(tag, "UTC").tag for tag in ("nl", "nl-BE", "NL_nl", "fr", "../../x", "en-US", "")] == [
        "nl", "nl", "nl", "en", "en", "en", "en",
    ]  # fmt: skip
    assert languages().of("nl", "No/Where").zone.key == "UTC"


def test_every_phrase_is_there_in_dutch() -> None:
    import smm_mail

    folder = Path(smm_mail.__file__).parent
    source = "".join(path.read_text("utf-8") for path in [*folder.glob("*.py"), *folder.glob("templates/*.j2")])
    phrases = set(re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)+)"', source))
    phrases |= {one for pair in re.findall(r'many\(\s*"([^"]+)",\s*"([^"]+)"', source) for one in pair}
    known = (folder / "locale" / "nl.po").read_text("utf-8")
    assert len(phrases) > 40
    assert [one for one in phrases if f'"{one}"\n' not in known] == []
    assert 'msgstr ""\n\n' not in known


def test_a_person_without_a_page_gets_the_mail_without_links(studio: Any) -> None:
    studio.set('public_url = "https://approve.acme.example"', "")
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    assert "http" not in studio.smtp.plain(mail)
    assert "<a " not in studio.smtp.html(mail)
    assert "“akkoord” op de eerste regel" in studio.smtp.plain(mail)


def test_nobody_to_write_to_is_said(studio: Any) -> None:
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    from smm_mail.approver import MailApprover

    from smm_core import AskTogetherRequest, SmmError

    ctx = studio.ws.calls.context("mail", "", studio.ws.config.plugins.deadline)
    review = studio.ws.store.reviews.get(1)
    asked = AskRequest(review=review, post=studio.ws.store.posts.get(1), variants=(), problems=(), key="other")
    settings = studio.ws.approver_settings("mail")
    with pytest.raises(SmmError, match="there is nobody to write to"):
        MailApprover().ask_together(AskTogetherRequest(client="acme", questions=(asked,), settings=settings), ctx)
    strange = AskRequest(
        review=review, post=studio.ws.store.posts.get(1), variants=(), problems=(), key="third",
        persons=(Person(name="x", address="no address\nBcc: y", language="nl"),),
    )  # fmt: skip
    with pytest.raises(SmmError, match="is no mail address"):
        MailApprover().ask_together(AskTogetherRequest(client="acme", questions=(strange,), settings=settings), ctx)
