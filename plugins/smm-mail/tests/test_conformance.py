"""The approver `mail` keeps to what smm asks of every approver: mail out by SMTP, replies in by IMAP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from smm_mail.approver import MailApprover
from smm_mail.settings import Settings

from smm_core import Decision, Person
from smm_core.testing.kit import ApproverCase, ApproverSuite, Replied


@pytest.fixture
def case(smtp: Any, imap: Any, make_settings: Callable[..., Settings]) -> ApproverCase:
    def asked(root: Path) -> Sequence[str]:
        return [f"{smtp.plain(mail)}\n{smtp.html(mail)}" for mail in smtp.mails]

    def answer(replied: Replied) -> None:
        to = smtp.mails[0]
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "bob@acme.example", str(to["Reply-To"]), f"Re: {to['Subject']}"
        mail["In-Reply-To"] = str(to["Message-ID"])
        mail.set_content("Ok!" if replied.decision is Decision.APPROVE else replied.remark)
        imap.add(mail.as_bytes())

    bob = Person(name="bob", address="bob@acme.example", language="en", title="Bob", roles={"acme": ("client",)})
    return ApproverCase(
        make=MailApprover,
        asked=asked,
        answer=answer,
        settings=make_settings(),
        persons=(bob,),
        secrets=(make_settings().password.reveal(),),
    )


class TestMail(ApproverSuite):
    differs = {  # noqa: RUF012 - as the kit declares it
        "test_bad_answers_are_no_approval": "it speaks SMTP and IMAP, which the kit's faults are not about: test_servers.py",
        "test_offline_is_said": "it speaks SMTP and IMAP, which core's client does not: test_servers.py",
    }
