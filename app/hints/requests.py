"""Teams' questions about puzzles, and what helpers do with them.

One waiting question a team and puzzle. A question after an answer continues the thread; after closing or refund a new
one begins. Changes are made under the team's row lock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from app.clock import Clock
from app.core.clean_text import clean_text, has_visible
from app.core.in_force import InForce
from app.core.model import Content, Puzzle
from app.core.roles import is_author
from app.core.team import TeamState
from app.core.text import sentence
from app.database import audit, ledger
from app.database.engine import Database, Transaction
from app.errors import HuntError, NotFound
from app.guesses import queries as guess_queries
from app.guesses.desk_events import Change, push_desk
from app.guesses.guards import locked_team, refuse_over, refuse_passed, totals_of
from app.hints import queries as hint_queries
from app.hints import request_queries
from app.hints.mail import key_of, mail_answer
from app.hints.request_queries import WAITING, Message, RequestFilter, RequestOpen
from app.hints.request_queries import Request as Request
from app.ports import HuntServices, Postman, Translate

MOST_CHARACTERS = 2_000
EMPTY = {
    "question": sentence("Enter your question."),
    "problem": sentence("Describe the problem."),
    "answer": sentence("Please write your answer first."),
    "message": sentence("Please write your message first."),
}
TOO_LONG = {
    "question": sentence("Questions can have up to %(most)s characters.", most=MOST_CHARACTERS),
    "problem": sentence("Reports can have up to %(most)s characters.", most=MOST_CHARACTERS),
    "answer": sentence("This answer is too long: it may have %(most)s characters.", most=MOST_CHARACTERS),
    "message": sentence("This message is too long: it may have %(most)s characters.", most=MOST_CHARACTERS),
}
MOST_CANNED = 20
ALL_WAITING = RequestFilter()
# The thread of an answer, as live pages hear of it: prepared hints are numbered from 1.
ANSWER_ORDER = 0
# Ended by the team itself.
PASSED = ("solved", "skipped")
STATES = {
    "open": sentence("waiting"), "claimed": sentence("claimed"), "answered": sentence("answered"),
    "refunded": sentence("refunded"), "closed": sentence("closed"), "solved": sentence("solved meanwhile"),
    "skipped": sentence("skipped meanwhile"),
}  # fmt: skip
LARGEST_ID = 2**63


class QuestionInvalid(HuntError):
    """Empty or too long."""

    def __init__(self, message: str, field: str = "question") -> None:
        super().__init__("invalid_form", message, fields={field: message})


class NoSuchRequest(NotFound):
    """There is no such question."""


class RequestFinished(HuntError):
    """The question no longer waits; ``state`` is the new one."""

    def __init__(self, state: str) -> None:
        words = sentence("This question is %(state)s already: somebody was faster.", state=STATES[state])
        if state == "solved":
            words = sentence(
                "The team has solved the puzzle meanwhile. Nothing was sent; what you wrote is still here."
            )
        if state == "skipped":
            words = sentence("The team has skipped the puzzle. Nothing was sent; what you wrote is still here.")
        super().__init__("conflict", words)
        self.state = state


class RequestChanged(HuntError):
    """The thread changed after the writer had read it."""

    code = "conflict"
    message = sentence("Something has happened here since you opened this page. Read it, and send your words again.")


class ClaimedByAnother(Exception):
    """``claimed_by``: that account's id."""

    def __init__(self, claimed_by: int) -> None:
        super().__init__("Another helper is answering this question.")
        self.claimed_by = claimed_by


class NothingToRefund(HuntError):
    """No unrefunded hints paid with credits."""

    code, message = "conflict", sentence("The team has paid no credits for hints of this puzzle, or has them back.")


@dataclass(frozen=True, slots=True)
class Staff:
    id: int
    name: str
    address: str = ""


@dataclass(frozen=True, slots=True)
class QueuedRequest:
    """A question with its thread. ``puzzle`` is None if it left the content."""

    request: Request
    puzzle: Puzzle | None
    thread: tuple[Message, ...]


# --- the team's side -------------------------------------------------------------------------------------------------


def ask(services: HuntServices, team_id: int, puzzle: Puzzle, question: str, address: str = "") -> dict[str, Any]:
    """Ask about an open puzzle; returns the JSON reply.

    Raises :class:`QuestionInvalid`, :class:`RequestOpen`, AlreadySolved, HuntOver, TeamGone.
    """
    text, now = checked_text(question, "question"), services.clock.now()
    with services.database.writing() as connection:
        team = locked_team(connection, team_id)
        refuse_over(services.in_force, now)
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
    push_desk(services.broadcaster, "asked", number, puzzle.key)
    return {"request": {"id": number, "state": "open"}, **totals_of(services.in_force, team, now)}


# --- the helpers' side -----------------------------------------------------------------------------------------------


def puzzles_answered_by(content: Content, account: TeamState) -> frozenset[str] | None:
    """Ids of the puzzles whose questions the account may see: a writer's own; None: all."""
    if account.roles & {"helper", "admin"}:
        return None
    return frozenset(puzzle.id for puzzle in content.puzzles if is_author(puzzle, account))


def queue(
    database: Database, wanted: RequestFilter = ALL_WAITING, limit: int = 100, offset: int = 0
) -> tuple[Request, ...]:
    """Longest waiting first."""
    return tuple(request_queries.read_queue(database, wanted, limit, offset))


def count_requests(database: Database, about: Collection[str] | None = None) -> dict[str, int]:
    return request_queries.count(database, about)


