"""A running program with the demo hunt for the journeys of one file, and the people who use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.journeys.people import Organiser
from tests.support.client import PASSWORD
from tests.support.server import Node, node

if TYPE_CHECKING:
    from tests.support.browser import Chromium, Window

ADMIN = {"ADMIN_NAME": "keeper", "ADMIN_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def site_database(shelves: dict[str, object]) -> Iterator[str]:
    """The database of this file's site."""
    with shelves["sqlite"].fresh() as url:  # type: ignore[attr-defined]
        yield url


@pytest.fixture(scope="module")
def site(site_database: str) -> Iterator[Node]:
    """The program with the demo hunt, which has begun and has no end; all tests of a file use the same."""
    with node(site_database, ADMIN, ["--demo"]) as server:
        yield server


@pytest.fixture(scope="module")
def organiser(site: Node, site_database: str) -> Iterator[Organiser]:
    """An organiser with a shell on that site's machine."""
    somebody = Organiser(site_database, ADMIN)
    yield somebody
    somebody.leaves()


@pytest.fixture
def desk(chromium: Chromium, site: Node) -> Iterator[Window]:
    """Browsers that have the site's address."""
    from tests.support.browser import Window

    opened = Window(chromium, site.url)
    yield opened
    opened.close()
