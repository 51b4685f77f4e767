"""Password reset by one-time link, mailed or made by an admin.

Only digests are stored. The response does not reveal whether an account exists: the lookup runs after it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from app.accounts import passwords, reset_link_queries
from app.accounts.login import AccountBanned, find_account
from app.broadcast import stored
from app.clock import Clock
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import addresses, audit, teams
from app.database.engine import Database, Transaction
from app.database.mail_limits import MailLimit, count_mail, mailbox
from app.database.teams import Account
from app.encryption import Encryption
from app.errors import FieldsRefused, NotFound, TeamUnknown
from app.notifications import outbox_queries
from app.notifications.mail import reset_mail
from app.ports import Hasher, Postman, Pusher, RunLater, Translate

LINK_LIFE = timedelta(hours=24)
TOKEN_BYTES = 32
# Keeps an attacker from flooding a team's mailbox.
BETWEEN_MAILS = timedelta(minutes=5)
HOUR = timedelta(hours=1)
# Mails an hour to one mailbox, and set off from one network address; a school is one address.
MAILBOX_MAILS, NETWORK_MAILS = 5, 60
# The most mails to unproved addresses, and to teams sharing one.
MOST_UNPROVED, MOST_TEAMS = 3, 3


class LinkUsedUp(NotFound):
    """Used, expired or invalid."""

    message = sentence("This link has been used or has expired. Ask for a new one.")


def ask_for_link(
    database: Database,
    clock: Clock,
    postman: Postman,
    encryption: Encryption,
    later: RunLater,
    name_or_address: str,
    site_url: str,
    address: str,
) -> None:
    """Mail the team of this name, or each with this address."""
    if postman.is_set_up:
        later(lambda: _send_links(database, clock, encryption, name_or_address.strip()[:300], site_url, address))


def _send_links(
    database: Database, clock: Clock, encryption: Encryption, wanted: str, site_url: str, address: str
) -> None:
    account = find_account(database, wanted)
    if account is not None:
        _send_link(database, clock, encryption, account, account.emails, site_url, address)
    elif "@" in wanted:
        found = teams.find_by_email(database, wanted)
        mailboxes = [(one, _as_stored(one, wanted)) for one in found]
        # Strangers may have registered teams with this address: the teams that have proved it come first.
        with database.reading() as connection:
            proved = addresses.teams_that_proved(connection, [stored for _, stored in mailboxes])
        mailboxes.sort(key=lambda pair: pair[0].id not in proved)
        for one, stored in mailboxes[:MOST_TEAMS]:
            _send_link(database, clock, encryption, one, (stored,), site_url, address)


def _as_stored(account: Account, wanted: str) -> str:
    # What was typed may differ in case and yet be somebody else's mailbox, as with ß and ss.
    return next(one for one in account.emails if one.casefold() == wanted.casefold())


def _send_link(
    database: Database,
    clock: Clock,
    encryption: Encryption,
    account: Account,
    to: tuple[str, ...],
    site_url: str,
    network: str,
) -> None:
    now = clock.now()
    if not to or account.is_banned:
        return
    with database.writing() as connection:
        if not teams.lock_account(connection, account.id) or audit.has_logged(
            connection, "reset link", account.id, now - BETWEEN_MAILS
        ):
            return
        to = _within_limits(connection, now, account.id, to, network)
        if not to:
            return
        mail = {"reset": {"team": account.id, "epoch": account.epoch, "to": list(to), "site_url": site_url}}
        audit.log(connection, now, "reset link", account.id, address=network)
        # Fairness: a network that asks for many waits for many.
        outbox_queries.add(
            connection, outbox_queries.MAIL, outbox_queries.encrypted(encryption, mail), now,
            fair_key=f"from:{network}", urgency=outbox_queries.AT_ONCE,
        )  # fmt: skip


def _within_limits(
    connection: Transaction, now: datetime, team_id: int, to: tuple[str, ...], network: str
) -> tuple[str, ...]:
    """The proved addresses or, without any, a few others.

    Strangers' teams do not use up a proved mailbox's limit.
    """
    proved = addresses.read_proved(connection, team_id)
    chosen = tuple(one for one in to if one in proved) or to[:MOST_UNPROVED]
    from_network = MailLimit(f"resets from:{network}", NETWORK_MAILS, HOUR)
    kinds = {one: f"resets of {team_id}" if one in proved else "resets" for one in chosen}
    limits = {one: MailLimit(mailbox(one, kind), MAILBOX_MAILS, HOUR) for one, kind in kinds.items()}
    return tuple(one for one in chosen if count_mail(connection, (limits[one], from_network), now) is None)


def write_link(
    database: Database, in_force: InForce, clock: Clock, translate: Translate, wanted: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Make the link when mailing; None if the team is gone, banned, or has a newer password."""
    with database.writing() as connection:
        account = teams.lock_account(connection, wanted["team"])
        if account is None or account.is_banned or account.epoch != wanted["epoch"]:
            return None
        path = _add_link(connection, clock, account.id)
    subject, text = reset_mail(in_force, translate, account, wanted["site_url"].rstrip("/") + path)
    return {"to": wanted["to"], "subject": subject, "text": text}


def make_reset_link(database: Database, clock: Clock, team_id: int, actor: str, address: str = "") -> str:
    """Returns a path on this site. Raises :class:`TeamUnknown`."""
    with database.writing() as connection:
        account = teams.lock_account(connection, team_id)
        if account is None:
            raise TeamUnknown
        audit.audit(connection, clock.now(), actor, "team.reset_link", account.name, address)
        return _add_link(connection, clock, team_id)


def _add_link(connection: Transaction, clock: Clock, team_id: int) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    now = clock.now()
    reset_link_queries.add(connection, digest_of_link(token), team_id, now, now + LINK_LIFE)
    return f"/account/reset/{token}"


def account_of_link(database: Database, clock: Clock, token: str) -> Account:
    """Does not use the link. Raises :class:`LinkUsedUp`, :class:`AccountBanned`."""
    team_id = reset_link_queries.team_of(database, digest_of_link(token), clock.now())
    account = teams.find_by_id(database, team_id) if team_id is not None else None
    if account is None:
        raise LinkUsedUp
    if account.is_banned:
        raise AccountBanned
    return account


def reset_password(
    database: Database,
    clock: Clock,
    hasher: Hasher,
    broadcaster: Pusher,
    token: str,
    password: str,
    again: str,
    address: str,
) -> Account:
    """Set the password, end all sessions; returns the account with its new epoch.

    Raises :class:`LinkUsedUp` (also in a race), :class:`AccountBanned`, and FieldsRefused, which keeps the link.
    """
    account = account_of_link(database, clock, token)
    problems = passwords.password_problems(password, again)
    if problems:
        raise FieldsRefused(problems)
    hashed = passwords.hash_of(hasher, password)
    now = clock.now()
    with database.writing() as connection:
        if reset_link_queries.use(connection, digest_of_link(token), now) is None:
            raise LinkUsedUp
        epoch = teams.set_password(connection, account.id, hashed)
        reset_link_queries.forget_unused(connection, account.id)
        audit.log(connection, now, "password reset", account.id, address=address)
    if epoch is None:
        raise LinkUsedUp
    stored.recheck_sockets(broadcaster, account.id)
    return replace(account, epoch=epoch)


def digest_of_link(token: str) -> str:
    # The token is random, so a plain digest needs no salt or slow hash.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
