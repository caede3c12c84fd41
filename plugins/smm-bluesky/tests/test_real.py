"""Against a real server (PDS) and a real app view: what the network itself makes of our requests."""

from __future__ import annotations

import io
import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from bluesky_desk import Desk
from bluesky_server import Account, Network
from PIL import Image
from smm_bluesky.limits import limits_of
from smm_bluesky.records import rkey_of

from smm_core import InteractionKind, NeedsLogin, Part, PostContent, Receipt, Rejected, TryLater, fit_picture, replace
from smm_core.testing import Answer, Loopback, Route


@pytest.fixture
def desk(network: Network, tmp_path: Path) -> Desk:
    return Desk(tmp_path, network.join("ann"), network.client)


def test_a_post_is_what_was_written(desk: Desk, network: Network) -> None:
    text = "Vers brood 🥖 — met 🇳🇱👨‍👩‍👧‍👦 en Ünïcödé"
    receipt = desk.publish(text, options={"langs": ["nl", "en"]})
    assert desk.record(receipt)["text"] == text
    assert desk.record(receipt)["langs"] == ["nl", "en"]
    network.settle()
    (shown,) = desk.account.ask("app.bsky.feed.getPosts", uris=[receipt.remote_id])["posts"]
    assert shown["record"]["text"] == text
    assert shown["cid"] == receipt.extra["cid"]
    rkey = receipt.remote_id.rsplit("/", 1)[1]
    assert receipt.url == f"https://bsky.app/profile/{desk.account.did}/post/{rkey}"


def test_who_we_are(desk: Desk) -> None:
    inspected = desk.inspect()
    assert inspected.account == f"@{desk.account.handle}"
    assert inspected.known["did"] == desk.account.did
    assert inspected.known["max_blob_bytes"] == 5_242_880
    assert limits_of(inspected.known).images.max_bytes == 2_000_000


