"""New questions and reports, sent to single accounts of the staff by mail and webhook.

Lines name team and puzzle, never what was written: it may hold an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.clock import Clock
from app.core.in_force import InForce
from app.core.roles import is_author, sees_all_questions
from app.core.team import TeamState
from app.core.text import Text, sentence
from app.database import addresses, audit, teams
from app.database.engine import Database
from app.encryption import Encryption
from app.errors import TeamUnknown
from app.notifications import desk_notice_queries, outbox_queries, team_webhook_queries
from app.notifications.chat_format import plain
from app.notifications.desk_notice_queries import DeskReader, MailNotice, Waiting
from app.notifications.outbox import HOOK
from app.notifications.outbox_queries import MAIL
from app.notifications.team_news import BETWEEN_MESSAGES
from app.notifications.team_webhook_queries import Hook
from app.ports import Translate

# The shortest time between mails to an account: what comes in between is one mail.
BETWEEN_MAILS = timedelta(minutes=5)
MOST_LINES = 12
# In a webhook's `told`, beside the lists of a team's own news.
DESK = "desk"


@dataclass(frozen=True, slots=True)
class Writing:
    """``site_url`` ends in a slash, or is empty."""

    database: Database
    in_force: InForce
    clock: Clock
    encryption: Encryption
    translate: Translate
    can_mail: bool
    site_url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """``about_own``: of own puzzles only."""

    about_own: bool
    by_mail: bool


def read_choice(database: Database, team: TeamState) -> Choice:
    return Choice(team.own_notices, desk_notice_queries.is_mailed(database, team.id))


def choose(database: Database, clock: Clock, team: TeamState, wanted: Choice, address: str) -> None:
    """Raises TeamUnknown."""
    now = clock.now()
    with database.writing() as connection:
        account = teams.lock_account(connection, team.id)
        if account is None or account.role == "team":
            raise TeamUnknown
        teams.change(connection, team.id, own_notices=wanted.about_own)
        desk_notice_queries.choose_mail(connection, team.id, now, is_wanted=wanted.by_mail)
        audit.audit(
            connection, now, team.name, "team.notices", team.name, address, own=wanted.about_own, mail=wanted.by_mail
        )


def gather(writing: Writing) -> int:
    """Queue what is new; returns the messages."""
    if not writing.in_force.is_loaded:
        return 0
    readers = desk_notice_queries.read_readers(writing.database)
    waiting = desk_notice_queries.read_waiting(writing.database) if readers else []
    count = 0
    for reader in readers if waiting else ():
        mine = [one for one in waiting if _concerns(writing.in_force, reader, one)]
        if reader.mail is not None and writing.can_mail:
            count += _mail(writing, reader, reader.mail, mine)
        if reader.hook is not None:
            count += _post(writing, reader, reader.hook, mine)
    return count


def _concerns(in_force: InForce, reader: DeskReader, one: Waiting) -> bool:
    if not reader.own_notices and sees_all_questions(reader.roles):
        return True
    puzzle = in_force.content.puzzle(one.puzzle_id)
    return puzzle is not None and is_author(puzzle, reader)


def _mail(writing: Writing, reader: DeskReader, mail: MailNotice, waiting: Sequence[Waiting]) -> bool:
    now = writing.clock.now()
    new = _new(waiting, mail.told, mail.since)
    if not new or not _is_due(mail.told_at, now, BETWEEN_MAILS):
        return False
    with writing.database.writing() as connection:
        to = addresses.read_proved(connection, reader.id)
        # Without a proved address it stays new: it goes out once there is one.
        if not to or not desk_notice_queries.note_mailed(connection, reader.id, mail, _kept(waiting, mail.told), now):
            return False
        sealed = outbox_queries.encrypted(writing.encryption, {"to": list(to), **_letter(writing, reader, new)})
        return outbox_queries.add(connection, MAIL, sealed, now, fair_key=f"team:{reader.id}")


def _post(writing: Writing, reader: DeskReader, hook: Hook, waiting: Sequence[Waiting]) -> bool:
    now, told = writing.clock.now(), hook.told.get(DESK, ())
    new = _new(waiting, told, hook.set_at)
    if not new or not _is_due(hook.told_at, now, BETWEEN_MESSAGES):
        return False
    with writing.database.writing() as connection:
        if not team_webhook_queries.note_told(connection, hook, {DESK: _kept(waiting, told)}, now):
            return False
        words = "\n".join(_lines(writing, reader.language, new))
        payload = {"team": reader.id, "serial": hook.serial, "text": words}
        return outbox_queries.add(connection, HOOK, payload, now, fair_key=f"team:{reader.id}", host=hook.host)


def _new(waiting: Sequence[Waiting], told: Collection[str], since: datetime) -> list[Waiting]:
    """Unclaimed."""
    return [one for one in waiting if one.key not in told and one.at >= since and not one.is_claimed]


def _kept(waiting: Sequence[Waiting], told: Collection[str]) -> list[str]:
    return [one.key for one in waiting if one.key in told or not one.is_claimed]


def _is_due(told_at: datetime | None, now: datetime, between: timedelta) -> bool:
    return told_at is None or now - told_at >= between


def _letter(writing: Writing, reader: DeskReader, new: Sequence[Waiting]) -> dict[str, str]:
    name = writing.in_force.settings.hunt_name
    place = f"{writing.site_url}account#notices"
    change = sentence("You choose these notices on your account page: %(link)s", link=place)
    subject = writing.translate(reader.language, sentence("%(hunt)s: new at the hint desk", hunt=name))
    text = "\n\n".join([*_lines(writing, reader.language, new), writing.translate(reader.language, change)])
    return {"subject": subject, "text": text + "\n"}


def _lines(writing: Writing, language: str, new: Sequence[Waiting]) -> list[str]:
    lines = [_line(writing, one) for one in new[:MOST_LINES]]
    if len(new) > MOST_LINES:
        lines.append(sentence("… and %(count)s more.", count=len(new) - MOST_LINES))
    return [writing.translate(language, line) for line in lines]


def _line(writing: Writing, one: Waiting) -> Text:
    puzzle = writing.in_force.content.puzzle(one.puzzle_id)
    title, team = plain(puzzle.title if puzzle else one.puzzle_id), plain(one.team)
    if one.is_report:
        link = f"{writing.site_url}admin/problems"
        return sentence("⚠️ %(team)s reported a problem with “%(puzzle)s”: %(link)s", team=team, puzzle=title, link=link)
    link = f"{writing.site_url}admin/hints/{one.number}"
    return sentence("❓ %(team)s needs help with “%(puzzle)s”: %(link)s", team=team, puzzle=title, link=link)
