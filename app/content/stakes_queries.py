"""What teams have that a new version could take."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, func, select

from app.database.engine import Database
from app.database.schema import HintRequest, HintTaken, Team


def members_by_division(connection: Connection) -> dict[str, int]:
    """Banned teams count, since a ban can be lifted."""
    query = select(Team.division, func.count()).where(Team.role == "team").group_by(Team.division)
    return {row[0]: int(row[1]) for row in connection.execute(query).all()}


def read_members(database: Database) -> Mapping[str, int]:
    with database.reading() as connection:
        return members_by_division(connection)


def read_hints_taken(database: Database) -> Mapping[str, int]:
    playing = (Team.role == "team") & Team.is_banned.is_(False)
    query = select(HintTaken.hint_id, func.count()).join(Team, Team.id == HintTaken.team_id).where(playing)
    with database.reading() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query.group_by(HintTaken.hint_id)).all()}


def read_open_questions(database: Database) -> Mapping[str, int]:
    query = select(HintRequest.puzzle_id, func.count()).where(HintRequest.open_key.is_not(None))
    with database.reading() as connection:
        return {row[0]: int(row[1]) for row in connection.execute(query.group_by(HintRequest.puzzle_id)).all()}
