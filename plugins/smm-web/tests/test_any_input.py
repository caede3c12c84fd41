"""Every address with any input: nothing that anybody can send makes the page break."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from smm_web.app import LOOKS, SAYS
from smm_web.entry import COOKIE, form_proof

from .conftest import Served, opened, serving

NAMES = (
    "proof",
    "once",
    "version",
    "stage",
    "remark",
    "where",
    "quote",
    "start",
    "x",
    "y",
    "area",
    "audience",
    "yes",
    "series",
)
TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["1", "2", "0", "-1", "9" * 30, "²", "1e400", "nan", "acme-social", "acme-social/1", "acme-social/0", "acme-social/1/1",
         "acme-social/99/99", "Rye", "studio", "client", "internal", "point", "../..", "\x00", "\ud800x".encode("utf-8", "replace").decode()]
    ),
)  # fmt: skip
PATHS = (*LOOKS, *SAYS, "/r/{number}", "/static/{number}", "/{number}")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, httpx.Client, str]]:
    with opened(tmp_path_factory.mktemp("any") / "studio") as office:
        front = {"title": '"Rye"', "call_to_action": '"Come by"', "at": '"2026-11-25 09:00"'}
        office.write("rye", "Rye is back. Come by", **front)
        office.write("rolls", "Rolls are back. Come by", **front)
        office.ask()
        with serving(office) as served, served.client() as browser:
            yield served, browser, office.token("anna")


def test_what_is_no_number_is_not_there(page: tuple[Served, httpx.Client, str]) -> None:
    served, browser, token = page
    headers = {"origin": served.url, "cookie": f"{COOKIE}={token}"}
    for number in ("²", "-1", "9" * 30, "9" * 5000, "1e3", "٣", "\x00", "0", "None"):
        for path in (one for one in (*LOOKS, *SAYS) if "{number}" in one):
            address = path.format(number=quote(number), profile="acme-social", sha256="0" * 64)
            method, fields = ("POST", {"proof": form_proof(token), "remark": "x"}) if path in SAYS else ("GET", {})
            assert browser.request(method, address, headers=headers, data=fields).status_code == 404, address


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_input_breaks_any_address(page: tuple[Served, httpx.Client, str], data: st.DataObject) -> None:
    served, browser, token = page
    served.ticks[0] += 60
    blank = {name: quote(data.draw(TEXTS), safe="") or "x" for name in ("number", "profile", "sha256")}
    path = data.draw(st.sampled_from(PATHS)).format(
        **{**blank, "number": data.draw(st.sampled_from(["1", "2", blank["number"]]))}
    )
    method = data.draw(st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "OPTIONS"]))
    fields = data.draw(st.dictionaries(st.sampled_from(NAMES), TEXTS, max_size=8))
    if data.draw(st.booleans()):
        fields["proof"] = form_proof(token)
    headers = {"origin": served.url, "accept-language": quote(data.draw(TEXTS))}
    if data.draw(st.integers(0, 3)):
        headers["cookie"] = f"{COOKIE}={token}"
    body = data.draw(st.one_of(st.just(None), st.binary(max_size=60)))
    query = {data.draw(st.sampled_from(["start", "month", "did", "count", "missed", "said"])): data.draw(TEXTS)}
    if body is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
    answer = browser.request(
        method, path, params=query, headers=headers, **({"content": body} if body is not None else {"data": fields})
    )
    assert answer.status_code < 500, (method, path, fields, body)
