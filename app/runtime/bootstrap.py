"""Preparation before serving: migrations, content, first admin.

Any number of nodes may run it at once and repeatedly.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterable

import flask_migrate
from flask import Flask

from app.accounts import roles
from app.clock import Clock
from app.content import refresh, restock
from app.content.faults import ContentFaulty
from app.content.sources.tables import SourceUnreadable
from app.core.in_force import InForce
from app.database import server_check, teams
from app.database.engine import Database, DatabaseBusy
from app.database.server_faults import ServerFault
from app.errors import FieldsRefused
from app.ports import Hasher, Ports
from app.runtime.logs import say
from app.runtime.monkeypatch import longest_silence
from config import ROOT, Config, SettingRefused

DEMO_ADMIN = "admin"
# The database may be starting too, as after a power cut.
PATIENCE_SECONDS = 30
# One step, or the wait for another node that migrates; the migrations have their own, shorter limits.
LONGEST_MIGRATION_SECONDS = 300.0
logger = logging.getLogger("infinity.start")


def prepare(app: Flask, config: Config, *, is_demo: bool) -> None:
    """Raises :class:`config.SettingRefused`, :class:`ServerUnfit`, DatabaseBusy."""
    ports: Ports = app.extensions["infinity"]
    with app.app_context():
        wait_for_database(ports.database, ports.clock, lambda: server_check.refusal(config))
        check_server(config)
        migrate()
        stock(ports, config)
        make_first_admin(ports.database, ports.in_force, ports.clock, ports.hasher, config, is_demo=is_demo)


class ServerUnfit(Exception):
    """The text says why and what to do."""


def wait_for_database(database: Database, clock: Clock, refusal: Callable[[], ServerFault | None]) -> None:
    """Raises :class:`DatabaseBusy` or :class:`ServerUnfit` after half a minute, or where waiting cannot help."""
    deadline = clock.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with database.reading():
                return
        except DatabaseBusy:
            why = refusal()
            if why and (why.is_fatal or clock.monotonic() > deadline):
                raise ServerUnfit(str(why)) from None
            if clock.monotonic() > deadline:
                raise
            logger.warning("the database does not answer yet; trying again. %s", why or "")
            clock.sleep(1)


def check_server(config: Config) -> None:
    """Raises :class:`ServerUnfit`."""
    found = server_check.examine(config)
    for fault in found:
        if not fault.is_fatal:
            logger.warning("database: %s", fault)
    fatal = [str(fault) for fault in found if fault.is_fatal]
    if fatal:
        raise ServerUnfit("\n".join(fatal))


def migrate() -> None:
    """One node migrates, others wait."""
    token = longest_silence.set(LONGEST_MIGRATION_SECONDS)
    try:
        flask_migrate.upgrade(directory=str(ROOT / "migrations"))
    finally:
        longest_silence.reset(token)


def stock(ports: Ports, config: Config) -> None:
    """Ensure content; without it the node serves but is not ready.

    Failures are logged as ``hunt check`` would print them.
    """
    try:
        restock.ensure_content(ports.for_content, ports.hasher, config)
        refresh.catch_up(ports.database, ports.in_force)
    except ContentFaulty as faulty:
        _log_no_content(str(fault) for fault in faulty.faults)
    except SourceUnreadable as unreadable:
        _log_no_content(unreadable.reasons)
    except restock.SourceMissing as missing:
        _log_no_content([missing.message])
    except Exception:
        logger.exception("there is no content yet, and none could be loaded")


def _log_no_content(reasons: Iterable[str]) -> None:
    logger.error("there is no content yet, and none could be loaded; hunt restock fetches it once this is mended:")
    for reason in reasons:
        logger.error("content: %s", reason)


def make_first_admin(
    database: Database, in_force: InForce, clock: Clock, hasher: Hasher, config: Config, *, is_demo: bool
) -> None:
    """The admin of ADMIN_NAME, if there is none. Raises :class:`config.SettingRefused`."""
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
