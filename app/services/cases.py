"""A guess as a case: what was asked, what stands in its way, what is written down when it is settled.

Inside the caller's transaction, with the team's row locked; nothing in here hashes or waits. Called by guessing.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

from app.rules import answers
from app.rules.guesses import Judgement, accepted_since, guesses_left
from app.rules.model import Content, Puzzle
from app.rules.powerups import COSTS
from app.rules.wording import sentence
from app.services.growing import pay_xp, xp_shown
from app.services.playing import totals_of
from app.services.ports import Ports
from app.services.solving import SolveOutcome, record_solve
from app.store import guesses, journal
from app.store.connections import Transaction
from app.store.guesses import LockedTeam, Situation

BOUGHT_HTML = sentence("<p>Close enough: the power-up made it count.</p>")


@dataclass(frozen=True, slots=True)
class Asked:
    """One guess as it came in. ``once`` is empty where the sender does not mind being judged twice.

    ``is_close_answer``: the team pays with XP for a near answer to count, if it is one.
    """

    team_id: int
    puzzle: Puzzle
    raw: str
    once: str
    address: str
    is_close_answer: bool = False


@dataclass(frozen=True, slots=True)
class Ruling:
    """What a guess got. ``is_bought``: it is not right, but near, and the team pays for it to count."""

    judgement: Judgement
    is_bought: bool = False

    @property
    def is_solve(self) -> bool:
        """Whether it solves the puzzle."""
        return self.is_bought or self.judgement.verdict == "correct"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the team is told. ``points`` and ``unlocked`` only for a solve, ``hint_credits`` only after a power-up."""

    verdict: str
    message_html: str
    reference: str
    score: int
    xp: int
    meta: bool
    guesses_left: int
    points: int | None = None
    unlocked: tuple[dict[str, str], ...] | None = None
    hint_credits: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The reply for programs, without what does not apply."""
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(slots=True)
class Case:
    """A guess while it is being judged. ``first`` is what comparing it with the hashes gave, once that is known."""

    ports: Ports
    content: Content
    asked: Asked
    now: datetime
    normalised: str
    hashes: tuple[str, ...]
    digest: str = field(init=False)
    answer: str = field(init=False)
    holder: str = field(default_factory=lambda: secrets.token_hex(8))
    first: Judgement | None = None

    def __post_init__(self) -> None:
        puzzle, secret = self.asked.puzzle.id, self.ports.secret
        # Under other hashes the same text deserves another judgement: a corrected answer must not stay “tried before”.
        self.digest = answers.digest(secret, "\n".join((puzzle, *self.hashes)), self.normalised)
        self.answer = answers.digest(secret, puzzle, self.normalised)


def situation_of(connection: Transaction, case: Case) -> Situation:
    """What stands in the way of this guess, as the lock shows it."""
    asked = case.asked
    return guesses.read_situation(
        connection, asked.team_id, asked.puzzle.id, once=asked.once, digest=case.digest, answer=case.answer
    )


def settle(
    connection: Transaction, case: Case, team: LockedTeam, situation: Situation, ruling: Ruling,
    events: list[SolveOutcome],
) -> dict[str, Any]:  # fmt: skip
    """Write down what the guess got and the reply that its key will always get.

    Raises :class:`app.rules.powerups.InsufficientXp` when the price of a close answer went elsewhere meanwhile.
    """
    old, judgement = situation.repeated, ruling.judgement
    if ruling.is_solve:
        reply = _settle_right(connection, case, team, ruling, events)
    elif old is not None:
        reply = _reply(case, team, "repeat", old.message_html, old.id)
    else:
        number = _store(connection, case, judgement.verdict, judgement.message_html, case.asked.raw)
        reply = _reply(case, team, judgement.verdict, judgement.message_html, number)
    body = reply.as_json()
    if case.asked.once:
        asked = case.asked
        guesses.keep_reply(connection, team.id, asked.puzzle.id, asked.once, case.now, json.dumps(body))
    return body


def _settle_right(
    connection: Transaction, case: Case, team: LockedTeam, ruling: Ruling, events: list[SolveOutcome]
) -> Reply:
    puzzle, message_html, is_bought = case.asked.puzzle, ruling.judgement.message_html, ruling.is_bought
    if is_bought:
        # Before the solve: its XP come on top of what is left, also for a team that was at the cap.
        _pay_close_answer(connection, case, team)
        message_html = BOUGHT_HTML + accepted_since(puzzle).message_html
    number = _store(connection, case, "correct", message_html, None)
    outcome = record_solve(connection, case.ports, case.content, team, puzzle, case.now, is_close_answer=is_bought)
    events.append(outcome)
    reply = _reply(case, team, "correct", message_html, number)
    return replace(reply, points=outcome.points, unlocked=outcome.unlocked_links())


def _pay_close_answer(connection: Transaction, case: Case, team: LockedTeam) -> None:
    asked = case.asked
    pay_xp(connection, case.ports, team, "close", asked.puzzle, case.now)
    paid = {"verb": "close", "price": COSTS["close"]}
    journal.log(connection, case.now, "powerup", team.id, asked.puzzle.id, asked.address, **paid)


def _store(connection: Transaction, case: Case, verdict: str, message_html: str, text: str | None) -> int:
    """One row a guess. The text of one that solves the puzzle is never among them."""
    return guesses.add_guess(
        connection,
        team_id=case.asked.team_id,
        puzzle_id=case.asked.puzzle.id,
        guessed_at=case.now,
        verdict=verdict,
        text=text and text.replace("\0", "").strip(),
        digest=case.digest,
        message_html=message_html,
        address=case.asked.address,
    )


def _reply(case: Case, team: LockedTeam, verdict: str, message_html: str, number: int) -> Reply:
    return Reply(
        verdict=verdict,
        message_html=message_html,
        reference=f"G{number}",
        score=team.score,
        xp=xp_shown(case.ports, team, case.now),
        meta=case.asked.puzzle.is_meta,
        guesses_left=guesses_left(team.guess_times, case.now),
        hint_credits=team.hint_credits if case.asked.is_close_answer else None,
    )


def tell_team(case: Case, team: LockedTeam, reply: dict[str, Any], events: list[SolveOutcome]) -> None:
    """After commit: the team's other open pages. Nothing that goes wrong here can change what the player is told."""
    tell, audience, puzzle = case.ports.teller.tell, f"team:{team.id}", case.asked.puzzle
    tell(audience, "guess", {"puzzle": puzzle.key, "verdict": reply["verdict"]})
    for outcome in events:
        points = {"points": outcome.points, "score": team.score}
        tell(audience, "solve", {"puzzle": puzzle.key, "title": puzzle.title, **points})
        if outcome.unlocked:
            tell(audience, "unlock", {"items": list(outcome.unlocked_links())})
        tell(audience, "score", totals_of(case.ports, team, case.now))
