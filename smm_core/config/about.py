"""What a key of the configuration says about itself, for the reference."""

from __future__ import annotations

from collections.abc import Mapping


def about(text: str, *, absent: str = "") -> Mapping[str, str]:
    """A key's line of help, and in words what holds when it is absent, where the default itself does not say it."""
    return {"help": text, "absent": absent}
