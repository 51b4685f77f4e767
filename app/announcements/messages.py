"""Messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from app.announcements import draft_queries, drafts, mail_runs
from app.announcements.drafts import Written
from app.broadcast import message_queries, stored
from app.broadcast.audience import Audience, AudienceInvalid, choose
from app.broadcast.events import EVERYBODY
from app.broadcast.stored import BroadcastInvalid
from app.broadcast.working_teams import teams_at_work
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.database import audit
from app.database.engine import Database
from app.errors import FieldsRefused
from app.ports import ContentServices, HuntServices

SHOWN = 100


@dataclass(frozen=True, slots=True)
class MessageSent:
    announcement_id: int | None = None
    broadcast_id: int | None = None


@dataclass(frozen=True, slots=True)
class MessageLine:
    number: int
    is_announcement: bool
    kind: str
    words: str
    audience: str
    at: datetime
    by: str
    seen: int
    size: int
    is_popup: bool = False
    is_draft: bool = False
    edited_at: datetime | None = None
    withdrawn_at: datetime | None = None


def audience_of(services: ContentServices, written: Written) -> Audience:
    """Raises :class:`AudienceInvalid`."""
    names = (written.audience, written.team, written.puzzle_id)
    return choose(services.database, services.in_force, services.clock, *names, team_ids=written.team_ids)


def mark_of(audience: Audience) -> str:
    who = f"{audience.code} {audience.puzzle_id} {audience.team_ids} {audience.size}"
    return sha256(who.encode()).hexdigest()[:24]


def check(services: ContentServices, written: Written, *, is_news: bool) -> Audience:
    """Raises FieldsRefused."""
    if is_news:
        return drafts.checked(services, written)[1]
    problems: dict[str, str] = {}
    if not written.is_popup:
        problems["popup"] = sentence("Choose a pop-up, News, or both.")
    try:
        stored.checked_text(written.body)
    except BroadcastInvalid as why:
        problems["body"] = str(why)
    try:
        audience = audience_of(services, written)
    except AudienceInvalid as why:
        raise FieldsRefused(problems | {why.field: str(why)}) from None
    if problems:
        raise FieldsRefused(problems)
    return audience


def send(
    hunt: HuntServices, content: ContentServices, written: Written, outside_id: str, actor: str, address: str = "",
    *, is_news: bool, is_mailed: bool = False,
) -> MessageSent:  # fmt: skip
    """Raises FieldsRefused."""
    audience = check(content, written, is_news=is_news)
    if is_news:
        return MessageSent(_announce(hunt, content, written, outside_id, actor, address, is_mailed=is_mailed))
    if audience.code in ("puzzle", announcement_queries.CHOSEN):
        team_ids = _teams_of(content, audience)
        if not team_ids:
            raise FieldsRefused({"audience": sentence("No team would get it.")})
        sent = stored.alert(hunt, written.body, actor, team_ids=team_ids, outside_id=outside_id, address=address)
    else:
        sent = stored.alert(
            hunt, written.body, actor, audience=audience.code or EVERYBODY, outside_id=outside_id, address=address
        )
    return MessageSent(broadcast_id=sent.origin_id or sent.id)


def _teams_of(content: ContentServices, audience: Audience) -> Sequence[int]:
    if audience.code == announcement_queries.CHOSEN:
        return audience.team_ids
    return teams_at_work(content.database, content.in_force, content.clock, audience.puzzle_id or "")


def _announce(
    hunt: HuntServices, content: ContentServices, written: Written, outside_id: str, actor: str, address: str,
    *, is_mailed: bool,
) -> int:  # fmt: skip
    columns, audience = drafts.checked(content, written)
    now = content.clock.now()
    with content.database.writing() as connection:
        stored.lock_sending(connection)
        before = announcement_queries.find_sent_with(connection, outside_id)
        if before is not None:
            return before
        more = {"puzzle_id": audience.puzzle_id, "written_at": now, "published_at": now, "outside_id": outside_id}
        number = announcement_queries.add(connection, **columns, **more)
        announcement_queries.choose_teams(connection, number, audience.team_ids)
        details = {"title": columns["title"], "audience": audience.code}
        audit.audit(connection, now, actor, "announcement.publish", str(number), address, **details)
        if is_mailed:
            mail_runs.add_run(connection, number, content.clock, actor, address)
    popup = drafts.popup_text(written.body) if written.is_popup else ""
    stored.announce(hunt, number, actor, address, popup_text=popup)
    return number


def list_messages(database: Database) -> tuple[MessageLine, ...]:
    written = draft_queries.read_newest(database, SHOWN)
    figures = message_queries.count_seen(database, [one.id for one in written if one.published_at])
    lines = [
        MessageLine(
            one.id, True, one.kind, one.title, one.audience, one.published_at or one.written_at, "",
            *figures.get(one.id, (0, 0)), is_popup=one.is_popup, is_draft=one.published_at is None,
            edited_at=one.edited_at, withdrawn_at=one.withdrawn_at,
        )
        for one in written
    ]  # fmt: skip
    for sent in message_queries.read_newest(database, SHOWN):
        first, words = sent.first, str(sent.first.payload.get("text") or "")
        lines.append(
            MessageLine(
                first.id, False, first.kind, words, first.audience, first.sent_at, first.sent_by, sent.seen, sent.size,
                is_popup=first.kind == "alert", withdrawn_at=sent.withdrawn_at,
            )
        )  # fmt: skip
    return tuple(sorted(lines, key=lambda line: line.at, reverse=True)[:SHOWN])
