"""A team's guess, from the form to the reply: validate, reserve, find the verdict, settle, publish.

Two short transactions under the team's row lock, with the hashing between them and outside of both; a single one when
the verdict is known without hashing. A guess that carries a key (``once``) is judged once: the same key sent again, at
the same moment or after a lost reply, on any node, gets the first reply.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.clock import end_waiting
from app.core import answers
from app.core.model import Content, Puzzle
from app.core.team import TeamState
from app.core.xp import COSTS, spend
from app.database import audit
from app.database.engine import Database, Transaction
from app.errors import Busy
from app.guesses import queries as guess_queries
from app.guesses.guards import locked_team, refuse_passed, totals_of
from app.guesses.limits import Judgement, guesses_left, take_slot
from app.guesses.queries import OldGuess, Situation
from app.guesses.solve import SolveOutcome, publish_solve, record_solve
from app.guesses.verdict import find_verdict, guess_digest
from app.guesses.verdict_cache import HashingNeeded
from app.guesses.xp import pay_xp, xp_shown
from app.ports import GuessServices, Hasher

# A reservation that has not been settled for this long is taken over: its process is taken for dead.
LEASE = timedelta(seconds=20)
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05


class StillJudging(Busy):
    """The same key is being judged by another request, which takes longer than this one can wait."""


@dataclass(frozen=True, slots=True)
class NewGuess:
    """One guess as it came in. ``once`` is empty if it may be judged twice.

    ``is_close_answer``: the team pays with XP for a near answer to count, if it is one.
    """

    team_id: int
    puzzle: Puzzle
    text: str
    once: str
    address: str
    is_close_answer: bool = False


@dataclass(slots=True)
class _Attempt:
    """A valid guess on its way. ``earlier`` is the team's same wrong guess, as the lock showed it."""

    services: GuessServices
    content: Content
    guess: NewGuess
    now: datetime
    normalised: str
    digest: str
    holder: str
    earlier: OldGuess | None = None

    def read_situation(self, connection: Transaction) -> Situation:
        guess = self.guess
        return guess_queries.read_situation(
            connection, guess.team_id, guess.puzzle.id, once=guess.once,
            digest=self.digest, answer=answers.digest(self.services.secret, guess.puzzle.id, self.normalised),
        )  # fmt: skip

    def find_verdict(self, hasher: Hasher | None, *, is_accepted: bool = False) -> Judgement:
        guess = self.guess
        return find_verdict(
            self.services.verdicts, hasher, guess.puzzle, self.normalised,
            is_accepted=is_accepted, earlier=self.earlier, is_close_answer=guess.is_close_answer,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Settled:
    """The reply; ``team`` and ``solve`` if this request has written it, and not an earlier one."""

    reply: dict[str, Any]
    team: TeamState | None = None
    solve: SolveOutcome | None = None


def submit(services: GuessServices, content: Content, guess: NewGuess) -> dict[str, Any]:
    """Judge a guess; returns the reply as JSON.

    Raises InvalidAnswer, OutOfGuesses, AlreadySolved, :class:`StillJudging`, TeamGone, HashingBusy and, for a close
    answer, InsufficientXp; after any of them no guess is stored.
    """
    now = services.clock.now()
    try:
        normalised = answers.checked(guess.text)
    except answers.InvalidAnswer:
        _count_invalid(services.database, guess, now)
        raise
    digest = guess_digest(services.secret, guess.puzzle, normalised)
    attempt = _Attempt(services, content, guess, now, normalised, digest, holder=secrets.token_hex(8))
    settled = _reserve(attempt)
    if settled is None:
        try:
            settled = _settle_reserved(attempt, attempt.find_verdict(services.hasher))
        except BaseException:
            _release(attempt)
            raise
    if settled.team is not None:
        _publish(attempt, settled.team, settled)
    return settled.reply


def _count_invalid(database: Database, guess: NewGuess, now: datetime) -> None:
    """Use up a guess of the window, so that a loop that sends rubbish is limited too."""
    with database.writing() as connection:
        team = locked_team(connection, guess.team_id)
        found = guess_queries.read_situation(connection, team.id, guess.puzzle.id, once=guess.once)
        if not found.is_solved and not found.is_skipped and found.reply is None:
            guess_queries.keep_window(connection, team.id, take_slot(team.guess_times, now), None)


def _reserve(attempt: _Attempt) -> _Settled | None:
    """Take a guess of the window and reserve the key; returns None if the verdict needs hashing.

    Waits while another request judges the same key.
    """
    services, guess, now = attempt.services, attempt.guess, attempt.now
    gives_up_at = services.clock.monotonic() + WAIT_SECONDS
    while True:
        with services.database.writing() as connection:
            team = locked_team(connection, guess.team_id)
            found = attempt.read_situation(connection)
            if found.reply is not None:
                return _Settled(json.loads(found.reply))
            # Absolute: after a clock was set back, a reservation from the future is stale as well.
            if found.reserved_at is None or abs(now - found.reserved_at) >= LEASE:
                refuse_passed(found)
                if guess.is_close_answer:
                    # Before anything is judged, so that a team that cannot pay learns nothing.
                    spend(xp_shown(services.in_force, team, now), "close")
                team.guess_times = take_slot(team.guess_times, now)
                guess_queries.keep_window(connection, team.id, team.guess_times, now)
                return _settle_known(connection, attempt, team, found)
        if services.clock.monotonic() > gives_up_at:
            raise StillJudging
        services.clock.sleep(POLL_SECONDS)


def _settle_known(
    connection: Transaction, attempt: _Attempt, team: TeamState, found: Situation
) -> _Settled | None:  # fmt: skip
    attempt.earlier = found.repeated
    try:
        judgement = attempt.find_verdict(None, is_accepted=found.is_accepted)
    except HashingNeeded:
        guess = attempt.guess
        if guess.once:
            guess_queries.reserve(connection, team.id, guess.puzzle.id, guess.once, attempt.holder, attempt.now)
        return None
    return _settle(connection, attempt, team, judgement)


def _settle_reserved(attempt: _Attempt, judgement: Judgement) -> _Settled:
    with attempt.services.database.writing() as connection:
        team = locked_team(connection, attempt.guess.team_id)
        found = attempt.read_situation(connection)
        if found.reply is not None:
            # Another request took this one for dead, and has replied.
            return _Settled(json.loads(found.reply))
        refuse_passed(found)
        attempt.earlier = found.repeated
        return _settle(connection, attempt, team, judgement)


def _settle(connection: Transaction, attempt: _Attempt, team: TeamState, judgement: Judgement) -> _Settled:
    """Store what the guess got, what a solve brings, and the reply under its key.

    Raises InsufficientXp when the price of a close answer was spent elsewhere meanwhile.
    """
    services, guess, earlier = attempt.services, attempt.guess, attempt.earlier
    verdict, message_html, solve = str(judgement.verdict), judgement.message_html, None
    if judgement.is_bought:
        # Before the solve: its XP come on top of what is left, also for a team that was at the cap.
        _pay_close_answer(connection, attempt, team)
    if verdict == "correct":
        number = _add_guess(connection, attempt, judgement, None)
        solve = record_solve(
            connection,
            services.in_force,
            attempt.content,
            team,
            guess.puzzle,
            attempt.now,
            is_close_answer=judgement.is_bought,
        )
    elif earlier is not None:
        number, verdict, message_html = earlier.id, "repeat", earlier.message_html
    else:
        number = _add_guess(connection, attempt, judgement, guess.text.replace("\0", "").strip())
    reply = {
        "verdict": verdict,
        "message_html": message_html,
        "reference": f"G{number}",
        "score": team.score,
        "xp": xp_shown(services.in_force, team, attempt.now),
        "meta": guess.puzzle.is_meta,
        "guesses_left": guesses_left(team.guess_times, attempt.now),
    }
    if solve is not None:
        reply |= {"points": solve.points, "unlocked": solve.unlocked_links()}
    if guess.is_close_answer:
        reply["hint_credits"] = team.hint_credits
    if guess.once:
        guess_queries.keep_reply(connection, team.id, guess.puzzle.id, guess.once, attempt.now, json.dumps(reply))
    return _Settled(reply, team, solve)


def _pay_close_answer(connection: Transaction, attempt: _Attempt, team: TeamState) -> None:
    guess, now = attempt.guess, attempt.now
    pay_xp(connection, attempt.services.in_force, team, "close", guess.puzzle, now)
    paid = {"verb": "close", "price": COSTS["close"]}
    audit.log(connection, now, "powerup", team.id, guess.puzzle.id, guess.address, **paid)


def _add_guess(connection: Transaction, attempt: _Attempt, judgement: Judgement, text: str | None) -> int:
    """Store the guess; one that solves the puzzle without its text."""
    guess = attempt.guess
    return guess_queries.add_guess(
        connection,
        team_id=guess.team_id,
        puzzle_id=guess.puzzle.id,
        guessed_at=attempt.now,
        verdict=judgement.verdict,
        text=text,
        digest=attempt.digest,
        message_html=judgement.message_html,
        address=guess.address,
    )


def _release(attempt: _Attempt) -> None:
    """Give the key back after a failure, so that it can be sent again."""
    guess = attempt.guess
    if guess.once:
        # Even if this request's time is over: the next one must not wait for it.
        end_waiting()
        with attempt.services.database.writing() as connection:
            guess_queries.release(connection, guess.team_id, guess.puzzle.id, guess.once, attempt.holder)


def _publish(attempt: _Attempt, team: TeamState, settled: _Settled) -> None:
    """After commit: push to the team's other open pages. A failure here cannot change the reply."""
    services, puzzle, audience = attempt.services, attempt.guess.puzzle, f"team:{team.id}"
    services.broadcaster.push(audience, "guess", {"puzzle": puzzle.key, "verdict": settled.reply["verdict"]})
    if settled.solve is not None:
        publish_solve(services.broadcaster, team, puzzle, settled.solve)
        services.broadcaster.push(audience, "score", totals_of(services.in_force, team, attempt.now))
