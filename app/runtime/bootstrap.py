"""What must be true before anybody is served: tables up to date, an admin, something to play.

Called once by ``python -m app.runtime`` (by the parent when there are several processes). Any number of nodes may do
this at once, and again at every start: each step finds out whether it is still needed.
"""

from __future__ import annotations

import logging
import secrets

import flask_migrate
from flask import Flask

from app.rules import names, passwords
from app.services.ports import Ports
from app.store import journal, teams
from config import ROOT, Config, SettingRefused

logger = logging.getLogger("infinity.start")
DEMO_ADMIN = "admin"


def prepare(app: Flask, config: Config, *, is_demo: bool) -> None:
    """Migrate, make the first admin, get the first content. Raises :class:`config.SettingRefused`."""
    ports: Ports = app.extensions["infinity"]
    with app.app_context():
        migrate()
        make_first_admin(ports, config, is_demo=is_demo)
        stock(ports, config)


def migrate() -> None:
    """Bring the tables up to date; of several nodes one does it and the others wait."""
    flask_migrate.upgrade(directory=str(ROOT / "migrations"))


def stock(ports: Ports, config: Config) -> bool:
    """Make sure that there is content; without any the node serves, but says that it is not ready."""
    from app.services.restocking import ensure_content

    try:
        ensure_content(ports, config)
    except Exception:
        logger.exception("there is no content yet, and none could be loaded")
    return ports.content.is_loaded


def make_first_admin(ports: Ports, config: Config, *, is_demo: bool) -> None:
    """Make the admin that ADMIN_NAME asks for, unless there is one. Raises :class:`config.SettingRefused`."""
    if teams.has_admin(ports.database):
        return
    name = names.tidy(config.admin_name or (DEMO_ADMIN if is_demo else ""))
    if not name:
        logger.warning("there is no admin yet; make one with: flask --app wsgi hunt admin NAME")
        return
    password = config.admin_password or (secrets.token_urlsafe(9) if is_demo else "")
    _refuse_unusable(name, password)
    hashed = ports.hasher.make("login", passwords.prepared(password), ports.password_cost)
    if _store_admin(ports, name, hashed) and not config.admin_password:
        print(f"\nThe first admin is {name!r} with the password {password!r}; it is not shown again.\n", flush=True)


def _refuse_unusable(name: str, password: str) -> None:
    problem = names.check_name(name)
    if problem:
        raise SettingRefused("ADMIN_NAME", problem)
    problem = passwords.problem(password)
    if problem:
        raise SettingRefused("ADMIN_PASSWORD", f"is needed for the first admin. {problem}")


def _store_admin(ports: Ports, name: str, hashed: str) -> bool:
    """Store the admin; False when another node was faster."""
    now = ports.clock.now()
    known = teams.find_by_name(ports.database, names.name_key(name))
    with ports.database.writing() as connection:
        teams.lock_bootstrap(connection)
        if teams.count_admins(connection):
            return False
        if known is None:
            teams.add(connection, **_new_admin(name), password_hash=hashed, created_at=now)
        else:
            # Somebody registered under this name while there was no admin: from now on the account is the organisers'.
            teams.change(connection, known.id, role="admin", is_banned=False, password_hash=hashed)
            teams.end_sessions(connection, known.id)
        journal.audit(connection, now, "environment", "admin.first", subject=name)
    return True


def _new_admin(name: str) -> dict[str, str]:
    keys = {"name_key": names.name_key(name), "display_key": names.display_key(name)}
    return {"name": name, "display_name": name, "division": "", "role": "admin", **keys}
