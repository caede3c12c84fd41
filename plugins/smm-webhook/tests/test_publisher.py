"""The webhook publisher against a receiver on loopback: what it sends, and what each answer means."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from smm_webhook.answers import NOT_SENT
from smm_webhook.publisher import Webhook
from smm_webhook.settings import Settings
from smm_webhook.signing import signature_headers

from smm_core import (
    ActionKind,
    ConfigError,
    InspectRequest,
    NeedsLogin,
    OutcomeUnknown,
    Part,
    PluginError,
    PostContent,
    PrepareRequest,
    Profile,
    Publisher,
    Receipt,
    Rejected,
    Secret,
    SecretError,
    SendRequest,
    SmmError,
    TryLater,
)
from smm_core.secrets import secret_behind
from smm_core.testing import (
    Accepted,
    Answer,
    CutBody,
    DropAfterAccepting,
    DropBeforeReading,
    Fault,
    Loopback,
    Nonsense,
    NotHttp,
    Slow,
    Status,
    answer_json,
)

MakeCtx = Callable[..., Any]
RequestTo = Callable[..., SendRequest]
CANARY = "canary-51b0d7aa"


# ---------------------------------------------------------------- what is sent


def test_a_part_is_sent_as_documented(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    request = request_to(parent=Receipt(remote_id="41"), root=Receipt(remote_id="40"), action=ActionKind.COMMENT)
    receipt = Webhook().send(request, make_ctx())
    (sent,) = receiver.requests
    (medium,) = sent.json().pop("media")
    assert hashlib.sha256(base64.b64decode(medium.pop("data"))).hexdigest() == medium["sha256"]
    assert {name: value for name, value in sent.json().items() if name != "media"} == {
        "version": 1,
        "key": "key-1",
        "action": "comment",
        "profile": "acme-site",
        "due_at": "2026-12-01T09:00:00Z",
        "text": "Vers brood 🥖 & meer",
        "link": "https://acme.example/?utm_source=webhook",
        "parent_id": "41",
        "root_id": "40",
        "title": "Brood",
        "campaign": "winter",
        "options": {"section": "news"},
    }
    assert medium == {
        "sha256": request.part.media[0].sha256, "format": "png", "width": 3, "height": 2,
        "bytes": request.part.media[0].bytes, "alt": "Een brood",
    }  # fmt: skip
    assert sent.headers["content-type"] == "application/json"
    assert sent.headers["webhook-id"] == sent.headers["idempotency-key"] == "key-1"
    assert sent.headers["webhook-timestamp"] == str(int(request.due_at.timestamp()))
    assert "webhook-signature" not in sent.headers
    assert receipt == Receipt(remote_id="42", url="https://site.example/news/42", at=request.due_at)


def test_the_readme_names_every_field_and_setting(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    Webhook().send(request_to(), make_ctx())
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    sent = receiver.requests[0].json()
    for name in (*sent, *sent["media"][0], *Settings.__dataclass_fields__, *map(str, NOT_SENT)):
        assert re.search(rf"(`{name}`|\b{name}\b)", readme), f"the README does not say what {name} is"


def test_pictures_may_stay_at_home(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    Webhook().send(request_to(settings={"media": "reference"}), make_ctx())
    assert receiver.requests[0].json()["media"][0]["data"] is None


def test_the_same_part_is_sent_as_the_same_bytes(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    for _ in range(2):
        Webhook().send(request_to(), make_ctx())
    first, second = receiver.requests
    assert first.body == second.body


def test_headers_of_ones_own_follow_references_and_cannot_replace_ours(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo
) -> None:
    headers = {"Authorization": "env:AUTH", "X-Site": "acme", "Webhook-Id": "other", "Content-Type": "text/plain"}
    Webhook().send(request_to(settings={"headers": headers}), make_ctx(AUTH=f"Bearer {CANARY}"))
    sent = receiver.requests[0].headers
    assert (sent["authorization"], sent["x-site"]) == (f"Bearer {CANARY}", "acme")
    assert (sent["webhook-id"], sent["content-type"]) == ("key-1", "application/json")


def test_the_address_itself_may_be_a_secret(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    receipt = Webhook().send(request_to(settings={"url": "env:HOOK"}), make_ctx(HOOK=f"{receiver.url}/hook"))
    assert receipt.remote_id == "42"


# ---------------------------------------------------------------- the signature


def readme_example() -> Callable[..., bool]:
    readme = (Path(__file__).parents[1] / "README.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - the example in our own README
    names["time"] = SimpleNamespace(time=lambda: names["now"])

    def verified(headers: Any, body: bytes, secret: str, now: float) -> bool:
        names["now"] = now
        return bool(names["verified"](headers, body, secret))

    return verified


@pytest.mark.parametrize("secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "just a passphrase, é"])
def test_the_readmes_example_verifies_what_is_sent(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, secret: str
) -> None:
    Webhook().send(request_to(settings={"secret": Secret(secret)}), make_ctx())
    sent, verified = receiver.requests[0], readme_example()
    now = float(sent.headers["webhook-timestamp"])
    assert verified(sent.headers, sent.body, secret, now)
    assert not verified(sent.headers, sent.body.replace(b"brood", b"taart"), secret, now)
    assert not verified({**sent.headers, "webhook-id": "key-2"}, sent.body, secret, now)
    assert not verified(sent.headers, sent.body, "another secret", now)
    assert not verified(sent.headers, sent.body, secret, now + 301)


def test_the_signature_is_the_one_other_libraries_make() -> None:
    # The example that the convention's libraries check themselves against.
    headers = signature_headers(
        Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
        key="msg_p5jXN8AQM9LWM0D4loKWxJek",
        at=datetime.fromtimestamp(1614265330.9, UTC),
        body=b'{"test": 2432232314}',
    )
    assert headers == {"webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}


def test_a_secret_that_is_not_what_it_says_is_told(
    make_ctx: MakeCtx, request_to: RequestTo, receiver: Loopback
) -> None:
    with pytest.raises(SecretError, match="whsec_") as caught:
        Webhook().send(request_to(settings={"secret": Secret(f"whsec_{CANARY}!")}), make_ctx())
    assert CANARY not in str(caught.value)
    assert receiver.connections == 0


# ---------------------------------------------------------------- what the answers mean


@pytest.mark.parametrize(
    ("answer", "remote_id", "url"),
    [
        (answer_json({"id": "a1", "url": "/news/a1"}), "a1", "{base}/news/a1"),
        (answer_json({"id": 0}), "0", None),
        (answer_json({"id": True, "url": "javascript:alert(1)"}), "key-1", None),
        (answer_json({"id": {"deep": 1}, "url": 7}), "key-1", None),
        (answer_json({"url": "https://user:pass@site.example/"}), "key-1", None),
        (answer_json({"url": "http://["}), "key-1", None),
        (answer_json(["a", "list"]), "key-1", None),
        (Answer(status=204), "key-1", None),
        (Answer(status=201, headers={"location": "/news/9"}), "key-1", "{base}/news/9"),
        (Answer(status=202, body=b"ok"), "key-1", None),
        (Answer(body=b"[" * 100_000), "key-1", None),
        (Answer(body=b"\xff\xfe"), "key-1", None),
    ],
)
def test_any_2xx_is_a_receipt(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, answer: Answer, remote_id: str, url: str | None
) -> None:
    receiver.fault(Status(code=answer.status, headers=answer.headers, body=answer.body))
    receipt = Webhook().send(request_to(), make_ctx())
    assert (receipt.remote_id, receipt.url) == (remote_id, url and url.format(base=receiver.url))


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        *((Status(code=code), Rejected) for code in (400, 404, 405, 409, 410, 413, 414, 415, 422)),
        (Status(code=401), NeedsLogin),
        (Status(code=403), NeedsLogin),
        (Status(code=429), TryLater),
        *((Status(code=code), OutcomeUnknown) for code in (302, 307, 402, 408, 418, 425, 500, 502, 503, 504)),
        (Accepted(status=500), OutcomeUnknown),
        (DropBeforeReading(), OutcomeUnknown),
        (DropAfterAccepting(), OutcomeUnknown),
        (CutBody(), OutcomeUnknown),
        (NotHttp(), OutcomeUnknown),
        (Slow(seconds=0.5), OutcomeUnknown),
    ],
    ids=lambda value: f"{type(value).__name__}{getattr(value, 'code', '')}" if not isinstance(value, type) else "",
)
def test_what_a_failure_means(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, fault: Fault, error: type[PluginError]
) -> None:
    receiver.fault(fault)
    ctx = make_ctx()
    with pytest.raises(PluginError) as caught:
        Webhook().send(request_to(), ctx)
    assert type(caught.value) is error
    assert len(receiver.requests) <= 1, "a request is never repeated"
    proven = isinstance(fault, Status) and fault.code in Webhook.guarantees.not_sent
    assert proven is (error is not OutcomeUnknown), "what the guarantees say and what is raised agree"


def test_nobody_there_is_tried_later(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    request = request_to()
    receiver.close()
    with pytest.raises(TryLater, match="nothing was sent"):
        Webhook().send(request, make_ctx())


def test_a_page_instead_of_an_answer_is_still_a_2xx(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo
) -> None:
    receiver.fault(Nonsense())
    assert Webhook().send(request_to(), make_ctx()).remote_id == "key-1"


@pytest.mark.parametrize(
    ("said", "after"),
    [
        ("90", timedelta(seconds=90)),
        ("Tue, 01 Dec 2026 09:02:00 GMT", timedelta(minutes=2)),
        ("Tue, 01 Dec 2026 08:00:00 GMT", timedelta(0)),
        ("9" * 400, timedelta(days=1)),
        ("later", None),
        ("", None),
    ],
)
def test_retry_after_is_heard(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, said: str, after: timedelta | None
) -> None:
    receiver.fault(Status(code=429, headers={"retry-after": said}))
    with pytest.raises(TryLater) as caught:
        Webhook().send(request_to(), make_ctx())
    assert caught.value.after == after


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error": "the text  is\\ntoo rude"}', "the webhook answered 422: the text is too rude"),
        (b'{"detail": [1], "title": "No"}', "the webhook answered 422: No"),
        (b"<html><h1>Nee</h1><p>niet zo</p>", "the webhook answered 422: Nee niet zo"),
        (b"\x1b[31mred\x00", "the webhook answered 422: [31mred"),
        (b"", "the webhook answered 422"),
    ],
)
def test_the_receivers_words_are_shown_tidily(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, body: bytes, words: str
) -> None:
    receiver.fault(Status(code=422, body=body))
    with pytest.raises(Rejected) as caught:
        Webhook().send(request_to(), make_ctx())
    assert caught.value.message == words


def test_long_words_are_cut(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    receiver.fault(Status(code=400, body=b"no " * 5000))
    with pytest.raises(Rejected) as caught:
        Webhook().send(request_to(), make_ctx())
    assert len(caught.value.message) < 350


@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_a_receiver_that_says_our_secrets_back_is_not_repeated(
    receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo, status: int
) -> None:
    # The secret lies across the place where the words are cut.
    echo = "x" * 290 + f" {CANARY}-auth {CANARY}-secret {receiver.url}/hook?token={CANARY}-url"
    receiver.fault(Status(code=status, body=echo.encode()))
    settings = {"url": "env:U", "secret": Secret(f"{CANARY}-secret"), "headers": {"Authorization": "env:A"}}
    ctx = make_ctx(U=f"{receiver.url}/hook?token={CANARY}-url", A=f"Bearer {CANARY}-auth")
    with pytest.raises(PluginError) as caught:
        Webhook().send(request_to(settings=settings), ctx)
    assert "canary" not in repr(caught.value)


# ---------------------------------------------------------------- before anything is sent


@pytest.mark.parametrize("url", ["", "site.example/hook", "ftp://site.example/", "http:///hook", "mailto:a@b.example"])
def test_a_wrong_address_names_profile_and_key(make_ctx: MakeCtx, request_to: RequestTo, url: str) -> None:
    request = request_to(settings={"url": url})
    fields = ("profile", "action", "part", "key", "digest", "due_at")
    prepare = PrepareRequest(**{name: getattr(request, name) for name in fields})
    for call in (
        lambda: Webhook().inspect(InspectRequest(profile=request.profile), make_ctx()),
        lambda: Webhook().prepare(prepare, make_ctx()),
        lambda: Webhook().send(request, make_ctx()),
    ):
        with pytest.raises(ConfigError, match=r"\[profiles\.acme-site\.settings\] url"):
            call()


def test_a_missing_secret_shows_before_the_due_time(
    make_ctx: MakeCtx, request_to: RequestTo, receiver: Loopback
) -> None:
    request = request_to(settings={"secret": secret_behind("env:SMM_MISSING", Path())})
    with pytest.raises(SmmError, match="env:SMM_MISSING"):
        Webhook().inspect(InspectRequest(profile=request.profile), make_ctx())
    assert receiver.connections == 0


def test_inspecting_sends_nothing(make_ctx: MakeCtx, request_to: RequestTo, receiver: Loopback) -> None:
    assert Webhook().inspect(InspectRequest(profile=request_to().profile), make_ctx()).account == "127.0.0.1"
    assert receiver.connections == 0


# ---------------------------------------------------------------- limits and rendering


def profile(**settings: Any) -> Profile:
    known = Settings(url="https://site.example/hook", **settings)
    return Profile(name="acme-site", client="acme", platform="webhook", settings=known)


def test_limits_are_what_the_settings_say() -> None:
    limits = Webhook().limits(profile(max_characters=280, max_parts=3, max_pictures=2, max_picture_bytes=9), {})
    assert (limits.text[0].maximum, limits.parts, limits.images.maximum, limits.images.max_bytes) == (280, 3, 2, 9)
    assert limits.provenance_of("text") is not None


def test_a_profile_that_only_imitates_gets_the_defaults() -> None:
    test_profile = Profile(name="try", client="acme", platform="elsewhere", imitates="webhook")
    assert Webhook().limits(test_profile, {}).text[0].maximum == 100_000


def test_the_link_travels_beside_the_text() -> None:
    post = PostContent(
        parts=("Vers brood",), link="https://acme.example/", hashtags=("brood",), first_comment="Tot zo!"
    )
    limits = Webhook().limits(profile(), {})
    rendering = Webhook().render(post, profile(), limits)
    assert rendering.parts[0].link == "https://acme.example/"
    assert "acme.example" not in rendering.parts[0].text
    assert rendering.first_comment == "Tot zo!"


# ---------------------------------------------------------------- as a plugin


def test_it_is_a_publisher_and_promises_little() -> None:
    webhook = Webhook()
    assert isinstance(webhook, Publisher)
    assert (webhook.guarantees.key_life, webhook.guarantees.find, webhook.guarantees.absent_after) == (None, None, None)
    assert webhook.abilities == frozenset()


def test_the_hook_offers_it() -> None:
    import smm_webhook

    assert [publisher.name for publisher in smm_webhook.smm_publishers()] == ["webhook"]


def test_importing_the_plugin_costs_little() -> None:
    script = "import sys, smm_webhook; sys.exit(bool({'httpx', 'ssl', 'PIL', 'regex'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_a_part_without_pictures_is_sent_too(receiver: Loopback, make_ctx: MakeCtx, request_to: RequestTo) -> None:
    Webhook().send(request_to(part=Part(text="")), make_ctx())
    assert receiver.requests[0].json()["media"] == []
