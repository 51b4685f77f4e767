"""What each process checks once a second, in case messages were lost.

Each socket belongs to one process, so each page gets one event.
"""

from __future__ import annotations

from app.broadcast import presence, queries
from app.broadcast.broadcaster import LocalDelivery
from app.broadcast.connections import Connections
from app.broadcast.events import DESK, EVERYBODY, HUNT, RELAY
from app.broadcast.receipts import ReceiptBuffer
from app.broadcast.redis_manager import FairManager
from app.broadcast.session_watch import SessionWatch
from app.clock import Clock
from app.core.in_force import InForce
from app.core.roles import STAFF
from app.database.engine import Database

# Less than the five seconds within which a ban must have ended all sockets.
SWEEP_SECONDS = 3.0
COUNT_SECONDS = 5.0


class LiveMonitor:
    def __init__(
        self,
        process: str,
        clock: Clock,
        database: Database,
        settings: InForce,
        manager: FairManager,
        connections: Connections,
        sessions: SessionWatch,
        delivery: LocalDelivery,
        receipts: ReceiptBuffer,
    ) -> None:
        self._process = process
        self._clock = clock
        self._database = database
        self._settings = settings
        self._manager = manager
        self._connections = connections
        self._sessions = sessions
        self._delivery = delivery
        self._receipts = receipts
        self._state: str | None = None
        self._was_up = True
        self._desk: str | None = None
        self._swept_at = self._counted_at = clock.monotonic()

    def tick(self) -> None:
        self._check_hunt()
        self._check_relay()
        self._check_desk()
        self._receipts.write()
        self._delivery.deliver_missed()
        now = self._clock.monotonic()
        if now - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = now
            self._sessions.sweep()
        if now - self._counted_at >= COUNT_SECONDS:
            self._counted_at = now
            clients, teams = len(self._connections), self._connections.competing_teams()
            presence.report(self._database, self._clock.now(), self._process, clients, teams)

    def _check_hunt(self) -> None:
        state = self._settings.settings.state_at(self._clock.now())
        is_news, self._state = self._state not in (None, state), state
        if is_news:
            self._delivery.emit(EVERYBODY, HUNT, {"state": state})

    def _check_relay(self) -> None:
        is_up = self._manager.is_up()
        if is_up != self._was_up:
            self._was_up = is_up
            self._delivery.emit(EVERYBODY, RELAY, {"up": is_up})

    def _check_desk(self) -> None:
        if not self._connections.has_staff():
            self._desk = None
            return
        revision = queries.desk_revision(self._database)
        is_news, self._desk = self._desk not in (None, revision), revision
        if is_news:
            self._delivery.emit(STAFF, DESK, {"what": "changed"})

    def stop(self) -> None:
        self._sessions.close_all()
        self._receipts.write()
