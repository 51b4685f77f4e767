"""Who may listen: what a connecting page needs to know of its team, and what has become of teams since.

Called by broadcasting. One small query each: thousands of sockets come back at once after a restart.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select, text

from app.store.connections import Database
from app.store.models import Team

_TEAMS_A_QUERY = 500


@dataclass(frozen=True, slots=True)
class Member:
    """A team as far as its sockets go: a new epoch or a ban ends them, a new division moves them."""

    id: int
    epoch: int
    is_banned: bool
    division: str
    display_name: str


_JOINING = text("""
SELECT t.id, t.epoch, t.is_banned, t.division, t.display_name,
  (SELECT max(b.id) FROM broadcasts b WHERE b.audience IN ('all', 'division:' || t.division, 'team:' || t.id))
FROM teams t WHERE t.id = :team
""")


def find_member(database: Database, team_id: int) -> tuple[Member, int] | None:
    """The team, and the id of the newest broadcast that concerns it (0: none), in one query."""
    with database.reading() as connection:
        row = connection.execute(_JOINING, {"team": team_id}).one_or_none()
    if row is None:
        return None
    return Member(row[0], row[1], bool(row[2]), row[3], row[4]), int(row[5] or 0)


def read_members(database: Database, team_ids: Collection[int]) -> dict[int, Member]:
    """These teams as they are now; one that is gone is missing."""
    wanted, found = sorted(team_ids), dict[int, Member]()
    columns = (Team.id, Team.epoch, Team.is_banned, Team.division, Team.display_name)
    with database.reading() as connection:
        for start in range(0, len(wanted), _TEAMS_A_QUERY):
            piece = wanted[start : start + _TEAMS_A_QUERY]
            rows = connection.execute(select(*columns).where(Team.id.in_(piece))).all()
            found |= {row[0]: Member(*row) for row in rows}
    return found
