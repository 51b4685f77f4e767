"""The application, wired: one readable order, and nothing but wiring.

Touches neither database nor network: migrations, first content and first admin are made by whoever starts the program.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import middleware
from app.broadcast import wiring
from app.broadcast.api import broadcast_api
from app.broadcast.polling import events
from app.cli import hunt
from app.clock import Clock, SystemClock
from app.content.current import Current
from app.encryption import Encryption
from app.extensions import db, migrate
from app.guesses.verdict_cache import VerdictCache
from app.prox.door import make_door, make_shelf
from app.prox.views import prox
from app.runtime import sockets
from app.runtime.couriers import couriers_of
from app.runtime.green import is_patched, offload
from app.runtime.hashing import HashingPool
from app.runtime.identity import application_name, version
from app.runtime.later import Later
from app.services.following import SettingsInForce
from app.services.mailing import OutboxPostman
from app.services.ports import Ports
from app.store import statements
from app.store.connections import Database, engine_options
from app.views import languages, words
from app.views.account import account
from app.views.admin import admin
from app.views.announcements import announcements
from app.views.assets import assets
from app.views.game import game
from app.views.health import health
from app.views.home import home
from app.views.leaderboard import leaderboard
from app.views.paths import RowNumber
from app.views.programs import programs
from app.views.reading import reading
from app.views.sessions import HuntSessions
from app.views.static_files import serve_static
from app.views.statistics import statistics
from app.views.story import story
from app.views.style import style
from config import ROOT, Config


class Hunt(Flask):
    """Flask, told that no view or hook of this program is a coroutine: it would ask that of each, for every request."""

    jinja_environment = languages.HuntTemplates

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function as it is."""
        return func


def build_app(config: Config, *, clock: Clock | None = None) -> Flask:
    """The whole application for this configuration."""
    app = Hunt("app", static_folder=None, template_folder="templates", root_path=str(Path(__file__).parent))
    _configure(app, config)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    languages.install(app)
    app.extensions["config"] = config
    app.extensions["couriers"] = couriers_of(config)
    app.extensions["infinity"] = _ports(app, config, clock or SystemClock())
    app.extensions["prox_shelf"] = make_shelf(config)
    app.session_interface = HuntSessions()
    middleware.install(app)
    _add_views(app)
    _add_commands(app)
    serve_static(app, config.instance / "static")
    words.install(app)
    live = app.extensions["live"]
    wiring.install(app, live)
    ports = app.extensions["infinity"]
    sockets.tame(live.sockets.server.eio, ports.clock, ports.pause)
    if config.trusted_proxies:
        hops = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, config: Config) -> None:
    if config.is_sqlite:
        config.instance.mkdir(parents=True, exist_ok=True)
    options = engine_options(config.database_url, config.db_pool_size, config.db_pool_timeout, application_name())
    app.config.update(
        SECRET_KEY=config.secret_key,
        SECRET_KEY_FALLBACKS=list(config.secret_key_fallbacks),
        # itsdangerous signs with the last key and reads with all.
        WTF_CSRF_SECRET_KEY=list(config.secret_keys[::-1]),
        SQLALCHEMY_DATABASE_URI=config.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=options,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_REFRESH_EACH_REQUEST=False,
        TRUSTED_PROXIES=config.trusted_proxies,
        TEMPLATES_AUTO_RELOAD=False,
        VERSION=version(),
    )


def _ports(app: Flask, config: Config, clock: Clock) -> Ports:
    secret, encryption = config.secret_key.encode(), Encryption(config.secret_keys)
    with app.app_context():
        database = Database(db.engine)
        statements.watch(db.engine, clock, config.slow_query_ms)
    settings = SettingsInForce()
    live = app.extensions["live"] = wiring.make_live(
        clock,
        database,
        settings,
        secret=secret,
        redis_url=config.redis_url,
        async_mode=sockets.async_mode(),
        process=application_name(),
        is_inline=not is_patched(),
    )
    return Ports(
        clock=clock,
        database=database,
        content=Current(),
        settings=settings,
        hasher=HashingPool(),
        broadcaster=live.broadcaster,
        postman=OutboxPostman(clock, database, encryption, is_set_up=bool(config.smtp_url)),
        later=Later(),
        pause=time.sleep,
        verdicts=VerdictCache(secret),
        secret=secret,
        encryption=encryption,
        password_cost=config.password_cost,
        answer_cost=config.answer_cost,
        xp_period_seconds=config.xp_period_seconds,
        prox=make_door(config, offload),
        translate=languages.translator(app),
    )


def _add_views(app: Flask) -> None:
    app.url_map.converters["int"] = RowNumber
    for blueprint in (
        health,
        home,
        account,
        programs,
        game,
        story,
        leaderboard,
        announcements,
        reading,
        assets,
        style,
        statistics,
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(admin)
    for blueprint in (events, broadcast_api, prox):
        app.register_blueprint(blueprint)


def _add_commands(app: Flask) -> None:
    app.cli.add_command(hunt)