def test_facets_point_at_the_bytes(desk: Desk, network: Network) -> None:
    bob = network.join("bob")
    text = f"🥖 «Brood» @{bob.handle}, (https://bücher.example/é?q=1#x), #zuurdesem! @nobody.invalid.test"
    receipt = desk.publish(text)
    network.settle()
    (shown,) = desk.account.ask("app.bsky.feed.getPosts", uris=[receipt.remote_id])["posts"]
    body = text.encode()
    found = {
        body[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode(): one["features"][0]
        for one in shown["record"]["facets"]
    }
    assert set(found) == {f"@{bob.handle}", "https://bücher.example/é?q=1#x", "#zuurdesem"}
    assert found[f"@{bob.handle}"]["did"] == bob.did
    assert found["https://bücher.example/é?q=1#x"]["uri"] == "https://xn--bcher-kva.example/%C3%A9?q=1#x"
    assert found["#zuurdesem"]["tag"] == "zuurdesem"
    notes = bob.ask("app.bsky.notification.listNotifications")["notifications"]
    assert [one["reason"] for one in notes] == ["mention"], "whoever is mentioned is told"


def test_four_pictures_with_their_descriptions(desk: Desk, network: Network) -> None:
    pictures = tuple(desk.picture(800, 400 + number, alt=f"Brood {number}") for number in range(4))
    receipt = desk.publish(Part(text="Vier broden", media=pictures))
    network.settle()
    (shown,) = desk.account.ask("app.bsky.feed.getPosts", uris=[receipt.remote_id])["posts"]
    images = shown["embed"]["images"]
    assert [one["alt"] for one in images] == [f"Brood {number}" for number in range(4)]
    assert [one["aspectRatio"] for one in images] == [{"width": 800, "height": 400 + number} for number in range(4)]


def test_a_heavy_picture_is_fitted_and_one_that_is_not_is_refused(desk: Desk) -> None:
    noise = Image.frombytes("RGB", (1700, 1300), os.urandom(1700 * 1300 * 3))
    out = io.BytesIO()
    noise.save(out, "JPEG", quality=92)
    limits = limits_of({}).images
    assert limits.max_bytes is not None
    assert len(out.getvalue()) > limits.max_bytes
    fitted = fit_picture(out.getvalue(), limits, store=desk.media).attachment
    assert fitted.bytes <= limits.max_bytes
    desk.publish(Part(text="Ruis", media=(fitted,)))
    heavy = replace(fitted, sha256=desk.media.keep(out.getvalue()), bytes=len(out.getvalue()))
    with pytest.raises(Rejected, match="maximum 2000000"):
        desk.publish(Part(text="Ruis", media=(heavy,)))


def test_a_thread_hangs_together(desk: Desk, network: Network) -> None:
    first = desk.publish("Een")
    second = desk.publish("Twee", parent=first, root=first)
    third = desk.publish("Drie", parent=second, root=first)
    network.settle()
    thread = desk.account.ask("app.bsky.feed.getPostThread", uri=first.remote_id)["thread"]
    below = thread["replies"][0]
    assert [below["post"]["uri"], below["replies"][0]["post"]["uri"]] == [second.remote_id, third.remote_id]
    assert desk.record(third)["reply"]["root"]["uri"] == first.remote_id


def test_a_part_below_one_that_a_person_named_by_its_link(desk: Desk) -> None:
    first = desk.publish("Een")
    second = desk.publish("Twee", parent=first, root=first)
    named = Receipt(remote_id=second.url or "")
    third = desk.publish("Drie", parent=named, root=first)
    reply = desk.record(third)["reply"]
    assert (reply["parent"]["uri"], reply["root"]["uri"]) == (second.remote_id, first.remote_id)


def test_a_quote_with_and_without_a_picture(desk: Desk, network: Network) -> None:
    bob = network.join("bob")
    bread = bob.write({"text": "Brood!"})
    link = f"https://bsky.app/profile/{bob.handle}/post/{bread['uri'].rsplit('/', 1)[1]}"
    bare = desk.publish("Kijk", options={"quote": link})
    pictured = desk.publish(Part(text="Kijk", media=(desk.picture(),)), options={"quote": bread["uri"]})
    network.settle()
    posts = desk.account.ask("app.bsky.feed.getPosts", uris=[bare.remote_id, pictured.remote_id])["posts"]
    shown = {one["uri"]: one["embed"] for one in posts}
    assert shown[bare.remote_id]["record"]["uri"] == bread["uri"]
    assert shown[pictured.remote_id]["record"]["record"]["uri"] == bread["uri"]
    assert len(shown[pictured.remote_id]["media"]["images"]) == 1
    with pytest.raises(Rejected, match="not there"):
        desk.publish("Kijk", options={"quote": f"at://{bob.did}/app.bsky.feed.post/3jzfcijpj2z2a"})


def test_a_link_becomes_a_card_with_a_picture_made_by_us(desk: Desk, network: Network) -> None:
    out = io.BytesIO()
    Image.frombytes("RGB", (1600, 1000), os.urandom(1600 * 1000 * 3)).save(out, "PNG")
    page = b"""<html><head><title>No</title><meta property="og:title" content="Rye &amp; butter">
        <meta name="description" content="All of it."><meta property="og:image" content="/rye.png"></head>"""
    html = Answer(headers={"content-type": "text/html; charset=utf-8"}, body=page)
    onward = Answer(status=302, headers={"location": "/rye"})
    picture = Answer(headers={"content-type": "image/png"}, body=out.getvalue())
    routes = {"/go": onward, "/rye": html, "/rye.png": picture}
    with Loopback(*(Route("GET", path, lambda _, answer=answer: answer) for path, answer in routes.items())) as site:
        receipt = desk.publish(Part(text="Nieuw", link=f"{site.url}/go"))
        asked = [one.headers for one in site.requests]
    network.settle()
    (shown,) = desk.account.ask("app.bsky.feed.getPosts", uris=[receipt.remote_id])["posts"]
    card = shown["embed"]["external"]
    assert (card["uri"], card["title"], card["description"]) == (f"{site.url}/go", "Rye & butter", "All of it.")
    assert card["thumb"]
    blob = desk.record(receipt)["embed"]["external"]["thumb"]
    assert blob["mimeType"] == "image/jpeg"
    assert blob["size"] <= 1_000_000 < len(out.getvalue())
    assert all("authorization" not in headers for headers in asked), "the page was given our token"


def test_a_page_that_does_not_answer_costs_only_the_picture(desk: Desk) -> None:
    job = desk.job(Part(text="Nieuw", link="http://127.0.0.1:9/rye"), title="Ons rogge")
    external = desk.record(desk.publish(job))["embed"]["external"]
    assert external == {"uri": "http://127.0.0.1:9/rye", "title": "Ons rogge", "description": ""}


# ---------------------------------------------------------------- once


def test_the_same_attempt_makes_one_post_and_overwrites_nothing(desk: Desk) -> None:
    job = desk.prepare(desk.job("Brood"))
    first = desk.send(job)
    assert desk.find(job) is not None
    address = {"repo": desk.account.did, "collection": "app.bsky.feed.post", "rkey": rkey_of(job.key)}
    edited = {"$type": "app.bsky.feed.post", "text": "Brood, verbeterd", "createdAt": "2026-11-23T09:00:00Z"}
    changed = desk.account.ask("com.atproto.repo.putRecord", {**address, "record": edited})
    again = desk.send(job)
    assert again.remote_id == first.remote_id
    assert again.extra["cid"] == changed["cid"], "the receipt knows it as it is now"
    assert [one["value"]["text"] for one in desk.account.records()] == ["Brood, verbeterd"]


def test_what_was_never_sent_is_not_found(desk: Desk) -> None:
    job = desk.prepare(desk.job("Brood"))
    assert desk.find(job) is None
    receipt = desk.send(job)
    found = desk.find(job)
    assert found is not None
    assert (found.remote_id, found.extra) == (receipt.remote_id, receipt.extra)


def test_deleting_twice_is_fine_and_hits_only_that_post(desk: Desk) -> None:
    kept, gone = desk.publish("Blijft"), desk.publish("Weg")
    desk.delete(gone)
    desk.delete(gone)
    assert [one["uri"] for one in desk.account.records()] == [kept.remote_id]


# ---------------------------------------------------------------- the login


def test_a_session_that_the_server_no_longer_takes_is_renewed(desk: Desk) -> None:
    job = desk.prepare(desk.job("Brood"))
    _spoil(desk, "access")
    with pytest.raises(TryLater, match="session is over"):
        desk.send(job)
    assert desk.account.records() == []
    desk.publish(job)
    assert len(desk.account.records()) == 1


def test_an_ended_session_is_opened_anew(desk: Desk) -> None:
    desk.inspect()
    stored = json.loads(str(_credentials(desk)["session"]))
    desk.client.request(
        "POST",
        f"{desk.account.server}/xrpc/com.atproto.server.deleteSession",
        headers={"authorization": f"Bearer {stored['refresh']}"},
    )
    desk.ahead = timedelta(hours=3)
    desk.publish("Brood")
    assert len(desk.account.records()) == 1


def test_a_session_is_renewed_before_it_ends(desk: Desk) -> None:
    desk.inspect()
    before = _credentials(desk)["session"]
    desk.ahead = timedelta(minutes=90)
    desk.inspect()
    assert _credentials(desk)["session"] == before
    desk.ahead = timedelta(minutes=110)
    desk.inspect()
    after = json.loads(str(_credentials(desk)["session"]))
    assert after["refresh"] != json.loads(str(before))["refresh"]


def test_a_revoked_app_password_needs_a_login(desk: Desk) -> None:
    desk.publish("Brood")
    desk.account.ask("com.atproto.server.revokeAppPassword", {"name": "smm"})
    desk.ahead = timedelta(hours=3)
    with pytest.raises(NeedsLogin) as raised:
        desk.publish("Nog een brood")
    assert desk.account.handle in str(raised.value)
    assert "app password" in raised.value.hint


def test_a_server_that_asks_for_patience(network: Network, tmp_path: Path) -> None:
    nobody = Account(server=network.limited, handle="nobody.limited.test", did="", access="", client=network.client)
    desk = Desk(tmp_path, nobody, network.client, password="not-this-one")
    with pytest.raises(NeedsLogin):
        desk.inspect()
    address = f"{network.limited}/xrpc/com.atproto.server.createSession"
    asked = {"identifier": nobody.handle, "password": "not-this-one"}
    with ThreadPoolExecutor(10) as pool:  # the server takes its time over each
        answers = pool.map(lambda _: network.client.request("POST", address, json=asked).status, range(29))
        assert set(answers) == {401}
    with pytest.raises(TryLater) as raised:
        desk.inspect()
    assert raised.value.after is not None
    assert timedelta(0) < raised.value.after <= timedelta(minutes=5)


def _credentials(desk: Desk) -> dict[str, object]:
    read: dict[str, object] = json.loads(desk.credentials.path.read_text())
    return read


def _spoil(desk: Desk, name: str) -> None:
    """A stored token that is none."""
    stored = json.loads(str(_credentials(desk)["session"]))
    stored[name] = stored[name][:-6] + "AAAAAA"
    desk.credentials.path.write_text(json.dumps({"session": json.dumps(stored)}))


# ---------------------------------------------------------------- what others do


def test_numbers_as_the_app_shows_them(desk: Desk, network: Network) -> None:
    bob, post, quiet = network.join("bob"), desk.publish("Brood"), desk.publish("Stilte")
    ref = {"uri": post.remote_id, "cid": post.extra["cid"]}
    bob.write({"subject": ref}, "app.bsky.feed.like")
    bob.write({"subject": ref}, "app.bsky.feed.repost")
    bob.write({"text": "Mmm", "reply": {"root": ref, "parent": ref}})
    bob.write({"text": "Kijk", "embed": {"$type": "app.bsky.embed.record", "record": ref}})
    bob.write({"subject": desk.account.did}, "app.bsky.graph.follow")
    gone = desk.publish("Weg")
    desk.delete(gone)
    network.settle()
    numbers = desk.numbers(post, quiet, gone)
    ours = {metric: value for (subject, metric), value in numbers.items() if subject == post.remote_id}
    assert ours == {"likes": 1, "shares": 1, "comments": 1, "quotes": 1, "saves": 0}
    assert numbers[quiet.remote_id, "likes"] == 0
    assert numbers["profile", "followers"] == 1
    assert not [name for name in numbers if name[0] == gone.remote_id]


def test_what_others_say_is_heard_once_and_answered(desk: Desk, network: Network) -> None:
    bob, post = network.join("bob"), desk.publish("Brood")
    ref = {"uri": post.remote_id, "cid": post.extra["cid"]}
    network.settle()
    comment = bob.write({"text": "Is er nog?", "langs": ["nl"], "reply": {"root": ref, "parent": ref}})
    facet = {
        "index": {"byteStart": 3, "byteEnd": 4 + len(desk.account.handle)},
        "features": [{"$type": "app.bsky.richtext.facet#mention", "did": desk.account.did}],
    }
    mention = bob.write({"text": f"Bij @{desk.account.handle}", "facets": [facet]})
    quote = bob.write({"text": "Kijk", "embed": {"$type": "app.bsky.embed.record", "record": ref}})
    bob.write({"subject": ref}, "app.bsky.feed.like")
    network.settle()
    heard, cursor = desk.listen()
    said = {one.remote_id: one for one in heard}
    kinds = {uri: (one.kind, one.on) for uri, one in said.items()}
    assert kinds == {
        comment["uri"]: (InteractionKind.COMMENT, post.remote_id),
        mention["uri"]: (InteractionKind.MENTION, None),
        quote["uri"]: (InteractionKind.QUOTE, post.remote_id),
    }
    one = said[comment["uri"]]
    assert (one.author, one.text, one.language) == (bob.handle, "Is er nog?", "nl")
    answer = desk.reply(Receipt(remote_id=one.remote_id, url=one.url, at=one.at, extra=one.extra), "Ja, tot zes uur")
    assert desk.record(answer)["reply"] == {"root": ref, "parent": comment}
    network.settle()
    heard, cursor = desk.listen(cursor)
    assert heard == [], "our own answer and what was told are no news"
    thread = bob.ask("app.bsky.feed.getPostThread", uri=comment["uri"])["thread"]
    assert thread["replies"][0]["post"]["uri"] == answer.remote_id


def test_nothing_is_marked_as_read(desk: Desk, network: Network) -> None:
    bob, post = network.join("bob"), desk.publish("Brood")
    ref = {"uri": post.remote_id, "cid": post.extra["cid"]}
    network.settle()
    bob.write({"text": "Is er nog?", "reply": {"root": ref, "parent": ref}})
    network.settle()
    desk.listen()
    assert desk.account.ask("app.bsky.notification.getUnreadCount")["count"] == 1


def test_a_long_post_becomes_a_thread_that_fits(desk: Desk) -> None:
    content = PostContent(parts=(" ".join(f"Zin nummer {number} over brood." for number in range(40)),))
    rendering = desk.rendered(content)
    assert len(rendering.parts) > 1
    parent = root = None
    for part in rendering.parts:
        parent = desk.publish(Part(text=part.text), parent=parent, root=root, options=rendering.options)
        root = root or parent
    assert len(desk.account.records()) == len(rendering.parts)
