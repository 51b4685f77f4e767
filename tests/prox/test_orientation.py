"""Pictures that a camera turned: their size is the one that is shown, and so is that of their copies."""

from __future__ import annotations

import io
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from app.prox.media_type import ORIENTATION, kind_of
from app.prox.thumbnails import shrink


def photo(orientation: int, form: str = "JPEG", size: tuple[int, int] = (400, 200)) -> bytes:
    """The upper left quarter red, the rest blue, as the sensor saw it."""
    picture = Image.new("RGB", size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    target = io.BytesIO()
    picture.save(target, form, exif=exif)
    return target.getvalue()


# Where the sensor's upper left corner is shown: right?, down?
CORNERS = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (0, 0), 6: (1, 0), 7: (1, 1), 8: (0, 1)}


@pytest.mark.parametrize("orientation", CORNERS)
def test_the_size_of_a_turned_photograph_is_the_one_that_is_shown(orientation: int) -> None:
    kind = kind_of(photo(orientation))
    assert kind
    assert kind.size == ((400, 200) if orientation < 5 else (200, 400))


@pytest.mark.parametrize("orientation", CORNERS)
def test_a_copy_of_a_turned_photograph_is_upright(orientation: int) -> None:
    copy = shrink(photo(orientation), 100)
    assert copy
    with Image.open(io.BytesIO(copy)) as small:
        assert small.size == ((100, 50) if orientation < 5 else (100, 200))
        assert small.getexif().get(ORIENTATION, 1) == 1
        right, down = CORNERS[orientation]
        spot = (small.width * (1 + 2 * right) // 4, small.height * (1 + 2 * down) // 4)
        red, _, blue = small.convert("RGB").getpixel(spot)  # type: ignore[misc]
        assert red > blue


def test_damaged_exif_means_not_turned() -> None:
    whole = photo(6)
    at = whole.index(b"Exif")
    for damage in (b"II*\0\xff\xff\xff\xff", b"XX*\0\x08\0\0\0"):
        kind = kind_of(whole[: at + 6] + damage + whole[at + 14 :])
        assert kind
        assert kind.size == (400, 200)


def test_a_picture_is_decoded_only_within_bounds() -> None:
    assert shrink(photo(1, "PNG", (4000, 3500)), 800) is None
    assert shrink(photo(1, "JPEG", (4000, 3500)), 800) is not None


@pytest.mark.parametrize(("text", "is_one"), [("WEBVTT\n\n", True), ("\ufeffWEBVTT x", True), ("WEBVTTX", False)])
def test_captions_are_told_by_their_first_word(text: str, is_one: bool) -> None:
    kind = kind_of(text.encode())
    assert (kind is not None and kind.media_type == "text/vtt") is is_one


def test_a_png_is_turned_by_its_exif_as_in_browsers() -> None:
    for orientation in CORNERS:
        kind = kind_of(photo(orientation, "PNG"))
        assert kind
        assert kind.size == ((400, 200) if orientation < 5 else (200, 400))


def test_a_webp_is_shown_as_it_is_stored_and_so_is_its_copy() -> None:
    kind, copy = kind_of(photo(6, "WEBP")), shrink(photo(6, "WEBP"), 100)
    assert kind
    assert copy
    assert kind.size == (400, 200)
    with Image.open(io.BytesIO(copy)) as small:
        assert small.size == (100, 50)


def segment(orientation: int, values: int = 1) -> bytes:
    table = struct.pack("<HHHIHHI", 1, ORIENTATION, 3, values, orientation, 0, 0)
    body = b"Exif\0\0II*\0\x08\0\0\0" + table
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def test_of_several_exif_segments_the_first_counts_wherever_it_stands() -> None:
    plain = photo(1)
    for whole, size in (
        (plain[:2] + segment(6) + plain[2:], (200, 400)),
        (plain[:2] + segment(1) + segment(6) + plain[2:], (400, 200)),
        (plain[:2] + segment(6, values=2) + plain[2:], (400, 200)),
    ):
        kind = kind_of(whole)
        assert kind
        assert kind.size == size
    bare = io.BytesIO()
    Image.new("RGB", (400, 200)).save(bare, "JPEG")
    raw = bare.getvalue()
    pixels = raw.index(b"\xff\xda")
    kind = kind_of(raw[:pixels] + segment(8) + raw[pixels:])
    assert kind
    assert kind.size == (200, 400)


@pytest.mark.parametrize("screen", [(0, 0), (10, 10), (900, 10)])
def test_a_first_frame_beyond_its_gif_s_screen_widens_it(screen: tuple[int, int]) -> None:
    target = io.BytesIO()
    frames = [Image.new("RGB", (400, 200), colour) for colour in ("red", "blue")]
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], comment=b"as some tools write it")
    raw = target.getvalue()
    kind = kind_of(raw[:6] + struct.pack("<HH", *screen) + raw[10:])
    assert kind
    assert kind.size == (max(400, screen[0]), 200)


@given(st.binary(max_size=200), st.sampled_from([b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"GIF89a"]))
def test_nothing_after_a_picture_s_sign_breaks_the_reader(rest: bytes, sign: bytes) -> None:
    kind_of(sign + rest)
