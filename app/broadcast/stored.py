"""Stored broadcasts: alerts, announcements, reloads.

Stored first, pushed second: a page that was away reads the rows. Passing events (solve, guess, score) are not stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.broadcast import message_queries, queries
from app.broadcast.events import ALERT, ANNOUNCEMENT, EVERYBODY, RECHECK, REFRESH
from app.broadcast.message_queries import BroadcastReceipt
from app.broadcast.queries import NEW, OfMessage
from app.broadcast.queries import Sent as Sent
from app.broadcast.working_teams import teams_at_work
from app.clock import Clock
from app.core.clean_text import has_visible, is_plain
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.database import audit, teams
from app.database.announcements import Published
from app.database.engine import Database, Transaction
from app.ports import HuntServices, Pusher

MOST_CHARACTERS = 2_000
# Seconds: pages reload at random moments in this range.
RELOAD_SECONDS = (10, 19)
_AUDIENCE = re.compile(r"all|teams|division:[^\0]{1,64}|team:[0-9]{1,18}")


class BroadcastInvalid(ValueError):
    """The text says why."""


class AnnouncementUnknown(LookupError):
    """No published announcement has this id."""


@dataclass(frozen=True, slots=True)
class BroadcastDraft:
    kind: str
    audience: str
    payload: Mapping[str, Any]


# --- sending ---------------------------------------------------------------------------------------------------------


def alert(
    services: HuntServices,
    text: str,
    actor: str,
    *,
    audience: str = EVERYBODY,
    team_ids: Sequence[int] = (),
    outside_id: str | None = None,
    address: str = "",
) -> Sent:
    """Show a message on open pages of the audience, or of ``team_ids``.

    A repeated ``outside_id`` returns the first alert and sends nothing. Raises :class:`BroadcastInvalid`.
    """
    text = checked_text(text)
    check_audience(services.database, services.in_force, audience)
    if outside_id is not None and not 1 <= len(outside_id) <= 64:
        raise BroadcastInvalid(sentence("The id must have 1 to 64 characters."))
    audiences = [f"team:{team}" for team in team_ids] or [audience]
    drafts = [BroadcastDraft(ALERT, one, {"text": text}) for one in audiences]
    return _send(services.database, services.clock, services.broadcaster, drafts, actor, address, outside_id)[0]


def announce(
    services: HuntServices, number: int, actor: str, address: str = "", *, popup_text: str = ""
) -> tuple[Sent, ...]:  # fmt: skip
    """Push a published announcement, with ``popup_text`` as an alert. Raises :class:`AnnouncementUnknown`.

    An erratum becomes one broadcast for each team that works on the puzzle, maybe none.
    """
    found = announcement_queries.find_published(services.database, services.clock.now(), None, number)
    if found is None:
        raise AnnouncementUnknown(number)
    kind, payload = ANNOUNCEMENT, {"announcement": found.id, "title": found.title, "kind": found.kind}
    puzzle = services.in_force.content.puzzle(found.puzzle_id) if found.puzzle_id else None
    if puzzle is not None:
        payload["puzzle"] = puzzle.key
    if popup_text:
        kind, payload = ALERT, {"text": popup_text[:MOST_CHARACTERS]}
    drafts = [BroadcastDraft(kind, audience, payload) for audience in _audiences(services, found)]
    return _send(
        services.database, services.clock, services.broadcaster, drafts, actor, address, of=OfMessage(found.id)
    )  # fmt: skip


def _audiences(services: HuntServices, found: Published) -> list[str]:
    if found.audience == "puzzle":
        teams_there = teams_at_work(services.database, services.in_force, services.clock, found.puzzle_id or "")
        return [f"team:{team}" for team in teams_there]
    if found.audience == announcement_queries.CHOSEN:
        return [f"team:{team}" for team in announcement_queries.read_teams(services.database, found.id)]
    return [found.audience]


def refresh(services: HuntServices, actor: str, *, audience: str = EVERYBODY, address: str = "") -> Sent:
    check_audience(services.database, services.in_force, audience)
    return _send(
        services.database, services.clock, services.broadcaster, [BroadcastDraft(REFRESH, audience, {})], actor, address
    )[0]


def resend(
    database: Database, clock: Clock, broadcaster: Pusher, of: OfMessage, actor: str, address: str = ""
) -> int:  # fmt: skip
    """Raises :class:`BroadcastInvalid`."""
    sent = message_queries.find_newest(database, of)
    if sent is None or message_queries.is_withdrawn(database, of):
        raise BroadcastInvalid(sentence("There is no such broadcast."))
    unseen = [one.team_id for one in message_queries.read_receipts(database, of) if one.seen_at is None]
    drafts = [BroadcastDraft(sent.kind, f"team:{team}", _without_ids(sent)) for team in unseen]
    return len(_send(database, clock, broadcaster, drafts, actor, address, of=of))


def correct(
    database: Database, clock: Clock, broadcaster: Pusher, of: OfMessage, text: str, actor: str, address: str = "",
    *, is_shown_again: bool = False,
) -> None:  # fmt: skip
    """Raises :class:`BroadcastInvalid`."""
    text = checked_text(text)
    if message_queries.is_withdrawn(database, of):
        raise BroadcastInvalid(sentence("This message was withdrawn."))
    with database.writing() as connection:
        if not message_queries.change_alerts(connection, of, text):
            raise BroadcastInvalid(sentence("There is no such broadcast."))
        audit.audit(connection, clock.now(), actor, "broadcast.edit", str(of.origin_id), address)
        audiences = message_queries.read_audiences(connection, of)
    if is_shown_again:
        drafts = [BroadcastDraft(ALERT, audience, {"text": text}) for audience in audiences]
        _send(database, clock, broadcaster, drafts, actor, address, of=of)


def withdraw(database: Database, clock: Clock, of: OfMessage, actor: str, address: str = "") -> None:
    """Raises :class:`BroadcastInvalid`."""
    with database.writing() as connection:
        if not message_queries.withdraw(connection, of, clock.now()):
            raise BroadcastInvalid(sentence("This message was withdrawn."))
        audit.audit(connection, clock.now(), actor, "broadcast.withdraw", str(of.origin_id), address)


def check_audience(database: Database, in_force: InForce, audience: str) -> None:
    """Raises :class:`BroadcastInvalid` unless it is all, an existing division or an existing team."""
    kind, _, which = audience.partition(":")
    if not _AUDIENCE.fullmatch(audience):
        raise BroadcastInvalid(sentence("The audience must be everybody, a division or a team."))
    content = in_force.content if in_force.is_loaded else None
    if kind == "division" and (content is None or content.division(which) is None):
        raise BroadcastInvalid(sentence("There is no division with this code."))
    if kind == "team" and teams.find_by_id(database, int(which)) is None:
        raise BroadcastInvalid(sentence("There is no such team."))


def checked_text(text: str) -> str:
    """Raises :class:`BroadcastInvalid`."""
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MOST_CHARACTERS:
        raise BroadcastInvalid(sentence("The message must have 1 to %(most)s characters.", most=str(MOST_CHARACTERS)))
    if not has_visible(text) or not is_plain(text, "\n\t"):
        raise BroadcastInvalid(sentence("The message must be plain text, without control characters."))
    return text


def _send(
    database: Database,
    clock: Clock,
    broadcaster: Pusher,
    drafts: list[BroadcastDraft],
    actor: str,
    address: str,
    outside_id: str | None = None,
    of: OfMessage = NEW,
) -> tuple[Sent, ...]:
    if not drafts:
        return ()
    now = clock.now()
    with database.writing() as connection:
        queries.lock_sending(connection)
        before = queries.find_outside(connection, drafts[0].kind, outside_id) if outside_id else None
        if before is not None:
            return (before,)
        sent = _store(connection, drafts, actor, now, outside_id, of)
        audience = drafts[0].audience if len(drafts) == 1 else f"{len(drafts)} teams"
        audit.audit(connection, now, actor, f"broadcast.{drafts[0].kind}", str(sent[0].id), address, audience=audience)
    push_sent(broadcaster, sent)
    return sent


def store_announcement(
    connection: Transaction, payload: Mapping[str, Any], audiences: Iterable[str], actor: str, now: datetime
) -> tuple[Sent, ...]:
    """Within the caller's transaction; :func:`push_sent` follows the commit."""
    drafts = [BroadcastDraft(ANNOUNCEMENT, audience, payload) for audience in audiences]
    return _store(connection, drafts, actor, now, of=OfMessage(payload["announcement"])) if drafts else ()


