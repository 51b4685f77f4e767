"""Fixtures for all tests. Everything is made when first asked for: a test of the rules starts no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.clock import FixedClock
from tests.support.watchdog import pytest_runtest_protocol  # noqa: F401 (a hook)

# Heavy parts (Flask, Playwright, psycopg2) are imported by the fixtures that need them, when they are needed.
if TYPE_CHECKING:
    from flask import Flask

    from app.ports import Ports
    from tests.support.browser import Chromium, Window
    from tests.support.client import PageClient
    from tests.support.databases import PostgresShelf, SqliteShelf
    from tests.support.postgres import Cluster
    from tests.support.redis import Redis

    Shelves = dict[str, PostgresShelf | SqliteShelf]


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at noon until the test moves it."""
    return FixedClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Cluster]:
    """This test process's own PostgreSQL."""
    from tests.support.postgres import postgres_cluster

    with postgres_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def shelves(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Shelves:
    """Where databases come from, by kind; PostgreSQL starts with the first one taken."""
    from tests.support.databases import PostgresShelf, SqliteShelf

    return {
        "sqlite": SqliteShelf(tmp_path_factory.mktemp("sqlite")),
        "postgresql": PostgresShelf(lambda: request.getfixturevalue("postgres")),
    }


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, shelves: Shelves) -> Iterator[str]:
    """The URL of an empty, migrated database; every test that takes it runs on both kinds."""
    with shelves[request.param].fresh() as url:
        yield url


@pytest.fixture
def postgres_database(shelves: Shelves) -> Iterator[str]:
    """The URL of an empty, migrated PostgreSQL database, for what only makes sense there."""
    with shelves["postgresql"].fresh() as url:
        yield url


@pytest.fixture
def sqlite_database(shelves: Shelves) -> Iterator[str]:
    """The URL of an empty, migrated SQLite database, for what does not depend on the kind."""
    with shelves["sqlite"].fresh() as url:
        yield url


@pytest.fixture
def redis() -> Iterator[Redis]:
    """A Redis of the test's own, which it may stop and start."""
    from tests.support.redis import redis_server

    with redis_server() as server:
        yield server


@pytest.fixture
def make_app(database: str, clock: FixedClock) -> Iterator[Callable[..., Flask]]:
    """A function that builds the application on this test's database; keywords are environment variables."""
    from app import create_app
    from config import Config
    from tests.support.client import PageClient
    from tests.support.environment import settings
    from tests.support.pool import watch_pool
    from tests.support.templates import compile_once

    compile_once()
    made = []

    def build(**environ: str) -> Flask:
        app = create_app(Config.from_env(settings(database, environ)), clock=clock)
        app.test_client_class = PageClient
        watch_pool(app)
        made.append(app)
        return app

    yield build
    from app.extensions import db

    for app in made:
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The application with the demo hunt's settings, on this test's database."""
    return make_app()


@pytest.fixture
def client(app: Flask) -> PageClient:
    """A visitor who checks every page that comes by."""
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture
def world(app: Flask) -> Ports:
    """The small hunt, in play. A file with another hunt has its own fixture of this name."""
    from tests.support.accounts import in_play

    return in_play(app)


@pytest.fixture
def visitor(app: Flask, world: Ports) -> PageClient:
    """A visitor of the small hunt."""
    return app.test_client()  # type: ignore[return-value]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """A real browser. One a module: Playwright keeps an event loop while it lives, and other tests want their own."""
    from tests.support.browser import chromium as running_chromium

    with running_chromium() as browser:
        yield browser


@pytest.fixture
def window(chromium: Chromium) -> Iterator[Window]:
    """Opens pages in a real browser; what the browser complains about fails the test."""
    from tests.support.browser import Window

    opened = Window(chromium)
    yield opened
    opened.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder what needs a browser, so that `-m "not journey"` leaves it out."""
    for item in items:
        if "journeys" in Path(str(item.path)).parts:
            item.add_marker(pytest.mark.journey)
