"""How many mails people may set off: counted for the team, the mailbox and the network address that asks.

A mailbox is counted by a digest. The counts are exact among all processes.
"""

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
    """At most ``most`` mails for ``subject`` in a sliding window, no longer than a day."""

    subject: str
    most: int
    window: timedelta


def mailbox(address: str, purpose: str) -> str:
    """The subject of a limit for one mailbox."""
    return f"{purpose}:{hashlib.sha256(address.casefold().encode()).hexdigest()}"


def count_mail(connection: Connection, limits: Sequence[MailLimit], now: datetime) -> datetime | None:
    """Count one mail under all these limits and return None; or, if one is used up, only return when it is free."""
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
    """Drop what no window reaches any more."""
    connection.execute(delete(MailTrigger).where(MailTrigger.at <= now - LONGEST_WINDOW))
