"""The hint desk: one question with all that helps to answer it, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from html.parser import HTMLParser

from app.boards.leaderboard import board
from app.clock import Clock
from app.core.game_view import GameView
from app.core.hint_rules import in_order
from app.core.in_force import InForce
from app.core.model import Content, Hint, Puzzle
from app.core.roles import names_author
from app.core.team import TeamState
from app.core.text import sentence
from app.database import audit
from app.database.engine import Database, DatabaseBusy, Transaction
from app.database.page_query import PageState, read_page_state
from app.errors import NotFound
from app.hints import queries as hint_queries
from app.hints import requests
from app.hints.requests import MOST_CHARACTERS, QueuedRequest, Request, Staff
from app.ports import HuntServices, Postman, Translate

PARAGRAPHS = {"p", "li", "br", "div", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote"}


class NoSuchHint(NotFound):
    """The puzzle has no such hint any more."""


@dataclass(frozen=True, slots=True)
class DeskHint:
    """``number`` counts from 1; ``paid``: how the team paid, empty if it has not taken it."""

    order: int
    hint: Hint
    paid: str


@dataclass(frozen=True, slots=True)
class DeskView:
    """A question and its context.

    ``opened_at``: when the puzzle opened for the team, None if not open; ``rank``: on its board, or None.
    """

    asked: QueuedRequest
    state: PageState
    hints: tuple[DeskHint, ...]
    canned: tuple[str, ...]
    opened_at: datetime | None
    minutes_open: int
    rank: int | None

    @property
    def solved_at(self) -> datetime | None:
        solve = self.state.solves.get(self.asked.request.puzzle_id)
        return solve.solved_at if solve else None

    @property
    def skipped_at(self) -> datetime | None:
        return self.state.skips.get(self.asked.request.puzzle_id)


def view(
    database: Database, in_force: InForce, clock: Clock, request_id: int, about: Collection[str] | None = None
) -> DeskView:
    """Raises NoSuchRequest, also for a puzzle not in ``about``."""
    asked = requests.find_request(database, in_force, request_id, about)
    request, puzzle = asked.request, asked.puzzle
    state = read_page_state(database, request.team_id, request.puzzle_id)
    opened_at = _opened_at(in_force, puzzle, state, now := clock.now())
    return DeskView(
        asked=asked,
        state=state,
        hints=_hints(puzzle, state),
        canned=requests.canned(database, request.puzzle_id),
        opened_at=opened_at,
        minutes_open=max(0, int((now - opened_at).total_seconds()) // 60) if opened_at else 0,
        rank=_rank(database, in_force, clock, state.team),
    )


def send_hint(
    services: HuntServices, postman: Postman, translate: Translate, request_id: int, staff: Staff, hint_id: str
) -> Request:
    """Answer with a prepared hint, free for the team.

    Raises :class:`NoSuchHint` and what answering raises.
    """
    answers: list[str] = []

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        order, hint = _prepared(services.in_force.content, request.puzzle_id, hint_id)
        heading = translate(request.language, sentence("Hint %(order)s", order=order))
        answers.append(words_of(heading, hint))
        requests.write_answer(connection, services.clock, request, staff, answers[0])
        if hint.id not in hint_queries.taken(connection, request.team_id, request.puzzle_id):
            now = services.clock.now()
            hint_queries.add(connection, request.team_id, request.puzzle_id, hint.id, now, "free", 0)
            details = {"order": order, "paid": "free", "price": 0}
            audit.log(connection, now, "hint", request.team_id, request.puzzle_id, staff.address, **details)

    found = requests.change_request(services.database, request_id, act)
    requests.tell_answer(services, postman, translate, found, answers[0])
    return found


def words_of(heading: str, hint: Hint) -> str:
    reader = _PlainText()
    reader.feed(hint.html)
    lines = (" ".join(line.split()) for line in "".join(reader.pieces).splitlines())
    text = "\n".join(line for line in lines if line)
    words = f"{heading}:\n{text}"
    return words if len(words) <= MOST_CHARACTERS else words[: MOST_CHARACTERS - 1] + "…"


def puzzles_by(content: Content, author: str, puzzle_id: str) -> frozenset[str] | None:
    if not author and not puzzle_id:
        return None
    named = (one for one in content.puzzles if not puzzle_id or one.id == puzzle_id)
    return frozenset(one.id for one in named if not author or names_author(one, author))


def _prepared(content: Content, puzzle_id: str, hint_id: str) -> tuple[int, Hint]:
    puzzle = content.puzzle(puzzle_id)
    for order, hint in enumerate(in_order(puzzle) if puzzle else (), 1):
        if hint.id == hint_id:
            return order, hint
    raise NoSuchHint


def _hints(puzzle: Puzzle | None, state: PageState) -> tuple[DeskHint, ...]:
    ordered = enumerate(in_order(puzzle), 1) if puzzle else ()
    return tuple(DeskHint(order, hint, state.hints_taken.get(hint.id, "")) for order, hint in ordered)


def _opened_at(in_force: InForce, puzzle: Puzzle | None, state: PageState, now: datetime) -> datetime | None:
    if puzzle is None or state.team is None:
        return None
    game = GameView(in_force.content, in_force.settings, now, state.progress())
    is_known = puzzle.id in state.unlocks or puzzle.id in state.solves
    return game.opened_at(puzzle) if is_known or game.is_puzzle_open(puzzle) else None


def _rank(database: Database, in_force: InForce, clock: Clock, team: TeamState | None) -> int | None:
    division = in_force.content.division(team.division) if team else None
    if team is None or division is None:
        return None
    try:
        found = board(database, in_force, clock, in_force.content, division, is_frozen=False)
    except DatabaseBusy:
        # Being computed by another request: show the desk without it.
        return None
    place = found.place_of(team.id)
    return None if place is None else found.rows[place].rank


class _PlainText(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []
        self._address = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in PARAGRAPHS:
            self.pieces.append("\n")
        elif tag in ("td", "th"):
            self.pieces.append(" ")
        elif tag == "img" and given.get("alt"):
            self.pieces.append(f"[{given['alt']}]")
        elif tag == "a":
            self._address = given.get("href", "")

    def handle_endtag(self, tag: str) -> None:
        if tag in PARAGRAPHS:
            self.pieces.append("\n")
        elif tag == "a":
            if self._address.startswith(("http://", "https://")):
                self.pieces.append(f" ({self._address})")
            self._address = ""

    def handle_data(self, data: str) -> None:
        self.pieces.append(" ".join(data.splitlines()) if data.strip() else " ")
