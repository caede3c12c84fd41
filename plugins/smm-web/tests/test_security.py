"""What must not be possible: each way to come in without a right, to decide without meaning to, or to learn what is not theirs."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from smm_web.app import LOOKS
from smm_web.entry import COOKIE

from smm_core import Remark, Secret

from .conftest import Office, Served, fields_of, opened, serving

HOSTILE = '<script>alert(1)</script><img src=x onerror="alert(2)">'


def fill(office: Office) -> None:
    front = {"title": '"Rye"', "call_to_action": '"Come by"', "at": '"2026-11-25 09:00"'}
    office.write("rye", "Rye is back. Come by", **front)
    office.write("rolls", f"Rolls {HOSTILE} Come by", **{**front, "title": f"'{HOSTILE}'"})
    office.write("secret", "Not for acme. Come by", folder="theirs/posts", profiles='["other-social"]', **front)
    office.ask()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A page at which these tests only knock; none of them may change what waits."""
    with opened(tmp_path_factory.mktemp("shared") / "studio") as office:
        fill(office)
        with serving(office) as served:
            yield served
        assert all(office.verdicts(slug) == [] for slug in ("rye", "rolls", "secret"))


@pytest.fixture
def served(shared: Served) -> Served:
    shared.ticks[0] += 3600  # what was tried wrongly in the test before is forgotten
    return shared


# ---------------------------------------------------------------- links


def tampered(token: str) -> str:
    body, _, mac = token.partition(".")
    return f"{body[:-2]}{'AA' if body[-2:] != 'AA' else 'BB'}.{mac}"


def test_links_that_do_not_hold_are_all_told_alike(tmp_path: Path) -> None:
    with opened(tmp_path / "a") as office, opened(tmp_path / "b") as elsewhere, serving(office) as served:
        fill(office)
        fill(elsewhere)
        revoked = office.desk.link("anna")
        office.desk.revoke(revoked.id)
        short = office.token("anna", until=office.clock.now() + timedelta(hours=1))
        gone = office.token("eve")
        good = office.token("anna")
        with served.client() as browser:
            assert browser.get(f"/r/{gone}").status_code == 200
        toml = office.ws.root / "smm.toml"
        toml.write_text(toml.read_text().replace("[persons.eve]", "[persons.someone]"))
        office.clock.advance(timedelta(hours=2))
        wrong = {
            "forged": tampered(good),
            "cut": good[:-1],
            "nothing": "x",
            "long": "x" * 3000,
            "expired": short,
            "revoked": revoked.token.reveal(),
            "of another workspace": elsewhere.token("anna"),
            "of who left": gone,
        }
        answers = {}
        with served.client() as browser:
            for name, token in wrong.items():
                served.ticks[0] += 60
                by_link = browser.get(f"/r/{token}")
                served.ticks[0] += 60
                by_cookie = browser.get("/", headers={"cookie": f"{COOKIE}={token}"})
                assert "set-cookie" not in by_link.headers, name
                assert not any(text in by_link.text for text in ("Anna", "Rye")), name
                answers[name] = {(one.status_code, one.text) for one in (by_link, by_cookie)}
            assert len(set().union(*answers.values())) == 1, "an answer tells more than another"
            assert {status for status, _ in answers["forged"]} == {403}
            assert browser.get(f"/r/{good}").status_code == 200, "the one that holds does"


def test_a_link_to_what_was_edited_since_decides_nothing(tmp_path: Path) -> None:
    with opened(tmp_path / "studio") as office, serving(office) as served:
        fill(office)
        old = office.number("rye")
        with served.as_("anna", review=old) as before, served.as_("anna", review=old) as after:
            form = fields_of(before.get(f"/reviews/{old}").text, "/approve")
            proof = fields_of(after.get(f"/reviews/{old}").text, "/leave")["proof"]
            office.write(
                "rye", "Rye is gone. Come by", title='"Rye"', call_to_action='"Come by"', at='"2026-11-25 09:00"'
            )
            office.ask()
            for browser, fields in ((before, form), (after, {**form, "proof": proof, "once": "again"})):
                answer = browser.post(f"/reviews/{old}/approve", data=fields)
                assert answer.status_code == 409
                assert "Your answer came too late" in answer.text
            assert before.get(f"/reviews/{office.number('rye')}").status_code == 404, "the link was for the old one"
        assert office.number("rye") != old
        assert office.ws.store.reviews.verdicts(old) == []
        assert office.verdicts("rye") == []


def test_a_link_that_is_taken_back_ends_what_is_open(served: Served) -> None:
    link = served.office.desk.link("anna")
    with served.client() as browser:
        browser.get(f"/r/{link.token.reveal()}")
        assert browser.get("/").status_code == 200
        served.office.desk.revoke(link.id)
        assert browser.get("/").status_code == 403


