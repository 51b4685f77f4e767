"""Application wiring. Uses no database or network; the caller runs migrations and creates the first content and
admin.
"""

from __future__ import annotations

import importlib
from pathlib import Path

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from app import middleware
from app.accounts.address_views import mailboxes
from app.accounts.identity_provider import IdentityProvider
from app.accounts.notice_views import notices
from app.accounts.organisation_views import organisation
from app.accounts.program_views import programs
from app.accounts.second_factor_views import factor
from app.accounts.views import account
from app.announcements.mail_views import one_click, unsubscribing
from app.announcements.views import announcements
from app.boards.statistics_views import statistics
from app.boards.views import leaderboard
from app.broadcast import wiring
from app.broadcast.api import broadcast_api
from app.broadcast.polling import events
from app.clock import Clock, SystemClock
from app.content.asset_views import assets
from app.content.page_views import reading
from app.content.style_views import style
from app.core.in_force import InForce
from app.database import engine
from app.database.engine import Database, engine_options
from app.encryption import Encryption
from app.extensions import db, migrate
from app.game.history_views import history
from app.game.home_views import home
from app.game.story_views import story
from app.game.views import game
from app.guesses.verdict import VerdictCache
from app.notifications.outbox import OutboxPostman
from app.notifications.senders import senders_of
from app.ops.health_views import health
from app.ports import Ports
from app.prox.client import make_client, make_picture_cache
from app.prox.views import prox
from app.runtime import websocket_limits
from app.runtime.background import Later
from app.runtime.bcrypt_pool import HashingPool
from app.runtime.identity import application_name, version
from app.runtime.monkeypatch import is_patched, offload
from app.settings.look_views import look
from app.web import languages, template_globals
from app.web.admin_blueprint import admin
from app.web.command_line import hunt
from app.web.safe_redirect import RowNumber
from app.web.sessions import HuntSessions
from app.web.static_files import serve_static
from app.web.visit import Hunt
from config import ROOT, Config

# Importing registers the organisers' pages on the blueprint ``admin`` and the commands on the group ``hunt``.
ON_IMPORT = (
    "accounts.admin accounts.cli accounts.impersonation_admin accounts.team_acts_admin accounts.team_import_admin "
    "accounts.team_import_cli announcements.admin broadcast.admin content.admin content.cli content.simulation_cli "
    "content.staging_admin game.preview_admin guesses.accept_admin guesses.cli guesses.hashes_admin "
    "guesses.late_solves_admin hints.credits_admin hints.admin hints.cli hints.reports_admin content.imports.admin "
    "content.imports.cli "
    "ops.cheating_admin ops.cli ops.dashboard_admin ops.log_admin ops.status_admin "
    "settings.admin settings.cli settings.customization_admin settings.lockdown_admin "
    "content.writing.admin content.writing.begin_admin content.writing.patch_admin test_solving.admin test_solving.cli"
)
for _module in ON_IMPORT.split():
    importlib.import_module(f"app.{_module}")


def build_app(config: Config, *, clock: Clock | None = None) -> Flask:
    app = Hunt("app", static_folder=None, template_folder="templates", root_path=str(Path(__file__).parent))
    app.jinja_environment = languages.HuntTemplates
    _configure(app, config)
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    languages.install(app)
    app.extensions["config"] = config
    app.extensions["senders"] = senders_of(config)
    app.extensions["infinity"] = _ports(app, config, clock or SystemClock())
    app.extensions["identity_provider"] = _identity_provider(config, app.extensions["infinity"].clock)
    app.extensions["picture_cache"] = make_picture_cache(config)
    app.session_interface = HuntSessions()
    middleware.install(app)
    _add_views(app)
    _add_commands(app)
    serve_static(app, config.instance / "static")
    template_globals.install(app)
    live = app.extensions["live"]
    wiring.install(app, live, config.sockets_per_address)
    ports = app.extensions["infinity"]
    websocket_limits.tame(live.sockets.server.eio, ports.clock, ports.clock.sleep)
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
        # itsdangerous signs with the last key and accepts all.
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
        database = Database(db.engine, is_direct=not config.database_direct_url)
        engine.watch(db.engine, clock, config.slow_query_ms)
    in_force = InForce(xp_period_seconds=config.xp_period_seconds)
    live = app.extensions["live"] = wiring.make_live(
        clock,
        database,
        in_force,
        secret=secret,
        redis_url=config.redis_url,
        async_mode=websocket_limits.async_mode(),
        process=application_name(),
        is_inline=not is_patched(),
    )
    return Ports(
        clock=clock,
        database=database,
        in_force=in_force,
        hasher=HashingPool(password_cost=config.password_cost, answer_cost=config.answer_cost),
        broadcaster=live.broadcaster,
        postman=OutboxPostman(clock, database, encryption, is_set_up=bool(config.smtp_url)),
        later=Later(),
        verdicts=VerdictCache(secret),
        secret=secret,
        encryption=encryption,
        prox=make_client(config, offload),
        translate=languages.translator(app),
        offload=offload,
    )


def _identity_provider(config: Config, clock: Clock) -> IdentityProvider | None:
    if not config.oidc_issuer:
        return None
    return IdentityProvider(config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret, clock.monotonic)


def _add_views(app: Flask) -> None:
    app.url_map.converters["int"] = RowNumber
    for blueprint in (
        health,
        home,
        account,
        programs,
        factor,
        organisation,
        mailboxes,
        notices,
        game,
        story,
        history,
        leaderboard,
        announcements,
        unsubscribing,
        one_click,
        reading,
        assets,
        style,
        look,
        statistics,
    ):
        app.register_blueprint(blueprint)
    app.register_blueprint(admin)
    for blueprint in (events, broadcast_api, prox):
        app.register_blueprint(blueprint)


def _add_commands(app: Flask) -> None:
    app.cli.add_command(hunt)
