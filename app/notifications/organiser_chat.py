"""Notices to the organisers' chat: solves, finishes, questions, restocks, failing jobs.

Lines name team and puzzle, never a guess or question.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from app.clock import Clock
from app.core.in_force import InForce
from app.core.model import Content
from app.database import snapshots
from app.database.engine import Database
from app.notifications import event_queries, outbox_queries
from app.notifications.chat_format import plain
from app.notifications.event_queries import Ends, SolveNews

NOTICE = "webhook"
CURSOR = "notices:cursor"
# Rows may become visible out of order, so some are read again each time. Keys prevent
# repetition.
LOOK_BACK = 50
# More ordinary solves than this become one line.
MOST_SOLVES = 5
FAULTS_WITHIN = timedelta(minutes=5)

Line = tuple[str, str]


def gather_notices(database: Database, in_force: InForce, clock: Clock) -> int:
    if not in_force.is_loaded:
        return 0
    ends, kept = event_queries.read_ends(database), snapshots.read(database, CURSOR)
    if kept is None:
        _keep(database, clock, ends, ends)
        return 0
    floor, seen = (Ends(**one) for one in json.loads(kept.body))
    lines = [*_news(database, in_force, floor, seen), *_health(database, clock)]
    now = clock.now()
    with database.writing() as connection:
        count = sum(outbox_queries.add(connection, NOTICE, {"text": text}, now, once) for once, text in lines)
    if ends != seen:
        _keep(database, clock, floor, ends)
    return count


def _keep(database: Database, clock: Clock, floor: Ends, ends: Ends) -> None:
    body = json.dumps([{"solve": one.solve, "message": one.message, "version": one.version} for one in (floor, ends)])
    with snapshots.building(database, CURSOR) as building:
        building.keep(clock.now(), body)


def _news(database: Database, in_force: InForce, floor: Ends, seen: Ends) -> Iterator[Line]:
    content = in_force.content
    after = Ends(
        *(max(least, most - LOOK_BACK) for least, most in
          zip(_numbers(floor), _numbers(seen), strict=True))
    )  # fmt: skip
    great = _worth_telling(content)
    for solve in event_queries.read_solves(database, after.solve):
        if solve.puzzle_id in great:
            yield f"notice:solve:{solve.id}", _solve_line(content, solve.team, solve.division, solve.puzzle_id)
    # Read once, from the last position: merged lines must not be repeated singly.
    ordinary = [one for one in event_queries.read_solves(database, seen.solve) if one.puzzle_id not in great]
    yield from _ordinary_solves(content, ordinary)
    for question in event_queries.read_questions(database, after.message):
        title = _title(content, question.puzzle_id)
        words = (
            f"❓ {plain(question.team)} asks for help with {title}: question {question.request_id} at the hint desk."
        )
        yield f"notice:question:{question.id}", words
    for version in event_queries.read_versions(database, after.version):
        words = f"📦 Content version {version.id} is made, by {plain(version.made_by or 'the program')}: "
        yield f"notice:version:{version.id}", words + f"{version.puzzles} puzzles, {version.warnings} warnings."


def _ordinary_solves(content: Content, solves: Sequence[SolveNews]) -> Iterator[Line]:
    """One line for each solve, or one for all of a burst."""
    if len(solves) <= MOST_SOLVES:
        for one in solves:
            yield f"notice:solve:{one.id}", f"✅ {plain(one.team)} has solved {_title(content, one.puzzle_id)}."
        return
    often = Counter(one.puzzle_id for one in solves).most_common(3)
    named = ", ".join(f"{_title(content, puzzle)} {count}" for puzzle, count in often)
    teams = len({one.team for one in solves})
    words = f"✅ {len(solves)} solves by {teams} teams since the last notice; most: {named}."
    yield f"notice:solves:{solves[0].id}-{solves[-1].id}", words


def _numbers(ends: Ends) -> tuple[int, int, int]:
    return ends.solve, ends.message, ends.version


def _health(database: Database, clock: Clock) -> Iterator[Line]:
    now = clock.now()
    for name, problem in event_queries.read_failing_jobs(database, now - FAULTS_WITHIN):
        yield f"notice:job:{name}:{now:%Y%m%d%H}", f"⚠️ The job “{name}” fails: {plain(problem)}."


def _worth_telling(content: Content) -> set[str]:
    metas = {puzzle.id for puzzle in content.puzzles if puzzle.is_meta}
    metas |= {puzzle_id for level in content.levels for puzzle_id in level.metas}
    return metas | {one.final_puzzle_id for one in content.divisions if one.final_puzzle_id}


def _solve_line(content: Content, team: str, division: str, puzzle_id: str) -> str:
    board = content.division(division)
    if board is not None and board.final_puzzle_id == puzzle_id:
        return f"🏁 {plain(team)} has finished the hunt ({plain(board.name)})."
    return f"⭐ {plain(team)} has solved the meta {_title(content, puzzle_id)}."


def _title(content: Content, puzzle_id: str) -> str:
    puzzle = content.puzzle(puzzle_id)
    return f"“{plain(puzzle.title if puzzle else puzzle_id)}”"
