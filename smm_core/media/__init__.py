"""Pictures: kept by the sha256 of their bytes, looked at safely, opened safely.

This module and `media.fit` are where core opens pictures; Pillow is imported when one is. A picture is measured by its
header before anything of it is decoded, the formats are an allow-list that goes by content (never by the file's name),
orientation is applied, and metadata stays behind.
"""

from __future__ import annotations

import errno
import hashlib
import math
import os
import re
import struct
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from smm_core.errors import MediaError, StoreError
from smm_core.limits import Size
from smm_core.media.metadata import dissect, for_decoding, orientation_of, profile_name

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageFile import ImageFile

MAX_BYTES = 100_000_000
MAX_PIXELS = 50_000_000
MAX_SIDE = 30_000
MAX_FRAMES = 1_000

_SHA256 = re.compile(r"[0-9a-f]{64}")
_CHUNK = 1 << 20
# What Pillow's decoders raise for bytes that are not what they promise.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    EOFError,
    struct.error,
    zlib.error,
)


# ---------------------------------------------------------------- the store


class MediaStore:
    """Files named by the sha256 of their bytes, two folders deep, readable by the owner only.

    Writing is atomic and may be repeated: the same bytes always lead to the same file. It can be pickled, so another
    process may use it. It implements `MediaReader`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def keep(self, body: bytes) -> str:
        """Store bytes and return their sha256. A disk that is full or not writable is a `StoreError`."""
        sha256 = hashlib.sha256(body).hexdigest()
        if not self._has(sha256, len(body)):
            self._write((body,))
        return sha256

    def keep_file(self, path: Path) -> str:
        """Store a copy of a file and return its sha256. A file that cannot be read is a `MediaError` that names it."""
        return self._write(_chunks(path))

    def read(self, sha256: str) -> bytes:
        """The bytes, checked against their name. Unknown, malformed or damaged: `MediaError`."""
        path = self.path(sha256)
        body = path.read_bytes()
        if hashlib.sha256(body).hexdigest() != sha256:
            raise MediaError(f"{path}: the stored picture is damaged", hint="add the picture again")
        return body

    def path(self, sha256: str) -> Path:
        """Where the file lies; never write to it. An unknown or malformed name is a `MediaError`."""
        if not _SHA256.fullmatch(sha256):
            raise MediaError(
                f"{sha256[:80]!r} is not the name of a stored picture", hint="names are sha256 in lower-case hex"
            )
        path = self._place(sha256)
        if not path.is_file():
            raise MediaError(f"no stored picture {sha256[:12]}… in {self._root}", hint="add the picture again")
        return path

    def _place(self, sha256: str) -> Path:
        return self._root / sha256[:2] / sha256[2:4] / sha256

    def _has(self, sha256: str, size: int) -> bool:
        try:
            return self._place(sha256).stat().st_size == size
        except OSError:
            return False

    def _write(self, chunks: Iterable[bytes]) -> str:
        temporary: Path | None = None
        try:
            _make_private(self._root)
            handle, name = tempfile.mkstemp(dir=self._root, prefix=".new-")
            temporary = Path(name)
            hashed = hashlib.sha256()
            with os.fdopen(handle, "wb") as file:
                for chunk in chunks:
                    hashed.update(chunk)
                    file.write(chunk)
                file.flush()
                os.fsync(file.fileno())
            place = self._place(hashed.hexdigest())
            _make_private(place.parent.parent)
            _make_private(place.parent)
            temporary.replace(place)
        except OSError as error:
            raise _cannot_store(self._root, error) from None
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
        return hashed.hexdigest()


def _make_private(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _chunks(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise _cannot_read(path, error) from None


def _cannot_read(path: Path, error: OSError) -> MediaError:
    return MediaError(f"{path}: {error.strerror or error}", hint="check the path of the picture")


def _cannot_store(root: Path, error: OSError) -> StoreError:
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StoreError(f"{root}: no room left for the picture", hint="free some disk space and try again")
    return StoreError(
        f"{root}: cannot store the picture: {error.strerror or error}", hint="check the folder's permissions"
    )


# ---------------------------------------------------------------- looking at a picture


class PictureInfo(Struct, frozen=True, kw_only=True):
    """What a picture is. `format` goes by content; `width` and `height` are as people see it, orientation applied."""

    format: str
    width: int
    height: int
    bytes: int
    frames: int
    has_alpha: bool


class OpenedHeader(Struct, frozen=True, kw_only=True):
    """A picture whose header has been read and found harmless, but of which nothing has been decoded."""

    info: PictureInfo
    body: bytes
    image: ImageFile
    orientation: int
    profile: bytes | None


def inspect_picture(source: bytes | Path, *, max_pixels: int = MAX_PIXELS) -> PictureInfo:
    """What a picture is, from its header and structure; nothing is decoded.

    A `MediaError` in one line for what is broken off, no picture, a format that is not accepted, or larger than
    `max_pixels`. Damage inside the pixels shows only in `open_picture`.
    """
    return read_header(source, max_pixels=max_pixels).info


def read_header(source: bytes | Path, *, max_pixels: int = MAX_PIXELS) -> OpenedHeader:
    """The header of a picture, all caps checked; errors as for `inspect_picture`."""
    label = f"{source}: " if isinstance(source, Path) else ""
    try:
        return _read_header(_bytes_of(source), max_pixels)
    except MediaError as error:
        if error.message.startswith(label):
            raise
        raise MediaError(label + error.message, hint=error.hint) from None


def _read_header(body: bytes, max_pixels: int) -> OpenedHeader:
    anatomy = dissect(body, max_frames=MAX_FRAMES)
    if anatomy.width is not None and anatomy.height is not None:
        _check_size(anatomy.width, anatomy.height, max_pixels)
    image = _open(for_decoding(body, anatomy.format), anatomy.format)
    _check_size(image.width, image.height, max_pixels)
    orientation = anatomy.orientation
    if anatomy.format == "avif":
        orientation = orientation_of(image.info.get("exif"))
    turned = orientation >= 5
    info = PictureInfo(
        format=anatomy.format,
        width=image.height if turned else image.width,
        height=image.width if turned else image.height,
        bytes=len(body),
        frames=anatomy.frames,
        has_alpha=image.mode in ("RGBA", "LA", "PA", "La", "RGBa") or "transparency" in image.info,
    )
    return OpenedHeader(
        info=info, body=body, image=image, orientation=orientation, profile=image.info.get("icc_profile")
    )


def _bytes_of(source: bytes | Path) -> bytes:
    if isinstance(source, bytes):
        body = source
    else:
        try:
            with source.open("rb") as file:
                body = file.read(MAX_BYTES + 1)
        except OSError as error:
            raise _cannot_read(source, error) from None
    if len(body) > MAX_BYTES:
        raise MediaError(f"the picture is larger than {MAX_BYTES // 1_000_000} MB", hint="save it smaller")
    return body


def _open(body: bytes, kind: str) -> ImageFile:
    """Read the header with the one decoder of this format.

    Not `Image.open`: it tries decoders by turns, and answers a bomb with a warning, which could be turned into an error only
    for the whole process.
    """
    import io

    from PIL.Image import DecompressionBombError

    opener = _opener(kind)
    try:
        image: ImageFile = opener(io.BytesIO(body))
    except (*_BROKEN, DecompressionBombError):
        raise MediaError(
            f"the picture looks like {kind.upper()} but cannot be read", hint="save it again as JPEG or PNG"
        ) from None
    return image


def _opener(kind: str) -> Any:
    if kind == "jpeg":
        from PIL.JpegImagePlugin import JpegImageFile

        return JpegImageFile
    if kind == "png":
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile
    if kind == "gif":
        from PIL.GifImagePlugin import GifImageFile

        return GifImageFile
    from PIL import features

    if kind == "webp" and features.check("webp"):
        from PIL.WebPImagePlugin import WebPImageFile

        return WebPImageFile
    if kind == "avif" and features.check("avif"):
        from PIL.AvifImagePlugin import AvifImageFile

        return AvifImageFile
    raise MediaError(f"{kind.upper()} pictures cannot be read here", hint="save it as JPEG or PNG")


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise MediaError("the picture has no pixels", hint="save it again as JPEG or PNG")
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        raise MediaError(
            f"the picture is {width}×{height} pixels, more than the {max_pixels / 1e6:g} megapixels that are opened here",
            hint="save it smaller",
        )


# ---------------------------------------------------------------- opening a picture


def open_picture(source: bytes | Path, *, draft: Size | None = None, max_pixels: int = MAX_PIXELS) -> Image:
    """A picture, decoded and ready to be drawn: RGB or RGBA in sRGB, upright, first frame, without metadata.

    With `draft` the result may be smaller than the file, but never smaller than `draft` (a JPEG is then decoded at a
    half, a quarter or an eighth, much faster). What cannot be used is a `MediaError` in one line.
    """
    header = read_header(source, max_pixels=max_pixels)
    try:
        return decode(header, draft=draft)
    except MediaError as error:
        label = f"{source}: " if isinstance(source, Path) else ""
        raise MediaError(label + error.message, hint=error.hint) from None


def decode(header: OpenedHeader, *, draft: Size | None = None) -> Image:
    """The picture behind a header, as `open_picture` returns it. A header can be decoded once."""
    from PIL.Image import DecompressionBombError

    image: Image = header.image
    try:
        if draft is not None:
            wanted = (draft.height, draft.width) if header.orientation >= 5 else (draft.width, draft.height)
            header.image.draft(None, wanted)
        image.load()
        image = _upright(_plain(image, header.profile), header.orientation)
    except (*_BROKEN, DecompressionBombError):
        raise MediaError("the picture is damaged and cannot be decoded", hint="copy or download it again") from None
    image.info = {}
    return image


def _plain(image: Image, profile: bytes | None) -> Image:
    """RGB or RGBA in sRGB."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    transparent = "transparency" in image.info or image.mode in ("LA", "PA", "La", "RGBa")
    if image.mode == "CMYK" and profile and not is_srgb(profile):
        return _to_srgb(image, profile)
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if transparent else "RGB")
    elif transparent and image.mode == "RGB":
        image = image.convert("RGBA")
    return image if profile is None or is_srgb(profile) else _to_srgb(image, profile)