def lock_sending(connection: Transaction) -> None:
    queries.lock_sending(connection)


def push_sent(broadcaster: Pusher, sent: Iterable[Sent]) -> None:
    for one in sent:
        broadcaster.push(one.audience, one.kind, one.payload)


def _store(
    connection: Transaction, drafts: list[BroadcastDraft], actor: str, now: datetime, outside_id: str | None = None,
    of: OfMessage = NEW,
) -> tuple[Sent, ...]:  # fmt: skip
    ids = queries.reserve_ids(connection, len(drafts))
    sent = tuple(
        Sent(number, draft.kind, draft.audience, _payload(draft, number, now.isoformat()), now, actor)
        for number, draft in zip(ids, drafts, strict=True)
    )
    queries.add(connection, sent, outside_id, of)
    return sent


def _payload(draft: BroadcastDraft, number: int, at: str) -> dict[str, Any]:
    """An announcement's ``id`` is its own, for the link."""
    given = dict(draft.payload)
    if draft.kind == ANNOUNCEMENT:
        about = {"puzzle": given["puzzle"]} if "puzzle" in given else {}
        named = {"id": given["announcement"], "broadcast": number, "title": given["title"]}
        return {**named, "at": at, "kind": given["kind"], **about}
    if draft.kind == REFRESH:
        return {"id": number, "min_seconds": RELOAD_SECONDS[0], "max_seconds": RELOAD_SECONDS[1]}
    return {"id": number, "text": given["text"], "at": at}


