"""The byte structure of the picture formats: what a file is, where it ends, how many frames it has, metadata out.

Nothing is decoded here, so a bomb costs nothing, and a picture that needs no change loses its metadata (place, camera,
comments) without losing quality. Only the standard library is used.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from enum import Enum

from msgspec import Struct

from smm_core.errors import MediaError

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SIGNATURES = (
    (b"\xff\xd8\xff", "jpeg"),
    (_PNG_SIGNATURE, "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)
_STRANGERS = ((b"%PDF", "PDF"), (b"BM", "BMP"), (b"II*\x00", "TIFF"), (b"MM\x00*", "TIFF"), (b"8BPS", "PSD"))
_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic", b"msf1": "heic"}

# What a decoder needs; everything else in a PNG is a remark about the picture.
_PNG_KEPT = frozenset(
    (
        b"IHDR",
        b"PLTE",
        b"tRNS",
        b"IDAT",
        b"IEND",
        b"sRGB",
        b"gAMA",
        b"cHRM",
        b"sBIT",
        b"bKGD",
        b"acTL",
        b"fcTL",
        b"fdAT",
    )
)
# The chunks of a WebP that are no pixels, and their flags in its header.
_WEBP_METADATA = {b"EXIF": 0x08, b"XMP ": 0x04}
_JPEG_END, _JPEG_SCAN, _JPEG_COMMENT = 0xD9, 0xDA, 0xFE
_JPEG_JFIF, _JPEG_EXIF, _JPEG_PROFILE, _JPEG_ADOBE = 0xE0, 0xE1, 0xE2, 0xEE
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_NEXT_JPEG_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Anatomy(Struct, frozen=True, kw_only=True):
    """What the bytes say without being decoded. `orientation` is the EXIF number (1: as it is), `frames` at least 1.

    `width` and `height` are what a decoder would have to make room for, before orientation; None where only the decoder knows.
    """

    format: str
    width: int | None = None
    height: int | None = None
    orientation: int = 1
    frames: int = 1


def sniff(body: bytes) -> str:
    """The format by content: `jpeg`, `png`, `gif`, `webp`, `avif`, `heic`; anything else is a MediaError that names it."""
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            return name
    if body[:4] == b"RIFF" and body[8:12] == b"WEBP":
        return "webp"
    if body[4:8] == b"ftyp" and body[8:12] in _BRANDS:
        return _BRANDS[body[8:12]]
    raise MediaError(_stranger(body), hint="save it as JPEG or PNG")


def _stranger(body: bytes) -> str:
    if not body:
        return "the file is empty"
    for signature, name in _STRANGERS:
        if body.startswith(signature):
            return f"{name} files are not accepted as pictures"
    if b"<svg" in body[:1000]:
        return "SVG files are not accepted as pictures"
    return "not a picture of a known format"


def dissect(body: bytes, *, max_frames: int) -> Anatomy:
    """Walk through the file once. One that breaks off early, or has more than `max_frames` frames, is a MediaError."""
    kind = sniff(body)
    try:
        if kind == "jpeg":
            return _dissect_jpeg(body)
        if kind == "png":
            return _dissect_png(body)
        if kind == "gif":
            return _dissect_gif(body, max_frames)
        if kind == "webp":
            return _dissect_webp(body, max_frames)
    except (IndexError, struct.error):
        raise MediaError("the picture breaks off in the middle", hint="copy or download it again") from None
    return Anatomy(format=kind)


def without_metadata(body: bytes, kind: str) -> bytes | None:
    """The same picture without metadata and colour profile, bit for bit the same pixels; None where that needs new encoding."""
    return _stripped(body, kind, _Keep.PIXELS)


def for_decoding(body: bytes, kind: str) -> bytes:
    """The picture without metadata but with its colour profile: the decoder then has less to stumble over."""
    return _stripped(body, kind, _Keep.PIXELS_AND_PROFILE) or body


class _Keep(Enum):
    PIXELS = "pixels"
    PIXELS_AND_PROFILE = "pixels and profile"


def _stripped(body: bytes, kind: str, keep: _Keep) -> bytes | None:
    if kind == "jpeg":
        kept = (body[a:b] for marker, a, b in _jpeg_spans(body) if _kept_in_jpeg(marker, body[a + 4 : a + 18], keep))
        return b"\xff\xd8" + b"".join(kept)
    if kind == "png":
        names = _PNG_KEPT if keep is _Keep.PIXELS else _PNG_KEPT | {b"iCCP"}
        return _PNG_SIGNATURE + b"".join(body[a:b] for name, a, b in _png_spans(body) if name in names)
    if kind == "gif":
        return b"".join(body[a:b] for kept, _, a, b in _gif_spans(body) if kept)
    if kind == "webp":
        return _webp_stripped(body, keep)
    return None


def orientation_of(exif: bytes | None) -> int:
    """The orientation (1 to 8) in an EXIF block; 1 where there is none or it cannot be read."""
    if not exif:
        return 1
    tiff = exif.removeprefix(b"Exif\x00\x00")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (entries,) = struct.unpack_from(f"{order}H", tiff, start)
        for index in range(entries):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * index)
            if tag == 0x0112 and kind == 3:
                return value if 1 <= value <= 8 else 1
    except struct.error:
        return 1
    return 1


def profile_name(profile: bytes) -> str:
    """What an ICC colour profile calls itself, for instance `Display P3`; empty where it does not say."""
    try:
        (count,) = struct.unpack_from(">I", profile, 128)
        for index in range(min(count, 100)):
            tag, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * index)
            if tag == b"desc":
                return profile[start : start + length].replace(b"\x00", b"").decode("latin-1")
    except struct.error:
        return ""
    return ""


def _capped(frames: int, most: int) -> int:
    if frames > most:
        raise MediaError(f"the picture has more than {most} frames", hint="shorten the animation")
    if frames < 1:
        raise MediaError("the picture has no frame", hint="copy or download it again")
    return frames


# ---------------------------------------------------------------- JPEG


def _jpeg_spans(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Marker, start and end of each segment, up to the end of the first picture (what follows are previews and the like)."""
    position = 2
    while True:
        position = body.find(b"\xff", position)
        if position < 0:
            raise IndexError("no end marker")
        marker = body[position + 1]
        if marker in (0x00, 0xFF):
            position += 1
            continue
        end = position + 2
        if marker == _JPEG_END:
            yield marker, position, end
            return
        if marker not in _JPEG_BARE:
            end += struct.unpack_from(">H", body, end)[0]
        if marker == _JPEG_SCAN:
            following = _NEXT_JPEG_MARKER.search(body, end)
            if following is None:
                raise IndexError("no end marker")
            end = following.start()
        yield marker, position, end
        position = end


