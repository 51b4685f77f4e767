"""What the live part looks after once a second in every process, so that nothing hangs on a word that got lost.

The hunt's start and end by this process's own clock; broadcasts whose push did not arrive; sockets of teams that were
banned, have a new password or another division; receipts; and how many are online, for the organisers. Each socket
belongs to one process, so what each tells its own sockets is told once.
"""

from __future__ import annotations

import threading

from flask_socketio import SocketIO

from app.broadcast.broadcaster import Broadcaster
from app.broadcast.events import EVERYBODY, HUNT, RELAY
from app.broadcast.listeners import Listener, Listeners
from app.broadcast.seen import SeenNotes
from app.rules.schedule import hunt_state
from app.services import broadcasting, counting_online
from app.services.ports import Ports

# Less than the five seconds within which a ban must have ended all sockets.
SWEEP_SECONDS = 3.0
COUNT_SECONDS = 5.0


class Watch:
    """The watch of one process."""

    def __init__(
        self, ports: Ports, broadcaster: Broadcaster, listeners: Listeners, notes: SeenNotes, process: str
    ) -> None:
        self._ports = ports
        self._broadcaster = broadcaster
        self._listeners = listeners
        self._notes = notes
        self._process = process
        self._lock = threading.Lock()
        self._cursor: int | None = None
        self._state: str | None = None
        self._was_relayed = True
        self._swept_at = self._counted_at = ports.clock.monotonic()
        self._sockets: SocketIO | None = None

    def plug_in(self, sockets: SocketIO) -> None:
        """These are the sockets to look after."""
        self._sockets = sockets

    def prepare(self) -> None:
        """Before the first socket: know up to where there is nothing to be told."""
        if self._cursor is not None:
            return
        newest, cursor = broadcasting.newest(self._ports, (EVERYBODY,)), broadcasting.last_sent(self._ports)
        with self._lock:
            if self._cursor is None:
                self._broadcaster.newest_for_all = max(self._broadcaster.newest_for_all, newest)
                self._cursor = cursor

    def tick(self) -> None:
        """Look at everything once; called every second."""
        self.watch_hunt()
        self.watch_relay()
        self._notes.write(self._ports)
        self.bring_missed()
        now = self._ports.clock.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self.sweep()
        if now - self._counted_at >= COUNT_SECONDS:
            self._counted_at = now
            counting_online.report(self._ports, self._process, len(self._listeners), self._listeners.teams())

    # --- what everybody is told --------------------------------------------------------------------------------------

    def watch_hunt(self) -> None:
        """Tell pages when the hunt starts or ends, or when an organiser has moved its times."""
        hunt = self._ports.hunt
        state = hunt_state(self._ports.clock.now(), hunt.starts_at, hunt.ends_at)
        is_news, self._state = self._state not in (None, state), state
        if is_news:
            self._broadcaster.emit_here(HUNT, {"state": state}, EVERYBODY)

    def watch_relay(self) -> None:
        """Tell pages when other processes can no longer be heard: they poll until they can."""
        is_relayed = self._broadcaster.is_relayed()
        if is_relayed != self._was_relayed:
            self._was_relayed = is_relayed
            self._broadcaster.emit_here(RELAY, {"up": is_relayed}, EVERYBODY)

    def bring_missed(self) -> None:
        """Bring broadcasts that were stored elsewhere and whose push never came."""
        if self._cursor is None:
            return  # no page has ever been open here
        for sent in broadcasting.sent_since(self._ports, self._cursor):
            self._broadcaster.bring_here(sent.audience, sent.kind, sent.payload)
            self._cursor = sent.id

    # --- whose sockets are still theirs ------------------------------------------------------------------------------

    def look_again(self, team_id: int, until: float | None) -> None:
        """Something about this team has changed; or one session of it, named by its end, has logged out."""
        self._end([one for one in self._listeners.of_team(team_id) if one.until == until])
        self._look_at([team_id])

    def sweep(self) -> None:
        """Look at every team that has a socket here, and at sessions that are over."""
        self._look_at(self._listeners.teams())

    def _look_at(self, team_ids: list[int]) -> None:
        team_ids = [team_id for team_id in team_ids if self._listeners.of_team(team_id)]
        if not team_ids:
            return
        now, members = self._ports.clock.now().timestamp(), broadcasting.look_at(self._ports, team_ids)
        for team_id in team_ids:
            member = members.get(team_id)
            for listener in self._listeners.of_team(team_id):
                if member is None or member.is_banned or member.epoch != listener.epoch or now >= listener.until:
                    self._end([listener])
                elif member.division != listener.division:
                    self._move(listener, member.division)

    def _move(self, listener: Listener, division: str) -> None:
        if self._sockets is None:
            return
        before, listener.division = set(listener.audiences), division
        for room in before - set(listener.audiences):
            self._sockets.server.leave_room(listener.sid, room)
        for room in set(listener.audiences) - before:
            self._sockets.server.enter_room(listener.sid, room)

    def _end(self, listeners: list[Listener]) -> None:
        for listener in listeners:
            # Each in a task of its own: a socket that does not drain must not keep the others open.
            if self._sockets is not None:
                self._sockets.start_background_task(self._close, listener.sid)

    def _close(self, sid: str) -> None:
        if self._sockets is None:
            return
        server = self._sockets.server
        eio_sid = server.manager.eio_sid_from_sid(sid, "/")
        server.disconnect(sid, ignore_queue=True)
        if eio_sid is not None:
            server.eio.disconnect(eio_sid)

    # --- the end -----------------------------------------------------------------------------------------------------

    def say_goodbye(self) -> None:
        """The process has been told to stop: its sockets close, and pages connect elsewhere, each in its time."""
        if self._sockets is not None:
            engine = self._sockets.server.eio
            for eio_sid in list(engine.sockets):
                self._sockets.start_background_task(engine.disconnect, eio_sid)
        self._notes.write(self._ports)
