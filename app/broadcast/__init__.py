"""Live pages over Socket.IO: who is connected, in which rooms, and what they are told.

The factory makes a :class:`Broadcaster` for the services' port and calls :func:`install` once the app stands. Nothing
in here decides anything about the hunt: services store and tell, pages read. Only :mod:`app.broadcast.broadcaster`
emits.
"""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from flask import Flask, Response, abort, current_app, session
from flask_login import user_logged_out
from flask_socketio import SocketIO

from app.broadcast.broadcaster import Broadcaster
from app.broadcast.bus import Bus, OneProcess
from app.broadcast.events import LOOK_AGAIN, PageWord
from app.broadcast.handlers import Handlers
from app.broadcast.listeners import Listeners
from app.broadcast.seen import SeenNotes
from app.broadcast.watching import Watch
from app.services.ports import Ports
from app.views.access import for_all
from app.views.visit import Member
from app.views.vitals import vitals_of

__all__ = ["Broadcaster", "install", "look_after"]
LARGEST_WORD = 16_384
PING_SECONDS, PONG_SECONDS = 25, 20


def install(app: Flask, broadcaster: Broadcaster, *, async_mode: str, redis_url: str, process: str) -> SocketIO:
    """Open the app to sockets. ``process`` names this process among all; ``async_mode`` is the runtime's choice."""
    ports: Ports = app.extensions["infinity"]
    listeners, notes = Listeners(), SeenNotes()
    watch = Watch(ports, broadcaster, listeners, notes, process)
    handlers = Handlers(ports, broadcaster, listeners, notes, watch)
    queue = Bus(redis_url, _channel(ports), ports.clock, broadcaster.bring_here) if redis_url else OneProcess()
    queue.greet = handlers.greet
    sockets = _sockets(app, async_mode, queue)
    handlers.register(sockets)
    app.add_url_rule("/socket.io/", endpoint="sockets", view_func=_no_page, websocket=True)
    broadcaster.plug_in(sockets, queue if isinstance(queue, Bus) else None)
    broadcaster.on_look_again, broadcaster.who_knows = watch.look_again, listeners.who_know
    watch.plug_in(sockets)
    app.extensions["live"] = watch
    _hook_up(app, broadcaster, watch, listeners)
    return sockets


@for_all
def _no_page() -> Response:
    """Never asked: the sockets' library answers at this address before any page could.

    The address has to be known all the same. Each word of a page is a request to Flask, and one to an address that it
    does not know carries its own fault around, and with it the whole way that led there, until a full collection.
    """
    abort(404)


def look_after(_ports: Ports) -> None:
    """The job of every process: look after its sockets, once a second."""
    live: Watch = current_app.extensions["live"]
    live.tick()


def _channel(ports: Ports) -> str:
    # A Redis server may serve several hunts, and its channels do not know its numbered databases.
    return "infinity-" + hashlib.sha256(b"channel" + ports.secret).hexdigest()[:16]


def _sockets(app: Flask, async_mode: str, queue: Any) -> SocketIO:
    # The libraries log every packet, and every piece of nonsense that anybody sends with a traceback.
    quiet = logging.Logger("infinity.sockets.library", logging.CRITICAL + 1)
    return SocketIO(
        app,
        async_mode=async_mode,
        client_manager=queue,
        serializer=PageWord,
        transports=["websocket"],
        manage_session=False,
        # One word of a page after the other: whoever sends many waits for himself.
        async_handlers=False,
        max_http_buffer_size=LARGEST_WORD,
        ping_interval=PING_SECONDS,
        ping_timeout=PONG_SECONDS,
        http_compression=False,
        logger=quiet,
        engineio_logger=quiet,
    )


def _hook_up(app: Flask, broadcaster: Broadcaster, watch: Watch, listeners: Listeners) -> None:
    vitals = vitals_of(app)
    vitals.at_stop.append(watch.say_goodbye)
    vitals.gauges["sockets"] = lambda: float(len(listeners))
    vitals.gauges["teams_with_sockets"] = lambda: float(len(listeners.teams()))
    vitals.gauges["processes_cut_off"] = lambda: float(not broadcaster.is_relayed())
    vitals.gauges["words_waiting_for_sockets"] = lambda: float(broadcaster.waiting())

    def log_out(_app: Flask, user: object, **_more: object) -> None:
        # The session still holds its end at this moment, and with it what tells it from the teammates' sessions.
        if isinstance(user, Member) and "until" in session:
            broadcaster.tell(f"team:{user.team_id}", LOOK_AGAIN, {"until": session["until"]})

    user_logged_out.connect(log_out, app, weak=False)