def _dissect_jpeg(body: bytes) -> Anatomy:
    exif, width, height = None, None, None
    for marker, start, end in _jpeg_spans(body):
        if marker == _JPEG_EXIF and exif is None and body.startswith(b"Exif\x00\x00", start + 4):
            exif = body[start + 4 : end]
        elif marker in _JPEG_FRAMES and width is None:
            height, width = struct.unpack_from(">HH", body, start + 5)
    return Anatomy(format="jpeg", width=width, height=height, orientation=orientation_of(exif))


def _kept_in_jpeg(marker: int, opening: bytes, keep: _Keep) -> bool:
    if marker == _JPEG_JFIF:
        return opening.startswith(b"JFIF\x00")
    if marker == _JPEG_ADOBE:
        return opening.startswith(b"Adobe")
    if marker == _JPEG_PROFILE and opening.startswith(b"ICC_PROFILE\x00"):
        return keep is _Keep.PIXELS_AND_PROFILE
    return marker != _JPEG_COMMENT and not _JPEG_EXIF <= marker <= 0xEF


# ---------------------------------------------------------------- PNG


def _png_spans(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    position = len(_PNG_SIGNATURE)
    while True:
        length, name = struct.unpack_from(">I4s", body, position)
        end = position + 12 + length
        if end > len(body):
            raise IndexError("chunk beyond the end")
        yield name, position, end
        if name == b"IEND":
            return
        position = end


def _dissect_png(body: bytes) -> Anatomy:
    exif = None
    for name, start, end in _png_spans(body):
        if name == b"eXIf":
            exif = body[start + 8 : end - 4]
    width, height = struct.unpack_from(">II", body, 16)
    return Anatomy(format="png", width=width, height=height, orientation=orientation_of(exif))


# ---------------------------------------------------------------- GIF


def _gif_spans(body: bytes) -> Iterator[tuple[bool, bool, int, int]]:
    """For each block: whether it belongs to the picture, whether it is a frame, start and end."""
    position = 13 + _gif_table(body[10])
    yield True, False, 0, position
    while True:
        start, kind = position, body[position]
        if kind == 0x3B:
            yield True, False, start, start + 1
            return
        if kind == 0x2C:
            position = _gif_blocks_end(body, start + 11 + _gif_table(body[start + 9]))
            yield True, True, start, position
        elif kind == 0x21:
            position = _gif_blocks_end(body, start + 2)
            control = body[start + 1] == 0xF9 or body.startswith((b"NETSCAPE2.0", b"ANIMEXTS1.0"), start + 3)
            yield control, False, start, position
        else:
            raise IndexError("unknown block")


def _gif_table(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _gif_blocks_end(body: bytes, position: int) -> int:
    while body[position]:
        position += 1 + body[position]
    return position + 1


def _dissect_gif(body: bytes, most: int) -> Anatomy:
    """A frame may lie partly outside of the screen; decoders then make the picture larger."""
    width, height = struct.unpack_from("<HH", body, 6)
    frames = 0
    for _, is_frame, start, _ in _gif_spans(body):
        if is_frame:
            frames = _capped(frames + 1, most)
            left, top, across, down = struct.unpack_from("<HHHH", body, start + 1)
            width, height = max(width, left + across), max(height, top + down)
    return Anatomy(format="gif", width=width, height=height, frames=_capped(frames, most))


# ---------------------------------------------------------------- WebP


def _webp_spans(body: bytes) -> Iterator[tuple[bytes, int, int]]:
    (size,) = struct.unpack_from("<I", body, 4)
    if size + 8 > len(body):
        raise IndexError("shorter than it says")
    position = 12
    while position + 8 <= size + 8:
        name, length = struct.unpack_from("<4sI", body, position)
        end = min(position + 8 + length + (length & 1), len(body))
        yield name, position, end
        position = end


def _dissect_webp(body: bytes, most: int) -> Anatomy:
    exif, frames, size = None, 0, None
    for name, start, end in _webp_spans(body):
        if name == b"EXIF":
            exif = body[start + 8 : end]
        frames += name == b"ANMF"
        size = size or _webp_size(name, body, start + 8)
    width, height = size or (0, 0)
    frames = _capped(max(frames, 1), most)
    return Anatomy(format="webp", width=width, height=height, orientation=orientation_of(exif), frames=frames)


def _webp_size(name: bytes, body: bytes, start: int) -> tuple[int, int] | None:
    """The size that a chunk names (RFC 9649)."""
    if name == b"VP8X":
        return 1 + int.from_bytes(body[start + 4 : start + 7], "little"), 1 + int.from_bytes(
            body[start + 7 : start + 10], "little"
        )
    if name == b"VP8L":
        (bits,) = struct.unpack_from("<I", body, start + 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if name == b"VP8 ":
        width, height = struct.unpack_from("<HH", body, start + 6)
        return width & 0x3FFF, height & 0x3FFF
    return None


def _webp_stripped(body: bytes, keep: _Keep) -> bytes:
    dropped = _WEBP_METADATA if keep is _Keep.PIXELS_AND_PROFILE else {**_WEBP_METADATA, b"ICCP": 0x20}
    chunks = []
    for name, start, end in _webp_spans(body):
        if name == b"VP8X":
            flags = body[start + 8] & ~sum(dropped.values())
            chunks.append(body[start : start + 8] + bytes((flags,)) + body[start + 9 : end])
        elif name not in dropped:
            chunks.append(body[start:end])
    kept = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(kept)) + kept
