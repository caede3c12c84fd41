"""The approver before the kit. It asks by waiting on the page, so what people see and say is looked at there, in a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import pytest
from smm_web.approver import WebApprover

from smm_core import Decision
from smm_core.testing.kit import ApproverCase, ApproverSuite

from .conftest import Office, fields_of, serving

AT_THE_DESK = "answers are given to the desk on the page, not heard by polling: the test does it there"
FRONT = {"title": '"Rye"', "call_to_action": '"Come by"', "at": '"2026-11-25 09:00"'}

DOUBTS = """
from smm_core import Level, Problem, hookimpl

@hookimpl
def smm_check_variant(request):
    return [Problem(level=Level.INFO, code="rhythm", message="three posts about rye this week")]
"""


class TestWebApprover(ApproverSuite):
    differs: ClassVar[Mapping[str, str]] = {
        "test_bad_answers_are_no_approval": "the approver uses no network",
        "test_offline_is_said": "the approver uses no network",
        "test_shows_exactly_what_will_be_sent": AT_THE_DESK,
        "test_shows_what_the_checks_said": AT_THE_DESK,
        "test_asking_twice_asks_once": AT_THE_DESK,
        "test_an_approval_is_heard": AT_THE_DESK,
        "test_a_rework_is_heard_with_its_remark": AT_THE_DESK,
        "test_an_answer_names_what_it_is_for": AT_THE_DESK,
        "test_an_answer_to_something_older_does_not_count": AT_THE_DESK,
        "test_an_answer_is_heard_after_a_restart": AT_THE_DESK,
        "test_polling_again_from_the_same_cursor_hears_it_again": "nothing is heard by polling, so nothing can be lost between two polls",
    }

    @pytest.fixture
    def case(self) -> ApproverCase:
        return ApproverCase(make=WebApprover, asked=lambda root: (), answer=lambda reply: None)

    @pytest.fixture
    def rye(self, office: Office) -> Office:
        office.write("rye", "Rye is back. Come by", profiles='["acme-social"]', **FRONT)
        office.ask()
        return office

    def test_shows_exactly_what_will_be_sent(self, rye: Office) -> None:
        with serving(rye) as served, served.as_("anna") as anna:
            page = anna.get(f"/reviews/{rye.number('rye')}").text
        for variant, _ in rye.ws.store.posts.variants(rye.ws.store.posts.find("rye")):
            assert variant.profile in page
            assert all(part.text in page for part in variant.parts)

    def test_shows_what_the_checks_said(self, office: Office) -> None:
        (office.ws.root / "plugins").mkdir()
        (office.ws.root / "plugins" / "doubts.py").write_text(DOUBTS)
        toml = office.ws.root / "smm.toml"
        toml.write_text(toml.read_text().replace('["sandbox", "web"]', '["sandbox", "web", "doubts"]'))
        office.ws.reload()
        office.write("rye", "Rye is back. Come by", profiles='["acme-social"]', **FRONT)
        office.ask()
        with serving(office) as served, served.as_("anna") as anna:
            assert "three posts about rye this week" in anna.get(f"/reviews/{office.number('rye')}").text

    def test_asking_twice_asks_once(self, rye: Office) -> None:
        rye.ask()
        with serving(rye) as served, served.as_("anna") as anna:
            assert anna.get("/").text.count('class="row"') == 1

    def test_an_approval_is_heard(self, rye: Office) -> None:
        _answer(rye, "approve")
        assert rye.verdicts("rye") == [("anna", "approve")]

    def test_a_rework_is_heard_with_its_remark(self, rye: Office) -> None:
        _answer(rye, "rework", remark="Warmer, please.")
        (verdict,) = rye.ws.store.reviews.verdicts(rye.number("rye"))
        assert (verdict.decision, verdict.remark) == (Decision.REWORK, "Warmer, please.")

    def test_an_answer_names_what_it_is_for(self, rye: Office) -> None:
        _answer(rye, "approve")
        (verdict,) = rye.ws.store.reviews.verdicts(rye.number("rye"))
        assert dict(verdict.digests) == dict(rye.ws.store.reviews.get(rye.number("rye")).digests)
        assert (verdict.by, verdict.via) == ("anna", "web")

    def test_an_answer_to_something_older_does_not_count(self, rye: Office) -> None:
        number = rye.number("rye")
        with serving(rye) as served, served.as_("anna") as anna:
            form = fields_of(anna.get(f"/reviews/{number}").text, "/approve")
            rye.write("rye", "Rye is gone. Come by", profiles='["acme-social"]', **FRONT)
            rye.ask()
            for review in (number, rye.number("rye")):
                assert anna.post(f"/reviews/{review}/approve", data=form).status_code == 409
        assert rye.verdicts("rye") == []

    def test_an_answer_is_heard_after_a_restart(self, rye: Office) -> None:
        number, token = rye.number("rye"), rye.token("anna")
        with serving(rye) as served, served.client() as browser:
            browser.get(f"/r/{token}")
            form = fields_of(browser.get(f"/reviews/{number}").text, "/approve")
            cookies = dict(browser.cookies)
        with serving(rye) as served, served.client(cookies=cookies, headers={"origin": served.url}) as browser:
            assert browser.post(f"/reviews/{number}/approve", data=form).status_code == 303
        assert rye.verdicts("rye") == [("anna", "approve")]


def _answer(office: Office, action: str, **fields: str) -> None:
    number = office.number("rye")
    with serving(office) as served, served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, f"/{action}")
        assert anna.post(f"/reviews/{number}/{action}", data=form | fields).status_code == 303
