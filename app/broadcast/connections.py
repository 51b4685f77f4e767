"""The open sockets of this process: their teams, and how many events each may still send."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from app.broadcast.events import audiences_of

# Of one team in one process. Tabs of a browser share one; a crowd in one account has several processes.
MOST_OF_TEAM = 100
# What a page sends costs a little each time; a page of ours needs a handful in an hour.
MOST_EVENTS = 30
EVENTS_A_SECOND = 0.5


@dataclass(slots=True)
class EventAllowance:
    """A token bucket for the events of one socket."""

    left: float = MOST_EVENTS
    at: float = 0.0

    def take(self, now: float) -> bool:
        """Whether one more event is handled; ``now`` in monotonic seconds."""
        self.left = min(MOST_EVENTS, self.left + max(0.0, now - self.at) * EVENTS_A_SECOND)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


@dataclass(slots=True)
class SocketConnection:
    """One socket. ``session`` is the key of the session it was opened with, ``until`` that session's end, and
    ``by_second_factor`` whether that session has proved one."""

    sid: str
    client_id: str
    hello: dict[str, Any]
    team_id: int | None = None
    epoch: int = 0
    division: str = ""
    roles: frozenset[str] = frozenset()
    until: float = 0.0
    session: str = ""
    by_second_factor: bool = False
    allowance: EventAllowance = field(default_factory=EventAllowance)

    @property
    def audiences(self) -> tuple[str, ...]:
        """The rooms that this socket belongs into."""
        return audiences_of(self.team_id, self.division, self.roles)


class Connections:
    """The registry of this process's sockets."""

    def __init__(self) -> None:
        self._by_sid: dict[str, SocketConnection] = {}
        self._by_team: defaultdict[int, dict[str, SocketConnection]] = defaultdict(dict)

    def add(self, connection: SocketConnection) -> None:
        """A socket has been opened."""
        self._by_sid[connection.sid] = connection
        if connection.team_id is not None:
            self._by_team[connection.team_id][connection.sid] = connection

    def has_room_for(self, connection: SocketConnection) -> bool:
        """Whether the team may have one more socket here."""
        return connection.team_id is None or len(self._by_team.get(connection.team_id, ())) < MOST_OF_TEAM

    def remove(self, sid: str) -> None:
        """A socket is gone."""
        connection = self._by_sid.pop(sid, None)
        if connection is None or connection.team_id is None:
            return
        self._by_team[connection.team_id].pop(sid, None)
        if not self._by_team[connection.team_id]:
            del self._by_team[connection.team_id]

    def find(self, sid: str) -> SocketConnection | None:
        """The socket of this id."""
        return self._by_sid.get(sid)

    def of_team(self, team_id: int) -> list[SocketConnection]:
        """A team's sockets in this process."""
        return list(self._by_team[team_id].values()) if team_id in self._by_team else []

    def sids_at_or_after(self, number: int) -> list[str]:
        """The sockets whose ``hello`` named this broadcast, or a newer one, as the newest."""
        return [sid for sid, connection in self._by_sid.items() if connection.hello["last"] >= number]

    def has_staff(self) -> bool:
        """Whether an account with a role has a socket in this process."""
        return any(connection.roles for connection in list(self._by_sid.values()))

    def teams(self) -> list[int]:
        """The teams that have a socket in this process."""
        return list(self._by_team)

    def __len__(self) -> int:
        return len(self._by_sid)
