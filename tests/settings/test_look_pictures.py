"""Pictures of the look: which are taken, what is stored of them, and why the others are refused."""

from __future__ import annotations

import gzip
import io

import pytest
from PIL import Image

from app.core.look_settings import picture_size
from app.core.setting_faults import SettingInvalid
from app.settings.look_pictures import MOST_BYTES, PURPOSES, read_picture
from tests.settings.look_files import SQUARE_SVG, moving, picture, svg, turned, vast

IMAGE = "data:image/png;base64,iVBORw0KGgo="


def opened(content: bytes) -> Image.Image:
    found = Image.open(io.BytesIO(content))
    found.load()
    return found


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("purpose", ["logo", "social_card", "artwork"])
def test_a_picture_is_stored_in_the_form_of_its_purpose(form: str, purpose: str) -> None:
    found = read_picture(picture(form, (3000, 1500)), purpose)
    stored = opened(found.content)
    most = PURPOSES[purpose].most
    assert stored.format == PURPOSES[purpose].form
    assert stored.width <= most[0]
    assert stored.height <= most[1]
    assert picture_size(found.name) == stored.size
    assert stored.width == pytest.approx(2 * stored.height, abs=2)


def test_the_same_picture_has_the_same_name() -> None:
    assert read_picture(picture(), "logo").name == read_picture(picture(), "logo").name


def test_a_photo_stands_upright_and_says_nothing_of_its_camera() -> None:
    found = read_picture(turned(), "artwork")
    stored = opened(found.content)
    assert stored.size == (320, 640)
    assert not stored.getexif()
    assert b"secret maker" not in found.content


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + b"x" * 99, b"%PDF-1.7"])
@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
def test_what_hangs_behind_a_picture_is_gone(form: str, tail: bytes) -> None:
    assert tail not in read_picture(picture(form) + tail, "logo").content


def test_what_a_png_says_beside_its_pixels_is_gone() -> None:
    from PIL.PngImagePlugin import PngInfo

    said = PngInfo()
    said.add_text("Comment", "<script>alert(1)</script>")
    assert b"script" not in read_picture(picture(pnginfo=said), "logo").content


@pytest.mark.parametrize("mode", ["CMYK", "L"])
def test_other_kinds_of_colours_are_taken(mode: str) -> None:
    assert opened(read_picture(picture("JPEG", mode=mode), "artwork").content).mode == "RGB"


def test_clear_parts_stay_clear_in_a_logo_and_are_white_on_a_card() -> None:
    clear = picture(size=(1200, 630), mode="RGBA")
    assert opened(read_picture(clear, "logo").content).mode == "RGBA"
    card = opened(read_picture(clear, "social_card").content)
    assert (card.mode, card.getpixel((1190, 620))) == ("RGB", (255, 255, 255))


def test_a_passive_drawing_is_kept_as_it_is() -> None:
    for purpose in ("logo", "icon", "artwork"):
        found = read_picture(SQUARE_SVG, purpose)
        assert (found.content, found.media_type) == (SQUARE_SVG, "image/svg+xml")
        assert picture_size(found.name) == (32, 32)
    for inside in (
        '<use xlink:href="#a"/>',
        f'<image href="{IMAGE}"/>',
        '<g fill="url(#a)"/><style>a{fill:url(#b)}</style>',
    ):
        assert read_picture(svg(inside), "logo")


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<g onload="alert(1)"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        '<a xlink:href=" java&#10;script:alert(1)"><text>x</text></a>',
        "<foreignObject><p>x</p></foreignObject>",
        '<image href="https://elsewhere.example/x.png"/>',
        '<image xlink:href="//elsewhere.example/x.png"/>',
        '<image href="x.png"/>',
        '<use href="other.svg#a"/>',
        '<image href="data:image/svg+xml;base64,AAAA"/>',
        '<g fill="url(https://elsewhere.example/#a)"/>',
        '<g style="fill:url( &quot;//elsewhere.example/x&quot; )"/>',
        "<style>@import 'https://elsewhere.example/x.css';</style>",
        "<style>a { fill: u\\72l(https://elsewhere.example/x) }</style>",
        "<style>@font-face { src: url(//elsewhere.example/x.woff2) }</style>",
        '<set attributeName="fill" to="red"/>',
        '<circle r="1"><animate attributeName="r" to="9"/></circle>',
        "<style>@keyframes a { to { fill: red } }</style>",
    ],
)
def test_a_drawing_that_acts_moves_or_refers_elsewhere_is_refused(inside: str) -> None:
    with pytest.raises(SettingInvalid, match="can’t be used"):
        read_picture(svg(inside), "logo")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (svg(before='<!DOCTYPE svg [<!ENTITY a "b">]>'), "entities"),
        (svg(before='<?xml-stylesheet href="https://elsewhere.example/x.css"?>'), "instruction"),
        (b'<html xmlns="http://www.w3.org/1999/xhtml"><svg/></html>', "begins with"),
        (svg()[:-3], "well-formed"),
        (svg(head=""), "viewBox"),
        (svg("<g/>" * 70_000), "256 kB"),
        (svg("<g>" * 600 + "</g>" * 600), "deeply"),
    ],
)
def test_a_file_that_is_no_plain_drawing_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(SettingInvalid, match=words):
        read_picture(content, "logo")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "PNG, JPEG, WebP or SVG"),
        (b"hello", "PNG, JPEG, WebP or SVG"),
        (b"<!doctype html><title>x</title>", "PNG, JPEG, WebP or SVG"),
        (b"%PDF-1.7", "PNG, JPEG, WebP or SVG"),
        (b"GIF89a/*" + b"\x01" * 40 + b"*/=1;alert(1)", "PNG, JPEG, WebP or SVG"),
        (picture("GIF"), "PNG, JPEG, WebP or SVG"),
        (moving("GIF"), "PNG, JPEG, WebP or SVG"),
        (gzip.compress(SQUARE_SVG, mtime=0), "PNG, JPEG, WebP or SVG"),
        (moving("PNG"), "animated"),
        (moving("WEBP"), "animated"),
        (picture()[:-200], "damaged"),
        (picture("JPEG")[:300], "damaged|PNG, JPEG"),
        (picture("WEBP")[:60], "damaged"),
        (vast(), "24 megapixels"),
        (picture(size=(8, 8)), "at least 16 × 16"),
        (picture(size=(1300, 100)), "narrow"),
        (picture() + b"\0" * MOST_BYTES, "8 MB"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value[:8]!r}",
)
def test_anything_else_is_refused_in_words(content: bytes, words: str) -> None:
    with pytest.raises(SettingInvalid, match=words):
        read_picture(content, "logo")


@pytest.mark.parametrize(
    ("content", "purpose", "words"),
    [
        (picture(size=(200, 100)), "icon", "square"),
        (svg(head='viewBox="0 0 200 100"'), "icon", "square"),
        (picture(size=(599, 400)), "social_card", "600 × 315"),
        (SQUARE_SVG, "social_card", "SVG isn’t shown"),
        (picture(size=(100, 100)), "artwork", "200 × 200"),
    ],
)
def test_each_purpose_has_its_shape(content: bytes, purpose: str, words: str) -> None:
    with pytest.raises(SettingInvalid, match=words):
        read_picture(content, purpose)
