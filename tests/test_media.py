"""Pictures: the store, looking at them, opening them, cropping, fitting; and everything that is wrong with them."""

from __future__ import annotations

import hashlib
import io
import pickle
import resource
import stat
import struct
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from smm_core import Attachment, ImageLimits, Level, MediaError, MediaReader, Size, StoreError
from smm_core.media import MAX_FRAMES, MediaStore, crop_to_aspect, inspect_picture, open_picture
from smm_core.media.fit import Fitted, fit_picture
from smm_core.media.metadata import without_metadata

FORMATS = ("jpeg", "png", "gif", "webp")
SECRET = b"Rue du Test 1, 52.3702 N"


def picture(kind: str = "jpeg", size: tuple[int, int] = (80, 60), *, mode: str = "RGB", **options: object) -> bytes:
    """A small picture: red left, blue right, a green corner at the top left."""
    image = Image.new("RGB", size, "red")
    image.paste("blue", (size[0] // 2, 0, *size))
    image.paste("lime", (0, 0, size[0] // 8, size[1] // 8))
    written = io.BytesIO()
    image.convert(mode).save(written, kind.upper(), **options)
    return written.getvalue()


def noisy(size: tuple[int, int], kind: str = "jpeg", **options: object) -> bytes:
    image = Image.effect_noise(size, 120).convert("RGB")
    written = io.BytesIO()
    image.save(written, kind.upper(), **options)
    return written.getvalue()


def exif(orientation: int = 1) -> bytes:
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x010E] = SECRET.decode()
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes()


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + chunk + png[33:]


def animation(frames: int = 3) -> bytes:
    images = [Image.new("RGB", (40, 30), (40 * number, 0, 0)) for number in range(frames)]
    written = io.BytesIO()
    images[0].save(written, "GIF", save_all=True, append_images=images[1:], comment=SECRET, duration=50, loop=0)
    return written.getvalue()


def bomb_png(width: int, height: int) -> bytes:
    """A PNG of a few dozen bytes that claims to be huge."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\x00" * 100)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        for name, content in chunks
    )


def swapped_profile() -> bytes:
    """A colour profile in which red and green have changed places, so that ignoring it is seen at once."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {}
    for index in range(struct.unpack_from(">I", profile, 128)[0]):
        name, start, length = struct.unpack_from(">4sII", profile, 132 + 12 * index)
        tags[bytes(name)] = (start, length)
    (red, length), (green, _) = tags[b"rXYZ"], tags[b"gXYZ"]
    profile[red : red + length], profile[green : green + length] = (
        profile[green : green + length],
        profile[red : red + length],
    )
    return bytes(profile).replace("sRGB".encode("utf-16-be"), "Swap".encode("utf-16-be")).replace(b"sRGB", b"Swap")


@pytest.fixture
def store(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "media")


def one_line(error: pytest.ExceptionInfo[Exception]) -> str:
    text = str(error.value)
    assert "\n" not in text
    assert "Traceback" not in text
    return text


# ---------------------------------------------------------------- the store


def test_the_store_is_a_media_reader(store: MediaStore) -> None:
    assert isinstance(store, MediaReader)


def test_what_is_kept_is_read_back_under_its_sha256(store: MediaStore) -> None:
    name = store.keep(b"some bytes")
    assert name == hashlib.sha256(b"some bytes").hexdigest()
    assert store.read(name) == b"some bytes"
    assert store.path(name).parts[-3:] == (name[:2], name[2:4], name)


def test_files_and_folders_are_private_and_nothing_else_is_left(store: MediaStore, tmp_path: Path) -> None:
    path = store.path(store.keep(b"private"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for folder in (tmp_path / "media", path.parent, path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [entry for entry in (tmp_path / "media").rglob("*") if entry.is_file()] == [path]


def test_keeping_twice_keeps_one_file(store: MediaStore) -> None:
    before = store.path(store.keep(b"twice")).stat()
    after = store.path(store.keep(b"twice")).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_a_file_is_kept_under_the_same_name_as_its_bytes(store: MediaStore, tmp_path: Path) -> None:
    source = tmp_path / "big"
    source.write_bytes(bytes(range(256)) * 10_000)
    assert store.keep_file(source) == store.keep(source.read_bytes())


def test_a_stored_file_that_was_cut_short_is_noticed_and_mended(store: MediaStore) -> None:
    name = store.keep(b"whole picture")
    store.path(name).write_bytes(b"whole")
    with pytest.raises(MediaError, match="damaged"):
        store.read(name)
    store.keep(b"whole picture")
    assert store.read(name) == b"whole picture"


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "a" * 63, "A" * 64, "/" + "a" * 63, "g" * 64, "a" * 64 + "\n"]
)
def test_a_malformed_name_never_leaves_the_root(store: MediaStore, name: str) -> None:
    with pytest.raises(MediaError) as error:
        store.path(name)
    one_line(error)


def test_an_unknown_name_is_a_media_error(store: MediaStore) -> None:
    with pytest.raises(MediaError, match="no stored picture"):
        store.read("0" * 64)


def test_a_missing_source_is_named(store: MediaStore, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as error:
        store.keep_file(tmp_path / "gone.jpg")
    assert "gone.jpg" in one_line(error)
    assert not [entry for entry in (tmp_path / "media").rglob("*") if entry.is_file()]


def test_a_full_disk_is_one_line_and_leaves_no_half_file(store: MediaStore, tmp_path: Path) -> None:
    store.keep(b"small")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreError) as error:
            store.keep(b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "no room" in one_line(error)
    assert len([entry for entry in (tmp_path / "media").rglob("*") if entry.is_file()]) == 1


def test_the_store_can_go_to_another_process(store: MediaStore) -> None:
    name = store.keep(b"travels")
    assert pickle.loads(pickle.dumps(store)).read(name) == b"travels"  # noqa: S301  # our own bytes


# ---------------------------------------------------------------- looking


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_is_described(kind: str) -> None:
    body = picture(kind)
    info = inspect_picture(body)
    assert (info.format, info.width, info.height, info.bytes, info.frames, info.has_alpha) == (
        kind,
        80,
        60,
        len(body),
        1,
        False,
    )


@pytest.mark.parametrize("orientation", range(1, 9))
def test_width_and_height_are_as_people_see_them(orientation: int) -> None:
    info = inspect_picture(picture(exif=exif(orientation)))
    assert (info.width, info.height) == ((60, 80) if orientation >= 5 else (80, 60))


@pytest.mark.parametrize(("kind", "mode"), [("png", "RGBA"), ("png", "LA"), ("webp", "RGBA")])
def test_transparency_is_seen(kind: str, mode: str) -> None:
    image = Image.new("RGBA", (9, 9), (1, 2, 3, 100)).convert(mode)
    written = io.BytesIO()
    image.save(written, kind.upper())
    assert inspect_picture(written.getvalue()).has_alpha


def test_the_format_goes_by_content_not_by_name(tmp_path: Path) -> None:
    path = tmp_path / "holiday.jpg"
    path.write_bytes(picture("png"))
    assert inspect_picture(path).format == "png"


def test_frames_are_counted() -> None:
    assert inspect_picture(animation(3)).frames == 3


def test_too_many_frames_are_refused_without_decoding_any() -> None:
    body = animation(2)
    second = body.rindex(b"\x21\xf9")
    with pytest.raises(MediaError, match="frames"):
        inspect_picture(body[:second] + body[second:-1] * (MAX_FRAMES + 1) + b";")


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.7, 0.95])
def test_what_breaks_off_is_a_media_error(kind: str, share: float) -> None:
    body = noisy((64, 64), kind)
    with pytest.raises(MediaError) as error:
        inspect_picture(body[: int(len(body) * share)])
    one_line(error)


@pytest.mark.parametrize(
    ("width", "height"), [(60_000, 60_000), (100_000, 100), (1, 40_000), (0, 10), (10, 0), (2**31 - 1, 2**31 - 1)]
)
def test_a_bomb_is_refused_by_its_header(width: int, height: int) -> None:
    with pytest.raises(MediaError) as error:
        inspect_picture(bomb_png(width, height))
    one_line(error)
    with pytest.raises(MediaError):
        open_picture(bomb_png(width, height))


def test_a_bomb_in_another_format_is_refused_by_its_header() -> None:
    gif = bytearray(picture("gif"))
    frame = gif.index(b",\x00\x00\x00\x00")
    gif[frame + 5 : frame + 9] = b"\xff\xff\xff\xff"
    alpha = io.BytesIO()
    Image.new("RGBA", (9, 9), (1, 2, 3, 4)).save(alpha, "WEBP", exif=exif())
    webp = bytearray(alpha.getvalue())
    webp[webp.index(b"VP8X") + 12 : webp.index(b"VP8X") + 18] = b"\xff" * 6
    jpeg = bytearray(picture("jpeg"))
    jpeg[jpeg.index(b"\xff\xc0") + 5 : jpeg.index(b"\xff\xc0") + 9] = b"\xff\xff\xff\xff"
    for body in (gif, webp, jpeg):
        with pytest.raises(MediaError, match="megapixels"):
            inspect_picture(bytes(body))


@pytest.mark.parametrize("options", [{"lossless": True}, {"lossless": False}, {"exif": exif()}])
def test_the_size_of_every_kind_of_webp_is_known(options: dict[str, object]) -> None:
    info = inspect_picture(picture("webp", (123, 45), **options))
    assert (info.width, info.height) == (123, 45)


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (b"II*\x00aaaa", "TIFF"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00", "HEIC"),
        (b"hello, I am text", "known format"),
    ],
)
def test_other_files_are_named(tmp_path: Path, body: bytes, word: str) -> None:
    path = tmp_path / "upload.jpg"
    path.write_bytes(body)
    with pytest.raises(MediaError) as error:
        inspect_picture(path)
    text = one_line(error)
    assert word in text
    assert text.count("upload.jpg") == 1


def test_a_missing_file_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as error:
        inspect_picture(tmp_path / "none.png")
    assert one_line(error).count("none.png") == 1


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(FORMATS),
    damage=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damaged_bytes_are_a_picture_or_a_media_error(kind: str, damage: list[tuple[float, int]]) -> None:
    body = bytearray(picture(kind, (32, 24), **({"exif": exif(6)} if kind != "gif" else {})))
    for where, value in damage:
        body[int(where * len(body))] = value
    try:
        opened = open_picture(bytes(body))
    except MediaError as error:
        assert "\n" not in str(error)  # noqa: PT017  # either outcome is right
    else:
        assert opened.mode in ("RGB", "RGBA")


# ---------------------------------------------------------------- opening


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_applied(orientation: int) -> None:
    upright = Image.open(io.BytesIO(picture("png")))
    inverse = {1: None, 2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}[orientation]
    stored = upright if inverse is None else upright.transpose(Image.Transpose(inverse))
    written = io.BytesIO()
    stored.save(written, "PNG", exif=exif(orientation))
    opened = open_picture(written.getvalue())
    assert opened.size == (80, 60)
    assert opened.getpixel((2, 2)) == (0, 255, 0)
    assert opened.getpixel((70, 50)) == (0, 0, 255)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "1"])
