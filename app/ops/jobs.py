"""The jobs: interval, and shared or in every process.

To add one: a short, repeatable function of :class:`Ports` without long computation, in :data:`JOBS`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from flask import current_app

from app.accounts import (
    ended_session_queries,
    login_failure_queries,
    password_reset,
    registration_bucket_queries,
    reset_link_queries,
)
from app.announcements import errata, mail_runs
from app.announcements.mail_runs import MailServices
from app.broadcast import presence, wiring
from app.content import refresh
from app.content.imports import run as import_run
from app.database import mail_limits
from app.guesses import queries as guess_queries
from app.hints import credits
from app.notifications import desk_notices, organiser_chat, outbox, outbox_queries, team_news, team_webhook_queries
from app.notifications.desk_notices import Writing
from app.ops import health_views, job_queries, metric_gauges, server_load_queries
from app.ports import Ports

RECEIPTS_KEPT = timedelta(minutes=1)
RUNS_KEPT = timedelta(days=2)
CROWDED = 0.8
logger = logging.getLogger("infinity.jobs")


@dataclass(frozen=True, slots=True)
class Job:
    """``is_shared``: once among all processes."""

    name: str
    seconds: float
    work: Callable[[Ports], None]
    is_shared: bool = True


def follow(ports: Ports) -> None:
    refresh.catch_up(ports.database, ports.in_force)


def sweep(ports: Ports) -> None:
    now = ports.clock.now()
    with ports.database.writing() as connection:
        guess_queries.sweep_receipts(connection, now - RECEIPTS_KEPT)
        login_failure_queries.sweep(connection, now)
        reset_link_queries.sweep(connection, now)
        ended_session_queries.sweep(connection, now)
        registration_bucket_queries.sweep(connection, now)
        job_queries.sweep(connection, now - RUNS_KEPT)
        mail_limits.sweep(connection, now)
    import_run.forget_files(ports.database, now)


def grant_due(ports: Ports) -> None:
    credits.run_schedule(ports.for_hunt)


def gather_notices(ports: Ports) -> None:
    if organiser_chat.NOTICE in current_app.extensions["senders"]:
        organiser_chat.gather_notices(ports.database, ports.in_force, ports.clock)


def send_due(ports: Ports) -> None:
    senders = current_app.extensions["senders"]
    if senders:
        outbox.send_due(
            ports.database,
            ports.clock,
            ports.encryption,
            senders,
            write_link=partial(password_reset.write_link, ports.database, ports.in_force, ports.clock, ports.translate),
        )
        outbox.sweep_outbox(ports.database, ports.clock)


def mail_announcements(ports: Ports) -> None:
    server, config = current_app.extensions["senders"].get(outbox_queries.MAIL), current_app.extensions["config"]
    if server is not None:
        services = MailServices(
            ports.database, ports.in_force, ports.clock, ports.encryption, ports.translate, _site(config.site_url)
        )
        mail_runs.send_runs(services, server)


def _site(url: str) -> str:
    return url.rstrip("/") + "/" if url else ""


def tell_of_the_desk(ports: Ports) -> None:
    can_mail, config = outbox_queries.MAIL in current_app.extensions["senders"], current_app.extensions["config"]
    desk_notices.gather(
        Writing(
            ports.database, ports.in_force, ports.clock, ports.encryption, ports.translate, can_mail,
            _site(config.site_url),
        )
    )  # fmt: skip


def announce_errata(ports: Ports) -> None:
    if ports.in_force.is_loaded:
        errata.announce_errata(ports.for_hunt)


def gather_news(ports: Ports) -> None:
    team_news.gather_news(ports.database, ports.in_force, ports.clock, ports.translate)


def send_to_hooks(ports: Ports) -> None:
    """Separate from mail, since teams choose the hosts."""
    if team_webhook_queries.has_any(ports.database):
        outbox.send_due(
            ports.database,
            ports.clock,
            ports.encryption,
            {outbox.HOOK: team_news.HookSender(ports.database, ports.clock, ports.encryption, ports.prox)},
            is_for_hooks=True,
        )
        outbox.sweep_outbox(ports.database, ports.clock)


def watch_connections(ports: Ports) -> None:
    """Warn early: a full server makes all nodes unready."""
    load = server_load_queries.read_connections(ports.database)
    if load is None:
        return
    used, limit = load
    if used >= CROWDED * limit:
        logger.warning("the database server has %s of %s connections in use", used, limit)


def measure(ports: Ports) -> None:
    health_views.reasons_against()
    health_views.measure(ports.database, ports.in_force)


def write_figures(ports: Ports) -> None:
    metric_gauges.write_figures(ports.database, ports.clock)


def forget_silent(ports: Ports) -> None:
    presence.forget_silent(ports.database, ports.clock)


JOBS = (
    Job("follow", 1, follow, is_shared=False),
    Job("live", 1, wiring.tick, is_shared=False),
    Job("errata", 2, announce_errata, is_shared=False),
    Job("measure", 5, measure, is_shared=False),
    Job("figures", 15, write_figures, is_shared=False),
    Job("sweep", 30, sweep),
    Job("forget_silent", 60, forget_silent),
    Job("watch_connections", 30, watch_connections),
    Job("hint_schedule", 10, grant_due),
    Job("notices", 5, gather_notices),
    Job("desk_notices", 5, tell_of_the_desk),
    Job("outbox", 5, send_due),
    Job("mail_runs", 5, mail_announcements),
    Job("team_news", 10, gather_news),
    Job("team_hooks", 5, send_to_hooks),
)
