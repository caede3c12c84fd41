"""Ids that look like those of real platforms, each made of a serial number that never repeats."""

from __future__ import annotations

from smm_sandbox.rules import IdStyle

_BASE32_SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
_BASE36 = "0123456789abcdefghijklmnopqrstuvwxyz"


def make_id(style: IdStyle, serial: int) -> str:
    """The id for a serial number (microseconds since 1970, raised where needed): different serials, different ids."""
    match style:
        case IdStyle.SNOWFLAKE:
            milliseconds, rest = divmod(serial, 1000)
            return str(milliseconds << 16 | rest << 6)
        case IdStyle.TID:
            return _digits(serial << 10 | 7, _BASE32_SORTABLE).rjust(13, "2")
        case IdStyle.MEDIA:
            return str(16_000_000_000_000_000 + serial)
        case IdStyle.PLAIN:
            return "p" + _digits(serial, _BASE36)


def _digits(number: int, alphabet: str) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, len(alphabet))
        digits = alphabet[rest] + digits
    return digits or alphabet[0]
