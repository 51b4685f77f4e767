"""Accept an answer that a wrong guess shows to be fair: for all, and for teams that tried it as of then.

One transaction and audit line a team; a repeated call continues after an interruption.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core import answers
from app.core.model import Content, Puzzle
from app.database import audit
from app.database.engine import Database
from app.encryption import Encryption
from app.guesses import correction_queries
from app.guesses import queries as guess_queries
from app.guesses.correction_queries import Tried
from app.guesses.solve import publish_solve, record_solve
from app.guesses.verdict import accepted_digest
from app.ports import HuntServices


@dataclass(frozen=True, slots=True)
class Gain:
    """``outcome``: solve, solved (already) or skipped."""

    team_id: int
    display_name: str
    tried_at: datetime
    outcome: str
    points: int = 0


def who_tried(database: Database, puzzle: Puzzle, answer: str) -> list[Gain]:
    """A dry run. Raises :class:`app.core.answers.InvalidAnswer`."""
    normalised = answers.checked(answer)
    return [
        Gain(one.team_id, one.display_name, one.tried_at, one.standing) for one in _tries(database, puzzle, normalised)
    ]


def accept_answer(
    services: HuntServices,
    encryption: Encryption,
    secret: bytes,
    content: Content,
    puzzle: Puzzle,
    answer: str,
    actor: str,
    address: str = "",
) -> list[Gain]:
    """Accept the answer and settle with all who tried it.

    Raises :class:`app.core.answers.InvalidAnswer`. The text is neither audited nor logged, and is removed from the
    stored guesses.
    """
    normalised = answers.checked(answer)
    digest, now = accepted_digest(secret, puzzle.id, normalised), services.clock.now()
    with services.database.writing() as connection:
        if correction_queries.add(connection, puzzle.id, digest, now, actor):
            audit.audit(connection, now, actor, "accept answer", puzzle.id, address)
    gains = [
        _settle(services, encryption, content, puzzle, one, actor, address)
        for one in _tries(services.database, puzzle, normalised)
    ]
    # Last, since an interrupted settling goes on by these texts.
    right = [one.guess_id for one in _all_tries(services.database, puzzle, normalised)]
    with services.database.writing() as connection:
        correction_queries.forget_texts(connection, right)
    return gains


def _tries(database: Database, puzzle: Puzzle, normalised: str) -> list[Tried]:
    """Each team's first try, earliest first, so solves keep that order."""
    first: dict[int, Tried] = {}
    for one in _all_tries(database, puzzle, normalised):
        if not one.is_banned:
            first.setdefault(one.team_id, one)
    return list(first.values())


def _all_tries(database: Database, puzzle: Puzzle, normalised: str) -> list[Tried]:
    tries = correction_queries.read_tries(database, puzzle.id)
    return [one for one in tries if answers.normalise(one.text) == normalised]


def _settle(
    services: HuntServices,
    encryption: Encryption,
    content: Content,
    puzzle: Puzzle,
    tried: Tried,
    actor: str,
    address: str,
) -> Gain:
    now = services.clock.now()
    with services.database.writing() as connection:
        team = guess_queries.lock_team(connection, tried.team_id)
        situation = guess_queries.read_situation(connection, tried.team_id, puzzle.id)
        if team is None or situation.is_solved or situation.is_skipped:
            standing = "solved" if situation.is_solved else "skipped"
            return Gain(tried.team_id, tried.display_name, tried.tried_at, standing)
        outcome = record_solve(
            connection, services.in_force, encryption, content, team, puzzle, tried.tried_at,
            answer=tried.text, reason="accepted answer", actor=actor, granted_at=now,
        )  # fmt: skip
        details = {"points": outcome.points, "tried_at": tried.tried_at.isoformat()}
        audit.audit(connection, now, actor, "accepted solve", f"{team.id}:{puzzle.id}", address, **details)
    publish_solve(services.broadcaster, team, puzzle, outcome)
    return Gain(team.id, tried.display_name, tried.tried_at, "solve", outcome.points)
