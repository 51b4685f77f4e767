"""A webhook of a team, or of one of the staff.

Threat: anyone can register. The address is checked by its form here and by its target at each delivery. It is
encrypted, since knowing it allows to post.
"""

from __future__ import annotations

import math
from datetime import timedelta

from app.clock import Clock
from app.core.fetch_result import AddressRefused
from app.core.in_force import InForce
from app.core.text import Text, sentence
from app.database import audit, teams
from app.database.engine import Database, Transaction
from app.database.teams import Account
from app.encryption import Encryption
from app.errors import FieldsRefused, HuntError, TeamClosed, TeamUnknown
from app.notifications import outbox_queries, receiver_queries, team_webhook_queries
from app.notifications.outbox import HOOK
from app.notifications.team_webhook_queries import Hook
from app.ports import Prox, Translate

BETWEEN_CHANGES = timedelta(seconds=60)
LONGEST_ADDRESS = 1_000
NOWHERE = sentence("Webhooks are turned off on this site.")


class ChangedTooSoon(HuntError):
    """``retry_after``: whole seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        words = sentence("You just changed this. Try again in %(seconds)s s.", seconds=retry_after)
        super().__init__(message=words, retry_after=retry_after)


def set_hook(
    database: Database,
    in_force: InForce,
    clock: Clock,
    encryption: Encryption,
    prox: Prox | None,
    translate: Translate,
    team_id: int,
    url: str,
    address: str,
) -> None:
    """Set the webhook and queue a greeting; an empty ``url`` removes it.

    Raises FieldsRefused, :class:`ChangedTooSoon`, :class:`TeamClosed`, TeamUnknown.
    """
    url = url.strip()
    host, now = _host_of(prox, url) if url else "", clock.now()
    with database.writing() as connection:
        account = _check_account(connection, clock, team_id)
        serial = team_webhook_queries.put(connection, team_id, encryption.encrypt(HOOK, url) if url else "", host, now)
        if url:
            audit.log(connection, now, "webhook set", team_id, address=address, host=host)
            words = translate(account.language, _greeting(account, in_force.settings.hunt_name))
            greeting_payload = {"team": team_id, "serial": serial, "text": words}
            fair_key = f"team:{team_id}"
            # The old address's pauses are not the new one's; the host's are.
            receiver_queries.forget(connection, receiver_queries.KEY + fair_key)
            outbox_queries.add(connection, HOOK, greeting_payload, now, fair_key=fair_key, host=host)
        else:
            audit.log(connection, now, "webhook removed", team_id, address=address)


def find_hook(database: Database, team_id: int) -> Hook | None:
    with database.reading() as connection:
        found = team_webhook_queries.find(connection, team_id)
    return found if found and found.sealed else None


def _greeting(account: Account, hunt: str) -> Text:
    if account.role != "team":
        return sentence("👋 You’ll get new questions and reports from %(hunt)s here.", hunt=hunt)
    return sentence("👋 You’ll get your team’s news from %(hunt)s here.", hunt=hunt)


def _check_account(connection: Transaction, clock: Clock, team_id: int) -> Account:
    account = teams.lock_account(connection, team_id)
    if account is None:
        raise TeamUnknown
    if account.is_banned:
        raise TeamClosed
    old = team_webhook_queries.find(connection, team_id)
    left = old.set_at + BETWEEN_CHANGES - clock.now() if old else timedelta()
    if left > timedelta():
        raise ChangedTooSoon(math.ceil(left.total_seconds()))
    return account


def _host_of(prox: Prox | None, url: str) -> str:
    if prox is None:
        raise FieldsRefused({"url": NOWHERE})
    if len(url) > LONGEST_ADDRESS:
        raise FieldsRefused({"url": sentence("Use at most %(most)s characters.", most=LONGEST_ADDRESS)})
    try:
        return prox.host_of_hook(url)
    except AddressRefused as why:
        raise FieldsRefused({"url": str(why)}) from None
