"""Pages that are kept: how many were made and sent again, and what a reader gets."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask
from prometheus_client import REGISTRY
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.ports import Ports
from app.web.kept_pages import PageCache
from tests.support.client import PageClient

PATHS = ("/", "/game", "/game/shallows", "/game/puzzle/one", "/story", "/leaderboard", "/announcements")
ONCE = re.compile(rb'value="page\.[\w-]+"')


def team_after_visits(app: Flask, times: int) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("owls")
    # In turns: what is written down of a first view changes the rows of all pages.
    for _ in range(times):
        for path in PATHS:
            client.get(path)
    return client


def page_count(how: str) -> int:
    """How many pages this process has made, kept, or found unchanged."""
    return int(REGISTRY.get_sample_value("infinity_pages_total", {"how": how}) or 0)


def pages_of(how: str, act: Callable[[], object]) -> int:
    """How many pages were made, kept or repeated meanwhile."""
    before = page_count(how)
    act()
    return page_count(how) - before


def change(ports: Ports, statement: str, **values: Any) -> None:
    """Behind the program's back, as another node does."""
    with ports.database.writing() as connection:
        connection.execute(text(statement), values)


def look(reply: TestResponse) -> tuple[object, ...]:
    """What a reader gets, the key of the next guess aside."""
    headers = {
        name: reply.headers.get(name) for name in ("Content-Type", "Content-Security-Policy", "Location", "ETag")
    }
    is_page = reply.mimetype == "text/html"
    return reply.status_code, headers, ONCE.sub(b"", reply.data) if is_page else reply.data


@contextlib.contextmanager
def without_kept_pages(node: Flask) -> Iterator[None]:
    """This node makes each page meanwhile."""
    kept = node.extensions["kept_pages"]
    node.extensions["kept_pages"] = PageCache(0)
    try:
        yield
    finally:
        node.extensions["kept_pages"] = kept
