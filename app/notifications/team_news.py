"""News for team webhooks: solves, unlocks, answers, announcements.

A message names open puzzles, never guesses or questions, and nothing of the game while that is closed.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.clock import Clock
from app.core.fetch_result import AddressRefused, NotToBeHad
from app.core.game_view import GameView
from app.core.in_force import InForce
from app.core.model import Content
from app.core.text import Text, sentence
from app.database import announcements as announcement_queries
from app.database import audit, progress
from app.database.announcements import Published
from app.database.engine import Database
from app.database.progress import TeamProgress
from app.encryption import DecryptionFailed, Encryption
from app.notifications import outbox_queries, team_webhook_queries
from app.notifications.chat_format import chat_body, plain
from app.notifications.outbox import HOOK, NotDelivered
from app.notifications.team_webhook_queries import Hook
from app.ports import Prox, Translate

# The shortest time between messages to a hook.
BETWEEN_MESSAGES = timedelta(seconds=30)
# Failures in a row that deactivate a hook; a missing address does at once.
MOST_FAILURES = 8
GONE = (401, 403, 404, 410)
TRY_AGAIN = (408, 425, 429)
MOST_LINES = 12
MOST_NAMES = 5
# Yield regularly.
HOOKS_IN_ONE_GO = 20

Told = dict[str, list[Any]]


@dataclass(frozen=True, slots=True)
class _Now:
    content: Content
    at: datetime
    is_before: bool
    is_closed: bool
    said: Sequence[Published]
    answers: Mapping[int, Sequence[tuple[int, str]]]
    chosen: frozenset[tuple[int, int]] = frozenset()


def gather_news(database: Database, in_force: InForce, clock: Clock, translate: Translate) -> int:
    if not in_force.is_loaded:
        return 0
    hooks = team_webhook_queries.read_live(database)
    if not hooks:
        return 0
    now, teams = _now(database, in_force, clock, hooks), progress.read_teams(database, [hook.team_id for hook in hooks])
    count = 0
    for place, hook in enumerate(hooks):
        if place % HOOKS_IN_ONE_GO == 0:
            clock.sleep(0)
        team = teams.get(hook.team_id)
        if team is not None and (hook.told_at is None or now.at - hook.told_at >= BETWEEN_MESSAGES):
            count += _look(database, in_force, translate, hook, team, now)
    return count


def _now(database: Database, in_force: InForce, clock: Clock, hooks: Sequence[Hook]) -> _Now:
    at, hunt = clock.now(), in_force.settings
    answers: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for number, team_id, puzzle_id in team_webhook_queries.read_answers(database, min(hook.set_at for hook in hooks)):
        answers[team_id].append((number, puzzle_id))
    said, chosen = announcement_queries.read_published(database, at, None), announcement_queries.read_chosen(database)
    return _Now(in_force.content, at, hunt.state_at(at) == "before", hunt.lockdown_puzzles, said, answers, chosen)


def _look(
    database: Database, in_force: InForce, translate: Translate, hook: Hook, team: TeamProgress, now: _Now
) -> bool:
    """Compare and queue. The first run only notes the state."""
    present, before = _present(in_force, team, now), _told(hook)
    if now.is_closed and before:
        present |= {"solved": [], "open": []}
    new = {name: [one for one in found if one not in before.get(name, ())] for name, found in present.items()}
    lines = _lines(translate, team.language, new, now) if before else []
    if before and not any(new.values()):
        return False
    told = {name: [*before.get(name, ()), *found] for name, found in new.items()}
    with database.writing() as connection:
        # The message and its mark are one transaction, so one process queues it.
        is_mine = team_webhook_queries.note_told(connection, hook, told, now.at if lines else hook.told_at)
        if is_mine and lines:
            payload = {"team": hook.team_id, "serial": hook.serial, "text": "\n".join(lines)}
            outbox_queries.add(connection, HOOK, payload, now.at, fair_key=f"team:{hook.team_id}", host=hook.host)
    return is_mine and bool(lines)


def _told(hook: Hook) -> Told:
    """Empty if it was sent nothing as a team: it may have been one of the staff."""
    return hook.told if "open" in hook.told else {}


def _present(in_force: InForce, team: TeamProgress, now: _Now) -> Told:
    opened = frozenset[str]()
    if not now.is_before:
        opened = GameView(now.content, in_force.settings, now.at, team.progress).open_puzzles
    return {
        "solved": sorted(team.progress.solved),
        "open": [puzzle.id for puzzle in now.content.puzzles if puzzle.id in opened],
        "answers": [number for number, _ in now.answers.get(team.team_id, ())],
        "said": [one.id for one in reversed(now.said) if _concerns(one, team, opened, now.chosen)],
    }


def _concerns(
    said: Published, team: TeamProgress, opened: frozenset[str], chosen: frozenset[tuple[int, int]]
) -> bool:  # fmt: skip
    """As on the announcements page."""
    if said.audience == announcement_queries.CHOSEN:
        return (said.id, team.team_id) in chosen
    if said.audience != "puzzle":
        return said.audience in ("all", "teams", f"division:{team.progress.division}", f"team:{team.team_id}")
    solved_at = team.progress.solved.get(said.puzzle_id or "")
    return said.puzzle_id in opened and (solved_at is None or solved_at > said.published_at)


def _lines(translate: Translate, language: str, new: Told, now: _Now) -> list[str]:
    lines = [sentence("✅ Solved: %(puzzle)s.", puzzle=_title(now.content, one)) for one in new["solved"]]
    if new["open"]:
        names = [translate(language, _title(now.content, one)) for one in new["open"]]
        lines.append(_now_open(", ".join(names[:MOST_NAMES]), len(names) - MOST_NAMES))
    about = dict(one for found in now.answers.values() for one in found)
    for one in dict.fromkeys(about[number] for number in new["answers"]):
        puzzle = _title(now.content, one)
        lines.append(sentence("💬 The organisers replied about %(puzzle)s.", puzzle=puzzle))
    said = {one.id: one for one in now.said}
    lines += [_announced(said[number]) for number in new["said"]]
    if len(lines) > MOST_LINES:
        lines[MOST_LINES:] = [sentence("… and %(count)s more.", count=len(lines) - MOST_LINES)]
    return [translate(language, line) for line in lines]


def _now_open(names: str, more: int) -> Text:
    if more > 0:
        return sentence("🔓 Now open: %(puzzles)s and %(count)s more.", puzzles=names, count=more)
    return sentence("🔓 Now open: %(puzzles)s.", puzzles=names)


def _announced(one: Published) -> Text:
    title = plain(one.title)
    if one.kind == "erratum":
        return sentence("⚠️ Erratum: “%(title)s”.", title=title)
    return sentence("📣 News: “%(title)s”.", title=title)


def _title(content: Content, puzzle_id: str) -> Text:
    puzzle = content.puzzle(puzzle_id)
    return sentence("“%(title)s”", title=plain(puzzle.title)) if puzzle else sentence("a puzzle")


# --- on the way out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HookSender:
    database: Database
    clock: Clock
    encryption: Encryption
    prox: Prox | None

    def send(self, payload: Mapping[str, Any]) -> None:
        """Raises :class:`NotDelivered`."""
        hook, prox = team_webhook_queries.find_live(self.database, int(payload.get("team", 0))), self.prox
        if hook is None or hook.serial != payload.get("serial") or prox is None:
            raise NotDelivered("not set up any more", is_final=True)
        try:
            url = self.encryption.decrypt(HOOK, hook.sealed)
        except DecryptionFailed:
            raise NotDelivered("sealed under another secret", is_final=True) from None
        self._post(prox, hook, url, json.dumps(chat_body(url, str(payload["text"]))).encode())

    def _post(self, prox: Prox, hook: Hook, url: str, body: bytes) -> None:
        try:
            status = prox.post(url, body)
        except AddressRefused:
            self._fail(hook, "the address is refused", is_gone=True)
        except NotToBeHad:
            self._fail(hook, "no answer in time", is_silent=True)
        else:
            if not 200 <= status < 300:
                self._fail(hook, f"HTTP {status}", is_gone=status in GONE, is_final=status not in TRY_AGAIN)
        if hook.failures:
            with self.database.writing() as connection:
                team_webhook_queries.note_delivered(connection, hook)

    def _fail(
        self, hook: Hook, problem: str, *, is_gone: bool = False, is_final: bool = False, is_silent: bool = False
    ) -> None:
        now = self.clock.now()
        with self.database.writing() as connection:
            if team_webhook_queries.note_failure(connection, hook, problem, now, 1 if is_gone else MOST_FAILURES):
                audit.log(connection, now, "webhook off", hook.team_id, host=hook.host, problem=problem)
        raise NotDelivered(problem, is_final=is_gone or is_final, is_silent=is_silent)
