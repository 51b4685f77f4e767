"""Wiring of the live part: constructors in the only possible order."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass

from flask import Flask, Response, abort, current_app
from flask_socketio import SocketIO

from app.broadcast.broadcaster import Broadcaster, LocalDelivery
from app.broadcast.connections import Connections
from app.broadcast.handlers import Handlers, StrictPacket
from app.broadcast.monitor import LiveMonitor
from app.broadcast.receipts import ReceiptBuffer
from app.broadcast.redis_manager import FairManager, FairRedisManager
from app.broadcast.session_watch import SessionWatch
from app.broadcast.socket_shares import SocketShares
from app.clock import Clock
from app.core.in_force import InForce
from app.database.engine import Database
from app.ports import Ports
from app.web.access import for_all
from app.web.process_state import vitals_of

LARGEST_MESSAGE_BYTES = 16_384
PING_SECONDS, PONG_SECONDS = 25, 20


@dataclass(frozen=True, slots=True)
class Live:
    """Under ``app.extensions["live"]``."""

    sockets: SocketIO
    manager: FairManager
    connections: Connections
    sessions: SessionWatch
    broadcaster: Broadcaster
    monitor: LiveMonitor


def make_live(
    clock: Clock,
    database: Database,
    settings: InForce,
    *,
    secret: bytes,
    redis_url: str,
    async_mode: str,
    process: str,
    is_inline: bool,
) -> Live:
    """``process``: unique name; ``async_mode`` and ``is_inline``: chosen by the runtime."""
    # No server yet: install() makes it, with the manager. Until then the others only hold the extension.
    sockets = _sockets(async_mode)
    connections, receipts = Connections(), ReceiptBuffer(database, clock)
    sessions = SessionWatch(clock, database, settings, sockets, connections)
    delivery = LocalDelivery(database, sockets, connections, sessions)
    manager = FairManager(connections)
    if redis_url:
        manager = FairRedisManager(connections, redis_url, _channel(secret), clock, delivery.deliver)
    Handlers(clock, database, sockets, connections, sessions, delivery, receipts)
    broadcaster = Broadcaster(delivery, manager, is_inline=is_inline)
    monitor = LiveMonitor(
        process, clock, database, settings, manager, connections, sessions, delivery, receipts
    )  # fmt: skip
    return Live(sockets, manager, connections, sessions, broadcaster, monitor)


def _sockets(async_mode: str) -> SocketIO:
    # The libraries log every packet, and every piece of nonsense that anybody sends with a traceback.
    quiet = logging.Logger("infinity.sockets.library", logging.CRITICAL + 1)
    return SocketIO(
        async_mode=async_mode,
        serializer=StrictPacket,
        transports=["websocket"],
        manage_session=False,
        # Events of a page run in order: one that sends many delays itself only.
        async_handlers=False,
        max_http_buffer_size=LARGEST_MESSAGE_BYTES,
        ping_interval=PING_SECONDS,
        ping_timeout=PONG_SECONDS,
        http_compression=False,
        logger=quiet,
        engineio_logger=quiet,
    )


def _channel(secret: bytes) -> str:
    # A Redis server may serve several hunts, and its channels do not know its numbered databases.
    return "infinity-" + hashlib.sha256(b"channel" + secret).hexdigest()[:16]


def install(app: Flask, live: Live, sockets_per_address: int) -> None:
    live.sockets.init_app(app, client_manager=live.manager)
    # Socket requests only, no pages.
    live.sockets.server.handle_request = SocketShares(live.sockets.server.handle_request, sockets_per_address)
    app.add_url_rule("/socket.io/", endpoint="sockets", view_func=_no_page, websocket=True)
    vitals = vitals_of(app)
    vitals.at_stop.append(live.monitor.stop)
    vitals.gauges["sockets"] = lambda: float(len(live.connections))
    vitals.gauges["teams_with_sockets"] = lambda: float(len(live.connections.teams()))
    vitals.gauges["processes_cut_off"] = lambda: float(not live.manager.is_up())
    vitals.gauges["words_waiting_for_sockets"] = lambda: float(live.broadcaster.waiting())


@for_all
def _no_page() -> Response:
    """Never runs: the library answers at this address.

    Registered because each socket event is a Flask request, and one to an unknown address keeps its exception and
    frames until a full collection.
    """
    abort(404)


def tick(_ports: Ports) -> None:
    live: Live = current_app.extensions["live"]
    live.monitor.tick()
