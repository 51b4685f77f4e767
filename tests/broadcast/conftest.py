"""A hunt that runs in this process, with teams, pages and the way to tell them something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from app.broadcast import stored
from app.broadcast.monitor import LiveMonitor
from app.broadcast.wiring import Live as LiveParts
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin
from tests.support.sockets import OpenPage


@dataclass
class Live:
    """The app, and what the tests of the live part do with it."""

    app: Flask
    clock: FixedClock
    clients: dict[str, PageClient] = field(default_factory=dict)

    @property
    def ports(self) -> Ports:
        return self.app.extensions["infinity"]  # type: ignore[no-any-return]

    @property
    def parts(self) -> LiveParts:
        return self.app.extensions["live"]  # type: ignore[no-any-return]

    @property
    def monitor(self) -> LiveMonitor:
        return self.parts.monitor

    def team(self, name: str, **fields: Any) -> PageClient:
        """A team that has just registered."""
        client: PageClient = self.app.test_client()  # type: ignore[assignment]
        assert client.register(name, **fields).status_code == 303
        self.clients[name] = client
        return client

    def team_id(self, name: str) -> int:
        with self.ports.database.reading() as connection:
            return int(connection.exec_driver_sql(f"SELECT id FROM teams WHERE name = '{name}'").scalar_one())

    def page(self, name: str | None = None) -> OpenPage:
        """An open page of this team, or of a visitor, which has been greeted."""
        return OpenPage(self.app, self.clients[name] if name else None)

    def alert(self, text: str = "Look up", **more: Any) -> int:
        return stored.alert(self.ports.for_hunt, text, "Chief", **more).id

    def change(self, statement: str) -> None:
        """Change the database behind everybody's back, as another node does."""
        with self.ports.database.writing() as connection:
            connection.exec_driver_sql(statement)

    def count(self, table: str, where: str = "1 = 1") -> int:
        with self.ports.database.reading() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one())

    def queries(self, act: Callable[[], Any]) -> list[str]:
        """The statements that an act sends to the database."""
        heard: list[str] = []

        def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            heard.append(statement)

        engine = self.ports.database.engine
        event.listen(engine, "before_cursor_execute", listen)
        try:
            act()
        finally:
            event.remove(engine, "before_cursor_execute", listen)
        return heard


@pytest.fixture
def live(app: Flask, clock: FixedClock) -> Live:
    """The demo hunt, running, on either database."""
    begin(app, clock)
    return Live(app, clock)


@pytest.fixture
def small(make_small_app: Callable[..., Flask], clock: FixedClock) -> Live:
    """The same on SQLite alone, for what does not depend on the database."""
    app = make_small_app()
    begin(app, clock)
    return Live(app, clock)


@pytest.fixture
def make_small_app(sqlite_database: str, clock: FixedClock) -> Any:
    """A function that builds the app on SQLite; keywords are environment variables."""
    from app import create_app
    from app.extensions import db
    from config import Config
    from tests.support.environment import settings
    from tests.support.templates import compile_once

    compile_once()
    made = []

    def build(**environ: str) -> Flask:
        app = create_app(Config.from_env(settings(sqlite_database, environ)), clock=clock)
        app.test_client_class = PageClient
        made.append(app)
        return app

    yield build
    for app in made:
        with app.app_context():
            db.engine.dispose()