def test_opaque_pictures_become_rgb(mode: str) -> None:
    assert open_picture(picture("png", mode=mode)).mode == "RGB"


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pictures_become_rgba(mode: str) -> None:
    opened = open_picture(picture("png", mode=mode))
    assert opened.mode == "RGBA"


def test_cmyk_and_sixteen_bits_can_be_opened() -> None:
    assert open_picture(picture("jpeg", mode="CMYK")).mode == "RGB"
    written = io.BytesIO()
    Image.new("I;16", (8, 8), 0x8000).save(written, "PNG")
    assert open_picture(written.getvalue()).getpixel((1, 1)) == (128, 128, 128)


def test_a_colour_profile_is_converted_to_srgb() -> None:
    red, green, _ = open_picture(picture("png", icc_profile=swapped_profile())).getpixel((10, 50))
    assert green > 200 > 100 > red


def test_an_unusable_profile_is_left_out() -> None:
    assert open_picture(picture("png", icc_profile=b"nonsense" * 40)).getpixel((10, 50)) == (255, 0, 0)


def test_nothing_of_the_metadata_is_left() -> None:
    assert open_picture(picture(exif=exif(), comment=SECRET)).info == {}


def test_a_draft_is_smaller_but_never_too_small() -> None:
    opened = open_picture(picture(size=(800, 600), exif=exif(6)), draft=Size(width=150, height=150))
    assert opened.size == (150, 200)
    assert open_picture(picture(size=(800, 600)), draft=Size(width=500, height=10)).size == (800, 600)


