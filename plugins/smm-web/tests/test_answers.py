"""What people do on the page, over HTTP, in a real workspace: look, approve, send back, remark, and what they are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core import Audience, Decision, Remark

from .conftest import Office, Served, fields_of, loaf, opened, serving

RYE = "Rye is back, baked with our own sourdough.\n\nCome and taste it on Saturday"
FRONT = {"call_to_action": '"Come and taste it"', "title": '"Rye is back"', "at": '"2026-11-25 09:00"'}


def write_rye(office: Office, text: str = RYE, **more: str) -> None:
    office.write("rye", text, picture=loaf(), **FRONT, **more)


def write_rolls(office: Office, text: str = "Rolls from seven. Come by") -> None:
    office.write("rolls", text, title='"Rolls"', call_to_action='"Come by"', at='"2026-11-27 08:30"')


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with opened(tmp_path / "studio") as office:
        write_rye(office)
        write_rolls(office)
        office.ask()
        with serving(office) as served:
            yield served


def test_the_list_has_what_waits_for_this_person_with_its_times(served: Served) -> None:
    with served.as_("anna") as anna, served.as_("bob") as bob:
        page = anna.get("/").text
        assert "2 posts wait" in page
        assert page.index("Rye is back") < page.index("Rolls"), "the more urgent one comes first"
        assert "goes out Wed 25 Nov, 09:00" in page
        assert "Er wacht niets op jou" in bob.get("/").text, (
            "the client is asked when the studio said yes, and in Dutch"
        )


def test_yes_counts_once_and_is_thanked_for(served: Served) -> None:
    office = served.office
    address = f"/reviews/{office.number('rye')}"
    with served.as_("anna") as anna:
        form = fields_of(anna.get(address).text, "/approve")
        for _ in range(2):
            answer = anna.post(f"{address}/approve", data=form)
            assert (answer.status_code, answer.headers["location"]) == (303, "/thanks?did=approve")
        page = anna.get("/thanks?did=approve").text
    assert office.verdicts("rye") == [("anna", "approve")]
    assert "Your yes is noted" in page
    assert "Rolls" in page, "what is left is named"


def test_a_wish_points_at_the_words_it_is_about(served: Served) -> None:
    office = served.office
    number = office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/rework")
        wish = {"remark": "Friday, please.", "where": "acme-social/1", "quote": "Saturday", "audience": "client"}
        assert anna.post(f"/reviews/{number}/rework", data=form | wish).status_code == 303
    (comment,) = office.ws.store.comments.of(office.ws.store.posts.find("rye").id)
    assert (comment.by, comment.text, comment.quote) == ("anna", "Friday, please.", "Saturday")
    assert comment.place is not None
    assert RYE[comment.place.start : comment.place.end] == "Saturday"
    assert comment.audience is Audience.CLIENT
    assert office.verdicts("rye") == [("anna", "rework")]


def test_a_remark_points_at_a_picture(served: Served) -> None:
    office = served.office
    number = office.number("rye")
    points = ({"x": "0.25", "y": "0.75", "area": "point"}, {"area": "top-right"}, {})
    with served.as_("anna") as anna:
        for fields in points:
            form = fields_of(anna.get(f"/reviews/{number}").text, "/rework")
            remark = {"remark": "Too dark", "where": "acme-social/1/1", **fields}
            for _ in range(2):
                answer = anna.post(f"/reviews/{number}/remark", data=form | remark)
                assert (answer.status_code, answer.headers["location"]) == (303, f"/reviews/{number}?said=1")
        page = anna.get(f"/reviews/{number}").text
    places = [one.place for one in office.ws.store.comments.of(office.ws.store.posts.find("rye").id)]
    assert [(one.picture, one.x, one.y) for one in places if one] == [
        (1, 0.25, 0.75),
        (1, 5 / 6, 1 / 6),
        (1, None, None),
    ]
    assert office.verdicts("rye") == [], "a remark decides nothing"
    assert "Too dark" in page
    assert "our side only" in page


TROUBLES = (
    ({"remark": ""}, "Please write what should be different"),
    ({"remark": "x" * 4001}, "That is too long"),
    ({"remark": "Hm", "quote": "Sunday"}, "These words do not stand there"),
    ({"remark": "Hm", "where": "acme-social/9"}, "That place is not in the post"),
    ({"remark": "Hm", "where": "acme-social/1/7"}, "That place is not in the post"),
    ({"remark": "Hm", "where": "elsewhere"}, "That place is not in the post"),
    ({"remark": "Hm", "where": "acme-social/1/1", "x": "2", "y": "nan"}, "That place is not in the post"),
)


def test_a_form_that_cannot_be_taken_comes_back_filled(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/rework")
        for typed, words in TROUBLES:
            for action in ("rework", "remark"):
                answer = anna.post(f"/reviews/{number}/{action}", data=form | typed)
                assert answer.status_code == 422
                assert words in answer.text, typed
                assert f">\n{typed['remark']}</textarea>" in answer.text
    assert served.office.verdicts("rye") == []


def test_after_an_edit_the_answer_does_not_count_and_the_new_version_is_shown(served: Served) -> None:
    office = served.office
    before = office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{before}").text, "/approve")
        write_rye(office, RYE.replace("Saturday", "Friday"))
        office.ask()
        assert office.number("rye") != before
        answer = anna.post(f"/reviews/{before}/approve", data=form)
    assert answer.status_code == 409
    assert "This post was changed in the meantime" in answer.text
    assert "<del>Saturday</del><ins>Friday</ins>" in answer.text
    assert f"/reviews/{office.number('rye')}/approve" in answer.text, "the new one can be answered at once"
    assert office.ws.store.reviews.verdicts(before) == []
    assert office.verdicts("rye") == []


def test_a_version_that_was_not_shown_cannot_be_approved(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/approve")
        for version in ("", "0" * 64):
            assert anna.post(f"/reviews/{number}/approve", data=form | {"version": version}).status_code == 409
    assert served.office.verdicts("rye") == []


def test_all_that_is_left_is_shown_first_and_each_as_it_was_listed(served: Served) -> None:
    office = served.office
    with served.as_("anna") as anna:
        page = anna.get("/left").text
        form = fields_of(page, "/left")
        ticked = re.findall(r'name="yes" value="([^"]+)"', page)
        assert len(ticked) == 2
        assert office.verdicts("rye") == office.verdicts("rolls") == [], "looking decides nothing"
        other = [f"{one.partition(':')[0]}:{'0' * 64}" for one in ticked]
        assert (
            anna.post("/left", data={**form, "yes": other}).headers["location"] == "/thanks?did=left&count=0&missed=2"
        )
        write_rolls(office, "Rolls from eight. Come by")
        office.ask()
        answer = anna.post("/left", data={**form, "yes": [*ticked, "17:x", "x:y", ""]})
        assert answer.headers["location"] == "/thanks?did=left&count=1&missed=4"
        assert "Your yes to one post is noted" in anna.get(answer.headers["location"]).text
    assert office.verdicts("rye") == [("anna", "approve")]
    assert office.verdicts("rolls") == []


def test_the_client_sees_theirs_in_their_language_and_nothing_internal(served: Served) -> None:
    office, number = served.office, served.office.number("rye")
    desk = office.desk
    desk.comment(desk.reviewer("anna"), number, Remark(text="between us"))
    desk.comment(desk.reviewer("anna"), number, Remark(text="for you as well", audience=Audience.CLIENT))
    with served.as_("bob") as bob, served.as_("anna") as anna:
        assert bob.get(f"/reviews/{number}").status_code == 404, "it has not come to the client"
        digests = desk.review(desk.reviewer("anna"), number).review.digests
        desk.decide(desk.reviewer("anna"), number, Decision.APPROVE, digests=digests)
        page = bob.get(f"/reviews/{number}").text
        assert "between us" in anna.get(f"/reviews/{number}").text
    assert "for you as well" in page
    for hidden in ("between us", "studio", "wim", "Wie het mag lezen"):
        assert hidden not in page
    assert '<html lang="nl">' in page
    assert "woensdag 25 november, 09:00" in page
    assert "Zonder antwoord blijft het liggen" in page


def test_what_is_meant_for_our_side_stays_there_also_in_a_stage_of_the_clients(tmp_path: Path) -> None:
    with opened(tmp_path / "studio") as office:
        toml = office.ws.root / "smm.toml"
        toml.write_text(toml.read_text().replace('persons = ["bob"]', 'persons = ["bob", "anna"]'))
        write_rolls(office)
        office.ask()
        number = office.number("rolls")
        desk = office.desk
        digests = desk.review(desk.reviewer("anna"), number).review.digests
        desk.decide(desk.reviewer("anna"), number, Decision.APPROVE, digests=digests)
        with serving(office) as served, served.as_("anna") as anna, served.as_("bob") as bob:
            form = fields_of(anna.get(f"/reviews/{number}").text, "/rework")
            assert form["stage"] == "bakery"
            wish = {"remark": "between us", "audience": "internal"}
            assert anna.post(f"/reviews/{number}/rework", data=form | wish).status_code == 303
            assert "between us" in anna.get(f"/reviews/{number}").text
            assert "between us" not in bob.get(f"/reviews/{number}").text


def test_what_was_seen_before_is_compared_with_words_and_pictures(served: Served) -> None:
    office = served.office
    with served.as_("anna") as anna:
        first = anna.get(f"/reviews/{office.number('rye')}").text
        assert "<ins>" not in first
        old = re.findall(r"/pictures/([0-9a-f]{64})", first)[0]
        office.clock.advance(timedelta(hours=1))
        office.write("rye", RYE.replace("own", "very own"), picture=loaf("#7d4a22"), **FRONT)
        office.ask()
        number = office.number("rye")
        assert "changed since you saw it" in anna.get("/").text
        page = anna.get(f"/reviews/{number}").text
        shown = set(re.findall(r"/pictures/([0-9a-f]{64})", page))
        assert re.search(r"<ins> ?very ?</ins>", page)
        assert "since you saw it on Monday, 23 November, 09:00" in page
        assert old in shown
        assert len(shown) == 2
        for sha256 in shown:
            picture = anna.get(f"/reviews/{number}/pictures/{sha256}")
            assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")


def test_the_calendar_shows_the_month_in_the_readers_time(served: Served) -> None:
    with served.as_("anna") as anna:
        page = anna.get("/calendar").text
        assert "November 2026" in page
        day = page[page.index('datetime="2026-11-27"') :][:600]
        assert "08:30" in day
        assert "Rolls" in day
        assert "Nothing is planned" in anna.get("/calendar?month=2027-05").text
        assert "November 2026" in anna.get("/calendar?month=2027-13").text


def test_previews_are_documents_of_their_own_that_cannot_do_anything(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        answer = anna.get(f"/reviews/{number}/preview/acme-social")
        policy = answer.headers["content-security-policy"]
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        assert "script-src" not in policy, "default-src 'none' holds for scripts"
        assert f'src="/reviews/{number}/pictures/' in answer.text
        assert "media:" not in answer.text
        drawn = anna.get(f"/reviews/{number}/drawn/acme-social")
        assert drawn.content.startswith(b"\x89PNG")


def test_leaving_forgets_the_link(served: Served) -> None:
    with served.as_("anna") as anna:
        form = fields_of(anna.get("/").text, "/leave")
        assert anna.post("/leave", data=form).status_code == 200
        assert anna.get("/").status_code == 403