def is_srgb(profile: bytes) -> bool:
    """Whether a colour profile is sRGB by its own description, so that leaving it out changes nothing."""
    return "sRGB" in profile_name(profile)


def _to_srgb(image: Image, profile: bytes) -> Image:
    """The picture in sRGB. A profile that cannot be used is left out: colours may then be slightly off, never absent."""
    import io

    from PIL import ImageCms

    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    try:
        own, srgb = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, own, srgb, outputMode=mode)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        converted = None
    return converted if converted is not None else image.convert(mode)


def _upright(image: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


# ---------------------------------------------------------------- geometry


def crop_to_aspect(
    size: Size, *, least: float | None = None, most: float | None = None, focus: tuple[float, float] = (0.5, 0.5)
) -> tuple[int, int, int, int]:
    """The largest box (left, top, right, bottom, in pixels) whose width : height lies between `least` and `most`.

    The focus point (fractions from the top left) stays inside, as near to the box's middle as the edges allow. For one exact
    aspect give it as both; the box is then within one pixel of it.
    """
    width, height = size.width, size.height
    if most is not None and width > height * most:
        width = max(1, math.floor(height * most + 1e-6))
    elif least is not None and width < height * least:
        height = max(1, math.floor(width / least + 1e-6))
    left = _placed(width, size.width, focus[0])
    top = _placed(height, size.height, focus[1])
    return left, top, left + width, top + height


def _placed(length: int, whole: int, focus: float) -> int:
    return min(max(round(focus * whole - length / 2), 0), whole - length)
