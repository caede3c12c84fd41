"""Secrets: a type that never prints, references that lead to them, and a file for those that rotate.

References stand in the configuration: `env:NAME`, `file:PATH` (0600, relative to the workspace), `keyring:SERVICE/USER`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
import tempfile
import threading
from pathlib import Path

from smm_core.errors import SecretError

_SERVICE = "smm"
_known: set[str] = set()
_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|file:\S.*|keyring:[^/]+/.+", re.ASCII)


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
        return type(other) is Secret and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[type, tuple[str]]:
        raise TypeError("a secret cannot be pickled")


class _SecretBehind(Secret):
    """A secret that is looked up when it is asked for, so that one that leads nowhere stops only the call that needs it."""

    __slots__ = ("_reference", "_root")

    def __init__(self, reference: str, root: Path) -> None:
        self._reference = reference
        self._root = root

    def reveal(self) -> str:
        return resolve(self._reference, self._root).reveal()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _SecretBehind) and (other._reference, other._root) == (self._reference, self._root)

    def __hash__(self) -> int:
        return hash((self._reference, self._root))


def secret_behind(reference: str, root: Path) -> Secret:
    """The secret behind a reference, looked up at each `reveal`, which raises a `SecretError` when it leads nowhere."""
    return _SecretBehind(reference, root)


def scrub(text: str) -> str:
    """The text without any secret that this process has seen; for logs and messages that come from outside."""
    for value in _known:
        if value in text:
            text = text.replace(value, "•••")
    return text


def is_reference(text: str) -> bool:
    """Whether a text has the form of a reference, wherever it may lead."""
    return bool(_REFERENCE.fullmatch(text))


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


def keep_secret(name: str, value: Secret, root: Path) -> str:
    """Store a secret where only this user can read it, and return the reference to it.

    That is the keyring where one runs, else a file of mode 0600 in the workspace's `.smm/secrets/`. `name` is a plain word.
    """
    if _put_into_keyring(name, value):
        return f"keyring:{_SERVICE}/{name}"
    folder = root / ".smm" / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=folder, prefix=".secret-")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(value.reveal())
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(folder / name)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return f"file:.smm/secrets/{name}"


def forget_secret(reference: str, root: Path) -> None:
    """Take back what `keep_secret` stored; a secret that lies elsewhere is left alone."""
    kind, _, rest = reference.partition(":")
    if kind == "file" and rest.startswith(".smm/secrets/"):
        (root / rest).unlink(missing_ok=True)
    elif kind == "keyring" and rest.startswith(f"{_SERVICE}/"):
        import keyring
        import keyring.errors

        with contextlib.suppress(keyring.errors.KeyringError):
            keyring.delete_password(*rest.split("/", 1))


def _put_into_keyring(name: str, value: Secret) -> bool:
    """Whether a keyring runs here and has it now."""
    import keyring
    import keyring.errors

    try:
        if keyring.get_keyring().priority <= 0:
            return False
        keyring.set_password(_SERVICE, name, value.reveal())
        return keyring.get_password(_SERVICE, name) == value.reveal()
    except (keyring.errors.KeyringError, RuntimeError):
        return False


class CredentialsFile:
    """Rotating tokens of one profile in one JSON file: mode 0600, replaced atomically, on disk before `put` returns."""

    _lock = threading.Lock()

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def path(self) -> Path:
        """Where it is, or will be when something is stored."""
        return self._path

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
