"""Statistics after the hunt: solves, times, common wrong guesses; computed at most once a minute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from app.boards.solve_times import Quartiles, backsolves, metas_of, quartiles
from app.boards.statistics_queries import SolveRow, Tallies, read_tallies
from app.clock import Clock
from app.concurrency.single_flight import SingleFlight
from app.core import answers
from app.core.model import Content, Puzzle
from app.database.engine import Database
from app.guesses.verdict import accepted_digest, former_digests, guess_digest

OLDEST = timedelta(seconds=60)
MOST_WRONG = 5


@dataclass(frozen=True, slots=True)
class Fastest:
    """Shortest time from opening to solve, before the end."""

    team: str
    taken: timedelta


@dataclass(frozen=True, slots=True)
class PuzzleStatistics:
    """``late``: solves after the end; ``wrong``: guesses with numbers of teams.

    ``times``: opening to solve; ``hints``: taken in total by ``hint_teams`` teams.
    """

    puzzle: Puzzle
    solvers: int
    late: int
    fastest: Fastest | None
    wrong: tuple[tuple[str, int], ...]
    times: Quartiles | None = None
    backsolves: int = 0
    hints: int = 0
    hint_teams: int = 0


@dataclass(frozen=True, slots=True)
class TeamTally:
    id: int
    display_name: str
    division: str
    solved: frozenset[str]
    late: frozenset[str]
    times: Mapping[str, timedelta] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HuntTally:
    at: datetime
    version: int
    puzzles: tuple[PuzzleStatistics, ...]
    teams: tuple[TeamTally, ...]


@dataclass(slots=True)
class _TallyCache:
    made: HuntTally | None = None
    flights: SingleFlight = field(default_factory=SingleFlight)


_caches: WeakKeyDictionary[Database, _TallyCache] = WeakKeyDictionary()


def tally(database: Database, clock: Clock, secret: bytes, content: Content) -> HuntTally:
    """At most a minute old; concurrent requests wait for one computation."""
    cache = _caches.setdefault(database, _TallyCache())
    if cache.made is not None and _is_usable(cache.made, clock, content):
        return cache.made
    with cache.flights.turn("tally"):
        if cache.made is None or not _is_usable(cache.made, clock, content):
            cache.made = work_out(read_tallies(database), content, clock.now(), secret)
        return cache.made


def _is_usable(made: HuntTally, clock: Clock, content: Content) -> bool:
    return made.version == content.version and abs(clock.now() - made.at) < OLDEST


def work_out(found: Tallies, content: Content, now: datetime, secret: bytes) -> HuntTally:
    names = {number: name for number, name, _ in found.teams}
    by_puzzle: dict[str, list[SolveRow]] = defaultdict(list)
    for solve in found.solves:
        by_puzzle[solve.puzzle_id].append(solve)
    wrong = _wrong(found, content, secret)
    puzzles = tuple(_puzzle(one, by_puzzle[one.id], names, wrong.get(one.id, ())) for one in content.puzzles)
    puzzles = tuple(_with_times(one, found, by_puzzle[one.puzzle.id], content) for one in puzzles)
    return HuntTally(now, content.version, puzzles, _teams(found, content))


def _puzzle(
    puzzle: Puzzle, solves: list[SolveRow], names: dict[int, str], wrong: tuple[tuple[str, int], ...]
) -> PuzzleStatistics:
    in_time = [solve for solve in solves if not solve.is_late]
    timed = [(solve.solved_at - solve.unlocked_at, solve) for solve in in_time if solve.unlocked_at is not None]
    first = min(timed, key=lambda pair: (pair[0], pair[1].solved_at), default=None)
    fastest = Fastest(names.get(first[1].team_id, ""), max(first[0], timedelta())) if first else None
    return PuzzleStatistics(puzzle, len(in_time), len(solves) - len(in_time), fastest, wrong)


def _with_times(one: PuzzleStatistics, found: Tallies, solves: list[SolveRow], content: Content) -> PuzzleStatistics:
    in_time = {solve.team_id: solve.solved_at for solve in solves if not solve.is_late}
    taken = (solve.solved_at - solve.unlocked_at for solve in solves if not solve.is_late and solve.unlocked_at)
    hints, teams = found.hints.get(one.puzzle.id, (0, 0))
    return replace(
        one,
        times=quartiles(taken),
        backsolves=backsolves(content, one.puzzle, in_time, _solved_at(found, metas_of(content, one.puzzle))),
        hints=hints,
        hint_teams=teams,
    )


def _solved_at(found: Tallies, puzzle_ids: Collection[str]) -> dict[int, datetime]:
    earliest: dict[int, datetime] = {}
    for solve in found.solves:
        if solve.puzzle_id in puzzle_ids and not solve.is_late:
            earliest[solve.team_id] = min(solve.solved_at, earliest.get(solve.team_id, solve.solved_at))
    return earliest


def _times(found: Tallies) -> dict[int, dict[str, timedelta]]:
    times: dict[int, dict[str, timedelta]] = defaultdict(dict)
    for solve in found.solves:
        if not solve.is_late and solve.unlocked_at is not None:
            times[solve.team_id][solve.puzzle_id] = max(solve.solved_at - solve.unlocked_at, timedelta())
    return times


def _teams(found: Tallies, content: Content) -> tuple[TeamTally, ...]:
    known = {puzzle.id for puzzle in content.puzzles}
    solved: dict[int, set[str]] = defaultdict(set)
    late: dict[int, set[str]] = defaultdict(set)
    for solve in found.solves:
        if solve.puzzle_id in known:
            (late if solve.is_late else solved)[solve.team_id].add(solve.puzzle_id)
    times = _times(found)
    rows = (
        TeamTally(number, name, division, frozenset(solved[number]), frozenset(late[number]), times.get(number, {}))
        for number, name, division in found.teams
        if solved[number] or late[number]
    )
    return tuple(sorted(rows, key=lambda row: (-len(row.solved), -len(row.late), row.display_name.casefold(), row.id)))


def _wrong(found: Tallies, content: Content, secret: bytes) -> dict[str, tuple[tuple[str, int], ...]]:
    """By puzzle: those judged under the present hashes, and never right or accepted for anyone."""
    kept: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for line in found.wrong:
        puzzle = content.puzzles_by_key.get(line.puzzle_id)
        if puzzle is None or len(kept[line.puzzle_id]) >= MOST_WRONG:
            continue
        if not _may_be_right(puzzle, line.text, line.digest, found, secret):
            kept[line.puzzle_id].append((line.text, line.teams))
    return {puzzle: tuple(lines) for puzzle, lines in kept.items()}


def _may_be_right(puzzle: Puzzle, text: str, digest: str, found: Tallies, secret: bytes) -> bool:
    normalised = answers.normalise(text)
    present = guess_digest(secret, puzzle, normalised)
    if digest != present or (puzzle.id, digest) in found.right:
        return True
    known = (accepted_digest(secret, puzzle.id, normalised), former_digests(secret, puzzle, text)[1])
    return any((puzzle.id, one) in found.accepted for one in known)