def test_damage_inside_is_found_when_opened(tmp_path: Path) -> None:
    body = bytearray(noisy((64, 64), "png"))
    middle = len(body) // 2
    body[middle : middle + 20] = b"\x00" * 20
    path = tmp_path / "hurt.png"
    path.write_bytes(body)
    with pytest.raises(MediaError, match=r"hurt\.png"):
        open_picture(path)


# ---------------------------------------------------------------- geometry

sizes = st.builds(Size, width=st.integers(1, 6000), height=st.integers(1, 6000))
points = st.tuples(st.floats(0, 1), st.floats(0, 1))


def hundredths(least: float, most: float) -> st.SearchStrategy[float]:
    """Bounds as people write them."""
    return st.integers(round(least * 100), round(most * 100)).map(lambda number: number / 100)


@given(size=sizes, bounds=st.tuples(st.floats(0.1, 10), st.floats(0.1, 10)), focus=points)
def test_a_crop_lies_inside_keeps_the_focus_and_obeys_the_aspect(
    size: Size, bounds: tuple[float, float], focus: tuple[float, float]
) -> None:
    least, most = sorted(bounds)
    left, top, right, bottom = crop_to_aspect(size, least=least, most=most, focus=focus)
    assert 0 <= left < right <= size.width
    assert 0 <= top < bottom <= size.height
    assert left - 1 <= focus[0] * size.width <= right + 1
    assert top - 1 <= focus[1] * size.height <= bottom + 1
    width, height = right - left, bottom - top
    # Within one pixel of the bounds: with whole pixels nothing nearer may exist.
    assert min((width - 1) / height, width / (height + 1)) <= most * 1.0001 or width == 1
    assert max((width + 1) / height, width / max(1, height - 1)) >= least * 0.9999 or height == 1
    assert width == size.width or height == size.height, "nothing more than needed is cut off"


