"""Organisers at the test client: an account of a role that is logged in, and what the audit says of it."""

from __future__ import annotations

from typing import Any

from flask import Flask
from sqlalchemy import text

from app.database import teams
from app.ports import Ports
from tests.support.accounts import password_hash
from tests.support.client import PageClient


def add_account(ports: Ports, name: str, role: str = "team", **columns: Any) -> int:
    """An account that can log in; answers its id."""
    row: dict[str, Any] = {
        "name": name, "name_key": name.casefold(),
        "display_name": f"The {name}", "display_key": f"the {name}".casefold(),
        "division": "open" if role == "team" else "staff", "created_at": ports.clock.now(), "role": role,
        "password_hash": password_hash(), "emails": [], "guess_times": [],
    }  # fmt: skip
    with ports.database.writing() as connection:
        return teams.add(connection, **(row | columns))


def enter(app: Flask, name: str, role: str) -> PageClient:
    """A logged-in organiser."""
    add_account(app.extensions["infinity"], name, role)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.login(name).status_code == 303
    return client


def audited(ports: Ports) -> list[tuple[str, str, str]]:
    """Every line of the audit: who, what, on what."""
    with ports.database.reading() as connection:
        rows = connection.execute(text("SELECT actor, action, subject FROM audit ORDER BY id")).all()
    return [(row[0], row[1], row[2]) for row in rows]
