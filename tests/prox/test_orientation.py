"""Pictures that a camera turned: their size is the one that is shown, and so is that of their copies."""

from __future__ import annotations

import io

import pytest
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
