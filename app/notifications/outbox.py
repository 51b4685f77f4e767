"""The outbox of mail and notices.

A job claims what is due, sends outside transactions, and retries with backoff. Teams take turns; slow receivers hold
few senders and are paused. Errors are stored as kind and number: a server's words may hold a password.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, Protocol, runtime_checkable

from app.clock import Clock
from app.concurrency.crew import work_off
from app.database import addresses
from app.database.engine import Database, DatabaseBusy
from app.encryption import DecryptionFailed, Encryption
from app.notifications import outbox_queries, receiver_queries
from app.notifications.outbox_queries import MAIL, Backlog, Due, Lane, encrypted

__all__ = ["Backlog", "NotDelivered", "OutboxPostman", "Sender", "read_backlog", "send_due", "sweep_outbox"]

# Team webhooks have a lane of their own, since teams choose the hosts: a slow one must not
# delay mail, and failures there are not the organisers'.
HOOK = "hook"
MOST_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(hours=1)
# Longer than the slowest delivery, so that none is sent twice.
CLAIMED_FOR = timedelta(minutes=10)
MAILS = Lane(HOOK, False, most=6, reserved=2, of_a_key=2, to_a_host=6)
HOOKS = Lane(HOOK, True, most=24, reserved=8, of_a_key=1, to_a_host=3)
# Seconds between looks for new items while sending; a run takes none after a minute.
LOOK_AGAIN_SECONDS = 1.0
RUN_SECONDS = 60.0
# The first pause of a silent host; a slower response is not quick.
HOST_PAUSE = timedelta(seconds=5)
LONGEST_RECEIVER_PAUSE = timedelta(minutes=10)
QUICK_SECONDS = 2.0
KEPT = timedelta(days=2)
logger = logging.getLogger("infinity.outbox")
WriteLink = Callable[[Mapping[str, Any]], "Mapping[str, Any] | None"]


class NotDelivered(Exception):
    """``kind``: one or two words without addresses; ``is_final``: no retry.

    ``is_silent``: the host is down; ``is_bounced``: no such mailbox; ``is_unclear``: all was sent, the reply was
    lost.
    """

    def __init__(
        self,
        kind: str,
        *,
        is_final: bool = False,
        is_silent: bool = False,
        is_bounced: bool = False,
        is_unclear: bool = False,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.is_final, self.is_silent = is_final, is_silent
        self.is_bounced, self.is_unclear = is_bounced, is_unclear


class Sender(Protocol):
    def send(self, payload: Mapping[str, Any]) -> None:
        """Raises :class:`NotDelivered`."""


@runtime_checkable
class MailServer(Protocol):
    """A mail server with a callback before the text."""

    def hand_over(self, payload: Mapping[str, Any], before: Callable[[], None]) -> None:
        """``before`` runs when the server is ready for the text. Raises NotDelivered, and what ``before`` raises."""


class ClaimLost(Exception):
    """Another process has the claim; nothing was sent."""


@dataclass(frozen=True, slots=True)
class OutboxPostman:
    """Queues mail; without a mail server it drops it and says so."""

    clock: Clock
    database: Database
    encryption: Encryption
    is_set_up: bool

    def send(self, team_id: int, subject: str, text: str) -> None:
        """Mail to the team's proved addresses.

        Database errors are logged, not raised.
        """
        if not self.is_set_up:
            return
        try:
            with self.database.writing() as connection:
                to = addresses.read_proved(connection, team_id)
                if to:
                    sealed = encrypted(self.encryption, {"to": list(to), "subject": subject, "text": text})
                    outbox_queries.add(connection, MAIL, sealed, self.clock.now(), fair_key=f"team:{team_id}")
        except DatabaseBusy:
            logger.warning("a mail could not be put into the outbox: the database does not answer")


def send_due(
    database: Database,
    clock: Clock,
    encryption: Encryption,
    senders: Mapping[str, Sender],
    *,
    is_for_hooks: bool = False,
    write_link: WriteLink | None = None,
) -> int:
    """Returns how many.

    ``write_link`` makes reset mails when sent; None if the link is no longer allowed.
    """
    lane, ends_at = HOOKS if is_for_hooks else MAILS, clock.monotonic() + RUN_SECONDS

    def find(running: Sequence[Due]) -> list[Due]:
        return _claim(database, clock, lane, running) if clock.monotonic() < ends_at else []

    def send_one(due: Due) -> bool:
        return _send(database, clock, encryption, senders.get(due.kind), due, write_link)

    return work_off(find, send_one, LOOK_AGAIN_SECONDS)


def _claim(database: Database, clock: Clock, lane: Lane, running: Sequence[Due]) -> list[Due]:
    now, free = clock.now(), lane.most - len(running)
    if free <= 0 or not outbox_queries.has_due(database, now, MOST_ATTEMPTS, lane):
        return []
    reserved = max(0, lane.reserved - sum(one.is_preferred for one in running))
    with database.writing() as connection:
        return outbox_queries.claim_due(
            connection, now, now + CLAIMED_FOR, MOST_ATTEMPTS, free, lane, reserved=min(reserved, free)
        )


def _send(
    database: Database,
    clock: Clock,
    encryption: Encryption,
    sender: Sender | None,
    due: Due,
    write_link: WriteLink | None,
) -> bool:
    began = clock.monotonic()
    try:
        if sender is None:
            raise NotDelivered("not set up", is_final=True)
        payload = _opened(encryption, due.payload, write_link)
        if isinstance(sender, MailServer):
            # After a kill here the mail's fate is unknown: it is not sent again.
            sender.hand_over(payload, partial(_mark_handed, database, clock, due))
        else:
            sender.send(payload)
    except ClaimLost:
        return False
    except NotDelivered as why:
        _note_failure(database, clock, due, why)
        return False
    is_quick = clock.monotonic() - began <= QUICK_SECONDS
    with database.writing() as connection:
        outbox_queries.mark_sent(connection, due.id, clock.now())
        for name in _paced(due):
            receiver_queries.note_answer(connection, name, clock.now(), is_quick=is_quick)
    return True


def _mark_handed(database: Database, clock: Clock, due: Due) -> None:
    with database.writing() as connection:
        if not outbox_queries.mark_handed(connection, due, clock.now()):
            raise ClaimLost


def _paced(due: Due) -> list[str]:
    return [receiver_queries.KEY + due.fair_key, receiver_queries.HOST + due.host] if due.host else []


def _opened(encryption: Encryption, payload: Mapping[str, Any], write_link: WriteLink | None) -> Mapping[str, Any]:
    if "sealed" not in payload:
        return payload
    try:
        mail: dict[str, Any] = json.loads(encryption.decrypt(MAIL, str(payload["sealed"])))
    except DecryptionFailed:
        raise NotDelivered("sealed under another secret", is_final=True) from None
    if "reset" not in mail:
        return mail
    letter = write_link(mail["reset"]) if write_link else None
    if letter is None:
        raise NotDelivered("not wanted any more", is_final=True)
    return letter


def _note_failure(database: Database, clock: Clock, due: Due, why: NotDelivered) -> None:
    logger.warning("%s %s was not delivered (attempt %s): %s", due.kind, due.id, due.attempts, why.kind)
    now = clock.now()
    with database.writing() as connection:
        if why.is_final or why.is_unclear or due.attempts >= MOST_ATTEMPTS:
            outbox_queries.give_up(connection, due.id, why.kind, MOST_ATTEMPTS)
        else:
            pause = min(FIRST_PAUSE * 2 ** (due.attempts - 1), LONGEST_PAUSE)
            outbox_queries.mark_failed(connection, due.id, why.kind, now + pause)
        if due.host and not why.is_final:
            receiver_queries.note_failure(
                connection, receiver_queries.KEY + due.fair_key, now, FIRST_PAUSE, LONGEST_RECEIVER_PAUSE
            )
        if due.host and why.is_silent:
            receiver_queries.note_failure(
                connection, receiver_queries.HOST + due.host, now, HOST_PAUSE, LONGEST_RECEIVER_PAUSE
            )


def read_backlog(database: Database) -> Backlog:
    return outbox_queries.read_backlog(database, MOST_ATTEMPTS, besides=HOOK)


def sweep_outbox(database: Database, clock: Clock) -> None:
    """Drop what was sent or given up days ago."""
    with database.writing() as connection:
        outbox_queries.give_up_lost(connection, clock.now(), MOST_ATTEMPTS)
        outbox_queries.sweep(connection, clock.now() - KEPT, MOST_ATTEMPTS)
        receiver_queries.sweep(connection, clock.now() - KEPT)
