"""The way of an event to open pages: a queue, the sockets of this process, and the other processes.

A stored broadcast reaches each socket once, whichever way it arrives first: pushed in this process, received from
another one, or found in the database.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from flask_socketio import SocketIO

from app.broadcast import queries
from app.broadcast.connections import Connections
from app.broadcast.events import EVERYBODY, PUSHABLE, RECHECK, stored_id
from app.broadcast.redis_manager import FairManager
from app.broadcast.session_watch import SessionWatch
from app.database.engine import Database

LONGEST_QUEUE = 10_000
# Ids of stored broadcasts that have been delivered; far more than can be under way at once.
REMEMBERED = 5_000
logger = logging.getLogger("infinity.live")


class LocalDelivery:
    """Delivers to the sockets of this process."""

    def __init__(self, database: Database, sockets: SocketIO, connections: Connections, sessions: SessionWatch) -> None:
        self._database = database
        self._sockets = sockets
        self._connections = connections
        self._sessions = sessions
        self._lock = threading.Lock()
        self._delivered: OrderedDict[int, None] = OrderedDict()
        self._cursor: int | None = None
        self.newest_for_all = 0

    def start(self) -> None:
        """Before the first socket: read up to which broadcast there is nothing to deliver."""
        if self._cursor is not None:
            return
        newest, cursor = queries.newest_id(self._database, (EVERYBODY,)), queries.last_id(self._database)
        with self._lock:
            if self._cursor is None:
                self.newest_for_all = max(self.newest_for_all, newest)
                self._cursor = cursor

    def deliver(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Emit an event here, unless it is a broadcast that has been delivered before."""
        if event == RECHECK:
            self._sessions.recheck(int(audience.removeprefix("team:")), str(payload.get("session", "")))
            return
        number = stored_id(event, payload)
        if number is None:
            self.emit(audience, event, payload)
        elif self._is_first(number, audience):
            # A page whose hello named this broadcast as the newest catches up on it by itself.
            self.emit(audience, event, payload, self._connections.sids_at_or_after(number))

    def deliver_missed(self) -> None:
        """Deliver broadcasts that were stored by other processes and whose push has not arrived."""
        if self._cursor is None or queries.last_id(self._database) <= self._cursor:
            return
        for sent in queries.read_after(self._database, None, self._cursor):
            self.deliver(sent.audience, sent.kind, sent.payload)
            self._cursor = sent.id

    def emit(self, room: str, event: str, payload: dict[str, Any], skip: Sequence[str] = ()) -> None:
        """Emit to a room in this process alone."""
        self._sockets.emit(event, payload, to=room, skip_sid=list(skip), ignore_queue=True)

    def _is_first(self, number: int, audience: str) -> bool:
        with self._lock:
            if number in self._delivered:
                return False
            self._delivered[number] = None
            while len(self._delivered) > REMEMBERED:
                self._delivered.popitem(last=False)
            if audience == EVERYBODY:
                self.newest_for_all = max(self.newest_for_all, number)
            return True


class Broadcaster:
    """Implements :class:`app.ports.Pusher`: a request is never delayed by sockets or by Redis.

    ``is_inline``: tests and commands deliver in the caller's thread; a serving process has a worker.
    """

    def __init__(self, delivery: LocalDelivery, manager: FairManager, *, is_inline: bool) -> None:
        self._delivery = delivery
        self._manager = manager
        self._is_inline = is_inline
        self._waiting: queue.Queue[tuple[str, str, dict[str, Any]]] = queue.Queue(LONGEST_QUEUE)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None

    def push(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Push an event to ``all``, ``division:CODE``, ``team:ID`` or ``staff``. Never waits, never raises."""
        if event not in PUSHABLE:
            logger.error("the event %r is not one that pages get", event)
            return
        if self._is_inline:
            self._send(audience, event, payload)
            return
        try:
            self._waiting.put_nowait((audience, event, payload))
        except queue.Full:
            logger.warning("too many events wait to be pushed to open pages; one was dropped")
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="broadcaster", daemon=True)
                self._worker.start()

    def waiting(self) -> int:
        """The number of events in the queue."""
        return self._waiting.qsize()

    def _work(self) -> None:
        while True:
            self._send(*self._waiting.get())

    def _send(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        # The request has been answered long ago, and the next event must go out.
        try:
            self._delivery.deliver(audience, event, payload)
            self._manager.publish(audience, event, payload)
        except Exception:
            logger.exception("an event could not be pushed to open pages")
