"""Queries for broadcasts, receipts and socket teams.

``audience``: ``all``, ``teams``, ``division:CODE`` or ``team:ID``. Ids are assigned under the hunt row's lock, so they
become visible in order and a reader misses none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, insert, select, text, true, update

from app.broadcast.events import LARGEST_ID
from app.core.roles import HELD
from app.database import hunt_state
from app.database.engine import Database
from app.database.schema import (
    Broadcast,
    EndedSession,
    HintRequest,
    HuntState,
    Moment,
    ProblemReport,
    Team,
)

# A page that was away for longer than this many broadcasts gets the newest of them.
MOST_MISSED = 200
_TEAMS_A_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Sent:
    id: int
    kind: str
    audience: str
    payload: dict[str, Any]
    sent_at: datetime
    sent_by: str
    announcement_id: int | None = None
    origin_id: int | None = None

    @property
    def message(self) -> OfMessage:
        return OfMessage(self.announcement_id, self.origin_id if self.origin_id or self.announcement_id else self.id)


@dataclass(frozen=True, slots=True)
class OfMessage:
    announcement_id: int | None = None
    origin_id: int | None = None


NEW = OfMessage()

SENT_COLUMNS = (
    Broadcast.id, Broadcast.kind, Broadcast.audience, Broadcast.payload, Broadcast.sent_at, Broadcast.sent_by,
    Broadcast.announcement_id, Broadcast.origin_id,
)  # fmt: skip


# --- sending ---------------------------------------------------------------------------------------------------------


def reserve_ids(connection: Connection, count: int) -> range:
    """The next ``count`` ids; locks other senders out until commit."""
    raised = update(HuntState).values(last_event=HuntState.last_event + count).returning(HuntState.last_event)
    last = int(connection.execute(raised).scalar_one())
    return range(last - count + 1, last + 1)


def add(connection: Connection, sent: Sequence[Sent], outside_id: str | None = None, of: OfMessage = NEW) -> None:
    origin = of.origin_id if of.origin_id or of.announcement_id else sent[0].id
    rows = [
        {
            "id": one.id, "kind": one.kind, "audience": one.audience, "payload": one.payload,
            "sent_at": one.sent_at, "sent_by": one.sent_by, "outside_id": outside_id,
            "announcement_id": of.announcement_id, "origin_id": origin if origin != one.id else None,
        }
        for one in sent
    ]  # fmt: skip
    connection.execute(insert(Broadcast), rows)


def lock_sending(connection: Connection) -> None:
    """Serialise lookups of outside ids."""
    hunt_state.ensure_row(connection)
    connection.execute(select(HuntState.id).with_for_update())


def find_outside(connection: Connection, kind: str, outside_id: str) -> Sent | None:
    same = (Broadcast.kind == kind, Broadcast.outside_id == outside_id)
    row = connection.execute(select(*SENT_COLUMNS).where(*same).order_by(Broadcast.id).limit(1)).one_or_none()
    return Sent(*row) if row else None


# --- reading ---------------------------------------------------------------------------------------------------------


def read_after(database: Database, audiences: Iterable[str] | None, after: int) -> list[Sent]:
    query = _for(select(*SENT_COLUMNS), audiences).where(Broadcast.id > min(after, LARGEST_ID))
    query = query.where(Broadcast.withdrawn_at.is_(None))
    with database.reading() as connection:
        rows = connection.execute(query.order_by(Broadcast.id.desc()).limit(MOST_MISSED)).all()
    return [Sent(*row) for row in reversed(rows)]


def newest_id(database: Database, audiences: Iterable[str]) -> int:
    """0 if none."""
    with database.reading() as connection:
        return int(connection.execute(_for(select(func.max(Broadcast.id)), audiences)).scalar() or 0)


def last_id(database: Database) -> int:
    """0 if none."""
    with database.reading() as connection:
        return int(connection.execute(select(HuntState.last_event)).scalar() or 0)


def find(database: Database, number: int) -> Sent | None:
    if not 0 < number <= LARGEST_ID:
        return None
    with database.reading() as connection:
        row = connection.execute(select(*SENT_COLUMNS).where(Broadcast.id == number)).one_or_none()
    return Sent(*row) if row else None


def _for(query: Select[Any], audiences: Iterable[str] | None) -> Select[Any]:
    return query if audiences is None else query.where(Broadcast.audience.in_(list(audiences)))


# --- receipts --------------------------------------------------------------------------------------------------------

# Only teams that the broadcast was for leave a receipt; a made-up id matches no row.
_SEEN = text("""
INSERT INTO broadcasts_seen (broadcast_id, team_id, seen_at)
SELECT b.id, t.id, :at FROM broadcasts b JOIN teams t ON t.id IN :teams
WHERE b.id = :broadcast AND b.audience IN ('all', 'teams', 'division:' || t.division, 'team:' || t.id)
ON CONFLICT DO NOTHING
""").bindparams(bindparam("teams", expanding=True), bindparam("at", type_=Moment()))


def mark_seen(connection: Connection, broadcast: int, team_ids: Iterable[int], now: datetime) -> None:
    """Mark as seen, idempotent."""
    teams = sorted(set(team_ids))
    for start in range(0, len(teams), _TEAMS_A_STATEMENT):
        piece = teams[start : start + _TEAMS_A_STATEMENT]
        connection.execute(_SEEN, {"broadcast": broadcast, "teams": piece, "at": now})


def count_audience(database: Database, audience: str) -> int:
    """Teams in good standing."""
    query = select(func.count()).select_from(Team).where(Team.is_banned.is_(False), Team.role == "team")
    with database.reading() as connection:
        return int(connection.execute(query.where(_belongs_to(audience))).scalar_one())


def _belongs_to(audience: str) -> Any:
    kind, _, which = audience.partition(":")
    if kind == "division":
        return Team.division == which
    return Team.id == int(which) if kind == "team" else true()


# --- teams of sockets -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SocketTeam:
    """What decides about a team's sockets: a new epoch or ban ends them; division and roles select rooms."""

    id: int
    epoch: int
    is_banned: bool
    division: str
    display_name: str
    roles: frozenset[str]
    ended_sessions: frozenset[str] = frozenset()

    def admits(self, epoch: int, session: str) -> bool:
        """Whether a socket of this session may stay open."""
        return not self.is_banned and self.epoch == epoch and session not in self.ended_sessions


