from __future__ import annotations

import base64

import pytest

from app.content import assets
from app.content.assets import AssetFaulty, asset_faults, assets_by_path, read_asset, stored_asset
from app.content.sources.json_file import read_file
from tests.support.environment import DEMO_HUNT


def uri(content: bytes, media_type: str = "image/svg+xml") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


PLAIN = b'<svg xmlns="http://www.w3.org/2000/svg"><rect width="3" height="3"/><text>on and off</text></svg>'


def test_the_address_is_made_from_the_bytes() -> None:
    one, same, other = (read_asset(uri(content)) for content in (PLAIN, PLAIN, PLAIN + b"\n"))
    assert one.path == same.path != other.path
    assert one.path.startswith("/assets/")
    assert one.path.endswith(".svg")
    assert one.content == PLAIN


def test_text_without_base64_is_read_too() -> None:
    assert read_asset("data:text/csv;charset=utf-8,a%2Cb").content == b"a,b"


def test_all_assets_of_the_demo_hunt_can_be_served() -> None:
    source = read_file(DEMO_HUNT)
    assert list(asset_faults(source.assets)) == []
    assert set(assets_by_path(source.assets)) == {read_asset(uri).path for uri in source.assets.values()}


WRONG = {
    "https://example.org/a.png": "data URI",
    "data:image/png;base64,A": "damaged",
    "data:image/png;base64,A\u00e4==": "damaged",
    "data:text/html;base64,AA==": "text/html cannot be an asset",
    "data:image/svg+xml;base64,": None,
    uri(b"<svg><script>1</script></svg>"): "script",
    uri(b"<svg><svg:script>1</svg:script></svg>"): "script",
    uri(b"<svg\nonload='x'/>"): "script",
    uri(b"<svg><a href='javascript:x'/></svg>"): "script",
    uri(b"<svg><foreignObject/></svg>"): "script",
    uri(b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg/>"): "script",
    uri("<svg><script>1</script></svg>".encode("utf-16")): "script",
}


FINE = (
    b"<svg><text>one = 1, on = off, onward=2</text></svg>",
    b"<svg aria-label='data: 5, 7'><g id='data:1' xmlns:i='http://x' i:label='javascript: a love story'/></svg>",
    b"<svg><title>javascript: a language</title><text>&lt;script&gt;</text></svg>",
    b"<svg xmlns:x='http://www.w3.org/1999/xlink'><a x:href='#one'/><image href='data:image/png;base64,AA'/></svg>",
    b"<?xml version='1.0' encoding='utf-8'?><!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'x'><svg/>",
    b"<!-- <script> onload=1 --><svg><![CDATA[ <script onload=x> ]]></svg>",
    "<svg><text>größe = 1</text></svg>".encode("utf-16"),
)
ACTING = (
    b"<svg><sCRIPT/></svg>",
    b"<svg xmlns:h='http://www.w3.org/1999/xhtml'><h:script/></svg>",
    b"<svg ONload='x'/>",
    b"<svg><a href='java\nscript:x'/></svg>",
    b"<svg><a href='&#106;avascript:x'/></svg>",
    b"<svg><set attributeName='href' to='javascript:x'/></svg>",
    b"<svg><animate values='a;javascript:x'/></svg>",
    b"<svg><use href='data:image/svg+xml;base64,AA'/></svg>",
    b"<?xml-stylesheet href='x'?><svg/>",
    b"<!DOCTYPE svg [<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;]><svg/>",
    b"<!DOCTYPE svg [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><svg>&b;</svg>",
    b"<svg><script></svg>",
    b"<g>" * 600,
    b"not a drawing, script",
)


@pytest.mark.parametrize("svg", FINE)
def test_a_drawing_is_judged_by_what_it_is_and_not_by_its_words(svg: bytes) -> None:
    assert read_asset(uri(svg)).content == svg


@pytest.mark.parametrize("svg", ACTING)
def test_a_drawing_that_acts_is_refused_however_it_is_written(svg: bytes) -> None:
    with pytest.raises(AssetFaulty):
        read_asset(uri(svg))


def test_a_picture_too_vast_to_be_decoded_is_refused_by_its_header() -> None:
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (9_100).to_bytes(4, "big") * 2 + b"\x08\x06\0\0\0"
    with pytest.raises(AssetFaulty, match="9100 × 9100"):
        read_asset(uri(header, "image/png"))


def test_what_an_older_release_let_in_is_still_served() -> None:
    old = uri(b"<svg><text>no end")
    assert assets_by_path({"a.svg": old})[stored_asset(old).path].content == b"<svg><text>no end"


@pytest.mark.parametrize("wrong", WRONG)
def test_what_must_not_be_served_is_refused_in_words(wrong: str) -> None:
    if WRONG[wrong] is None:
        assert read_asset(wrong).content == b""
        return
    with pytest.raises(AssetFaulty, match=WRONG[wrong]):
        read_asset(wrong)


def test_an_asset_over_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "MAX_ASSET_BYTES", 3)
    with pytest.raises(AssetFaulty, match="larger than"):
        read_asset("data:text/plain,abcd")


@pytest.mark.parametrize("name", ["../a.png", "", "a b", "é.png", ".hidden", "a" * 101])
def test_a_name_that_could_mislead_is_refused(name: str) -> None:
    assert [fault[0] for fault in asset_faults({name: "data:text/plain,a"})] == [name]
