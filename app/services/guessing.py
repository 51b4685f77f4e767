"""A team's guess, from the form to the reply: the limit, the verdict, and what a right answer earns.

Two short transactions under the team's row lock with the hashing between them and outside of both; one transaction
when the verdict is known without hashing. A guess that carries a key (``once``) is judged once: whoever sends the key
again, at the same moment or after a lost reply, on whichever node, gets the first reply. Called by the game's views.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from app.rules import answers
from app.rules.guesses import Judgement, candidates, guesses_left, take_slot, verdict_for
from app.rules.model import Content, Puzzle
from app.services.ports import Ports
from app.services.solving import SolveOutcome, record_solve
from app.store import guesses
from app.store.guesses import LockedTeam, Situation

# A judge that has not answered for this long is taken for dead, and the next to send the key judges in its place.
LEASE = timedelta(seconds=20)
WAIT_SECONDS = 10.0
POLL_SECONDS = 0.05


class AlreadySolved(Exception):
    """The team has passed this puzzle; ``how`` is solved or skipped."""

    def __init__(self, how: str = "solved") -> None:
        super().__init__(how)
        self.how = how


class StillJudging(Exception):
    """The same key is being judged elsewhere and the answer takes longer than one can wait."""


class TeamGone(Exception):
    """The account was closed while its guess was on the way."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One guess as it came in. ``once`` is empty where the sender does not mind being judged twice."""

    team_id: int
    puzzle: Puzzle
    raw: str
    once: str
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What the team is told. ``points`` and ``unlocked`` only for a right answer."""

    verdict: str
    message_html: str
    reference: str
    score: int
    xp: int
    meta: bool
    guesses_left: int
    points: int | None = None
    unlocked: tuple[dict[str, str], ...] | None = None

    def as_json(self) -> dict[str, Any]:
        """The reply for programs, without what does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(slots=True)
class _Case:
    """A guess while it is being judged."""

    ports: Ports
    content: Content
    asked: Asked
    now: datetime
    normalised: str
    hashes: tuple[str, ...]
    digest: str = field(init=False)
    answer: str = field(init=False)
    holder: str = field(default_factory=lambda: secrets.token_hex(8))

    def __post_init__(self) -> None:
        puzzle, secret = self.asked.puzzle.id, self.ports.secret
        # Under other hashes the same text deserves another judgement: a corrected answer must not stay “tried before”.
        self.digest = answers.digest(secret, "\n".join((puzzle, *self.hashes)), self.normalised)
        self.answer = answers.digest(secret, puzzle, self.normalised)


def guess(ports: Ports, content: Content, asked: Asked) -> dict[str, Any]:
    """Judge a guess and answer the reply as JSON.

    Raises :class:`app.rules.answers.InvalidAnswer`, :class:`app.rules.guesses.OutOfGuesses`, :class:`AlreadySolved`,
    :class:`StillJudging`, :class:`TeamGone`, and HashingBusy; after any of them no guess is stored.
    """
    now = ports.clock.now()
    try:
        normalised = answers.checked(asked.raw)
    except answers.InvalidAnswer:
        _use_slot(ports, asked, now)
        raise
    hashes = tuple(candidate.hash for candidate in candidates(asked.puzzle))
    case = _Case(ports, content, asked, now, normalised, hashes)
    reply = _await_first(case)
    if reply is None:
        reply = _judge_reserved(case)
    return reply


def _use_slot(ports: Ports, asked: Asked, now: datetime) -> None:
    """What cannot be an answer is no guess, but it uses one up: a loop that sends rubbish stops like any other."""
    with ports.database.writing() as connection:
        team = _locked(connection, asked.team_id)
        if _is_free_of_charge(guesses.read_situation(connection, team.id, asked.puzzle.id, once=asked.once)):
            return
        guesses.keep_window(connection, team.id, take_slot(team.guess_times, now), None)


def _is_free_of_charge(situation: Situation) -> bool:
    return situation.is_solved or situation.is_skipped or situation.reply is not None


def _locked(connection: Connection, team_id: int) -> LockedTeam:
    team = guesses.lock_team(connection, team_id)
    if team is None or team.is_banned:
        raise TeamGone
    return team


def _await_first(case: _Case) -> dict[str, Any] | None:
    """The reply if it can be had without hashing; None when this request has reserved the right to judge."""
    clock = case.ports.clock
    give_up = clock.monotonic() + WAIT_SECONDS
    while True:
        outcome = _open_case(case)
        if outcome is not _WAIT:
            return outcome
        if clock.monotonic() > give_up:
            raise StillJudging
        case.ports.pause(POLL_SECONDS)


_WAIT: dict[str, Any] = {}


def _open_case(case: _Case) -> dict[str, Any] | None:
    asked, events = case.asked, list[SolveOutcome]()
    with case.ports.database.writing() as connection:
        team = _locked(connection, asked.team_id)
        situation = _situation(connection, case)
        if situation.reply is not None:
            return dict(json.loads(situation.reply))
        if _is_being_judged(situation, case.now):
            return _WAIT
        _refuse_passed(situation)
        team.guess_times = take_slot(team.guess_times, case.now)
        guesses.keep_window(connection, team.id, team.guess_times, case.now)
        known = _known_judgement(case, situation)
        if known is None and situation.repeated is None:
            if asked.once:
                guesses.reserve(connection, team.id, asked.puzzle.id, asked.once, case.holder, case.now)
            return None
        reply = _settle(connection, case, team, situation, known, events)
    _tell(case, team, reply, events)
    return reply


def _situation(connection: Connection, case: _Case) -> Situation:
    asked = case.asked
    return guesses.read_situation(
        connection, asked.team_id, asked.puzzle.id, once=asked.once, digest=case.digest, answer=case.answer
    )


