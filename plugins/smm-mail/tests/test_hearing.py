"""Replies through the real mailbox and the real steps: what decides, what is kept as a comment, what counts for nothing."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest
from smm_mail.approver import MailApprover
from smm_mail.imap import MOST
from smm_mail.incoming import read

from smm_core import PollRequest, ReviewState, replace
from smm_core.desk.scope import READS
from smm_core.workflow import Audience


@pytest.fixture
def asked(studio: Any) -> tuple[Any, EmailMessage]:
    """One post, and the mail that Bob got about it."""
    studio.set('need = "all"', 'need = "any"')
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    return studio, mail


def verdicts(studio: Any, number: int = 1) -> list[tuple[str, str, str]]:
    return [(str(one.decision), one.by, one.remark) for one in studio.ws.store.reviews.verdicts(number)]


def comments(studio: Any, number: int = 1) -> list[tuple[str, str]]:
    review = studio.ws.store.reviews.get(number)
    found = studio.ws.store.comments.of(review.post_id, audiences=READS[Audience.INTERNAL])
    return [(one.by, one.text) for one in found if one.review_id == number]


@pytest.mark.parametrize("text", ["Ok", "akkoord!", "Akkoord 👍\n\nGroet,\nBob", "APPROVE\n\n-- \nBob Bakker\nAcme"])
def test_a_yes_approves_exactly_what_was_asked(asked: Any, text: str) -> None:
    studio, mail = asked
    studio.reply(mail, text)
    report = studio.round()
    assert report.troubles == []
    assert verdicts(studio) == [("approve", "bob", "")]
    assert studio.ws.store.reviews.get(1).state is ReviewState.APPROVED
    (verdict,) = studio.ws.store.reviews.verdicts(1)
    assert verdict.via == "mail"
    assert dict(verdict.digests) == dict(studio.ws.store.reviews.get(1).digests)


def test_anything_else_asks_for_changes(asked: Any) -> None:
    studio, mail = asked
    studio.reply(mail, "Mag het iets korter?\nEn met een andere foto.")
    studio.round()
    assert verdicts(studio) == [("rework", "bob", "Mag het iets korter?\nEn met een andere foto.")]


def test_a_yes_with_a_wish_is_no_yes(asked: Any) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok\n\nMaar wel eerst de foto vervangen graag.")
    (trouble,) = studio.round().troubles
    assert verdicts(studio) == []
    assert comments(studio) == [("bob", "Ok\n\nMaar wel eerst de foto vervangen graag.")]
    assert "the reply of bob is no clear yes; kept as a comment: ask them" in trouble
    assert studio.round().troubles == [], "it is told once"
    assert len(comments(studio)) == 1


def test_by_default_a_reply_only_comments(asked: Any) -> None:
    studio, mail = asked
    studio.set('replies = "verdicts"', "")
    studio.reply(mail, "Ok")
    assert studio.round().troubles == []
    assert (verdicts(studio), comments(studio)) == ([], [("bob", "Ok")])
    studio.post("tarwe", "2026-12-11T09:00", "Tarwe ook.")
    studio.round()
    assert "wordt je antwoord bewaard als opmerking" in studio.smtp.plain(studio.smtp.to("bob@acme.example")[-1])


def test_a_yes_to_many_posts_holds_for_those_of_that_mail(studio: Any) -> None:
    studio.set('need = "all"', 'need = "any"')
    studio.post("een", "2026-12-10T09:00", "Een.")
    studio.post("twee", "2026-12-11T09:00", "Twee.")
    studio.round()
    studio.post("drie", "2026-12-12T09:00", "Drie.")
    studio.round()
    first, second = studio.smtp.to("bob@acme.example")
    studio.reply(first, "akkoord")
    studio.round()
    assert [len(verdicts(studio, number)) for number in (1, 2, 3)] == [1, 1, 0]
    studio.reply(first, "Nee, toch niet zo.")
    assert any("nothing of it was open any more" in one for one in studio.round().troubles)
    assert "Drie." in studio.smtp.plain(second)


def test_no_to_many_posts_is_no_verdict_on_any(studio: Any) -> None:
    studio.post("een", "2026-12-10T09:00", "Een.")
    studio.post("twee", "2026-12-11T09:00", "Twee.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    studio.reply(mail, "De eerste is goed, de tweede niet.")
    (trouble,) = studio.round().troubles
    assert "a mail about 2 posts is no clear yes" in trouble
    assert [(verdicts(studio, number), len(comments(studio, number))) for number in (1, 2)] == [([], 1), ([], 1)]


def test_an_answer_to_an_older_version_changes_nothing(asked: Any) -> None:
    studio, mail = asked
    studio.post("rogge", "2026-12-10T09:00", "Rogge is weer terug.")
    studio.on(minutes=5)
    studio.round()
    studio.reply(mail, "Ok")
    (trouble,) = studio.round().troubles
    assert "bob answered when nothing of it was open any more: Ok" in trouble
    assert (verdicts(studio), verdicts(studio, 2)) == ([], [])


def test_a_reply_to_the_reminder_counts_as_well(asked: Any) -> None:
    studio, _ = asked
    studio.clock.set(studio.ws.store.reviews.get(1).deadline)
    studio.on(minutes=-100)
    studio.round()
    reminder = studio.smtp.to("bob@acme.example")[-1]
    assert reminder["In-Reply-To"] is not None
    studio.reply(reminder, "ok")
    studio.round()
    assert verdicts(studio) == [("approve", "bob", "")]


@pytest.mark.parametrize(
    ("sender", "words"),
    [
        ("eve@evil.example", "came from eve@evil.example, not from bob@acme.example"),
        ('"bob@acme.example" <eve@evil.example>', "came from eve@evil.example"),
        ("bob@acme.example, eve@evil.example", "came from somebody who cannot be told"),
        ("Anna <anna@acme.example>", "came from anna@acme.example"),
    ],
)
def test_who_is_not_the_person_counts_for_nothing(asked: Any, sender: str, words: str) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok", sender=sender)
    (trouble,) = studio.round().troubles
    assert words in trouble
    assert (verdicts(studio), comments(studio)) == ([], [])


def test_without_the_mark_of_the_mail_it_counts_for_nothing(asked: Any) -> None:
    studio, mail = asked
    forged = EmailMessage()
    forged["From"], forged["To"], forged["Subject"] = "bob@acme.example", "approve@studio.example", "Re: Rogge"
    forged["In-Reply-To"] = str(mail["Message-ID"])
    forged.set_content("Ok")
    studio.imap.add(forged.as_bytes())
    (trouble,) = studio.round().troubles
    assert "came without the mark of the mail that it answers" in trouble
    assert verdicts(studio) == []


def test_the_mark_may_stand_in_the_subject(studio: Any) -> None:
    studio.set('reply_to = "approve+{token}@studio.example"', "")
    studio.set('need = "all"', 'need = "any"')
    studio.post("rogge", "2026-12-10T09:00", "Rogge is terug.")
    studio.round()
    (mail,) = studio.smtp.to("bob@acme.example")
    assert str(mail["Subject"]).endswith("]")
    studio.reply(mail, "Ok")
    studio.round()
    assert verdicts(studio) == [("approve", "bob", "")]


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "auto_reply"},
        {"X_Autoreply": "yes"},
        {"Return_Path": "<>"},
        {"List_Id": "<all.acme.example>"},
    ],
)
def test_machines_do_not_answer(asked: Any, header: dict[str, str]) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok", **header)
    assert studio.round().troubles == []
    assert (verdicts(studio), comments(studio)) == ([], [])


def test_a_mail_that_came_back_is_told(asked: Any) -> None:
    studio, mail = asked
    report = (
        "From: MAILER-DAEMON@acme.example\r\nTo: approve@studio.example\r\nSubject: Undelivered\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; acme.example\r\n\r\n"
        "Final-Recipient: rfc822; bob@acme.example\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        "Diagnostic-Code: smtp; 552 mailbox full\r\n\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {mail['Message-ID']}\r\n\r\n--b--\r\n"
    )
    studio.imap.add(report.encode())
    (trouble,) = studio.round().troubles
    assert "the mail to bob@acme.example was not delivered: smtp; 552 mailbox full" in trouble
    events = [event for _, event in studio.ws.store.events.untold()]
    assert any("was not delivered" in event.message and event.urgent for event in events)


def test_where_a_proof_is_asked_for_only_that_decides(asked: Any) -> None:
    studio, mail = asked
    studio.set('replies = "verdicts"', 'replies = "verdicts"\nauthserv_id = "mx.studio.example"')
    for proof in (
        "",
        "mx.evil.example; dmarc=pass header.from=acme.example",
        "mx.studio.example; spf=pass; dkim=pass; dmarc=fail",
        "mx.studio.example.evil.example; dmarc=pass",
    ):
        studio.reply(mail, "Ok", **({"Authentication_Results": proof} if proof else {}))
        (trouble,) = studio.round().troubles
        assert "has no proof of where it is from; kept as a comment" in trouble
    assert verdicts(studio) == []
    good = studio.reply(
        mail, "Ok", Authentication_Results="mx.studio.example; dkim=pass; dmarc=pass header.from=acme.example"
    )
    assert good["Authentication-Results"]
    studio.round()
    assert verdicts(studio) == [("approve", "bob", "")]


def test_a_proof_that_is_not_the_first_is_none() -> None:
    """Our own server writes above what came with the mail."""
    mail = b"Authentication-Results: mx.other.example; spf=pass\r\nAuthentication-Results: mx.studio.example; dmarc=pass\r\n\r\nok"
    assert not read(mail).is_vouched_for("mx.studio.example")
    assert read(mail.partition(b"\r\n")[2]).is_vouched_for("mx.studio.example")


def test_a_review_that_asks_about_something_else_is_not_what_the_mail_asked_about(asked: Any) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok")
    review = studio.ws.store.reviews.get(1)
    other = replace(review, digests=dict.fromkeys(review.digests, "0" * 64))
    request = PollRequest(reviews=(other,), settings=studio.ws.approver_settings("mail"))
    page = MailApprover().poll(request, studio.ws.calls.context("mail", "", studio.ws.config.plugins.deadline))
    assert page.answers == ()
    assert len(page.troubles) == 1


def test_a_forged_proof_below_ours_is_none(asked: Any) -> None:
    studio, mail = asked
    studio.set('replies = "verdicts"', 'replies = "verdicts"\nauthserv_id = "mx.studio.example"')
    studio.reply(mail, "Ok", Authentication_Results="mx.studio.example; dmarc=pass")
    day, body = studio.imap.mails.popitem()[1]
    studio.imap.add(b"Authentication-Results: mx.studio.example; dmarc=fail\r\n" + body, day)
    studio.round()
    assert verdicts(studio) == []


def test_reading_goes_on_where_it_stopped_and_begins_anew_with_the_mailbox(asked: Any) -> None:
    studio, mail = asked
    for _ in range(MOST + 3):
        studio.imap.add(b"Subject: something else\r\n\r\nHello.\r\n")
    studio.reply(mail, "Iets warmer graag.")
    studio.round()
    assert verdicts(studio) == [], "it comes in turn"
    studio.round()
    assert verdicts(studio) == [("rework", "bob", "Iets warmer graag.")]
    fetched = [one for one in studio.imap.commands if one.startswith("UID FETCH")]
    assert len(fetched) == len(set(fetched)) == MOST + 4


def test_a_mailbox_that_was_moved_is_read_again_and_nothing_counts_twice(asked: Any) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok\n\nMaar wel een andere foto.")
    studio.round()
    studio.imap.made_anew()
    report = studio.round()
    assert len(comments(studio)) == 1
    assert len(report.troubles) == 1


@pytest.mark.parametrize("command", ["LOGIN", "EXAMINE", "UID SEARCH", "UID FETCH"])
def test_a_server_that_hangs_up_is_no_answer(asked: Any, command: str) -> None:
    studio, mail = asked
    studio.reply(mail, "Ok")
    studio.imap.falls_silent_after = command
    (trouble,) = studio.round().troubles
    assert f"IMAP server 127.0.0.1:{studio.imap.port}" in trouble
    assert "canary" not in trouble
    assert verdicts(studio) == []
    studio.imap.falls_silent_after = ""
    studio.round()
    assert verdicts(studio) == [("approve", "bob", "")]


def test_a_wrong_folder_or_password_says_where_to_look(asked: Any, caplog: pytest.LogCaptureFixture) -> None:
    studio, _ = asked
    studio.set('replies = "verdicts"', 'replies = "verdicts"\nimap_folder = "Approvals"')
    (trouble,) = studio.round().troubles
    assert "has no folder 'Approvals' (look at imap_folder in [approvers.mail.settings])" in trouble
    studio.imap.password = "another"
    (trouble,) = studio.round().troubles
    assert "does not accept the login of studio" in trouble
    assert "canary" not in trouble + caplog.text


def test_a_person_who_left_says_nothing(asked: Any) -> None:
    studio, mail = asked
    studio.set('[persons.bob]\ntitle = "Bob Bakker"', '[persons.rob]\ntitle = "Rob"')
    studio.reply(mail, "Ok")
    report = studio.round()
    assert verdicts(studio) == []
    assert any("bob" in one for one in report.troubles)
