"""Proof of e-mail addresses.

Threat: a team registered with a stranger's address. Until proved it gets only a few links, and mail about a forgotten
password.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import Clock
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import addresses, audit, teams
from app.database.engine import Database, Transaction
from app.database.mail_limits import MailLimit, count_mail, mailbox
from app.database.teams import Account
from app.encryption import DecryptionFailed, Encryption
from app.errors import HuntError, NotFound, TeamUnknown
from app.notifications import outbox_queries
from app.notifications.mail import confirmation_mail
from app.ports import Translate

PURPOSE = "address proof"
LINK_LIFE = timedelta(days=7)
HOUR = timedelta(hours=1)
TEAM_LINKS, NETWORK_LINKS, MAILBOX_LINKS = 5, 20, 3


class ProofInvalid(NotFound):
    """Forged, too old, or for a removed address."""

    message = sentence("This link has expired, or the team no longer uses this address. Ask for a new one.")


class TooManyLinks(HuntError):
    """``retry_after``: whole seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        words = sentence("Too many links sent. Try again in %(seconds)s s.", seconds=retry_after)
        super().__init__(message=words, retry_after=retry_after)


@dataclass(frozen=True, slots=True)
class MailDesk:
    """What mailing links needs. ``site_url`` ends in a slash; empty: no links."""

    database: Database
    in_force: InForce
    clock: Clock
    encryption: Encryption
    translate: Translate
    is_set_up: bool
    site_url: str


@dataclass(frozen=True, slots=True)
class AddressState:
    address: str
    is_proved: bool
    is_unsubscribed: bool = False


def list_addresses(database: Database, team_id: int, emails: tuple[str, ...]) -> tuple[AddressState, ...]:
    with database.reading() as connection:
        proved = set(addresses.read_proved(connection, team_id))
        refused = addresses.read_refused(connection, emails)
    return tuple(AddressState(one, one in proved, one in refused) for one in emails)


def ask_for_proofs(desk: MailDesk, team_id: int, network: str) -> int:
    """Mail a link to each address never asked, within limits; returns how many."""
    if not desk.is_set_up or not desk.site_url:
        return 0
    with desk.database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None or account.is_banned:
            return 0
        asked = addresses.read_asked(connection, team_id)
        new = [one for one in account.emails if one not in asked]
        return sum(_ask(connection, desk, account, one, network) is None for one in new)


def ask_again(desk: MailDesk, team_id: int, address: str, network: str) -> None:
    """Raises NotFound, TeamUnknown, :class:`TooManyLinks`."""
    now = desk.clock.now()
    with desk.database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        if address not in account.emails or not desk.is_set_up or not desk.site_url:
            raise NotFound
        free_at = _ask(connection, desk, account, address, network)
    if free_at is not None:
        raise TooManyLinks(math.ceil((free_at - now).total_seconds()))


def _ask(connection: Transaction, desk: MailDesk, account: Account, address: str, network: str) -> datetime | None:
    now = desk.clock.now()
    limits = (
        MailLimit(f"links of team:{account.id}", TEAM_LINKS, HOUR),
        MailLimit(f"links from:{network}", NETWORK_LINKS, HOUR),
        MailLimit(mailbox(address, "links"), MAILBOX_LINKS, timedelta(days=1)),
    )
    free_at = count_mail(connection, limits, now)
    if free_at is not None:
        return free_at
    proof = {"team": account.id, "address": address, "until": (now + LINK_LIFE).isoformat()}
    link = f"{desk.site_url}account/confirm/{desk.encryption.encrypt(PURPOSE, json.dumps(proof))}"
    subject, text = confirmation_mail(desk.in_force, desk.translate, account.language, link)
    mail = outbox_queries.encrypted(desk.encryption, {"to": [address], "subject": subject, "text": text})
    outbox_queries.add(
        connection, outbox_queries.MAIL, mail, now, fair_key=f"from:{network}", urgency=outbox_queries.AT_ONCE
    )
    addresses.note_asked(connection, account.id, address, now)
    return None


def address_of_link(database: Database, clock: Clock, encryption: Encryption, token: str) -> tuple[Account, str]:
    """Does not use the link. Raises :class:`ProofInvalid`."""
    try:
        proof = json.loads(encryption.decrypt(PURPOSE, token))
        team_id, address, until = int(proof["team"]), str(proof["address"]), datetime.fromisoformat(proof["until"])
    except (DecryptionFailed, ValueError, KeyError, TypeError):
        raise ProofInvalid from None
    account = teams.find_by_id(database, team_id)
    if account is None or account.is_banned or address not in account.emails or until <= clock.now():
        raise ProofInvalid
    return account, address


def prove_address(database: Database, clock: Clock, encryption: Encryption, token: str, network: str) -> str:
    """Idempotent; returns the address. Raises :class:`ProofInvalid`."""
    account, address = address_of_link(database, clock, encryption, token)
    with database.writing() as connection:
        addresses.note_proved(connection, account.id, (address,), clock.now())
        audit.log(connection, clock.now(), "address confirmed", account.id, address=network)
    return address
