"""What a framed page elsewhere may do, and that no spelling of the site's own address gets that."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.game.frame_policy import OURS, THEIRS, canonical_host, frame_rules
from app.web.site_address import own_hosts

OWN = ("hunt.example", "127.0.0.1:5000")


@pytest.mark.parametrize(
    "url",
    [
        "https://www.youtube.com/embed/abc",
        "https://player.vimeo.com/video/1",
        "https://nothunt.example/",
        "https://example/",
        "https://hunt.example.org/",
        "https://evil.example/?to=https://hunt.example/",
        "https://evil.example/https://hunt.example/",
        "https://8.8.8.8/",
        "https://[2001:db8::1]/",
        "https://xn--bcher-kva.example/",
        "https://bücher.example/",
    ],
)
def test_a_page_elsewhere_keeps_its_own_origin(url: str) -> None:
    assert frame_rules(url, OWN) == THEIRS


@pytest.mark.parametrize(
    "url",
    [
        "https://hunt.example/game",
        "https://HUNT.example",
        "https://hunt.example:8443/",
        "https://hunt.example./",
        "https://hunt%2Eexample/",
        "https://%68unt.example/",
        "https://ｈｕｎｔ.example/",
        "https://hunt。example/",
        "https://a@hunt.example/",
        "https://old.hunt.example/",
        "https://127.0.0.1/",
        "https://127.1:99/",
        "https://2130706433/",
        "https://0x7f.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https:///",
        "https://a;sandbox/x",
        "https://a b/",
        "https://[::1",
        "",
    ],
)
def test_no_spelling_of_our_own_address_gets_an_origin(url: str) -> None:
    assert frame_rules(url, OWN) == OURS
    assert "allow-same-origin" not in OURS.sandbox


@pytest.mark.parametrize("own", ["bücher.example", "xn--bcher-kva.example", "BÜCHER.example:443"])
@pytest.mark.parametrize(
    "url", ["https://bücher.example/", "https://xn--bcher-kva.example/", "https://BÜCHER.EXAMPLE./"]
)
def test_an_international_name_of_ours_is_ours_in_any_writing(own: str, url: str) -> None:
    assert frame_rules(url, [own]) == OURS


@given(st.text(max_size=30))
def test_no_address_breaks_the_policy(text: str) -> None:
    assert frame_rules(f"https://{text}", OWN) in (OURS, THEIRS)
    assert canonical_host(f"https://{canonical_host(f'https://{text}')}") in ("", canonical_host(f"https://{text}"))


def test_the_public_address_and_the_one_asked_for_are_ours(make_app: Callable[..., Flask]) -> None:
    with make_app(SITE_URL="https://hunt.example").test_request_context(base_url="http://node7.internal:8080"):
        assert {"hunt.example", "node7.internal:8080"} <= set(own_hosts())
