"""What a tester does: start, guess, take hints, stop, review. Stored apart from what teams do."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from app.content.diff import solving_digest
from app.core import answers
from app.core.hint_rules import NoHintLeft, in_order
from app.core.model import Content, Puzzle
from app.core.puzzle_tests import LONGEST_MINUTES, Rating, why_spoiled
from app.core.roles import is_author
from app.core.team import TeamState
from app.core.text import sentence
from app.database.engine import Database, Transaction
from app.database.puzzle_tests import marks_of
from app.errors import HuntError, NotFound
from app.guesses.found_answers import tidy
from app.guesses.guards import locked_team
from app.guesses.limits import Judgement, limit_of
from app.guesses.verdict import guess_digest, untracked_verdict
from app.ports import GuessServices
from app.test_solving import queries
from app.test_solving.queries import GuessInTest, StoredTest

LARGEST_ID = 2**63 - 1


class NoSuchTest(NotFound):
    """Also another tester's."""

    message = sentence("There is no such test.")


class AlreadyFinished(HuntError):
    code, message = "conflict", sentence("You’ve already finished this test.")


class StillTesting(HuntError):
    code, message = "conflict", sentence("Solve the puzzle or stop the test first.")


@dataclass(frozen=True, slots=True)
class GuessDone:
    """``number``: of the guess or the one it repeats."""

    number: int
    verdict: str


@dataclass(frozen=True, slots=True)
class OpenTest:
    stored: StoredTest
    guesses: tuple[GuessInTest, ...]


def start(
    database: Database, now: datetime, content: Content, puzzle: Puzzle, tester: TeamState, *, knows: bool
) -> int:
    """Returns the number of the new or open test."""
    with database.writing() as connection:
        locked_team(connection, tester.id)
        marks = marks_of(connection, tester.id, puzzle.id)
        is_open = next((one.id for one in marks if one.result == "open"), None)
        if is_open is not None:
            return is_open
        results = [one.result for one in marks]
        return queries.add(
            connection,
            puzzle_id=puzzle.id,
            version=content.version,
            digest=solving_digest(puzzle),
            tester_id=tester.id,
            spoiled=why_spoiled(is_author=is_author(puzzle, tester), results=results, knows=knows),
            result="open",
            started_at=now,
            hints=[],
            guess_times=[],
            open_key=f"{tester.id}:{puzzle.id}",
        )


def read_test(database: Database, test_id: int, tester_id: int) -> OpenTest:
    """Raises :class:`NoSuchTest`."""
    with database.reading() as connection:
        found = queries.find(connection, min(test_id, LARGEST_ID), tester_id)
        if found is None:
            raise NoSuchTest
        return OpenTest(found, tuple(queries.read_guesses(connection, [found.id])))


def guess(services: GuessServices, puzzle: Puzzle, test_id: int, tester_id: int, text: str) -> GuessDone:
    """Raises AlreadyFinished, NoSuchTest, OutOfGuesses, InvalidAnswer and HashingBusy."""
    limit = limit_of(services.in_force.settings, puzzle)
    with services.database.writing() as connection:
        found = _lock_open(connection, test_id, tester_id)
        queries.keep_window(connection, test_id, limit.take(found.guess_times, services.clock.now()))
    digest = guess_digest(services.secret, puzzle, answers.checked(text))
    with services.database.reading() as connection:
        earlier = _earlier(connection, test_id, digest)
    if earlier is not None:
        return GuessDone(earlier.id, "repeat")
    judged = untracked_verdict(
        services.database, services.hasher, services.verdicts, services.secret, puzzle, text, is_cached=False
    )
    return _settle(services, test_id, tester_id, text, digest, judged)


def _settle(
    services: GuessServices, test_id: int, tester_id: int, text: str, digest: str, judged: Judgement
) -> GuessDone:
    now = services.clock.now()
    with services.database.writing() as connection:
        found = _lock_open(connection, test_id, tester_id)
        # Sent twice at the same moment.
        earlier = _earlier(connection, test_id, digest)
        if earlier is not None:
            return GuessDone(earlier.id, "repeat")
        is_right = judged.verdict == "correct"
        number = queries.add_guess(
            connection,
            test_id=test_id,
            guessed_at=now,
            verdict=judged.verdict,
            text=None if is_right else tidy(text),
            digest=digest,
            message_html=judged.message_html,
        )
        if is_right:
            _finish(connection, found, "solved", now)
    return GuessDone(number, judged.verdict)


def take_hint(database: Database, puzzle: Puzzle, test_id: int, tester_id: int, order: int) -> None:
    """``order`` from 1; a taken one changes nothing.

    Raises NoHintLeft, :class:`AlreadyFinished` and :class:`NoSuchTest`.
    """
    with database.writing() as connection:
        found = _lock_open(connection, test_id, tester_id)
        left = [one.id for one in in_order(puzzle) if one.id not in found.hints]
        if order <= len(found.hints):
            return
        if not left:
            raise NoHintLeft
        queries.change(connection, test_id, hints=[*found.hints, left[0]])


def stop(database: Database, now: datetime, test_id: int, tester_id: int) -> None:
    """Raises AlreadyFinished and NoSuchTest."""
    with database.writing() as connection:
        _finish(connection, _lock_open(connection, test_id, tester_id), "stopped", now)


def review(database: Database, test_id: int, tester_id: int, rating: Rating, minutes: int) -> None:
    """Raises :class:`StillTesting` and :class:`NoSuchTest`."""
    with database.writing() as connection:
        if _lock(connection, test_id, tester_id).result == "open":
            raise StillTesting
        said = {"fun": rating.fun, "difficulty": rating.difficulty, "comment": rating.comment}
        queries.change(connection, test_id, minutes=minutes, **said)


# --- pieces ----------------------------------------------------------------------------------------------------------


def _lock(connection: Transaction, test_id: int, tester_id: int) -> StoredTest:
    found = queries.lock(connection, min(test_id, LARGEST_ID), tester_id)
    if found is None:
        raise NoSuchTest
    return found


def _lock_open(connection: Transaction, test_id: int, tester_id: int) -> StoredTest:
    found = _lock(connection, test_id, tester_id)
    if found.result != "open":
        raise AlreadyFinished
    return found


def _earlier(connection: Transaction, test_id: int, digest: str) -> GuessInTest | None:
    return next((one for one in queries.read_guesses(connection, [test_id]) if one.digest == digest), None)


def _finish(connection: Transaction, found: StoredTest, result: str, now: datetime) -> None:
    minutes = min(LONGEST_MINUTES, max(0, math.ceil((now - found.started_at).total_seconds() / 60)))
    queries.change(connection, found.id, result=result, finished_at=now, minutes=minutes, open_key=None)
