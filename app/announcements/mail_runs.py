"""Announcements by mail, sent by a job.

At most once an address, as far as SMTP allows: claims have leases, the row is marked before the text is sent, and a
lost reply is counted as unclear, not repeated.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from app.announcements import draft_queries, mail_run_queries
from app.announcements.mail_run_queries import (
    BOUNCED,
    HANDED,
    REFUSED,
    SENDING,
    SENT,
    SKIPPED,
    UNCLEAR,
    UNSUBSCRIBED,
    WAITING,
    Claimed,
    OpenRun,
    RunProgress,
)  # fmt: skip
from app.announcements.mail_text import as_plain_text
from app.broadcast.audience import AT_WORK
from app.broadcast.working_teams import is_at_work, teams_at_work
from app.clock import Clock
from app.concurrency.crew import work_off
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.database import audit
from app.database.announcements import CHOSEN
from app.database.engine import Database, Transaction
from app.encryption import DecryptionFailed, Encryption
from app.errors import HuntError, NotFound
from app.notifications.outbox import MailServer, NotDelivered
from app.ports import Translate

PURPOSE = "unsubscribe"
CLAIMED_FOR = timedelta(minutes=10)
AT_ONCE = 2
MOST_ATTEMPTS = 6
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=5), timedelta(hours=2)
# While the mail server is away; that is nobody's bounce and is not counted.
SERVER_PAUSE = timedelta(minutes=1)
LOOK_AGAIN_SECONDS, RUN_SECONDS = 1.0, 60.0
logger = logging.getLogger("infinity.mail")


class AlreadyMailed(HuntError):
    """One announcement, one run."""

    code = "conflict"
    message = sentence("It’s already being mailed.")


class NoMailServer(HuntError):
    """There is no mail server."""

    code = "conflict"
    message = sentence("This site can’t send email: no mail server is set.")


class LinkInvalid(NotFound):
    """An invalid unsubscribe link."""


class NotOurs(Exception):
    """The claim is lost or the run stopped; nothing was sent."""


@dataclass(frozen=True, slots=True)
class MailServices:
    """What writing mails needs. ``site_url`` ends in a slash; empty: no links."""

    database: Database
    in_force: InForce
    clock: Clock
    encryption: Encryption
    translate: Translate
    site_url: str


# --- by whoever announces --------------------------------------------------------------------------------------------


def count_addresses(
    database: Database, in_force: InForce, clock: Clock, audience: str, puzzle_id: str | None,
    team_ids: Sequence[int] = (),
) -> int:  # fmt: skip
    """Proved, competing, not unsubscribed, unique."""
    teams = teams_at_work(database, in_force, clock, puzzle_id or "") if audience == AT_WORK else None
    return mail_run_queries.count_addresses(database, audience, tuple(team_ids) if audience == CHOSEN else teams)


def add_run(connection: Transaction, announcement_id: int, clock: Clock, actor: str, address: str = "") -> None:
    """Raises :class:`AlreadyMailed`, NotFound."""
    is_mailed = mail_run_queries.lock_announcement(connection, announcement_id)
    if is_mailed is None:
        raise NotFound
    if is_mailed:
        raise AlreadyMailed
    mail_run_queries.add_run(connection, announcement_id, clock.now())
    audit.audit(connection, clock.now(), actor, "announcement.mail", str(announcement_id), address)


def mail_published(database: Database, clock: Clock, announcement_id: int, actor: str, address: str = "") -> None:
    """Mail a published one. Raises :class:`AlreadyMailed`, NotFound."""
    with database.writing() as connection:
        add_run(connection, announcement_id, clock, actor, address)


def stop_run(database: Database, clock: Clock, announcement_id: int, actor: str, address: str = "") -> bool:
    with database.writing() as connection:
        is_stopped = mail_run_queries.stop(connection, announcement_id, clock.now())
        if is_stopped:
            audit.audit(connection, clock.now(), actor, "announcement.mail_stop", str(announcement_id), address)
    return is_stopped


def find_progress(database: Database, announcement_id: int) -> RunProgress | None:
    return mail_run_queries.read_progress(database, announcement_id)


def unsubscribe(database: Database, clock: Clock, encryption: Encryption, token: str) -> str:
    """Returns the address. Raises :class:`LinkInvalid`."""
    address = address_of_link(encryption, token)
    with database.writing() as connection:
        mail_run_queries.refuse(connection, address, UNSUBSCRIBED, clock.now())
    return address


def address_of_link(encryption: Encryption, token: str) -> str:
    """Raises :class:`LinkInvalid`."""
    try:
        return str(json.loads(encryption.decrypt(PURPOSE, token))["address"])
    except (DecryptionFailed, ValueError, KeyError, TypeError):
        raise LinkInvalid from None


# --- the mail --------------------------------------------------------------------------------------------------------


def write_mail(services: MailServices, announcement_id: int, address: str, language: str) -> dict[str, Any] | None:
    """With the present text; None if it is gone."""
    found = draft_queries.find(services.database, announcement_id)
    if found is None:
        return None
    name, headers = services.in_force.settings.hunt_name, {}
    reason = sentence("You’re getting this because your address is confirmed for a team in %(hunt)s.", hunt=name)
    parts = [as_plain_text(found.source, services.site_url), "--", services.translate(language, reason)]
    if services.site_url:
        page = f"{services.site_url}announcements/{announcement_id}"
        where = sentence("Read it on the site: %(link)s", link=page)
        parts.insert(1, services.translate(language, where))
        token = services.encryption.encrypt(PURPOSE, json.dumps({"address": address}))
        leave = f"{services.site_url}unsubscribe/{token}"
        way_out = sentence("Unsubscribe: %(link)s", link=leave)
        parts.append(services.translate(language, way_out))
        headers = {
            "List-Unsubscribe": f"<{services.site_url}api/unsubscribe/{token}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return {"to": [address], "subject": f"{name}: {found.title}", "text": "\n\n".join(parts), "headers": headers}


# --- by the job ------------------------------------------------------------------------------------------------------


def send_runs(services: MailServices, server: MailServer) -> int:
    """At most ``mail_rate`` in any minute; returns how many."""
    runs = mail_run_queries.read_open(services.database)
    if not runs:
        return 0
    for run in runs:
        if not run.is_filled:
            _fill(services, run)
    by_id, ends_at = {run.id: run for run in runs}, services.clock.monotonic() + RUN_SECONDS

    def find(running: Sequence[Claimed]) -> list[Claimed]:
        return _claim(services, AT_ONCE - len(running)) if services.clock.monotonic() < ends_at else []

    count = work_off(find, lambda one: _mail(services, server, by_id.get(one.run_id), one), LOOK_AGAIN_SECONDS)
    with services.database.writing() as connection:
        mail_run_queries.finish_done(connection, services.clock.now())
    return count


def _fill(services: MailServices, run: OpenRun) -> None:
    teams = None
    if run.audience == AT_WORK:
        teams = teams_at_work(services.database, services.in_force, services.clock, run.puzzle_id or "")
    elif run.audience == CHOSEN:
        teams = announcement_queries.read_teams(services.database, run.announcement_id)
    with services.database.writing() as connection:
        mail_run_queries.fill(connection, run, teams, services.clock.now())


def _claim(services: MailServices, free: int) -> list[Claimed]:
    now = services.clock.now()
    if free <= 0:
        return []
    with services.database.writing() as connection:
        return mail_run_queries.claim(connection, now, now + CLAIMED_FOR, services.in_force.settings.mail_rate, free)


def _mail(services: MailServices, server: MailServer, run: OpenRun | None, one: Claimed) -> bool:
    if run is None:
        # A run that began while this one was under way: the next turn of the job has it.
        _move(services, one, WAITING, due_at=services.clock.now())
        return False
    mail = (
        write_mail(services, one.announcement_id, one.address, one.language) if _is_wanted(services, run, one) else None
    )
    if mail is None:
        _move(services, one, SKIPPED)
        return False
    mail["message_id"] = _message_id(services, one)
    try:
        server.hand_over(mail, lambda: _mark_handed(services, one))
    except NotOurs:
        return False
    except NotDelivered as why:
        _note_failure(services, one, why)
        return False
    _move(services, one, SENT, of=(HANDED,))
    return True


def _message_id(services: MailServices, one: Claimed) -> str:
    """The same at each attempt, so a mailbox can drop duplicates."""
    host = urlsplit(services.site_url).hostname or "infinity.invalid"
    return f"<announcement-{one.run_id}-{one.id}-{int(one.made_at.timestamp())}@{host}>"


def _is_wanted(services: MailServices, run: OpenRun, one: Claimed) -> bool:
    """Still subscribed, in use and, for a puzzle, open and unsolved."""
    with services.database.reading() as connection:
        teams = mail_run_queries.teams_wanting(connection, one.address)
    if run.audience != AT_WORK:
        return bool(teams)
    return is_at_work(services.database, services.in_force, services.clock, run.puzzle_id or "", teams)


def _mark_handed(services: MailServices, one: Claimed) -> None:
    if not _move(services, one, HANDED):
        raise NotOurs


def _move(services: MailServices, one: Claimed, state: str, *, of: Sequence[str] = (SENDING,), **columns: Any) -> bool:
    with services.database.writing() as connection:
        return mail_run_queries.move(connection, one, state, of=of, **columns)


def _note_failure(services: MailServices, one: Claimed, why: NotDelivered) -> None:
    logger.warning("mail %s of run %s was not taken (attempt %s): %s", one.id, one.run_id, one.attempts, why.kind)
    now, of, problem = services.clock.now(), (SENDING, HANDED), why.kind[:80]
    with services.database.writing() as connection:
        if why.is_unclear:
            mail_run_queries.move(connection, one, UNCLEAR, of=of, problem=problem)
        elif why.is_final or (one.attempts >= MOST_ATTEMPTS and not why.is_silent):
            mail_run_queries.move(connection, one, REFUSED, of=of, problem=problem)
        elif why.is_silent:
            again = {"due_at": now + SERVER_PAUSE, "attempts": one.attempts - 1}
            mail_run_queries.move(connection, one, WAITING, of=of, problem=problem, **again)
        else:
            due_at = now + min(FIRST_PAUSE * 2 ** (one.attempts - 1), LONGEST_PAUSE)
            mail_run_queries.move(connection, one, WAITING, of=of, problem=problem, due_at=due_at)
        if why.is_bounced:
            mail_run_queries.refuse(connection, one.address, BOUNCED, now)
