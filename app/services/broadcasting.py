"""Telling open pages something that must not be missed: alerts, announcements, reloads. Stored first, pushed second.

The row is the truth and the push only a nudge: whoever was away reads the rows. What is told in passing (a solve, a
guess, a score) is not stored; a page that missed it shows it when it is next read. Called by the broadcast API, the
organisers' pages, and the live part.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from app.rules.wording import sentence
from app.services.concerning import teams_at_work
from app.services.ports import Ports
from app.store import announcements, broadcasts, journal, listeners, teams
from app.store.broadcasts import LARGEST_ID, Receipt
from app.store.broadcasts import Sent as Sent

ALERT, ANNOUNCEMENT, REFRESH = "alert", "announcement", "refresh"
KINDS = (ALERT, ANNOUNCEMENT, REFRESH)
EVERYBODY = "all"
MOST_CHARACTERS = 2_000
# Pages load again at a moment of their own in this span of seconds, so that not all of them ask at once.
RELOAD_SECONDS = (10, 19)
# Whoever was away for longer than this many broadcasts gets the newest of them.
MOST_MISSED = 200
# Not for pages: a word among the processes that a team's sockets should be checked against the database.
LOOK_AGAIN = "look_again"
_AUDIENCE = re.compile(r"all|division:[^\0]{1,64}|team:[0-9]{1,18}")


class BroadcastInvalid(ValueError):
    """The broadcast cannot be sent like this; the text says why."""


class AnnouncementUnknown(LookupError):
    """There is no published announcement of this id."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A broadcast before it has its id."""

    kind: str
    audience: str
    payload: Mapping[str, Any]


# --- sending ---------------------------------------------------------------------------------------------------------


def alert(
    ports: Ports, text: str, actor: str, *, audience: str = EVERYBODY, outside_id: str | None = None, address: str = ""
) -> Sent:
    """Show a message in a window on every open page of the audience.

    With an ``outside_id`` that was used before, nothing is sent: the alert of then is answered. Raises
    :class:`BroadcastInvalid`.
    """
    text = checked_text(text)
    check_audience(ports, audience)
    if outside_id is not None and not 1 <= len(outside_id) <= 64:
        raise BroadcastInvalid(sentence("The id must have 1 to 64 characters."))
    draft = Draft(ALERT, audience, {"text": text})
    return _send(ports, [draft], actor, address, outside_id)[0]


def announce(ports: Ports, number: int, actor: str, address: str = "") -> tuple[Sent, ...]:
    """Tell those whom a published announcement concerns of it. Raises :class:`AnnouncementUnknown`.

    An erratum for those who have a puzzle open and unsolved becomes one broadcast for each such team: maybe none.
    """
    found = announcements.find_published(ports.database, ports.clock.now(), None, number)
    if found is None:
        raise AnnouncementUnknown(number)
    payload = {"announcement": found.id, "title": found.title, "kind": found.kind}
    if found.audience == "puzzle":
        audiences = [f"team:{team}" for team in teams_at_work(ports, found.puzzle_id or "")]
    else:
        audiences = [found.audience]
    return _send(ports, [Draft(ANNOUNCEMENT, audience, payload) for audience in audiences], actor, address)


def refresh(ports: Ports, actor: str, *, audience: str = EVERYBODY, address: str = "") -> Sent:
    """Make every open page of the audience load itself again, each after 10 to 19 seconds of its own choice."""
    check_audience(ports, audience)
    return _send(ports, [Draft(REFRESH, audience, {})], actor, address)[0]


def resend(ports: Ports, number: int, actor: str, address: str = "") -> int:
    """Send a broadcast once more to each team that has not seen it; answers to how many."""
    sent = broadcasts.find(ports.database, number)
    if sent is None:
        raise BroadcastInvalid(sentence("There is no such broadcast."))
    unseen = [one.team_id for one in broadcasts.read_receipts(ports.database, sent) if one.seen_at is None]
    drafts = [Draft(sent.kind, f"team:{team}", _without_ids(sent)) for team in unseen]
    return len(_send(ports, drafts, actor, address))


def check_audience(ports: Ports, audience: str) -> None:
    """Raise :class:`BroadcastInvalid` unless this is everybody, a division there is, or a team there is."""
    kind, _, which = audience.partition(":")
    if not _AUDIENCE.fullmatch(audience):
        raise BroadcastInvalid(sentence("The audience must be everybody, a division or a team."))
    content = ports.content.current() if ports.content.is_loaded else None
    if kind == "division" and (content is None or content.division(which) is None):
        raise BroadcastInvalid(sentence("There is no division with this code."))
    if kind == "team" and teams.find_by_id(ports.database, int(which)) is None:
        raise BroadcastInvalid(sentence("There is no such team."))


def checked_text(text: str) -> str:
    """The message of an alert as it is sent. Raises :class:`BroadcastInvalid`."""
    text = text.replace("\r\n", "\n").strip()
    if not 1 <= len(text) <= MOST_CHARACTERS:
        raise BroadcastInvalid(sentence("The message must have 1 to %(most)s characters.", most=str(MOST_CHARACTERS)))
    if not all(character.isprintable() or character in "\n\t" for character in text):
        raise BroadcastInvalid(sentence("The message must be plain text, without control characters."))
    return text