def find_request(
    database: Database, in_force: InForce, request_id: int, about: Collection[str] | None = None
) -> QueuedRequest:
    """Raises :class:`NoSuchRequest`, also for another puzzle."""
    with database.reading() as connection:
        request = _found(connection, request_id)
    if about is not None and request.puzzle_id not in about:
        raise NoSuchRequest
    thread = tuple(request_queries.read_thread(database, request_id))
    return QueuedRequest(request, in_force.content.puzzle(request.puzzle_id), thread)


def canned(database: Database, puzzle_id: str) -> tuple[str, ...]:
    return tuple(request_queries.read_answers(database, puzzle_id, MOST_CANNED))


def claim(services: HuntServices, request_id: int, staff: Staff, *, take_over: bool = False) -> Request:
    """Claim a waiting question; one of two concurrent claims wins.

    Repeating is harmless. Raises :class:`ClaimedByAnother` unless ``take_over``, :class:`RequestFinished`,
    :class:`NoSuchRequest`.
    """

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        if not take_over:
            _refuse_anothers(request, staff)
        now = services.clock.now()
        request_queries.change(connection, request, "claimed", claimed_by=staff.id, claimed_at=now)
        _audit(connection, services.clock, staff, "claim hint request", request)

    found = change_request(services.database, request_id, act)
    _tell_desk(services, "claimed", found)
    return found


def answer(
    services: HuntServices, postman: Postman, translate: Translate, request_id: int, staff: Staff, text: str
) -> Request:
    """Answer a waiting question; the team gets a push and, if it wants, mail.

    Raises :class:`QuestionInvalid`, :class:`ClaimedByAnother`, :class:`RequestFinished`, :class:`NoSuchRequest`.
    """
    words = checked_text(text, "answer")

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        write_answer(connection, services.clock, request, staff, words)

    found = change_request(services.database, request_id, act)
    tell_answer(services, postman, translate, found, words)
    return found


def write_answer(connection: Transaction, clock: Clock, request: Request, staff: Staff, words: str) -> None:
    """In the caller's transaction, under the team's row lock. Raises :class:`ClaimedByAnother`."""
    _refuse_anothers(request, staff)
    now = clock.now()
    request_queries.write(connection, request.id, staff.id, words, now, is_staff=True)
    claimed = {"claimed_by": staff.id, "claimed_at": request.claimed_at or now}
    request_queries.change(connection, request, "answered", answered_at=now, **claimed)
    _audit(connection, clock, staff, "answer hint request", request)


def follow_up(
    services: HuntServices, postman: Postman, translate: Translate, request_id: int, staff: Staff, text: str,
    seen: int | None = None,
) -> Request:  # fmt: skip
    """Add a message to a thread in any state, and notify the team.

    ``seen``: the request's ``changes`` that the writer saw. Raises :class:`RequestChanged` if it differs,
    :class:`QuestionInvalid`, :class:`NoSuchRequest`.
    """
    words = checked_text(text, "message")

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        if seen not in (None, request.changes):
            raise RequestChanged
        request_queries.write(connection, request.id, staff.id, words, services.clock.now(), is_staff=True)
        request_queries.note_change(connection, request.id)
        _audit(connection, services.clock, staff, "follow up hint request", request)

    found = change_request(services.database, request_id, act, tuple(STATES))
    tell_answer(services, postman, translate, found, words)
    return found


def refund(services: HuntServices, request_id: int, staff: Staff) -> int:
    """Refund the latest hint of this puzzle and end the question; returns the credits.

    Once a hint. Raises :class:`NothingToRefund`, :class:`RequestFinished` if refunded or closed,
    :class:`NoSuchRequest`.
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

    found = change_request(services.database, request_id, act, (*WAITING, "answered", *PASSED))
    credits, totals = given[0]
    _tell_page(services, found)
    _tell_desk(services, "closed", found)
    services.broadcaster.push(f"team:{found.team_id}", "score", totals)
    return credits


def close(services: HuntServices, request_id: int, staff: Staff) -> Request:
    """Raises :class:`RequestFinished`, :class:`NoSuchRequest`."""

    def act(connection: Transaction, request: Request, _team: TeamState) -> None:
        request_queries.change(connection, request, "closed")
        _audit(connection, services.clock, staff, "close hint request", request)

    found = change_request(services.database, request_id, act, (*WAITING, "answered", *PASSED))
    _tell_page(services, found)
    _tell_desk(services, "closed", found)
    return found


# --- what they share -------------------------------------------------------------------------------------------------


def checked_text(text: str, what: str) -> str:
    """Unified line ends, without characters that no database stores."""
    found = clean_text(text).strip()
    if not has_visible(found):
        raise QuestionInvalid(EMPTY[what], what)
    if len(found) > MOST_CHARACTERS:
        raise QuestionInvalid(TOO_LONG[what], what)
    return found


def change_request(
    database: Database, request_id: int, act: Callable[[Transaction, Request, TeamState], None],
    states: tuple[str, ...] = WAITING,
) -> Request:  # fmt: skip
    """Run ``act`` under the team's row lock.

    Raises :class:`RequestFinished` unless in one of the states, :class:`NoSuchRequest`.
    """
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


def tell_answer(
    services: HuntServices, postman: Postman, translate: Translate, request: Request, text: str
) -> None:  # fmt: skip
    """After commit: push, and mail if the team wants it."""
    _tell_page(services, request)
    _tell_desk(services, "answered", request)
    mail_answer(services.in_force, postman, translate, request, text)


def _tell_page(services: HuntServices, request: Request) -> None:
    about = {"puzzle": key_of(services.in_force, request.puzzle_id), "order": ANSWER_ORDER}
    services.broadcaster.push(f"team:{request.team_id}", "hint", about)


def _tell_desk(services: HuntServices, what: Change, request: Request) -> None:
    push_desk(services.broadcaster, what, request.id, key_of(services.in_force, request.puzzle_id))
