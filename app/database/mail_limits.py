"""Limits on mails by team, mailbox (as a digest) and network address, exact across processes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from app.database.schema import MailTrigger

LONGEST_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MailLimit:
    """``most`` for ``subject`` in a sliding window of at most a day."""

    subject: str
    most: int
    window: timedelta


def mailbox(address: str, purpose: str) -> str:
    return f"{purpose}:{hashlib.sha256(address.casefold().encode()).hexdigest()}"


def count_mail(connection: Connection, limits: Sequence[MailLimit], now: datetime) -> datetime | None:
    """Count a mail under all limits; or return when it is possible."""
    limits = sorted(limits, key=lambda one: one.subject)
    if connection.dialect.name == "postgresql":
        # Two requests at once would both see room. SQLite has one writer at a time.
        for limit in limits:
            connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(limit.subject))))
    free_at = [found for limit in limits if (found := _free_at(connection, limit, now))]
    if free_at:
        return max(free_at)
    connection.execute(insert(MailTrigger), [{"subject": limit.subject, "at": now} for limit in limits])
    return None


def _free_at(connection: Connection, limit: MailLimit, now: datetime) -> datetime | None:
    query = select(MailTrigger.at).where(MailTrigger.subject == limit.subject, MailTrigger.at > now - limit.window)
    newest = connection.execute(query.order_by(MailTrigger.at.desc()).limit(limit.most)).scalars().all()
    return newest[-1] + limit.window if len(newest) >= limit.most else None


def sweep(connection: Connection, now: datetime) -> None:
    connection.execute(delete(MailTrigger).where(MailTrigger.at <= now - LONGEST_WINDOW))
