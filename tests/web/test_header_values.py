"""Texts of people in response headers: encoded or refused, never passed on."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.header_values import HeaderRefused, file_disposition, frame_sources, header_text, location


@pytest.mark.parametrize(
    "text", ["a\r\nSet-Cookie: x=y", "a\nb", "é", "例え", "\0", "\x7f", "\ud83d", "a\tb"], ids=ascii
)
def test_what_a_header_cannot_hold_is_refused(text: str) -> None:
    with pytest.raises(HeaderRefused):
        header_text(text)


def test_printable_ascii_stays_as_it_is() -> None:
    assert header_text("default-src 'none'; img-src 'self'") == "default-src 'none'; img-src 'self'"


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("https://pics.example/a/b?c;d", "https://pics.example"),
        ("HTTPS://Pics.example:8443/", "https://pics.example:8443"),
        ("https://例え.example/x", "https://xn--r8jz45g.example"),
    ],
)
def test_a_page_may_frame_the_origin_of_its_embed(address: str, source: str) -> None:
    assert frame_sources(address) == (source,)


@pytest.mark.parametrize(
    "address",
    [
        "https://a;sandbox/x", "https://a b/", "https://*/", "https://'unsafe-inline'/", "http://a.example/", "data:x",
        "https://[::1]/", "https://a.example:99999/", "https://[/", "//a.example/", "/game", "", "https://straße.example/",
    ],
)  # fmt: skip
def test_whatever_else_adds_nothing_to_the_policy(address: str) -> None:
    assert frame_sources(address) == ()


@given(st.text(max_size=60))
def test_no_host_adds_a_directive(text: str) -> None:
    for source in frame_sources(f"https://{text}/"):
        assert not set(source) & set(" ;,'*\"\r\n")
        assert source.isascii()


@given(st.text(max_size=120))
def test_any_name_of_a_file_becomes_one_header(name: str) -> None:
    found = file_disposition(name, "png")
    assert header_text(found).startswith("attachment; filename")
    assert found.count(";") == 1
    assert unquote(found).rstrip('"').endswith(".png")


def test_a_name_keeps_its_letters() -> None:
    assert file_disposition("Die Türme.jpg", "png", is_shown=True) == "inline; filename*=UTF-8''Die%20T%C3%BCrme.png"
    assert file_disposition("teams", "csv") == 'attachment; filename="teams.csv"'
    assert file_disposition("../..", "csv") == 'attachment; filename="file.csv"'


def test_an_address_is_encoded() -> None:
    assert location("/page/ü?q=例") == "/page/%C3%BC?q=%E4%BE%8B"
    assert location("/a\r\nSet-Cookie: x=y") == "/aSet-Cookie:%20x=y"
    with pytest.raises(HeaderRefused):
        location("https://[/")
