"""Queries for new events: solves, questions, content versions, failing jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from app.database.engine import Database
from app.database.schema import ContentVersion, HintMessage, HintRequest, JobRun, Solve, Team

MOST = 200


@dataclass(frozen=True, slots=True)
class Ends:
    solve: int
    message: int
    version: int


@dataclass(frozen=True, slots=True)
class SolveNews:
    id: int
    team: str
    division: str
    puzzle_id: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class QuestionNews:
    """``request_id``: the thread."""

    id: int
    request_id: int
    team: str
    puzzle_id: str


@dataclass(frozen=True, slots=True)
class VersionNews:
    id: int
    made_by: str
    puzzles: int
    warnings: int


def read_ends(database: Database) -> Ends:
    with database.reading() as connection:
        columns = (Solve.id, HintMessage.id, ContentVersion.id)
        found = (connection.execute(select(func.max(column))).scalar() or 0 for column in columns)
        return Ends(*found)


def read_solves(database: Database, after: int) -> list[SolveNews]:
    columns = (Solve.id, Team.display_name, Team.division, Solve.puzzle_id, Solve.is_late)
    wanted = (Solve.id > after, Team.role == "team", Team.is_banned.is_(False))
    query = select(*columns).join(Team, Team.id == Solve.team_id).where(*wanted).order_by(Solve.id).limit(MOST)
    with database.reading() as connection:
        return [SolveNews(*row) for row in connection.execute(query).all()]


def read_questions(database: Database, after: int) -> list[QuestionNews]:
    """Oldest first."""
    query = (
        select(HintMessage.id, HintRequest.id, Team.display_name, HintRequest.puzzle_id)
        .join(HintRequest, HintRequest.id == HintMessage.request_id)
        .join(Team, Team.id == HintRequest.team_id)
        .where(HintMessage.id > after, HintMessage.is_staff.is_(False))
    )
    with database.reading() as connection:
        return [QuestionNews(*row) for row in connection.execute(query.order_by(HintMessage.id).limit(MOST)).all()]


def read_versions(database: Database, after: int) -> list[VersionNews]:
    """Oldest first."""
    columns = (ContentVersion.id, ContentVersion.made_by, ContentVersion.puzzles, ContentVersion.warnings)
    query = select(*columns).where(ContentVersion.id > after).order_by(ContentVersion.id).limit(MOST)
    with database.reading() as connection:
        return [VersionNews(row[0], row[1], row[2], len(row[3] or ())) for row in connection.execute(query).all()]


def read_failing_jobs(database: Database, since: datetime) -> list[tuple[str, str]]:
    query = select(JobRun.name, JobRun.problem).where(JobRun.finished_at >= since).order_by(JobRun.started_at)
    with database.reading() as connection:
        newest = {row[0]: row[1] for row in connection.execute(query).all()}
    return [(name, problem) for name, problem in sorted(newest.items()) if problem]
