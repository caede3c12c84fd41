"""Secrets: a type that never prints, references that lead to them, and a file for those that rotate.

References stand in the configuration: `env:NAME`, `file:PATH` (0600, relative to the workspace), `keyring:SERVICE/USER`.
"""

from __future__ import annotations

import json
import os
import stat
import tempfile
import threading
from pathlib import Path

from smm_core.errors import SecretError

_known: set[str] = set()


class Secret:
    """A value that shows itself only through `reveal()`. Its repr, str and format are `•••`; it cannot be pickled."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        if len(value) >= 6:
            _known.add(value)

    def reveal(self) -> str:
        """The value. Use it at the last moment, in a header or a body, never in a message."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('•••')"

    def __str__(self) -> str:
        return "•••"

    def __format__(self, spec: str) -> str:
        return "•••"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        raise TypeError("a secret cannot be pickled")


def scrub(text: str) -> str:
    """The text without any secret that this process has seen; for logs and messages that come from outside."""
    for value in _known:
        if value in text:
            text = text.replace(value, "•••")
    return text


def resolve(reference: str, root: Path) -> Secret:
    """The secret behind a reference; one that leads nowhere is a `SecretError` that names the reference."""
    kind, _, rest = reference.partition(":")
    if kind == "env" and rest:
        value = os.environ.get(rest)
        if not value:
            raise SecretError(
                f"secret {reference}: the environment variable {rest} is not set", hint=f"export {rest}=…"
            )
        return Secret(value)
    if kind == "file" and rest:
        return Secret(_read_private(reference, root / rest))
    if kind == "keyring" and "/" in rest:
        return _from_keyring(reference, *rest.split("/", 1))
    raise SecretError(
        f"{reference!r} is not a reference to a secret",
        hint="write env:NAME, file:PATH or keyring:SERVICE/USER, never the secret itself",
    )


def _read_private(reference: str, path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretError(f"secret {reference}: others can read the file", hint=f"chmod 600 {path}")
        return path.read_text("utf-8").strip()
    except OSError as error:
        raise SecretError(
            f"secret {reference}: {error.strerror or error}", hint=f"put the secret into {path}, mode 600"
        ) from None


def _from_keyring(reference: str, service: str, user: str) -> Secret:
    import keyring
    import keyring.errors

    try:
        value = keyring.get_password(service, user)
    except keyring.errors.KeyringError as error:
        raise SecretError(f"secret {reference}: {error}", hint="use env: or file: where no keyring runs") from None
    if not value:
        raise SecretError(f"secret {reference}: nothing stored", hint=f"keyring set {service} {user}")
    return Secret(value)


class CredentialsFile:
    """Rotating tokens of one profile in one JSON file: mode 0600, replaced atomically, on disk before `put` returns."""

    _lock = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, name: str) -> Secret | None:
        """The stored value, or None."""
        value = self._load().get(name)
        return Secret(value) if value else None

    def put(self, name: str, value: Secret) -> None:
        """Store a value durably."""
        with self._lock:
            everything = self._load() | {name: value.reveal()}
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._path.parent, prefix=".credentials-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(everything, file)
                    file.flush()
                    os.fsync(file.fileno())
                Path(temporary).replace(self._path)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def _load(self) -> dict[str, str]:
        try:
            loaded = json.loads(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise SecretError(f"{self._path}: {error}", hint="log in again") from None
        return {str(key): str(value) for key, value in loaded.items()}
