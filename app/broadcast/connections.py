"""This process's open sockets, their teams, and a rate limit for each."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from app.broadcast.events import audiences_of
from app.concurrency.rate_limit import TokenBucket

# Of one team in one process. Tabs of a browser share one; a crowd in one account has several processes.
MOST_OF_TEAM = 100
# What a page sends costs a little each time; a page of ours needs a handful in an hour.
MOST_EVENTS = 30
EVENTS_A_SECOND = 0.5


@dataclass(slots=True)
class SocketConnection:
    """``session``: its session's key, ``until``: that session's end, ``by_second_factor``: whether it proved one."""

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
    allowance: TokenBucket = field(default_factory=lambda: TokenBucket(MOST_EVENTS, EVENTS_A_SECOND, updated_at=0.0))

    @property
    def audiences(self) -> tuple[str, ...]:
        return audiences_of(self.team_id, self.division, self.roles)


class Connections:
    def __init__(self) -> None:
        self._by_sid: dict[str, SocketConnection] = {}
        self._by_team: defaultdict[int, dict[str, SocketConnection]] = defaultdict(dict)

    def add(self, connection: SocketConnection) -> None:
        self._by_sid[connection.sid] = connection
        if connection.team_id is not None:
            self._by_team[connection.team_id][connection.sid] = connection

    def has_room_for(self, connection: SocketConnection) -> bool:
        return connection.team_id is None or len(self._by_team.get(connection.team_id, ())) < MOST_OF_TEAM

    def remove(self, sid: str) -> None:
        connection = self._by_sid.pop(sid, None)
        if connection is None or connection.team_id is None:
            return
        self._by_team[connection.team_id].pop(sid, None)
        if not self._by_team[connection.team_id]:
            del self._by_team[connection.team_id]

    def find(self, sid: str) -> SocketConnection | None:
        return self._by_sid.get(sid)

    def of_team(self, team_id: int) -> list[SocketConnection]:
        return list(self._by_team[team_id].values()) if team_id in self._by_team else []

    def sids_at_or_after(self, number: int) -> list[str]:
        """Sockets whose ``hello`` named this broadcast, or a newer one, as the newest."""
        return [sid for sid, connection in self._by_sid.items() if connection.hello["last"] >= number]

    def has_staff(self) -> bool:
        return any(connection.roles for connection in list(self._by_sid.values()))

    def teams(self) -> list[int]:
        return list(self._by_team)

    def competing_teams(self) -> list[int]:
        found = [(team, list(sockets.values())) for team, sockets in list(self._by_team.items())]
        return [team for team, sockets in found if not any(one.roles for one in sockets)]

    def __len__(self) -> int:
        return len(self._by_sid)
