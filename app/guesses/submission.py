"""A team's guess: validate, reserve, find the verdict, settle, publish.

Two short transactions under the team's row lock with hashing between them, or one if the verdict is known; each reads
and writes in one round trip. Idempotent by the key ``once``: repeated or concurrent requests, on any node, get the
first reply.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from app.clock import end_waiting
from app.core import answers
from app.core.in_force import InForce
from app.core.model import Content, Puzzle
from app.core.team import TeamState
from app.core.xp import COSTS, spend
from app.database import audit
from app.database.engine import ConnectionDied, Database, DatabaseBusy, Transaction
from app.encryption import Encryption
from app.errors import Busy
from app.guesses import queries as guess_queries
from app.guesses.found_answers import encrypt_answer, read_answer, tidy
from app.guesses.guards import in_good_standing, refuse_passed, totals_of
from app.guesses.limits import Judgement, limit_of
from app.guesses.queries import OldGuess, Situation
from app.guesses.solve import SolveOutcome, pay_xp, publish_solve, record_solve, xp_shown
from app.guesses.verdict import HashingNeeded, accepted_digest, find_verdict, former_digests, guess_digest
from app.ports import GuessServices, Hasher

# An older reservation is taken over: its process has died.
LEASE = timedelta(seconds=20)
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05
RELEASE_PAUSE_SECONDS = 0.2
MOST_RELEASES = 100


class StillJudging(Busy):
    """Another request judges the same key for longer than this one can wait."""


@dataclass(frozen=True, slots=True)
class NewGuess:
    """``once``: idempotency key, or empty.

    ``is_close_answer``: the team pays XP for a near answer to count. ``seen``: the team as the page query read it.
    """

    team_id: int
    puzzle: Puzzle
    text: str
    once: str
    address: str
    is_close_answer: bool = False
    seen: TeamState | None = None


@dataclass(slots=True)
class _Attempt:
    """A valid guess. ``earlier``: the team's same wrong guess.

    ``names``: as :func:`app.guesses.queries.read_situation`. ``is_again``: solved, but the answer is not kept; a right
    guess stores it and earns nothing.
    """

    services: GuessServices
    content: Content
    guess: NewGuess
    now: datetime
    normalised: str
    names: Mapping[str, str]
    holder: str
    outlasts: tuple[type[Exception], ...]
    earlier: OldGuess | None = None
    is_again: bool = False

    def admit(self, found: Situation) -> None:
        """Raises :class:`AlreadySolved`."""
        self.is_again = _may_tell_again(self.services.encryption, self.guess, found)
        if not self.is_again:
            refuse_passed(found)
        self.earlier = found.repeated

    def first_reply(self, found: Situation) -> dict[str, Any]:
        """The reply stored for this key, plus the answer, which is not stored in it."""
        reply: dict[str, Any] = json.loads(found.reply or "{}")
        if reply["verdict"] == "correct":
            guess = self.guess
            reply["answer"] = read_answer(self.services.encryption, guess.team_id, guess.puzzle.id, found.answer)
        return reply

    def lock(self, connection: Transaction, *, is_right: bool = False) -> tuple[TeamState, Situation]:
        """Lock and read. ``is_right``: with what a solve depends on."""
        guess = self.guess
        team, found = guess_queries.lock_situation(
            connection, guess.team_id, guess.puzzle.id, once=guess.once, names=self.names, has_ground=is_right
        )
        old = found.repeated
        if old is not None and old.is_former and answers.normalise(old.text) != self.normalised:
            found = replace(found, repeated=None)
        return in_good_standing(team), found

    def known_verdict(self) -> str:
        try:
            return self.find_verdict(None).verdict
        except HashingNeeded:
            return ""

    def find_verdict(self, hasher: Hasher | None, *, is_accepted: bool = False) -> Judgement:
        guess = self.guess
        # A former verdict was that of another form: it spares no hashing.
        earlier = None if self.earlier and self.earlier.is_former else self.earlier
        return find_verdict(
            self.services.verdicts, hasher, guess.puzzle, self.normalised,
            is_accepted=is_accepted, earlier=earlier, is_close_answer=guess.is_close_answer,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Settled:
    reply: dict[str, Any]
    team: TeamState | None = None
    solve: SolveOutcome | None = None


def submit(services: GuessServices, content: Content, guess: NewGuess) -> dict[str, Any]:
    """Judge a guess; returns the JSON reply.

    Raises InvalidAnswer, OutOfGuesses, AlreadySolved, :class:`StillJudging`, TeamGone, HashingBusy and, for a close
    answer, InsufficientXp; then no guess is stored.
    """
    now = services.clock.now()
    try:
        normalised = answers.checked(guess.text)
    except answers.InvalidAnswer:
        _count_invalid(services.database, services.in_force, services.encryption, guess, now)
        raise
    secret, puzzle = services.secret, guess.puzzle
    is_plain = guess.text.isascii() and normalised.isalnum()  # the same form in all versions
    former = ("", "") if is_plain else former_digests(secret, puzzle, guess.text)
    names = {"digest": guess_digest(secret, puzzle, normalised), "former": former[0], "former_answer": former[1]}
    names["answer"] = accepted_digest(secret, puzzle.id, normalised)
    # A pooler or server that ends in the middle: the key tells what has been stored before.
    outlasts = (ConnectionDied,) if guess.once else ()
    attempt = _Attempt(services, content, guess, now, normalised, names, secrets.token_hex(8), outlasts)
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


def _count_invalid(
    database: Database, in_force: InForce, encryption: Encryption, guess: NewGuess, now: datetime
) -> None:
    """Use up a guess, so that invalid input is limited too."""
    with database.writing() as connection:
        locked, found = guess_queries.lock_situation(connection, guess.team_id, guess.puzzle.id, once=guess.once)
        team = in_good_standing(locked)
        is_passed = found.is_skipped or (found.is_solved and not _may_tell_again(encryption, guess, found))
        if not is_passed and found.reply is None:
            _take_slot(connection, in_force, team, guess.puzzle, now, first_guess_at=None)


def _take_slot(
    connection: Transaction, in_force: InForce, team: TeamState, puzzle: Puzzle, now: datetime, *,
    first_guess_at: datetime | None,
) -> None:  # fmt: skip
    """Raises OutOfGuesses."""
    limit = limit_of(in_force.settings, puzzle)
    times = limit.take(limit.times_of(team), now)
    if limit.is_free:
        team.free_guess_times = times
    else:
        team.guess_times = times
    guess_queries.keep_window(connection, team.id, times, first_guess_at, is_free=limit.is_free)


def _may_tell_again(encryption: Encryption, guess: NewGuess, found: Situation) -> bool:
    """Whether the puzzle is solved, and its answer is missing or unreadable."""
    if not found.is_solved or guess.is_close_answer:
        return False
    return read_answer(encryption, guess.team_id, guess.puzzle.id, found.answer) is None


def _reserve(attempt: _Attempt) -> _Settled | None:
    """Use a guess and reserve the key; returns None if the verdict needs hashing.

    Waits while another request judges the same key.
    """
    services, guess, now = attempt.services, attempt.guess, attempt.now
    known = attempt.known_verdict()
    if not known and not services.database.is_sqlite and _reserve_unseen(attempt):
        return None
    gives_up_at = services.clock.monotonic() + WAIT_SECONDS
    while True:
        with suppress(*attempt.outlasts), services.database.writing() as connection:
            team, found = attempt.lock(connection, is_right=known == "correct")
            if found.reply is not None:
                return _Settled(attempt.first_reply(found))
            if found.holder == attempt.holder:
                return None  # stored before the connection died
            # Absolute: after a clock was set back, a reservation from the future is stale as well.
            if found.reserved_at is None or abs(now - found.reserved_at) >= LEASE:
                attempt.admit(found)
                if guess.is_close_answer:
                    # Before judging, so that a team that cannot pay learns nothing.
                    spend(xp_shown(services.in_force, team, now), "close")
                first_guess_at = None if attempt.is_again else now
                _take_slot(connection, services.in_force, team, guess.puzzle, now, first_guess_at=first_guess_at)
                return _settle_known(connection, attempt, team, found)
        if services.clock.monotonic() > gives_up_at:
            raise StillJudging
        services.clock.sleep(POLL_SECONDS)


def _reserve_unseen(attempt: _Attempt) -> bool:
    """Reserve in one round trip; False if the lock is needed to decide."""
    services, guess, now = attempt.services, attempt.guess, attempt.now
    if guess.seen is None or guess.is_close_answer:
        return False
    limit = limit_of(services.in_force.settings, guess.puzzle)
    seen = limit.times_of(guess.seen)
    if limit.left(seen, now) == 0:
        return False
    with suppress(*attempt.outlasts):
        return guess_queries.reserve_unseen(
            services.database, guess.team_id, guess.puzzle.id, once=guess.once, holder=attempt.holder, now=now,
            seen=seen, times=limit.take(seen, now), is_free=limit.is_free, names=attempt.names,
        )  # fmt: skip
    return False


def _settle_known(
    connection: Transaction, attempt: _Attempt, team: TeamState, found: Situation
) -> _Settled | None:  # fmt: skip
    try:
        judgement = attempt.find_verdict(None, is_accepted=found.is_accepted)
    except HashingNeeded:
        guess = attempt.guess
        if guess.once:
            guess_queries.reserve(connection, team.id, guess.puzzle.id, guess.once, attempt.holder, attempt.now)
        return None
    return _settle(connection, attempt, team, found, judgement)


def _settle_reserved(attempt: _Attempt, judgement: Judgement) -> _Settled:
    clock = attempt.services.clock
    gives_up_at = clock.monotonic() + WAIT_SECONDS
    while True:
        with suppress(*attempt.outlasts), attempt.services.database.writing() as connection:
            team, found = attempt.lock(connection, is_right=judgement.verdict == "correct")
            if found.reply is not None:
                # Another request took over and replied, or the connection died after the answer was stored.
                return _Settled(attempt.first_reply(found))
            attempt.admit(found)
            return _settle(connection, attempt, team, found, judgement)
        if clock.monotonic() > gives_up_at:
            raise StillJudging
        clock.sleep(POLL_SECONDS)


def _settle(
    connection: Transaction, attempt: _Attempt, team: TeamState, found: Situation, judgement: Judgement
) -> _Settled:
    """Store verdict, solve and reply.

    Raises InsufficientXp if a close answer's price was spent meanwhile.
    """
    guess, earlier = attempt.guess, attempt.earlier
    verdict, message_html, solve, reference = str(judgement.verdict), judgement.message_html, None, ""
    if judgement.is_bought:
        # Before the solve: its XP come on top of what is left, also for a team that was at the cap.
        _pay_close_answer(connection, attempt, team)
    if verdict != "correct" and earlier is not None:
        reference, verdict, message_html = f"G{earlier.id}", "repeat", earlier.message_html
    elif attempt.is_again:
        _keep_again(connection, attempt, verdict)
    elif verdict == "correct":
        reference = _add_guess(connection, attempt, found.number, judgement, None)
        solve = record_solve(
            connection, attempt.services.in_force, attempt.services.encryption, attempt.content, team, guess.puzzle,
            attempt.now, answer=guess.text, is_close_answer=judgement.is_bought, ground=found.ground,
        )  # fmt: skip
    else:
        reference = _add_guess(connection, attempt, found.number, judgement, tidy(guess.text))
    reply = _reply(attempt, team, solve, verdict=verdict, message_html=message_html, reference=reference)
    if guess.once:
        guess_queries.keep_reply(connection, team.id, guess.puzzle.id, guess.once, attempt.now, json.dumps(reply))
    # Not before it is stored: a stored reply holds no answer.
    return _Settled(reply | ({"answer": tidy(guess.text)} if verdict == "correct" else {}), team, solve)


def _reply(attempt: _Attempt, team: TeamState, solve: SolveOutcome | None, **said: str) -> dict[str, Any]:
    guess, limit = attempt.guess, limit_of(attempt.services.in_force.settings, attempt.guess.puzzle)
    reply: dict[str, Any] = {
        **said,
        "score": team.score,
        "xp": xp_shown(attempt.services.in_force, team, attempt.now),
        "meta": guess.puzzle.is_meta,
        "guesses_left": limit.left(limit.times_of(team), attempt.now),
    }
    if solve is not None:
        reply |= {"points": solve.points, "unlocked": solve.unlocked_links()}
    elif said["verdict"] == "correct":
        reply |= {"points": 0, "unlocked": (), "again": True}
    if guess.is_close_answer:
        reply["hint_credits"] = team.hint_credits
    return reply


def _keep_again(connection: Transaction, attempt: _Attempt, verdict: str) -> None:
    """Store the answer again for a solved puzzle; wrong ones leave no guess."""
    guess = attempt.guess
    if verdict == "correct":
        kept = encrypt_answer(attempt.services.encryption, guess.team_id, guess.puzzle.id, guess.text)
        guess_queries.keep_answer(connection, guess.team_id, guess.puzzle.id, kept)


def _pay_close_answer(connection: Transaction, attempt: _Attempt, team: TeamState) -> None:
    guess, now = attempt.guess, attempt.now
    pay_xp(connection, attempt.services.in_force, team, "close", guess.puzzle, now)
    paid = {"verb": "close", "price": COSTS["close"]}
    audit.log(connection, now, "powerup", team.id, guess.puzzle.id, guess.address, **paid)


def _add_guess(
    connection: Transaction, attempt: _Attempt, number: int, judgement: Judgement, text: str | None
) -> str:  # fmt: skip
    """Store the guess, without its text if it solves; returns its reference."""
    guess = attempt.guess
    guess_queries.add_guess(
        connection,
        id=number,
        team_id=guess.team_id,
        puzzle_id=guess.puzzle.id,
        guessed_at=attempt.now,
        verdict=judgement.verdict,
        text=text,
        digest=attempt.names["digest"],
        message_html=judgement.message_html,
        address=guess.address,
    )
    return f"G{number}"


def _release(attempt: _Attempt) -> None:
    if attempt.guess.once:
        # Even if this request's time is over: the next one must not wait for it.
        end_waiting()
        try:
            _give_key_back(attempt)
        except DatabaseBusy:
            attempt.services.later(partial(_give_key_back_soon, attempt))


def _give_key_back(attempt: _Attempt) -> None:
    guess = attempt.guess
    with attempt.services.database.writing() as connection:
        guess_queries.release(connection, guess.team_id, guess.puzzle.id, guess.once, attempt.holder)


def _give_key_back_soon(attempt: _Attempt) -> None:
    """Retry until the reservation expires anyway."""
    services = attempt.services
    gives_up_at = services.clock.monotonic() + LEASE.total_seconds()
    for _ in range(MOST_RELEASES):
        with suppress(DatabaseBusy):
            _give_key_back(attempt)
            return
        if services.clock.monotonic() > gives_up_at:
            return
        services.clock.sleep(RELEASE_PAUSE_SECONDS)


def _publish(attempt: _Attempt, team: TeamState, settled: _Settled) -> None:
    """After commit: push to the team's other pages. Failures do not change the reply."""
    services, puzzle, audience = attempt.services, attempt.guess.puzzle, f"team:{team.id}"
    services.broadcaster.push(audience, "guess", {"puzzle": puzzle.key, "verdict": settled.reply["verdict"]})
    if settled.solve is not None:
        publish_solve(services.broadcaster, team, puzzle, settled.solve)
        services.broadcaster.push(audience, "score", totals_of(services.in_force, team, attempt.now))
