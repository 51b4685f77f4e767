"""What a socket may do: open, close, say that a broadcast was shown, ask for what it missed. The rest is ignored.

Who is there is read from the signed session alone, as on any page; the rooms follow from that. A visitor costs no
query, a team one. Nothing that a page sends can raise an error that anybody sees.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import request, session
from flask_socketio import ConnectionRefusedError, SocketIO

from app.broadcast.broadcaster import Broadcaster
from app.broadcast.events import CATCH_UP, RELAY, SEEN, number_in
from app.broadcast.listeners import Listener, Listeners
from app.broadcast.seen import SeenNotes
from app.broadcast.watching import Watch
from app.middleware.team_reload import claimed_identity
from app.services import broadcasting
from app.services.ports import Ports

logger = logging.getLogger("infinity.live")


class Handlers:
    """The handlers of one app, with what they work on."""

    def __init__(
        self, ports: Ports, broadcaster: Broadcaster, listeners: Listeners, notes: SeenNotes, watch: Watch
    ) -> None:
        self._ports = ports
        self._broadcaster = broadcaster
        self._listeners = listeners
        self._notes = notes
        self._watch = watch

    def register(self, sockets: SocketIO) -> None:
        """Answer to these words and to no others."""
        self._enter_room = sockets.server.enter_room
        sockets.on("connect")(self.connect)
        sockets.on("disconnect")(self.disconnect)
        sockets.on(SEEN)(self.seen)
        sockets.on(CATCH_UP)(self.catch_up)
        sockets.on_error_default(self.fail)

    # --- coming and going --------------------------------------------------------------------------------------------

    def connect(self, _auth: object = None) -> None:
        """Let a socket in, into the rooms of its session. A banned team is refused."""
        self._watch.prepare()
        listener = self._listener(request.sid)  # type: ignore[attr-defined]
        self._listeners.add(listener)
        for room in listener.audiences:
            self._enter_room(listener.sid, room)

    def greet(self, sid: str) -> None:
        """The socket has been told that it is in."""
        listener = self._listeners.find(sid)
        if listener is None:
            return
        self._broadcaster.greet(sid, listener.hello)
        if not self._broadcaster.is_relayed():
            self._broadcaster.emit_here(RELAY, {"up": False}, sid)

    def disconnect(self, *_reason: object) -> None:
        """The socket is gone."""
        self._listeners.remove(request.sid)  # type: ignore[attr-defined]

    def _listener(self, sid: str) -> Listener:
        client_id, claimed = secrets.token_urlsafe(12), claimed_identity()
        found = broadcasting.find_listener(self._ports, claimed[0]) if claimed else None
        if found and found[0].is_banned:
            raise ConnectionRefusedError("banned")
        if found is None or claimed is None or found[0].epoch != claimed[1]:
            # As on a page: a session that was ended elsewhere is a visitor's.
            hello = {"client_id": client_id, "team": None, "last": self._broadcaster.newest_for_all}
            return Listener(sid, client_id, hello)
        member, last = found
        hello = {"client_id": client_id, "team": member.display_name, "last": last}
        return Listener(sid, client_id, hello, member.id, member.epoch, member.division, session["until"])

    # --- words of a page ---------------------------------------------------------------------------------------------

    def seen(self, *words: Any) -> None:
        """A page of a team has shown a broadcast. Written down soon, all teams' together."""
        number, listener = number_in(words, "id"), self._allowed()
        if number and listener is not None and listener.team_id is not None:
            self._notes.add(number, listener.team_id)

    def catch_up(self, *words: Any) -> Any:
        """The broadcasts that a page missed since ``after``, as the acknowledgement."""
        after, listener = number_in(words, "after"), self._allowed()
        if after is None or listener is None:
            return None
        return list(broadcasting.missed(self._ports, listener.audiences, after))

    def _allowed(self) -> Listener | None:
        listener = self._listeners.find(request.sid)  # type: ignore[attr-defined]
        if listener is None or not listener.allowance.take(self._ports.clock.monotonic()):
            return None
        return listener

    def fail(self, fault: Exception) -> None:
        """Something broke, the database as a rule: a new socket is refused and comes again, a word goes unanswered."""
        logger.warning("a socket's word failed: %s", type(fault).__name__)
        if request.event["message"] == "connect":  # type: ignore[attr-defined]
            raise ConnectionRefusedError("busy") from fault