_JOINING = text("""
SELECT t.id, t.epoch, t.is_banned, t.division, t.display_name, t.role, t.roles,
  (SELECT max(b.id) FROM broadcasts b WHERE b.audience IN ('all', 'teams', 'division:' || t.division, 'team:' || t.id))
FROM teams t WHERE t.id = :team
  AND NOT EXISTS (SELECT 1 FROM ended_sessions e WHERE e.team_id = t.id AND e.session = :session)
""")


def find_team(database: Database, team_id: int, session: str) -> tuple[SocketTeam, int] | None:
    """The team, and its newest broadcast's id (0: none), in one query.

    None if the session has ended.
    """
    with database.reading() as connection:
        row = connection.execute(_JOINING, {"team": team_id, "session": session}).one_or_none()
    if row is None:
        return None
    return _socket_team(row[:7]), int(row[7] or 0)


def read_teams(database: Database, team_ids: Collection[int], ended_since: datetime) -> dict[int, SocketTeam]:
    """These teams with their recently ended sessions; missing if gone."""
    wanted, rows = sorted(team_ids), list[Any]()
    columns = (Team.id, Team.epoch, Team.is_banned, Team.division, Team.display_name, Team.role, Team.roles)
    ended = and_(EndedSession.team_id == Team.id, EndedSession.ended_at > ended_since)
    query = select(*columns, EndedSession.session).outerjoin(EndedSession, ended)
    with database.reading() as connection:
        for start in range(0, len(wanted), _TEAMS_A_STATEMENT):
            rows += connection.execute(query.where(Team.id.in_(wanted[start : start + _TEAMS_A_STATEMENT]))).all()
    sessions: dict[int, set[str]] = {row[0]: set() for row in rows}
    for row in rows:
        sessions[row[0]] |= {row[7]} - {None}
    return {row[0]: _socket_team(row, sessions[row[0]]) for row in rows}


def _socket_team(row: Sequence[Any], ended_sessions: Collection[str] = ()) -> SocketTeam:
    return SocketTeam(row[0], row[1], bool(row[2]), row[3], row[4], HELD[row[5], row[6]], frozenset(ended_sessions))


def desk_revision(database: Database) -> str:
    """Changes with every change of a question or report."""
    counts = (select(func.count(), func.coalesce(func.sum(table.changes), 0)) for table in (HintRequest, ProblemReport))
    with database.reading() as connection:
        return ".".join(str(figure) for query in counts for figure in connection.execute(query).one())
