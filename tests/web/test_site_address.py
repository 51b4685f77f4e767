"""Links that leave the site: a stranger's Host header leads nobody anywhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from app.web.site_address import site_url


@pytest.mark.parametrize(
    ("environ", "asked", "found"),
    [
        ({}, "evil.example", "http://127.0.0.1:5000/"),
        ({"HOST": "0.0.0.0"}, "evil.example", ""),
        ({"HOST": "0.0.0.0"}, "localhost:5000", "http://localhost:5000/"),
        ({}, "127.0.0.1:8080", "http://127.0.0.1:8080/"),
        ({"SITE_URL": "https://hunt.example"}, "evil.example", "https://hunt.example/"),
        ({}, "localhost:5000@evil.example", "http://127.0.0.1:5000/"),
        ({}, "127.0.0.1.evil.example", "http://127.0.0.1:5000/"),
        ({"SITE_URL": "https://hunt.example/", "TRUSTED_PROXIES": "1"}, "evil.example", "https://hunt.example/"),
    ],
)
def test_only_what_can_be_trusted_names_the_site(
    make_app: Callable[..., Flask], environ: dict[str, str], asked: str, found: str
) -> None:
    with make_app(**environ).test_request_context(base_url=f"http://{asked}"):
        assert site_url() == found
