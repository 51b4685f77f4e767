"""Pages of plain reading."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin


@pytest.fixture
def visitor(app: Flask, clock: FixedClock) -> PageClient:
    begin(app, clock)
    return app.test_client()  # type: ignore[return-value]


@pytest.mark.parametrize("slug", ["rules", "stuck", "credits", "home"])
def test_every_hunt_has_its_pages(visitor: PageClient, slug: str) -> None:
    reply = visitor.get(f"/page/{slug}")
    assert reply.status_code == 200
    page = next(one for one in visitor.application.extensions["infinity"].in_force.content.pages if one.slug == slug)
    assert page.html.split("\n")[0] in reply.text


@pytest.mark.parametrize(
    "slug",
    [
        "nothing",
        "Rules",
        "rules%00",
        "..%2Frules",
        "%2e%2e",
        "a" * 5000,
        "<script>",
        "%F0%9F%A6%89",
        "%FF",
        "rules%20",
        "{{7*7}}",
    ],
)
def test_a_page_that_never_was_is_not_found(visitor: PageClient, slug: str) -> None:
    assert visitor.get(f"/page/{slug}").status_code == 404
