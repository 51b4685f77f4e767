"""Ends sockets of ended sessions, and moves those whose division or roles changed."""

from __future__ import annotations

from datetime import timedelta

from flask_socketio import SocketIO

from app.broadcast import queries
from app.broadcast.connections import Connections, SocketConnection
from app.clock import Clock
from app.core.in_force import InForce
from app.database.engine import Database

# A lost message about a logout takes effect after this time.
ENDED_LATELY = timedelta(minutes=10)


class SessionWatch:
    """Compares this process's sockets with the database, in one query."""

    def __init__(
        self, clock: Clock, database: Database, settings: InForce, sockets: SocketIO, connections: Connections
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._database = database
        self._sockets = sockets
        self._connections = connections

    def recheck(self, team_id: int, ended_session: str) -> None:
        self._end([one for one in self._connections.of_team(team_id) if ended_session == one.session])
        self._check([team_id])

    def sweep(self) -> None:
        """Check all teams with sockets here, and expire sessions."""
        self._check(self._connections.teams())

    def _check(self, team_ids: list[int]) -> None:
        team_ids = [team_id for team_id in team_ids if self._connections.of_team(team_id)]
        if not team_ids:
            return
        moment = self._clock.now()
        now, teams = moment.timestamp(), queries.read_teams(self._database, team_ids, moment - ENDED_LATELY)
        for team_id in team_ids:
            team = teams.get(team_id)
            for connection in self._connections.of_team(team_id):
                if team is None or now >= connection.until or not team.admits(connection.epoch, connection.session):
                    self._end([connection])
                    continue
                roles = self.roles_in(connection, team.roles)
                if (team.division, roles) != (connection.division, connection.roles):
                    self._move(connection, team.division, roles)

    def roles_in(self, connection: SocketConnection, roles: frozenset[str]) -> frozenset[str]:
        """The roles whose rooms the socket joins: none while a required second factor is missing."""
        is_open = connection.by_second_factor or not self._settings.settings.staff_second_factor
        return roles if is_open else frozenset()

    def _move(self, connection: SocketConnection, division: str, roles: frozenset[str]) -> None:
        before = set(connection.audiences)
        connection.division, connection.roles = division, roles
        for room in before - set(connection.audiences):
            self._sockets.server.leave_room(connection.sid, room)
        for room in set(connection.audiences) - before:
            self._sockets.server.enter_room(connection.sid, room)

    def _end(self, connections: list[SocketConnection]) -> None:
        for connection in connections:
            # Each in a task of its own: a socket that does not drain must not keep the others open.
            self._sockets.start_background_task(self._close, connection.sid)

    def _close(self, sid: str) -> None:
        server = self._sockets.server
        eio_sid = server.manager.eio_sid_from_sid(sid, "/")
        server.disconnect(sid, ignore_queue=True)
        if eio_sid is not None:
            server.eio.disconnect(eio_sid)

    def close_all(self) -> None:
        """Pages reconnect to other processes after random delays."""
        engine = self._sockets.server.eio
        for eio_sid in list(engine.sockets):
            self._sockets.start_background_task(engine.disconnect, eio_sid)