def test_a_picture_inside_the_bounds_is_left_whole() -> None:
    assert crop_to_aspect(Size(width=1000, height=800), least=0.8, most=1.91) == (0, 0, 1000, 800)


def test_the_crop_follows_the_focus_to_the_edge() -> None:
    assert crop_to_aspect(Size(width=400, height=100), most=1.0, focus=(0.0, 0.5)) == (0, 0, 100, 100)
    assert crop_to_aspect(Size(width=400, height=100), most=1.0, focus=(0.5, 0.5)) == (150, 0, 250, 100)
    assert crop_to_aspect(Size(width=400, height=100), most=1.0, focus=(1.0, 0.5)) == (300, 0, 400, 100)


# ---------------------------------------------------------------- fitting


def codes(fitted: Fitted) -> list[str]:
    return [problem.code for problem in fitted.problems]


def stored(store: MediaStore, attachment: Attachment) -> Image.Image:
    body = store.read(attachment.sha256)
    info = inspect_picture(body)
    assert (info.format, info.width, info.height, info.bytes) == (
        attachment.format,
        attachment.width,
        attachment.height,
        attachment.bytes,
    )
    return open_picture(body)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_picture_that_fits_keeps_its_pixels_and_loses_its_metadata(store: MediaStore, kind: str) -> None:
    options = (
        {"comment": SECRET}
        if kind == "gif"
        else {"exif": exif(), "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()}
    )
    body = picture(kind, **options)
    if kind == "png":
        body = with_chunk(body, b"tEXt", b"Comment\x00" + SECRET)
    assert SECRET in body
    fitted = fit_picture(body, ImageLimits(formats=(kind,)), store=store)
    kept = store.read(fitted.attachment.sha256)
    assert SECRET not in kept
    assert b"ICC" not in kept.upper()
    assert len(kept) < len(body)
    assert codes(fitted) == []
    with Image.open(io.BytesIO(body)) as before, Image.open(io.BytesIO(kept)) as after:
        assert before.convert("RGB").tobytes() == after.convert("RGB").tobytes()


def test_a_jpeg_ends_where_its_first_picture_ends(store: MediaStore) -> None:
    body = picture() + picture(exif=exif())
    assert without_metadata(body, "jpeg") is not None
    fitted = fit_picture(body, ImageLimits(), store=store)
    assert SECRET not in store.read(fitted.attachment.sha256)


def test_a_progressive_jpeg_is_stripped_without_loss() -> None:
    body = picture(size=(300, 200), progressive=True, exif=exif())
    kept = without_metadata(body, "jpeg")
    assert kept is not None
    assert SECRET not in kept
    assert open_picture(kept).tobytes() == open_picture(body).tobytes()


def test_a_turned_picture_is_turned_for_good(store: MediaStore) -> None:
    fitted = fit_picture(picture(exif=exif(6)), ImageLimits(), store=store)
    assert (fitted.attachment.width, fitted.attachment.height) == (60, 80)
    assert stored(store, fitted.attachment).size == (60, 80)


def test_a_too_wide_picture_is_cropped_around_its_focus(store: MediaStore) -> None:
    limits = ImageLimits(min_aspect=0.8, max_aspect=1.0)
    fitted = fit_picture(picture(size=(400, 100)), limits, store=store, focus=(0.9, 0.5))
    assert (fitted.attachment.width, fitted.attachment.height) == (100, 100)
    assert codes(fitted) == ["picture.cropped"]
    assert fitted.attachment.focus == (0.6, 0.5)
    red, _, blue = stored(store, fitted.attachment).getpixel((50, 50))
    assert blue > 200 > red


def test_a_large_picture_is_scaled_down(store: MediaStore) -> None:
    fitted = fit_picture(picture(size=(2000, 1000)), ImageLimits(max_width=1440), store=store)
    assert (fitted.attachment.width, fitted.attachment.height) == (1440, 720)
    assert codes(fitted) == ["picture.scaled"]
    assert stored(store, fitted.attachment).size == (1440, 720)


def test_pixels_are_limited(store: MediaStore) -> None:
    attachment = fit_picture(picture(size=(1000, 1000)), ImageLimits(max_pixels=250_000), store=store).attachment
    assert attachment.width * attachment.height <= 250_000
    assert attachment.width >= 495


def test_a_small_picture_is_never_enlarged(store: MediaStore) -> None:
    fitted = fit_picture(picture(), ImageLimits(min_width=320, max_width=1440), store=store)
    assert (fitted.attachment.width, fitted.attachment.height) == (80, 60)
    (problem,) = fitted.problems
    assert (problem.level, problem.code, problem.allowed, problem.found) == (Level.BLOCK, "picture.too-small", 320, 80)


def test_bytes_are_limited_by_quality_first(store: MediaStore) -> None:
    body = noisy((500, 400), quality=95)
    fitted = fit_picture(body, ImageLimits(max_bytes=len(body) * 2 // 3), store=store)
    assert fitted.attachment.bytes <= len(body) * 2 // 3
    assert fitted.attachment.width == 500
    assert codes(fitted) == []


def test_bytes_are_limited_by_size_next_and_a_person_is_told(store: MediaStore) -> None:
    fitted = fit_picture(noisy((500, 400)), ImageLimits(max_bytes=15_000), store=store)
    assert fitted.attachment.bytes <= 15_000
    assert 64 <= fitted.attachment.width < 500
    assert codes(fitted) == ["picture.scaled"]
    stored(store, fitted.attachment)


def test_bytes_that_cannot_be_had_block(store: MediaStore) -> None:
    fitted = fit_picture(noisy((500, 400)), ImageLimits(max_bytes=2_000, min_width=320), store=store)
    assert fitted.problems[0].code == "picture.too-heavy"
    assert fitted.problems[0].level is Level.BLOCK
    assert fitted.attachment.width >= 320


def test_a_heavy_png_becomes_a_jpeg_where_that_is_accepted(store: MediaStore) -> None:
    body = noisy((300, 300), "png")
    fitted = fit_picture(body, ImageLimits(max_bytes=len(body) // 2), store=store)
    assert fitted.attachment.format == "jpeg"
    assert codes(fitted) == ["picture.converted"]


def test_formats_that_are_not_accepted_are_converted(store: MediaStore) -> None:
    fitted = fit_picture(picture("webp"), ImageLimits(formats=("jpeg", "png")), store=store)
    assert fitted.attachment.format == "jpeg"
    assert codes(fitted) == ["picture.converted"]


def test_transparency_is_kept_where_it_can_be_and_white_elsewhere(store: MediaStore) -> None:
    written = io.BytesIO()
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(written, "WEBP")
    kept = fit_picture(written.getvalue(), ImageLimits(formats=("jpeg", "png")), store=store)
    assert kept.attachment.format == "png"
    assert stored(store, kept.attachment).getpixel((5, 5))[3] == 0
    flat = fit_picture(written.getvalue(), ImageLimits(formats=("jpeg",)), store=store)
    assert codes(flat) == ["picture.converted", "picture.flattened"]
    assert min(stored(store, flat.attachment).getpixel((5, 5))) > 250


def test_an_animation_is_kept_whole_or_a_person_is_told(store: MediaStore) -> None:
    whole = fit_picture(animation(), ImageLimits(formats=("gif",)), store=store)
    assert inspect_picture(store.read(whole.attachment.sha256)).frames == 3
    assert SECRET not in store.read(whole.attachment.sha256)
    first = fit_picture(animation(), ImageLimits(formats=("png",)), store=store)
    assert codes(first) == ["picture.converted", "picture.first-frame"]


def test_no_writable_format_is_one_line(store: MediaStore, tmp_path: Path) -> None:
    path = tmp_path / "wide.webp"
    path.write_bytes(picture("webp"))
    with pytest.raises(MediaError, match=r"wide\.webp.*WEBP") as error:
        fit_picture(path, ImageLimits(formats=("tiff",)), store=store)
    one_line(error)


def test_damage_inside_is_found_before_the_platform_does(store: MediaStore) -> None:
    body = bytearray(noisy((64, 64), "png"))
    body[len(body) // 2 : len(body) // 2 + 20] = b"\x00" * 20
    with pytest.raises(MediaError, match="damaged"):
        fit_picture(bytes(body), ImageLimits(), store=store)


def test_the_same_picture_gives_the_same_bytes(store: MediaStore) -> None:
    limits = ImageLimits(max_width=200, max_bytes=20_000, max_aspect=1.0)
    body = noisy((700, 400))
    assert fit_picture(body, limits, store=store) == fit_picture(body, limits, store=store)


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    max_width=st.integers(64, 200),
    max_pixels=st.integers(5_000, 30_000),
    bounds=st.tuples(hundredths(0.5, 0.9), hundredths(1.0, 2.0)),
    focus=points,
)
def test_whatever_the_picture_the_limits_hold(
    tmp_path_factory: pytest.TempPathFactory,
    width: int,
    height: int,
    max_width: int,
    max_pixels: int,
    bounds: tuple[float, float],
    focus: tuple[float, float],
) -> None:
    limits = ImageLimits(max_width=max_width, max_pixels=max_pixels, min_aspect=bounds[0], max_aspect=bounds[1])
    store = MediaStore(tmp_path_factory.getbasetemp() / "property")
    attachment = fit_picture(picture("png", (width, height)), limits, store=store, focus=focus).attachment
    assert attachment.width <= min(width, max_width)
    assert attachment.height <= height
    assert attachment.width * attachment.height <= max_pixels
    assert (
        bounds[0] <= attachment.width / attachment.height <= bounds[1] or min(attachment.width, attachment.height) < 10
    )
    assert all(0 <= value <= 1 for value in attachment.focus)


def test_work_and_result_can_go_to_another_process(store: MediaStore) -> None:
    fitted = fit_picture(picture(), ImageLimits(), store=store)
    assert pickle.loads(pickle.dumps(fitted)) == fitted  # noqa: S301  # our own bytes
    assert pickle.loads(pickle.dumps(fit_picture)) is fit_picture  # noqa: S301
