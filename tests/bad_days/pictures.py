"""Pictures that are not what they seem, made of bytes."""

from __future__ import annotations

import io
import struct
import zlib


def png(width: int = 40, height: int = 30, *, body: bytes | None = None, checked: bool = True) -> bytes:
    """A grey PNG with one bit a pixel; `body` replaces its compressed pixels."""
    row = (width + 7) // 8 + 1
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zeros(row * height) if body is None else body
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data, checked) for name, data in chunks)


def _chunk(name: bytes, data: bytes, checked: bool) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data) if checked else 7)


def zeros(count: int) -> bytes:
    """That many zero bytes, compressed without ever being in memory."""
    squeeze, megabyte = zlib.compressobj(1), bytes(1 << 20)
    pieces = [squeeze.compress(megabyte) for _ in range(count >> 20)]
    return b"".join([*pieces, squeeze.compress(bytes(count & ((1 << 20) - 1))), squeeze.flush()])


def jpeg(width: int = 60, height: int = 40) -> bytes:
    """A plain JPEG."""
    from PIL import Image

    body = io.BytesIO()
    Image.effect_noise((width, height), 40).convert("RGB").save(body, "jpeg")
    return body.getvalue()
