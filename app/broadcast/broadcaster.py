"""Delivery of events: a queue, this process's sockets, other processes.

A stored broadcast reaches each socket once, by push, relay or database.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from flask_socketio import SocketIO

from app.broadcast import queries
from app.broadcast.connections import Connections
from app.broadcast.events import ANNOUNCEMENT, EVERYBODY, PUSHABLE, RECHECK, STORED
from app.broadcast.redis_manager import FairManager
from app.broadcast.session_watch import SessionWatch
from app.concurrency.cache import Cache
from app.concurrency.worker import Worker
from app.database.engine import Database

LONGEST_QUEUE = 10_000
# Delivered ids; far more than are under way at once.
REMEMBERED = 5_000
logger = logging.getLogger("infinity.live")


class LocalDelivery:
    def __init__(self, database: Database, sockets: SocketIO, connections: Connections, sessions: SessionWatch) -> None:
        self._database = database
        self._sockets = sockets
        self._connections = connections
        self._sessions = sessions
        self._lock = threading.Lock()
        self._delivered: Cache[int, bool] = Cache(REMEMBERED)
        self._cursor: int | None = None
        self.newest_for_all = 0

    def start(self) -> None:
        """Before the first socket: note the newest broadcast as delivered."""
        if self._cursor is not None:
            return
        newest, cursor = queries.newest_id(self._database, (EVERYBODY,)), queries.last_id(self._database)
        with self._lock:
            if self._cursor is None:
                self.newest_for_all = max(self.newest_for_all, newest)
                self._cursor = cursor

    def deliver(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Emit here, unless it is a broadcast that was delivered before."""
        if event == RECHECK:
            self._sessions.recheck(int(audience.removeprefix("team:")), str(payload.get("session", "")))
            return
        if event not in STORED:
            self.emit(audience, event, payload)
            return
        number = int(payload["broadcast" if event == ANNOUNCEMENT else "id"])
        if self._is_first(number, audience):
            # A page whose hello named this broadcast as the newest catches up on it by itself.
            self.emit(audience, event, payload, self._connections.sids_at_or_after(number))

    def deliver_missed(self) -> None:
        """Deliver stored broadcasts of other processes whose push was lost."""
        if self._cursor is None or queries.last_id(self._database) <= self._cursor:
            return
        for sent in queries.read_after(self._database, None, self._cursor):
            self.deliver(sent.audience, sent.kind, sent.payload)
            self._cursor = sent.id

    def emit(self, room: str, event: str, payload: dict[str, Any], skip: Sequence[str] = ()) -> None:
        self._sockets.emit(event, payload, to=room, skip_sid=list(skip), ignore_queue=True)

    def _is_first(self, number: int, audience: str) -> bool:
        with self._lock:
            if number in self._delivered:
                return False
            self._delivered.put(number, True)
            if audience == EVERYBODY:
                self.newest_for_all = max(self.newest_for_all, number)
            return True


class Broadcaster:
    """Implements :class:`app.ports.Pusher`: requests never wait for sockets or Redis.

    ``is_inline``: deliver in the caller's thread (tests, commands); else in a worker.
    """

    def __init__(self, delivery: LocalDelivery, manager: FairManager, *, is_inline: bool) -> None:
        self._delivery = delivery
        self._manager = manager
        self._worker: Worker[tuple[str, str, dict[str, Any]]] | None = None
        if not is_inline:
            self._worker = Worker("broadcaster", self._send, LONGEST_QUEUE, item_name="an event for open pages")

    def push(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Push to ``all``, ``division:CODE``, ``team:ID`` or ``staff``. Never waits, never raises."""
        if event not in PUSHABLE:
            logger.error("the event %r is not one that pages get", event)
            return
        if self._worker:
            self._worker.put((audience, event, payload))
        else:
            self._send((audience, event, payload))

    def waiting(self) -> int:
        return self._worker.waiting() if self._worker else 0

    def _send(self, pushed: tuple[str, str, dict[str, Any]]) -> None:
        # The request has ended, and the next event must go out.
        try:
            self._delivery.deliver(*pushed)
            self._manager.publish(*pushed)
        except Exception:
            logger.exception("an event could not be pushed to open pages")
