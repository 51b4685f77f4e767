"""Asking the organisers: a team's question about a puzzle, and what helpers do with it.

One waiting question a team and puzzle. A question after an answer goes on in the same thread; one that was closed or
refunded stays so, and the next begins a new thread. Every change is made under the team's row lock.

Asking costs nothing. A helper can give back the price of the latest hint of the puzzle that took credits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.clock import Clock
from app.core.in_force import InForce
from app.core.model import Puzzle
from app.core.team import TeamState
from app.core.text import sentence
from app.database import audit, ledger
from app.database.engine import Database, Transaction
from app.errors import HuntError, NotFound
from app.guesses import queries as guess_queries
from app.guesses.guards import locked_team, refuse_over, refuse_passed, totals_of
from app.hints import queries as hint_queries
from app.hints import request_queries
from app.hints.request_queries import WAITING, Message, RequestOpen
from app.hints.request_queries import Request as Request
from app.ports import HuntServices, Postman, Pusher, Translate

MOST_CHARACTERS = 2_000
EMPTY = {
    "question": sentence("Please write your question first."),
    "answer": sentence("Please write your answer first."),
    "message": sentence("Please write your message first."),
}
TOO_LONG = {
    "question": sentence("This question is too long: it may have %(most)s characters.", most=MOST_CHARACTERS),
    "answer": sentence("This answer is too long: it may have %(most)s characters.", most=MOST_CHARACTERS),
    "message": sentence("This message is too long: it may have %(most)s characters.", most=MOST_CHARACTERS),
}
MOST_CANNED = 20
# The thread of an answer, as live pages hear of it: prepared hints are numbered from 1.
ANSWER_ORDER = 0
STATES = {
    "open": sentence("open"), "claimed": sentence("claimed"), "answered": sentence("answered"),
    "refunded": sentence("refunded"), "closed": sentence("closed"),
}  # fmt: skip
LARGEST_ID = 2**63


class QuestionInvalid(HuntError):
    """The text is empty or too long; the message says so in words for its writer."""

    def __init__(self, message: str) -> None:
        super().__init__("invalid_form", message, fields={"question": message})


class NoSuchRequest(NotFound):
    """There is no such question."""


class RequestFinished(HuntError):
    """The question is not waiting any more; ``state`` is what has become of it."""

    def __init__(self, state: str) -> None:
        words = sentence("This question is %(state)s already: somebody was faster.", state=STATES[state])
        super().__init__("conflict", words)
        self.state = state


class ClaimedByAnother(Exception):
    """Another helper is at work on this question; ``claimed_by`` is that account's id."""

    def __init__(self, claimed_by: int) -> None:
        super().__init__("Another helper is answering this question.")
        self.claimed_by = claimed_by


class NothingToRefund(HuntError):
    """The team has paid no credits for hints of this puzzle, or has them back."""

    code, message = "conflict", sentence("The team has paid no credits for hints of this puzzle, or has them back.")