def _is_being_judged(situation: Situation, now: datetime) -> bool:
    return situation.reserved_at is not None and abs(now - situation.reserved_at) < LEASE


def _refuse_passed(situation: Situation) -> None:
    if situation.is_solved or situation.is_skipped:
        raise AlreadySolved("solved" if situation.is_solved else "skipped")


def _known_judgement(case: _Case, situation: Situation) -> Judgement | None:
    """The verdict when it takes no hashing: an answer accepted by the organisers, or one that this process knows."""
    puzzle, memory = case.asked.puzzle, case.ports.verdicts
    if situation.is_accepted:
        return Judgement("correct", puzzle.success_html or verdict_for(puzzle, 0).message_html)
    if not memory.knows(case.hashes, case.normalised):
        return None
    return verdict_for(puzzle, memory.find_fit(case.hashes, case.normalised, _never))


def _never(_hash: str, _normalised: str) -> bool:
    raise AssertionError("this verdict was known")


def _judge_reserved(case: _Case) -> dict[str, Any]:
    """Hash, outside of any transaction, and settle. Whatever goes wrong gives the key back."""
    try:
        judgement = _judge(case)
        return _close_case(case, judgement)
    except BaseException:
        _release(case)
        raise


def _judge(case: _Case) -> Judgement:
    def check(hashed: str, normalised: str) -> bool:
        return case.ports.hasher.check("guess", normalised.encode(), answers.comparable(hashed))

    place = case.ports.verdicts.find_fit(case.hashes, case.normalised, check)
    return verdict_for(case.asked.puzzle, place)


def _close_case(case: _Case, judgement: Judgement) -> dict[str, Any]:
    events = list[SolveOutcome]()
    with case.ports.database.writing() as connection:
        team = _locked(connection, case.asked.team_id)
        situation = _situation(connection, case)
        # Whoever took over from a judge that was believed dead has answered already.
        if situation.reply is not None:
            return dict(json.loads(situation.reply))
        _refuse_passed(situation)
        reply = _settle(connection, case, team, situation, judgement, events)
    _tell(case, team, reply, events)
    return reply


def _release(case: _Case) -> None:
    asked = case.asked
    if asked.once:
        with case.ports.database.writing() as connection:
            guesses.release(connection, asked.team_id, asked.puzzle.id, asked.once, case.holder)


def _settle(
    connection: Connection, case: _Case, team: LockedTeam, situation: Situation, judgement: Judgement | None,
    events: list[SolveOutcome],
) -> dict[str, Any]:  # fmt: skip
    """Write down what the guess got and the reply that its key will always get."""
    if judgement is not None and judgement.verdict == "correct":
        reply = _settle_right(connection, case, team, judgement, events)
    elif situation.repeated is not None:
        old = situation.repeated
        reply = _reply(case, team, "repeat", old.message_html, old.id)
    elif judgement is not None:
        number = _store(connection, case, judgement, case.asked.raw)
        reply = _reply(case, team, judgement.verdict, judgement.message_html, number)
    else:
        raise AssertionError("a guess that is neither judged nor repeated cannot be settled")
    body = reply.as_json()
    if case.asked.once:
        asked = case.asked
        guesses.keep_reply(connection, team.id, asked.puzzle.id, asked.once, case.now, json.dumps(body))
    return body


def _settle_right(
    connection: Connection, case: _Case, team: LockedTeam, judgement: Judgement, events: list[SolveOutcome]
) -> Reply:
    number = _store(connection, case, judgement, None)
    outcome = record_solve(connection, case.ports, case.content, team, case.asked.puzzle, case.now)
    events.append(outcome)
    reply = _reply(case, team, "correct", judgement.message_html, number)
    reply = Reply(**(asdict(reply) | {"points": outcome.points, "unlocked": outcome.unlocked_links()}))
    return reply


def _store(connection: Connection, case: _Case, judgement: Judgement, text: str | None) -> int:
    """One row a guess. The text of a right one is never among them."""
    return guesses.add_guess(
        connection,
        team_id=case.asked.team_id,
        puzzle_id=case.asked.puzzle.id,
        guessed_at=case.now,
        verdict=judgement.verdict,
        text=text and text.replace("\0", "").strip(),
        digest=case.digest,
        message_html=judgement.message_html,
        address=case.asked.address,
    )


def _reply(case: _Case, team: LockedTeam, verdict: str, message_html: str, number: int) -> Reply:
    return Reply(
        verdict=verdict,
        message_html=message_html,
        reference=f"G{number}",
        score=team.score,
        xp=team.xp,
        meta=case.asked.puzzle.is_meta,
        guesses_left=guesses_left(team.guess_times, case.now),
    )


def _tell(case: _Case, team: LockedTeam, reply: dict[str, Any], events: list[SolveOutcome]) -> None:
    """After commit: the team's other open pages. Nothing that goes wrong here can change what the player is told."""
    audience, puzzle = f"team:{team.id}", case.asked.puzzle
    case.ports.teller.tell(audience, "guess", {"puzzle": puzzle.key, "verdict": reply["verdict"]})
    for outcome in events:
        solve = {"puzzle": puzzle.key, "title": puzzle.title, "points": outcome.points, "score": team.score}
        case.ports.teller.tell(audience, "solve", solve)
        if outcome.unlocked:
            case.ports.teller.tell(audience, "unlock", {"items": list(outcome.unlocked_links())})
        totals = {"score": team.score, "xp": team.xp, "hint_credits": team.hint_credits}
        case.ports.teller.tell(audience, "score", totals)
