"""Looking at a file before any library opens it: how large it gets, what is in it, and whether it could run something."""

from __future__ import annotations

import io
import zipfile

from smm_core import SmmError

LARGEST_FILE = 25_000_000
LARGEST_WHOLE = 150_000_000
"""Bytes of everything inside, unpacked."""
MOST_MEMBERS = 3_000
MOST_PACKED = 200
"""How many times smaller a large member may be packed than it is."""
_SMALL = 2_000_000
_HEAD = 65_536


def check_workbook(body: bytes) -> None:
    """An `SmmError` that says why a spreadsheet is not opened: it has macros, is no spreadsheet, or would get too large.

    Sizes are those that the archive states; the library that unpacks it takes no byte more than is stated.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
            _check_sizes(members)
            _check_contents(archive, members)
    except SmmError:
        raise
    except Exception as error:  # of a damaged archive, the library raises whatever it meets
        if body.startswith(b"\xd0\xcf\x11\xe0"):
            hint = "save it as .xlsx, without a password"
            raise SmmError("it is in the format of old, or locked with a password", hint=hint) from None
        raise SmmError(f"it is no spreadsheet ({str(error)[:100] or type(error).__name__})") from None


def check_size(size: int) -> None:
    """An `SmmError` for a file that is too large to be an answer."""
    if size > LARGEST_FILE:
        raise SmmError(f"it has {size / 1e6:.0f} MB; at most {LARGEST_FILE / 1e6:.0f} MB are read")


def _check_sizes(members: list[zipfile.ZipInfo]) -> None:
    if len(members) > MOST_MEMBERS:
        raise SmmError(f"it has {len(members)} files inside; at most {MOST_MEMBERS} are read")
    whole = sum(one.file_size for one in members)
    if whole > LARGEST_WHOLE:
        raise SmmError(f"unpacked it would have {whole / 1e6:.0f} MB; at most {LARGEST_WHOLE / 1e6:.0f} MB are read")
    for one in members:
        if one.file_size > _SMALL and one.file_size > MOST_PACKED * max(1, one.compress_size):
            raise SmmError("something in it is packed far too small; it is not opened")


def _check_contents(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> None:
    names = {one.filename for one in members}
    if len(names) != len(members):
        raise SmmError("two files inside of it have the same name; it is not opened")
    if any("vbaproject" in name.lower() or name.lower().endswith((".bin.exe", ".dll", ".exe")) for name in names):
        raise SmmError("it has macros; it is not opened", hint="save it as .xlsx")
    if "[Content_Types].xml" not in names:
        hint = "save it as .xlsx or .csv"
        raise SmmError("it is no spreadsheet of the format .xlsx", hint=hint)
    if b"macroenabled" in archive.read("[Content_Types].xml").lower():
        raise SmmError("it may run macros; it is not opened", hint="save it as .xlsx")
    for one in members:
        if one.filename.lower().endswith((".xml", ".rels")):
            with archive.open(one) as member:
                head = member.read(_HEAD).replace(b"\0", b"").upper()
            if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
                raise SmmError("it defines entities, which no spreadsheet needs; it is not opened")
