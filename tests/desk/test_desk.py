"""The desk: who comes by with which link, what they may see, and what they say."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from smm_core.clock import FakeClock
from smm_core.contracts import Place, Remark, ReviewDesk
from smm_core.errors import BadLink, NotAllowed, NotFound, Repeated, SmmError, TooLate
from smm_core.model import Decision, PostState, ReviewState
from smm_core.secrets import Secret
from smm_core.workflow import Audience, StageState
from smm_core.workspace import Workspace
from tests.conftest import write_post
from tests.reviewing import TWO_STAGES, post_at, round_, say, settle

MORE = TWO_STAGES + '\n[reviews]\npublic_url = "https://review.example/"\n'


@pytest.fixture
def desk(root: Path, ws: Workspace) -> ReviewDesk:
    """One post that waits for the desk, and the desk."""
    settle(root, more=MORE)
    ws._by = "dirk"
    post_at(root, "bread", "2026-12-10T09:00", labels='["margin"]')
    round_(ws)
    return ws.desk("page")


def digests(ws: Workspace, number: int = 1) -> dict[str, str]:
    return dict(ws.store.reviews.get(number).digests)


def token_of(desk: ReviewDesk, person: str, review: int | None = None) -> str:
    return desk.link(person, review=review).token.reveal()


def to_the_client(ws: Workspace) -> None:
    say(ws, "bread", "bert", remark="they will never pay that", comments=(Remark(text="margin is fine"),))
    round_(ws)


# ---------------------------------------------------------------- links


def test_a_link_lets_one_person_in_and_shows_its_address(desk: ReviewDesk) -> None:
    link = desk.link("bert", review=1)
    assert link.url is not None
    assert link.url.reveal() == f"https://review.example/r/{link.token.reveal()}"
    assert isinstance(link.token, Secret)
    assert link.token.reveal() not in repr(link)
    came = desk.enter(link.token.reveal())
    assert (came.person.name, came.review, came.link) == ("bert", 1, link.id)


def test_every_link_that_does_not_hold_is_told_the_same(
    desk: ReviewDesk, ws: Workspace, clock: FakeClock, root: Path
) -> None:
    said = set()

    def refused(token: str) -> None:
        with pytest.raises(BadLink) as caught:
            desk.enter(token)
        said.add(str(caught.value))

    good = token_of(desk, "bert")
    refused(good[:-2] + ("AA" if good[-2:] != "AA" else "BB"))
    refused("")
    refused("a.b")
    revoked = desk.link("bert")
    assert desk.revoke(revoked.id)
    assert not desk.revoke(revoked.id)
    refused(revoked.token.reveal())
    late = desk.link("bert", until=clock.now() + timedelta(hours=1))
    desk.enter(late.token.reveal())
    clock.advance(timedelta(hours=1))
    refused(late.token.reveal())
    ws.store._db.value("SELECT 1")
    with ws.store._db.write() as tx:
        tx.execute("DELETE FROM review_links WHERE id = ?", (desk.enter(good).link,))
    refused(good)
    other = token_of(desk, "bert")
    with ws.store._db.write() as tx:
        tx.execute("UPDATE meta SET value = 'another' WHERE key = 'workspace'")
    refused(other)
    assert len(said) == 1


def test_a_link_ends_with_its_person_and_while_they_look(desk: ReviewDesk, ws: Workspace, root: Path) -> None:
    link = desk.link("bert")
    came = desk.enter(link.token.reveal())
    assert desk.waiting(came).total == 1
    desk.revoke(link.id)
    for call in (
        lambda: desk.waiting(came),
        lambda: desk.review(came, 1),
        lambda: desk.decide(came, 1, Decision.APPROVE, digests=digests(ws)),
        lambda: desk.comment(came, 1, Remark(text="x")),
    ):
        with pytest.raises(BadLink):
            call()
    again = desk.enter(token_of(desk, "bert"))
    text = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(text.replace("[persons.bert]", "[persons.somebody-else]"))
    with pytest.raises(BadLink):
        desk.waiting(again)


def test_who_left_before_a_desk_was_first_used_does_not_get_in(desk: ReviewDesk, root: Path, ws: Workspace) -> None:
    token = token_of(desk, "bert")
    text = (root / "smm.toml").read_text()
    (root / "smm.toml").write_text(text.replace("[persons.bert]", "[persons.somebody-else]"))
    with pytest.raises(BadLink):
        ws.desk("page").enter(token)


def test_a_link_to_one_review_shows_no_other(desk: ReviewDesk, ws: Workspace, root: Path) -> None:
    post_at(root, "rye", "2026-12-11T09:00", text="Rye is back.")
    round_(ws)
    came = desk.enter(token_of(desk, "bert", review=1))
    assert [one.review.id for one in desk.waiting(came).items] == [1]
    assert [one.review.id for one in desk.waiting(desk.reviewer("bert")).items] == [1, 2]
    until = ws.clock.now() + timedelta(days=60)
    assert {one.review for one in desk.coming(came, ws.clock.now(), until)} == {1}
    assert {one.review for one in desk.coming(desk.reviewer("bert"), ws.clock.now(), until)} == {1, 2}
    with pytest.raises(NotFound):
        desk.review(came, 2)
    with pytest.raises(NotFound):
        desk.decide(came, 2, Decision.APPROVE, digests=digests(ws, 2))


def test_a_link_of_before_an_edit_decides_nothing(desk: ReviewDesk, ws: Workspace, root: Path) -> None:
    came = desk.enter(token_of(desk, "bert", review=1))
    before = digests(ws)
    post_at(root, "bread", "2026-12-10T09:00", text="Fresh rolls today.")
    round_(ws)
    with pytest.raises(TooLate):
        desk.decide(came, 1, Decision.APPROVE, digests=before)
    with pytest.raises(NotFound):
        desk.decide(came, 2, Decision.APPROVE, digests=digests(ws, 2))
    with pytest.raises(TooLate):
        desk.decide(desk.reviewer("bert"), 2, Decision.APPROVE, digests=before)
    assert ws.store.posts.find("bread").state is PostState.REVIEWING


def test_no_link_for_whom_it_does_not_concern(desk: ReviewDesk) -> None:
    for person in ("olga", "nobody"):
        with pytest.raises(NotFound):
            desk.link(person, review=1)
    with pytest.raises(NotFound):
        desk.link("carla", review=1)  # it has not come to the client yet


# ---------------------------------------------------------------- what they see


def test_each_sees_their_own_clients_and_the_client_what_came_to_them(desk: ReviewDesk, ws: Workspace) -> None:
    def seen(person: str, *, everything: bool = False) -> list[int]:
        return [one.review.id for one in desk.waiting(desk.reviewer(person), everything=everything).items]

    assert (seen("bert"), seen("carla"), seen("olga")) == ([1], [], [])
    assert (seen("mia"), seen("mia", everything=True)) == ([], [1]), "a manager looks, and is not asked"
    assert (seen("carla", everything=True), seen("olga", everything=True)) == ([], [])
    for person in ("carla", "olga"):
        with pytest.raises(NotFound):
            desk.review(desk.reviewer(person), 1)
    to_the_client(ws)
    assert (seen("bert"), seen("carla"), seen("olga", everything=True)) == ([], [1], [])
    with pytest.raises(NotFound):
        desk.review(desk.reviewer("olga"), 1)


def test_the_client_sees_nothing_of_what_was_said_inside(desk: ReviewDesk, ws: Workspace) -> None:
    to_the_client(ws)
    inside, outside = (desk.review(desk.reviewer(person), 1) for person in ("bert", "carla"))
    assert [stage.name for stage in inside.stages] == ["desk", "client"]
    assert [one.text for one in inside.comments] == ["margin is fine"]
    assert [one.by for one in inside.verdicts] == ["bert"]
    assert inside.post.by == "dirk"
    assert [(stage.name, stage.state) for stage in outside.stages] == [("client", StageState.WAITING)]
    assert (outside.may_answer, inside.may_answer) == (("client",), ())
    told = repr(outside) + repr(desk.waiting(desk.reviewer("carla")))
    for hidden in ("never pay", "margin", "dirk", "bert", "anna", "'desk'"):
        assert hidden not in told, hidden
    assert [part.text for one in outside.variants for part in one.parts] == [
        part.text for one in inside.variants for part in one.parts
    ]


def test_comments_reach_the_side_they_are_for(desk: ReviewDesk, ws: Workspace) -> None:
    to_the_client(ws)
    carla, bert = desk.reviewer("carla"), desk.reviewer("bert")
    desk.comment(carla, 1, Remark(text="Which bread?"))
    desk.comment(bert, 1, Remark(text="The rye.", audience=Audience.CLIENT))
    desk.comment(bert, 1, Remark(text="She never knows."))
    assert [one.text for one in desk.review(carla, 1).comments] == ["Which bread?", "The rye."]
    assert [one.text for one in desk.review(bert, 1).comments][1:] == ["Which bread?", "The rye.", "She never knows."]
    with pytest.raises(NotAllowed):
        desk.comment(carla, 1, Remark(text="psst", audience=Audience.INTERNAL))


def test_a_comment_points_at_words_and_keeps_them(desk: ReviewDesk, ws: Workspace, root: Path) -> None:
    bert = desk.reviewer("bert")
    kept = desk.comment(bert, 1, Remark(text="dry", place=Place(profile="social", part=1, start=0, end=5)), once="f1")
    assert (kept.quote, kept.digest, kept.stage) == ("Fresh", digests(ws)["social"], "desk")
    with pytest.raises(Repeated):
        desk.comment(bert, 1, Remark(text="dry"), once="f1")
    for place in (
        Place(profile="nowhere"),
        Place(profile="social", part=2),
        Place(profile="social", start=1),
        Place(profile="social", part=1, start=3, end=2),
        Place(profile="social", part=1, start=0, end=10_000),
        Place(profile="social", part=1, start=-1),
        Place(profile="social", part=1, picture=1, x=0.5, y=0.5),
    ):
        with pytest.raises(SmmError):
            desk.comment(bert, 1, Remark(text="x", place=place))
    with pytest.raises(SmmError, match="needs a text"):
        desk.comment(bert, 1, Remark(text="  "))
    assert len(desk.review(bert, 1).comments) == 1


def test_pictures_of_the_review_and_no_others(root: Path, ws: Workspace) -> None:
    from PIL import Image

    settle(root, more=MORE)
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (800, 600), colour).save(root / "content" / "posts" / f"{name}.png")
        write_post(
            root,
            name,
            at='"2026-12-10T09:00"',
            profiles='["social"]',
            call_to_action='"Come."',
            pictures=f'[{{ file = "{name}.png", alt = "{colour}" }}]',
        )
    round_(ws)
    desk = ws.desk("page")
    bert = desk.reviewer("bert")
    one, two = (desk.review(bert, number).variants[0].parts[0].media[0] for number in (1, 2))
    assert desk.picture(bert, 1, one.sha256)[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xdb", b"RIFF")
    with pytest.raises(NotFound):
        desk.picture(bert, 1, two.sha256)
    kept = desk.comment(bert, 1, Remark(text="crop", place=Place(profile="social", part=1, picture=1, x=0.2, y=1.0)))
    assert kept.place is not None
    assert (kept.place.x, kept.place.y) == (0.2, 1.0)
    with pytest.raises(SmmError, match="fraction"):
        desk.comment(bert, 1, Remark(text="x", place=Place(profile="social", part=1, picture=1, x=1.2, y=0)))
    shown = desk.preview(bert, 1, "social")
    assert shown.png.startswith(b"\x89PNG")
    with pytest.raises(NotFound):
        desk.preview(bert, 1, "theirs")


def test_what_is_new_is_told_to_each_by_what_they_saw_last(desk: ReviewDesk, ws: Workspace, root: Path) -> None:
    bert, mia = desk.reviewer("bert"), desk.reviewer("mia")
    assert desk.review(bert, 1).changes == ()
    post_at(root, "bread", "2026-12-10T09:00", text="Fresh rolls today.")
    round_(ws)
    assert [one.part for one in desk.review(bert, 2).changes] == [1]
    assert desk.waiting(bert).items[0].is_changed
    assert desk.review(mia, 2).changes == (), "she never saw the first"
    post_at(root, "bread", "2026-12-10T09:00", text="Fresh rolls tomorrow.")
    round_(ws)
    (change,) = desk.review(mia, 3).changes
    assert "".join(piece.text for piece in change.words if piece.touch == "removed") == "today"


# ---------------------------------------------------------------- what they say


def test_a_verdict_counts_and_says_which_way_it_came(desk: ReviewDesk, ws: Workspace) -> None:
    verdict = desk.decide(
        desk.reviewer("bert"),
        1,
        Decision.APPROVE,
        digests=digests(ws),
        remark="good",
        comments=(Remark(text="very"),),
        once="form 1",
    )
    assert (verdict.by, verdict.stage, verdict.via) == ("bert", "desk", "page")
    with pytest.raises(Repeated):
        desk.decide(desk.reviewer("bert"), 1, Decision.APPROVE, digests=digests(ws), once="form 1")
    with pytest.raises(NotAllowed):
        desk.decide(desk.reviewer("bert"), 1, Decision.APPROVE, digests=digests(ws), stage="client")
    round_(ws)
    desk.decide(desk.reviewer("carla"), 1, Decision.APPROVE, digests=digests(ws))
    assert ws.store.posts.find("bread").state is PostState.APPROVED
    assert [event.kind for event in ws.store.events.about("post:1")].count("review.approve") == 2


def test_an_answer_needs_the_digests_that_were_shown(desk: ReviewDesk, ws: Workspace) -> None:
    for shown in ({}, {"social": "0" * 64}, {**digests(ws), "short": "x"}):
        with pytest.raises(TooLate):
            desk.decide(desk.reviewer("bert"), 1, Decision.APPROVE, digests=shown)
    assert ws.store.reviews.verdicts(1) == []


def test_two_at_once_are_counted_once_each(desk: ReviewDesk, ws: Workspace) -> None:
    """Double clicks, and a page that several threads serve."""
    done: list[str] = []

    def click(person: str) -> None:
        try:
            desk.decide(desk.reviewer(person), 1, Decision.APPROVE, digests=digests(ws), once=f"{person} 1")
            done.append(person)
        except (Repeated, TooLate):
            pass

    threads = [threading.Thread(target=click, args=(person,)) for person in ("bert", "anna") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 1, "one yes settles the stage; the others come too late"
    assert len(ws.store.reviews.verdicts(1)) == 1
    assert ws.store.reviews.check_log().is_sound


def test_what_is_coming(desk: ReviewDesk, ws: Workspace, clock: FakeClock) -> None:
    until = clock.now() + timedelta(days=30)
    assert [one.state for one in desk.coming(desk.reviewer("bert"), clock.now(), until)] == [PostState.REVIEWING]
    assert desk.coming(desk.reviewer("carla"), clock.now(), until) == ()
    to_the_client(ws)
    (one,) = desk.coming(desk.reviewer("carla"), clock.now(), until)
    assert (one.profile, one.review, one.title) == ("social", 1, "Fresh bread today.")
    say(ws, "bread", "carla")
    round_(ws)
    (one,) = desk.coming(desk.reviewer("carla"), clock.now(), until)
    assert (one.state, one.review) == (PostState.SCHEDULED, None)
    assert desk.coming(desk.reviewer("olga"), clock.now(), until) == ()


def test_long_lists_come_in_pages(root: Path, ws: Workspace) -> None:
    settle(root, more=MORE)
    for day in range(1, 8):
        post_at(root, f"p{day}", f"2026-12-{30 - day}T12:00", text=f"Number {day} of many.")
    round_(ws)
    desk = ws.desk("page")
    bert = desk.reviewer("bert")
    first = desk.waiting(bert, limit=3)
    assert (first.total, first.next) == (7, 3)
    rest = desk.waiting(bert, start=first.next or 0, limit=10)
    assert rest.next is None
    deadlines = [one.deadline for one in (*first.items, *rest.items)]
    assert deadlines == sorted(deadlines, key=lambda one: one or ws.clock.now())
    assert all(one.review.state is ReviewState.OPEN for one in first.items)
