"""Signatures as the Standard Webhooks convention has them (https://www.standardwebhooks.com, as of 2026-11-23)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import datetime

from smm_core import Secret, SecretError


def signature_headers(secret: Secret, *, key: str, at: datetime, body: bytes) -> dict[str, str]:
    """The header that signs `body`, sent as `key` at the instant `at`.

    A secret that begins with `whsec_` is base64 behind that; any other is taken as the text it is. One that is not
    base64 although it says so is a `SecretError`.
    """
    signed = b".".join((key.encode(), str(int(at.timestamp())).encode(), body))
    mac = hmac.new(_key_bytes(secret), signed, hashlib.sha256).digest()
    return {"webhook-signature": f"v1,{base64.b64encode(mac).decode()}"}


def _key_bytes(secret: Secret) -> bytes:
    value = secret.reveal()
    if not value.startswith("whsec_"):
        return value.encode()
    try:
        return base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise SecretError(
            "the webhook's secret begins with whsec_ but is not base64 behind it",
            hint="copy it from the receiver again",
        ) from None