def _without_ids(sent: Sent) -> dict[str, Any]:
    kept = {name: value for name, value in sent.payload.items() if name in ("text", "title", "kind", "puzzle")}
    return kept | ({"announcement": sent.payload["id"]} if sent.kind == ANNOUNCEMENT else {})


# --- reading ---------------------------------------------------------------------------------------------------------


def missed(database: Database, audiences: Iterable[str], after: int) -> tuple[dict[str, Any], ...]:
    found = queries.read_after(database, audiences, after)
    return tuple({"event": one.kind, "data": one.payload} for one in found)


# --- receipts --------------------------------------------------------------------------------------------------------


def find_sent(database: Database, number: int) -> Sent:
    """Raises :class:`BroadcastInvalid`."""
    sent = queries.find(database, number)
    if sent is None:
        raise BroadcastInvalid(sentence("There is no such broadcast."))
    return sent


def receipts(database: Database, of: OfMessage) -> tuple[BroadcastReceipt, ...]:
    return tuple(message_queries.read_receipts(database, of))


def size_of(database: Database, in_force: InForce, audience: str) -> int:
    """Teams in good standing. Raises :class:`BroadcastInvalid`."""
    check_audience(database, in_force, audience)
    return queries.count_audience(database, audience)


def audiences_of_message(database: Database, of: OfMessage) -> tuple[str, ...]:
    with database.reading() as connection:
        return tuple(message_queries.read_audiences(connection, of))


def is_withdrawn(database: Database, of: OfMessage) -> bool:
    return message_queries.is_withdrawn(database, of)


# --- sockets ---------------------------------------------------------------------------------------------------------


def recheck_sockets(broadcaster: Pusher, team_id: int, ended_session: str = "") -> None:
    """After commit of a logout, ban, new password, division or roles: end or move sockets."""
    broadcaster.push(f"team:{team_id}", RECHECK, {"session": ended_session} if ended_session else {})
