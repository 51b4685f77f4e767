"""Teams with passwords for the tests of accounts, and a hasher that measures how much work a login was."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import bcrypt
from flask import Flask
from sqlalchemy import select, text

from app.accounts.password_rules import prepared
from app.accounts.profile import Profile
from app.accounts.registration import Registration
from app.database import hunt_state
from app.database.schema import Team
from app.ports import Ports
from tests.support.client import PASSWORD
from tests.support.world import World, small_content

HERE, THERE = "192.0.2.7", "198.51.100.23"


def password_hash(password: str = PASSWORD, cost: int = 4, prefix: str = "2b") -> str:
    """A stored hash as it may come from here or from elsewhere."""
    return bcrypt.hashpw(prepared(password), bcrypt.gensalt(cost)).decode().replace("$2b$", f"${prefix}$", 1)


def add_team(node: World, name: str = "Owls", password: str | None = PASSWORD, **columns: Any) -> int:
    """A team that can log in."""
    return node.add_team(name, password_hash=None if password is None else password_hash(password), **columns)


def form(name: str = "Owls", **changes: Any) -> Registration:
    """A registration form without a fault, but for what is changed in it."""
    profile = {field: changes.pop(field) for field in ("display_name", "affiliation", "emails") if field in changes}
    filled = Registration(name, Profile(**({"display_name": f"The {name}"} | profile)), "open", PASSWORD, PASSWORD)
    return replace(filled, **changes)


class MeasuringHasher:
    """Real bcrypt; adds up its work in units of the cheapest step, and remembers what was hashed anew."""

    answer_cost = 4

    def __init__(self, password_cost: int) -> None:
        self.password_cost = password_cost
        self.work = 0
        self.made_at: list[int] = []

    def expect_room(self, lane: str) -> None:
        assert lane in ("login", "registration")

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        assert lane in ("login", "registration")
        self.work += 2 ** int(hashed.split(b"$")[2])
        try:
            return bcrypt.checkpw(secret, hashed)
        except ValueError:
            return False

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        assert lane in ("login", "registration")
        self.made_at.append(cost)
        return bcrypt.hashpw(secret, bcrypt.gensalt(cost)).decode()


def measured(node: World, cost: int = 7) -> tuple[Ports, MeasuringHasher]:
    """The node's ports with passwords of this cost, and the meter."""
    hasher = MeasuringHasher(cost)
    return replace(node.ports, hasher=hasher), hasher


def in_play(app: Flask, **changes: Any) -> Ports:
    """Give an app a small content to play, without a source and without a command; answers its ports."""
    ports: Ports = app.extensions["infinity"]
    ports.in_force.put(small_content(**changes))
    return ports


def set_now(ports: Ports, **settings: str) -> None:
    """Change settings as an organiser does; the next request follows."""
    with ports.database.writing() as connection:
        hunt_state.write_settings(connection, settings, ports.clock.now())


def ids(ports: Ports) -> dict[str, int]:
    """The accounts by name."""
    with ports.database.reading() as connection:
        return {row[0]: row[1] for row in connection.execute(select(Team.name, Team.id)).all()}


def rows(ports: Ports, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query written as SQL."""
    with ports.database.reading() as connection:
        return [tuple(row) for row in connection.execute(text(query)).all()]