@dataclass(frozen=True, slots=True)
class Staff:
    """Who acts: an account among the organisers, and from which address."""

    id: int
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A question with its thread, as the hint queue shows it. ``puzzle`` is None when it has left the content."""

    request: Request
    puzzle: Puzzle | None
    thread: tuple[Message, ...]


# --- the team's side -------------------------------------------------------------------------------------------------


def ask(
    database: Database, in_force: InForce, clock: Clock, team_id: int, puzzle: Puzzle, question: str, address: str = ""
) -> dict[str, Any]:
    """Put a question about an open puzzle; answers the reply as JSON.

    Raises :class:`QuestionInvalid`, :class:`RequestOpen` while the last one waits, AlreadySolved, HuntOver, TeamGone.
    """
    text, now = _checked(question, "question"), clock.now()
    with database.writing() as connection:
        team = locked_team(connection, team_id)
        refuse_over(in_force, now)
        refuse_passed(guess_queries.read_situation(connection, team.id, puzzle.id))
        last = request_queries.find_last(connection, team.id, puzzle.id)
        if last is not None and last.state in WAITING:
            raise RequestOpen
        if last is not None and last.state == "answered":
            request_queries.change(connection, last, "open", asked_at=now, claimed_by=None, claimed_at=None)
            number = last.id
        else:
            number = request_queries.add(connection, team.id, puzzle.id, now)
        request_queries.write(connection, number, team.id, text, now, is_staff=False)
        audit.log(connection, now, "hint request", team.id, puzzle.id, address, request=number)
    return {"request": {"id": number, "state": "open"}, **totals_of(in_force, team, now)}


# --- the helpers' side -----------------------------------------------------------------------------------------------


def queue(
    database: Database, states: tuple[str, ...] = WAITING, limit: int = 100, offset: int = 0
) -> tuple[Request, ...]:  # fmt: skip
    """The questions in these states (open, claimed, answered, refunded, closed), the longest waiting first."""
    return tuple(request_queries.read_queue(database, states, limit, offset))


def count_requests(database: Database) -> dict[str, int]:
    """How many questions there are in each state."""
    return request_queries.count(database)


def find_request(database: Database, in_force: InForce, request_id: int) -> QueuedRequest:
    """One question with all that was written. Raises :class:`NoSuchRequest`."""
    with database.reading() as connection:
        request = _found(connection, request_id)
    thread = tuple(request_queries.read_thread(database, request_id))
    return QueuedRequest(request, in_force.content.puzzle(request.puzzle_id), thread)


def canned(database: Database, puzzle_id: str) -> tuple[str, ...]:
    """What helpers have written about this puzzle before, to be used again; the latest first."""
    return tuple(request_queries.read_answers(database, puzzle_id, MOST_CANNED))


def claim(database: Database, clock: Clock, request_id: int, staff: Staff, *, take_over: bool = False) -> Request:
    """Take a waiting question: of two helpers who claim at once one gets it.

    Claiming one's own again changes nothing. Raises :class:`ClaimedByAnother` unless ``take_over``,
    :class:`RequestFinished`, :class:`NoSuchRequest`.
    """

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        if not take_over:
            _refuse_anothers(request, staff)
        now = clock.now()
        request_queries.change(connection, request, "claimed", claimed_by=staff.id, claimed_at=now)
        _audit(connection, clock, staff, "claim hint request", request)

    return _change(database, request_id, act)


def answer(
    services: HuntServices, postman: Postman, translate: Translate, request_id: int, staff: Staff, text: str
) -> Request:
    """Answer a waiting question; the team is told on its page, on open pages at once, and by e-mail.

    Raises :class:`QuestionInvalid`, :class:`ClaimedByAnother`, :class:`RequestFinished`, :class:`NoSuchRequest`.
    """
    words = _checked(text, "answer")

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        _refuse_anothers(request, staff)
        now = services.clock.now()
        request_queries.write(connection, request.id, staff.id, words, now, is_staff=True)
        claimed = {"claimed_by": staff.id, "claimed_at": request.claimed_at or now}
        request_queries.change(connection, request, "answered", answered_at=now, **claimed)
        _audit(connection, services.clock, staff, "answer hint request", request)

    found = _change(services.database, request_id, act)
    _tell_answer(services.in_force, services.broadcaster, postman, translate, found, words)
    return found


def follow_up(
    services: HuntServices, postman: Postman, translate: Translate, request_id: int, staff: Staff, text: str
) -> Request:
    """Write one more message into a thread, whatever its state, and tell the team. Raises as answering does."""
    words = _checked(text, "message")

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        request_queries.write(connection, request.id, staff.id, words, services.clock.now(), is_staff=True)
        _audit(connection, services.clock, staff, "follow up hint request", request)

    found = _change(services.database, request_id, act, tuple(STATES))
    _tell_answer(services.in_force, services.broadcaster, postman, translate, found, words)
    return found


def refund(services: HuntServices, request_id: int, staff: Staff) -> int:
    """Give back what the team's latest hint of this puzzle cost, and end the question; answers the credits.

    Each hint is given back once. Raises :class:`NothingToRefund`, :class:`RequestFinished` for one that was refunded
    or closed, :class:`NoSuchRequest`.
    """
    given: list[tuple[int, dict[str, int]]] = []

    def act(connection: Transaction, request: Request, team: TeamState) -> None:
        paid = hint_queries.last_paid(connection, team.id, request.puzzle_id)
        if paid is None:
            raise NothingToRefund
        hint_id, price = paid
        now, key = services.clock.now(), f"refund:{team.id}:{hint_id}"
        ledger.book(connection, team.id, "credits", price, "refund", now, request.puzzle_id, staff.name, once_key=key)
        hint_queries.mark_refunded(connection, team.id, request.puzzle_id, hint_id)
        request_queries.change(connection, request, "refunded")
        _audit(connection, services.clock, staff, "refund hint", request, credits=price)
        team.hint_credits += price
        given.append((price, totals_of(services.in_force, team, now)))

    found = _change(services.database, request_id, act, (*WAITING, "answered"))
    credits, totals = given[0]
    _tell_page(services.in_force, services.broadcaster, found)
    services.broadcaster.push(f"team:{found.team_id}", "score", totals)
    return credits


def close(services: HuntServices, request_id: int, staff: Staff) -> Request:
    """End a question without an answer. Raises :class:`RequestFinished`, :class:`NoSuchRequest`."""

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        request_queries.change(connection, request, "closed")
        _audit(connection, services.clock, staff, "close hint request", request)

    found = _change(services.database, request_id, act, (*WAITING, "answered"))
    _tell_page(services.in_force, services.broadcaster, found)
    return found


# --- what they share -------------------------------------------------------------------------------------------------


def _checked(text: str, what: str) -> str:
    """The text as it is stored: with one kind of line end, and without what no database takes."""
    found = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").strip()
    if not found:
        raise QuestionInvalid(EMPTY[what])
    if len(found) > MOST_CHARACTERS:
        raise QuestionInvalid(TOO_LONG[what])
    return found


def _change(
    database: Database, request_id: int, act: Callable[[Transaction, Request, TeamState], None],
    states: tuple[str, ...] = WAITING,
) -> Request:  # fmt: skip
    with database.writing() as connection:
        team_id = _found(connection, request_id).team_id
        team = guess_queries.lock_team(connection, team_id)
        # Once more: only now nobody else can change it.
        request = _found(connection, request_id)
        if team is None:
            raise NoSuchRequest
        if request.state not in states:
            raise RequestFinished(request.state)
        act(connection, request, team)
        return _found(connection, request_id)


def _found(connection: Transaction, request_id: int) -> Request:
    request = request_queries.find(connection, request_id) if 0 < request_id < LARGEST_ID else None
    if request is None:
        raise NoSuchRequest
    return request


def _refuse_anothers(request: Request, staff: Staff) -> None:
    if request.claimed_by not in (None, staff.id):
        raise ClaimedByAnother(request.claimed_by)


def _audit(connection: Transaction, clock: Clock, staff: Staff, act: str, request: Request, **details: Any) -> None:
    details |= {"team": request.team_id, "puzzle": request.puzzle_id}
    audit.audit(connection, clock.now(), staff.name, act, str(request.id), staff.address, **details)


def _tell_answer(
    in_force: InForce, broadcaster: Pusher, postman: Postman, translate: Translate, request: Request, text: str
) -> None:
    """After commit: open pages at once, and by e-mail whoever the team wants to hear of it."""
    _tell_page(in_force, broadcaster, request)
    mail_answer(in_force, postman, translate, request, text)


def _tell_page(in_force: InForce, broadcaster: Pusher, request: Request) -> None:
    puzzle = in_force.content.puzzle(request.puzzle_id)
    about = {"puzzle": puzzle.key if puzzle else request.puzzle_id, "order": ANSWER_ORDER}
    broadcaster.push(f"team:{request.team_id}", "hint", about)


def mail_answer(in_force: InForce, postman: Postman, translate: Translate, request: Request, answer: str) -> None:
    """What the organisers have answered to the team's question, if it wants mail at all."""
    if not request.emails or not postman.is_set_up:
        return
    puzzle = in_force.content.puzzle(request.puzzle_id)
    title = " ".join((puzzle.title if puzzle else request.puzzle_id).split())
    subject = sentence("%(hunt)s: an answer about “%(puzzle)s”", hunt=in_force.settings.hunt_name, puzzle=title)
    body = sentence(
        "The organisers have answered %(team)s's question about “%(puzzle)s”:\n\n%(answer)s\n\nThe whole conversation"
        " is on the puzzle's page, where you can also ask further.\n",
        team=request.team_name,
        puzzle=title,
        answer=answer,
    )
    postman.send(request.team_id, translate(request.language, subject), translate(request.language, body))
