"""The open sockets of this process: whose they are, and what each may still ask for.

Touched by the handlers, which add and remove, and by the watch, which ends those that should not be open any more.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from app.services.broadcasting import audiences_of

# What a page sends costs a little each time; a page of ours needs a handful in an hour.
MOST_WORDS = 30
WORDS_A_SECOND = 0.5


@dataclass(slots=True)
class WordsLeft:
    """So many words at once, and so many more as time passes."""

    left: float = MOST_WORDS
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more word is heard; ``now`` in monotonic seconds."""
        self.left = min(MOST_WORDS, self.left + max(0.0, now - self.at) * WORDS_A_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class Listener:
    """One socket. ``until`` is the end of the session it was opened with, which also tells two sessions apart."""

    sid: str
    client_id: str
    hello: dict[str, Any]
    team_id: int | None = None
    epoch: int = 0
    division: str = ""
    until: float = 0.0
    allowance: WordsLeft = field(default_factory=WordsLeft)

    @property
    def audiences(self) -> tuple[str, ...]:
        """The rooms that this socket belongs into."""
        return audiences_of(self.team_id, self.division)


class Listeners:
    """Who is connected to this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Listener] = {}
        self._by_team: defaultdict[int, dict[str, Listener]] = defaultdict(dict)

    def add(self, listener: Listener) -> None:
        """A socket has been opened."""
        self._by_sid[listener.sid] = listener
        if listener.team_id is not None:
            self._by_team[listener.team_id][listener.sid] = listener

    def remove(self, sid: str) -> None:
        """A socket is gone."""
        listener = self._by_sid.pop(sid, None)
        if listener is None or listener.team_id is None:
            return
        self._by_team[listener.team_id].pop(sid, None)
        if not self._by_team[listener.team_id]:
            del self._by_team[listener.team_id]

    def find(self, sid: str) -> Listener | None:
        """The socket of this id."""
        return self._by_sid.get(sid)

    def of_team(self, team_id: int) -> list[Listener]:
        """A team's sockets here."""
        return list(self._by_team[team_id].values()) if team_id in self._by_team else []

    def who_know(self, number: int) -> list[str]:
        """The sockets that were told of this broadcast, or a newer one, when they were greeted."""
        return [sid for sid, listener in self._by_sid.items() if listener.hello["last"] >= number]

    def teams(self) -> list[int]:
        """The teams that have a socket here."""
        return list(self._by_team)

    def __len__(self) -> int:
        return len(self._by_sid)