def _send(
    ports: Ports, drafts: list[Draft], actor: str, address: str, outside_id: str | None = None
) -> tuple[Sent, ...]:
    """Store, commit, push. Nothing is pushed that is not stored."""
    if not drafts:
        return ()
    now = ports.clock.now()
    with ports.database.writing() as connection:
        broadcasts.lock_sending(connection)
        before = broadcasts.find_outside(connection, drafts[0].kind, outside_id) if outside_id else None
        if before is not None:
            return (before,)
        ids = broadcasts.reserve_ids(connection, len(drafts))
        sent = tuple(
            Sent(number, draft.kind, draft.audience, _payload(draft, number, now.isoformat()), now, actor)
            for number, draft in zip(ids, drafts, strict=True)
        )
        broadcasts.add(connection, sent, outside_id)
        audience = drafts[0].audience if len(drafts) == 1 else f"{len(drafts)} teams"
        journal.audit(connection, now, actor, f"broadcast.{drafts[0].kind}", str(ids[0]), address, audience=audience)
    for one in sent:
        ports.teller.tell(one.audience, one.kind, one.payload)
    return sent


def _payload(draft: Draft, number: int, at: str) -> dict[str, Any]:
    """What the pages get. An announcement's ``id`` is its own: it leads to its page."""
    given = dict(draft.payload)
    if draft.kind == ANNOUNCEMENT:
        return {
            "id": given["announcement"],
            "broadcast": number,
            "title": given["title"],
            "at": at,
            "kind": given["kind"],
        }
    if draft.kind == REFRESH:
        return {"id": number, "min_seconds": RELOAD_SECONDS[0], "max_seconds": RELOAD_SECONDS[1]}
    return {"id": number, "text": given["text"], "at": at}


def _without_ids(sent: Sent) -> dict[str, Any]:
    kept = {name: value for name, value in sent.payload.items() if name in ("text", "title", "kind")}
    return kept | ({"announcement": sent.payload["id"]} if sent.kind == ANNOUNCEMENT else {})


# --- reading ---------------------------------------------------------------------------------------------------------


def audiences_of(team_id: int | None, division: str = "") -> tuple[str, ...]:
    """The audiences that a page belongs to: everybody, and its team's division and team."""
    return (EVERYBODY,) if team_id is None else (EVERYBODY, f"division:{division}", f"team:{team_id}")


def missed(ports: Ports, audiences: Iterable[str], after: int) -> tuple[dict[str, Any], ...]:
    """What these audiences were told since the broadcast ``after``, oldest first, as ``{event, data}``."""
    found = broadcasts.read_after(ports.database, audiences, after, MOST_MISSED)
    return tuple({"event": one.kind, "data": one.payload} for one in found)


def newest(ports: Ports, audiences: Iterable[str]) -> int:
    """The id of the newest broadcast that concerns these audiences, or 0."""
    return broadcasts.newest_id(ports.database, audiences)


def sent_since(ports: Ports, after: int) -> tuple[Sent, ...]:
    """Everything that was sent to anybody since ``after``, for a process that may have missed the nudge."""
    if broadcasts.last_id(ports.database) <= after:
        return ()
    return tuple(broadcasts.read_after(ports.database, None, after, MOST_MISSED))


def last_sent(ports: Ports) -> int:
    """The id of the newest broadcast to anybody, or 0."""
    return broadcasts.last_id(ports.database)


def id_of(event: str, payload: Mapping[str, Any]) -> int | None:
    """The broadcast's id in what pages get, or None for what is told in passing."""
    if event not in KINDS:
        return None
    return int(payload["broadcast" if event == ANNOUNCEMENT else "id"])


# --- receipts --------------------------------------------------------------------------------------------------------


def note_seen(ports: Ports, seen: Mapping[int, Iterable[int]]) -> None:
    """Note for each broadcast which teams' pages have shown it; ids that name nothing are left out."""
    now = ports.clock.now()
    with ports.database.writing() as connection:
        for number, team_ids in seen.items():
            if 0 < number <= LARGEST_ID:
                broadcasts.mark_seen(connection, number, team_ids, now)


def list_sent(ports: Ports, most: int = 100) -> tuple[tuple[Sent, int], ...]:
    """The newest broadcasts, newest first, each with the number of teams that have seen it."""
    return tuple(broadcasts.read_newest(ports.database, most))


def find_sent(ports: Ports, number: int) -> Sent:
    """One broadcast. Raises :class:`BroadcastInvalid`."""
    sent = broadcasts.find(ports.database, number)
    if sent is None:
        raise BroadcastInvalid(sentence("There is no such broadcast."))
    return sent


def receipts(ports: Ports, number: int) -> tuple[Receipt, ...]:
    """Every team that a broadcast was for, with the moment it was seen. Raises :class:`BroadcastInvalid`."""
    sent = broadcasts.find(ports.database, number)
    if sent is None:
        raise BroadcastInvalid(sentence("There is no such broadcast."))
    return tuple(broadcasts.read_receipts(ports.database, sent))


def size_of(ports: Ports, audience: str) -> int:
    """How many teams in good standing an audience has. Raises :class:`BroadcastInvalid`."""
    check_audience(ports, audience)
    return broadcasts.count_audience(ports.database, audience)


# --- who listens -----------------------------------------------------------------------------------------------------


def find_listener(ports: Ports, team_id: int) -> tuple[listeners.Member, int] | None:
    """A team as far as its sockets go, and the id of the newest broadcast for it; one query."""
    return listeners.find_member(ports.database, team_id)


def look_at(ports: Ports, team_ids: Iterable[int]) -> dict[int, listeners.Member]:
    """These teams as they are now; one that is gone is missing."""
    return listeners.read_members(ports.database, set(team_ids))


def look_again(ports: Ports, team_id: int) -> None:
    """After a ban, a new password or another division has been committed: its sockets end or move at once."""
    ports.teller.tell(f"team:{team_id}", LOOK_AGAIN, {})