def test_a_link_to_one_review_opens_no_other(served: Served) -> None:
    one, other = served.office.number("rye"), served.office.number("rolls")
    with served.as_("anna", review=one) as anna:
        for path in ("/", "/calendar"):
            assert anna.get(path).headers["location"] == f"/reviews/{one}"
        page = anna.get(f"/reviews/{one}")
        assert page.status_code == 200
        form = fields_of(page.text, "/approve")
        for path in ("", "/preview/acme-social", "/drawn/acme-social"):
            assert anna.get(f"/reviews/{other}{path}").status_code == 404
        for action in ("approve", "rework", "remark"):
            assert anna.post(f"/reviews/{other}/{action}", data=form | {"remark": "x"}).status_code == 404


def test_what_belongs_to_another_client_is_not_there(served: Served) -> None:
    theirs, nowhere = served.office.number("rye"), 999
    with served.as_("eve") as eve:
        assert "Rye" not in eve.get("/calendar").text
        pages = {eve.get(f"/reviews/{number}").text for number in (theirs, nowhere)}
        assert len(pages) == 1, "what is not theirs and what is not there look alike"


def test_wrong_links_are_limited_and_right_ones_free(served: Served) -> None:
    good = served.office.token("anna")
    with served.client() as browser:
        for _ in range(20):
            assert browser.get(f"/r/{good}").status_code == 200
        statuses = [browser.get(f"/r/guess-{number}").status_code for number in range(12)]
        assert statuses == [403] * 10 + [429] * 2
        late = browser.get(f"/r/{good}")
        assert (late.status_code, late.headers["retry-after"]) == (429, "60")
        served.ticks[0] += 6
        assert browser.get(f"/r/{good}").status_code == 200
        elsewhere = {"x-forwarded-for": "203.0.113.7"}
        browser.get("/r/one-more")
        assert browser.get(f"/r/{good}").status_code == 429
        assert browser.get(f"/r/{good}", headers=elsewhere).status_code == 200, "others are not held up"


# ---------------------------------------------------------------- deciding


def test_looking_never_decides(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        for path in LOOKS:
            address = path.format(number=number, profile="acme-social", sha256="0" * 64)
            assert anna.get(address, params={"decision": "approve", "yes": number}).status_code < 500
        for action in ("approve", "rework", "remark"):
            for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
                assert anna.request(method, f"/reviews/{number}/{action}").status_code == 405
    # The fixture looks at the end that nobody has decided anything.


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        ({"proof": ""}, {}),
        ({"proof": "0" * 64}, {}),
        ({"proof": "ü"}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"origin": "null"}),
        ({}, {"origin": ""}),
        ({}, {"cookie": ""}),
        ({}, {"host": "evil.example"}),
    ],
)
def test_a_form_of_somebody_else_decides_nothing(
    served: Served, fields: dict[str, str], headers: dict[str, str]
) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/approve")
        answer = anna.post(f"/reviews/{number}/approve", data=form | fields, headers=headers)
        assert answer.status_code in (403, 421)


