"""A writer solves a puzzle to see whether it can be solved: judged as a team's guess is, and nothing remembered.

No row, no points, no place on a board, no limit, and no trace in what this process knows of verdicts. Called by the
preview of puzzles.
"""

from __future__ import annotations

from app.rules import answers
from app.rules.guesses import Judgement, accepted_since, judge
from app.rules.model import Puzzle
from app.services.comparing import comparer
from app.services.ports import Ports
from app.store import guesses

NOBODY = 0


def try_out(ports: Ports, puzzle: Puzzle, raw: str) -> Judgement:
    """What this guess would get. Raises :class:`app.rules.answers.InvalidAnswer` and HashingBusy."""
    normalised = answers.checked(raw)
    if is_accepted(ports, puzzle, normalised):
        return accepted_since(puzzle)
    return judge(puzzle, normalised, comparer(ports))


def is_accepted(ports: Ports, puzzle: Puzzle, normalised: str) -> bool:
    """Whether the organisers have accepted this answer after the fact."""
    digest = answers.digest(ports.secret, puzzle.id, normalised)
    with ports.database.reading() as connection:
        return guesses.read_situation(connection, NOBODY, puzzle.id, answer=digest).is_accepted
