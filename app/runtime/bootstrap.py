"""What must be true before anybody is served: tables up to date, something to play, an admin.

Called once by ``python -m app.runtime`` (in a child of its own when there are several processes). Any number of nodes
may do this at once, and again at every start: each step finds out whether it is still needed.
"""

from __future__ import annotations

import logging
import secrets

import flask_migrate
from flask import Flask

from app.accounts import roles
from app.clock import Clock
from app.content import refresh, restock
from app.core.in_force import InForce
from app.database import teams
from app.database.engine import Database, DatabaseBusy
from app.errors import FieldsRefused
from app.ports import Hasher, Ports
from app.runtime.logs import say
from app.runtime.monkeypatch import longest_silence
from config import ROOT, Config, SettingRefused

DEMO_ADMIN = "admin"
# A database that starts at the same moment, as after a power cut, is waited for.
PATIENCE_SECONDS = 30
# One step, or the wait for another node that migrates; the migrations have their own, shorter limits.
LONGEST_MIGRATION_SECONDS = 300.0
logger = logging.getLogger("infinity.start")


def prepare(app: Flask, config: Config, *, is_demo: bool) -> None:
    """Migrate, get the first content, make the first admin. Raises :class:`config.SettingRefused`, DatabaseBusy."""
    ports: Ports = app.extensions["infinity"]
    with app.app_context():
        wait_for_database(ports.database, ports.clock)
        migrate()
        stock(ports, config)
        make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=is_demo)


def wait_for_database(database: Database, clock: Clock) -> None:
    """Return as soon as the database answers. Raises :class:`DatabaseBusy` when it does not within half a minute."""
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with database.reading():
                return
        except DatabaseBusy:
            if clock.monotonic() > deadline:
                raise
            logger.warning("the database does not answer yet; trying again")
            clock.sleep(1)


def migrate() -> None:
    """Bring the tables up to date; of several nodes one does it and the others wait."""
    token = longest_silence.set(LONGEST_MIGRATION_SECONDS)
    try:
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    finally:
        longest_silence.reset(token)


def stock(ports: Ports, config: Config) -> None:
    """Make sure that there is content; without any the node serves, but says that it is not ready."""
    try:
        restock.ensure_content(ports.for_content, config)
        refresh.catch_up(ports.database, ports.in_force)
    except Exception:
        logger.exception("there is no content yet, and none could be loaded")


def make_first_admin(
    database: Database, in_force: InForce, clock: Clock, hasher: Hasher, config: Config, *, is_demo: bool
) -> None:
    """Make the admin that ADMIN_NAME asks for, unless there is one. Raises :class:`config.SettingRefused`."""
    if teams.has_admin(database):
        return
    name = config.admin_name or (DEMO_ADMIN if is_demo else "")
    if not name:
        logger.warning("there is no admin yet; make one with: flask --app wsgi hunt admin NAME")
        return
    password = config.admin_password or (secrets.token_urlsafe(9) if is_demo else "")
    if not password:
        raise SettingRefused("ADMIN_PASSWORD", "is needed to make the first admin")
    try:
        made = roles.create_or_promote_admin(
            database, in_force, clock, hasher, name, password, actor="environment", is_first_alone=True
        )
    except FieldsRefused as refused:
        raise _refused_setting(refused) from None
    if made and not config.admin_password:
        say(f"\nThe first admin is {name!r} with the password {password!r}; it is not shown again.\n")


def _refused_setting(refused: FieldsRefused) -> SettingRefused:
    field, problem = next(iter(refused.fields.items()))
    return SettingRefused("ADMIN_NAME" if "name" in field else "ADMIN_PASSWORD", problem)