def test_the_proof_of_one_person_is_none_for_another(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna, served.as_("anna") as again, served.as_("eve") as eve:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/approve")
        assert eve.post(f"/reviews/{number}/approve", data=form).status_code == 403
        assert again.post(f"/reviews/{number}/approve", data=form).status_code == 403, "nor for another link of hers"


def test_forms_have_a_size(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        form = fields_of(anna.get(f"/reviews/{number}").text, "/approve")
        address = f"/reviews/{number}/remark"
        assert anna.post(address, data=form | {"remark": "x" * 70_000}).status_code == 413
        assert anna.post(address, data={f"field-{one}": "" for one in range(400)}).status_code == 400
        assert anna.post(address, json=form).status_code == 415
        assert anna.post(address, data=form, files={"file": b"x"}).status_code == 415


# ---------------------------------------------------------------- what the browser is told


def test_every_answer_carries_the_headers(served: Served) -> None:
    number = served.office.number("rye")
    with served.as_("anna") as anna:
        for address in (
            "/",
            f"/reviews/{number}",
            "/calendar",
            "/left",
            "/nowhere",
            "/r/x",
            "/static/style.css",
            "/thanks",
        ):
            headers = anna.get(address).headers
            policy = headers["content-security-policy"]
            assert policy.startswith("default-src 'none'"), address
            assert "unsafe" not in policy, address
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] in ("same-origin", "no-referrer")
            assert "server" not in headers
            assert headers["cache-control"] == (
                "no-store" if "static" not in address else "public, max-age=31536000, immutable"
            )


def test_pages_have_no_script_or_style_of_their_own_and_escape_everything(served: Served) -> None:
    office, number = served.office, served.office.number("rolls")
    office.desk.comment(office.desk.reviewer("anna"), number, Remark(text=HOSTILE))
    with served.as_("anna") as anna:
        typed = anna.post(
            f"/reviews/{number}/remark",
            data=fields_of(anna.get(f"/reviews/{number}").text, "/rework") | {"remark": HOSTILE, "where": HOSTILE},
        )
        pages = [anna.get(one).text for one in ("/", "/left", "/calendar", "/thanks", f"/reviews/{number}")]
        assert "&lt;script&gt;alert(1)" in pages[-1]
        for page in [*pages, typed.text]:
            assert "<script>" not in page
            assert not re.search(r"<img[^>]* onerror", page)
            assert not re.search(r"<style|\sstyle=|<[a-z][^>]*\son[a-z]+\s*=|javascript:", page)
        preview = anna.get(f"/reviews/{number}/preview/acme-social").text
        assert "<script" not in preview
        assert not re.search(r"<img[^>]* onerror", preview)


def test_the_cookie_is_as_narrow_as_it_can_be(tmp_path: Path) -> None:
    with opened(tmp_path / "studio") as office:
        with serving(office) as served, served.client() as browser:
            cookie = browser.get(f"/r/{office.token('anna')}").headers["set-cookie"]
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert "Secure" not in cookie, "on loopback there is no https"
        with serving(office, "https://approve.example.com/acme") as served, served.client() as browser:
            for path in ("/acme/r/", "/r/"):  # whether or not the proxy takes the path off
                answer = browser.get(f"{path}{office.token('anna')}", headers={"host": "approve.example.com"})
                assert answer.status_code == 200
                assert "Secure" in answer.headers["set-cookie"]
                assert "Path=/acme;" in answer.headers["set-cookie"]
                assert "url=/acme/" in answer.text
                assert "max-age" in answer.headers["strict-transport-security"]


def test_only_our_hosts_are_answered(served: Served) -> None:
    with served.client() as browser:
        for host in ("evil.example", "127.0.0.1.evil.example", "127.0.0.1:1", "", "localhost"):
            answer = browser.get("/", headers={"host": host})
            assert answer.status_code in (400, 421), host
        port = served.url.rpartition(":")[2]
        assert browser.get("/", headers={"host": f"LOCALHOST:{port}"}).status_code == 403, "known, but no link"


def test_no_log_and_no_page_holds_the_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A canary: a token that is used in every way, well and badly, while everything is logged that can be."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr("smm_core.secrets._known", set())  # what blots secrets out must not be what saves us
    with opened(tmp_path / "studio") as office, serving(office) as served:
        for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "smm"):
            monkeypatch.setattr(logging.getLogger(name), "level", logging.DEBUG)
            logging.getLogger(name).manager._clear_cache()  # type: ignore[attr-defined]
        fill(office)
        token = office.token("anna")
        number = office.number("rye")
        with served.client(headers={"origin": served.url}) as browser:
            said: list[Any] = [browser.get(f"/r/{token}")]
            said += [browser.get(path.format(number=number, profile="acme-social", sha256="0" * 64)) for path in LOOKS]
            said += [browser.get(f"/reviews/{token}"), browser.get(f"/r/{token}/more"), browser.post(f"/r/{token}")]
            said += [browser.get(f"/?token={token}"), browser.get("/", headers={"host": token[:60]})]
            monkeypatch.setattr(type(office.desk), "review", _broken)
            said.append(browser.get(f"/reviews/{number}"))
            assert said[-1].status_code == 500
        for answer in said:
            headers = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
            assert token not in f"{answer.text}{headers}"
    logged = caplog.text  # the server has ended, and said all it had to say
    files = [path for path in office.ws.root.rglob("*") if path.is_file()]
    assert not [path for path in files if token.encode() in path.read_bytes()]
    # httpx logs what it asks for; that is the browser, not us.
    ours = "\n".join(line for line in logged.splitlines() if "httpx" not in line and "httpcore" not in line)
    assert "Traceback" in ours, "the canary sang: what broke was logged"
    assert token not in ours
    assert token not in "".join(capfd.readouterr())


def _broken(*_: object) -> None:
    raise RuntimeError("this is broken")


def test_a_secret_link_prints_nowhere(served: Served) -> None:
    link = served.office.desk.link("anna")
    assert isinstance(link.token, Secret)
    assert link.token.reveal() not in repr(link)


def test_who_sends_half_a_request_holds_up_nobody(served: Served) -> None:
    import socket

    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as slow:
        slow.sendall(
            b"POST /left HTTP/1.1\r\nHost: " + f"{host}:{port}".encode() + b"\r\nContent-Length: 100\r\n\r\nab"
        )
        with served.as_("anna") as anna:
            before = time.monotonic()
            assert anna.get("/").status_code == 200
            assert time.monotonic() - before < 5


def test_an_http_client_that_follows_gets_no_further_than_the_door(served: Served) -> None:
    """A mail scanner opens every link and follows where it is led; it has read, and nothing is decided."""
    with served.client(follow_redirects=True) as scanner:
        answer = scanner.get(f"/r/{served.office.token('anna')}")
        assert answer.status_code == 200
        assert "Rye" not in answer.text
