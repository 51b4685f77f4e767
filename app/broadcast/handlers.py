"""Socket handlers: connect, disconnect, report receipts, catch up.

The team comes from the signed session alone. A visitor costs no query, a team one. Nothing that a page sends raises
an error that it sees.
"""

from __future__ import annotations

import logging
import secrets
from typing import Any

from flask import request, session
from flask_socketio import ConnectionRefusedError, SocketIO
from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

from app.broadcast import queries, stored
from app.broadcast.broadcaster import LocalDelivery
from app.broadcast.connections import Connections, SocketConnection
from app.broadcast.events import CATCH_UP, FROM_PAGES, LARGEST_ID, SEEN
from app.broadcast.receipts import ReceiptBuffer
from app.broadcast.session_watch import SessionWatch
from app.clock import Clock
from app.database.engine import Database
from app.web.sessions import SECOND_FACTOR, open_session

REFUSAL_SECONDS = 0.5
logger = logging.getLogger("infinity.live")


class StrictPacket(Packet):
    """A Socket.IO packet within what pages may send.

    The library would dispatch events named “connect” or “disconnect” to the connection handlers, store endless binary
    attachments, and look up lists as names. These, and events without a handler, raise ValueError.
    """

    def decode(self, encoded_packet: Any) -> Any:
        attachments = super().decode(encoded_packet)
        if self.packet_type in (BINARY_EVENT, BINARY_ACK) or attachments:
            raise ValueError("pages send no binary")
        if self.packet_type == EVENT:
            words = self.data
            if not (isinstance(words, list) and words and isinstance(words[0], str) and words[0] in FROM_PAGES):
                raise ValueError("pages do not send this event")
        return attachments


class Handlers:
    def __init__(
        self,
        clock: Clock,
        database: Database,
        sockets: SocketIO,
        connections: Connections,
        sessions: SessionWatch,
        delivery: LocalDelivery,
        receipts: ReceiptBuffer,
    ) -> None:
        self._clock = clock
        self._database = database
        self._sockets = sockets
        self._connections = connections
        self._sessions = sessions
        self._delivery = delivery
        self._receipts = receipts
        sockets.on("connect")(self.connect)
        sockets.on("disconnect")(self.disconnect)
        sockets.on(SEEN)(self.seen)
        sockets.on(CATCH_UP)(self.catch_up)
        sockets.on_error_default(self.fail)

    # --- coming and going --------------------------------------------------------------------------------------------

    def connect(self, _auth: object = None) -> None:
        """Join the session's rooms. Banned teams and excess sockets are refused."""
        self._delivery.start()
        connection = self._connection(request.sid)  # type: ignore[attr-defined]
        if not self._connections.has_room_for(connection):
            self._hang_up_soon(connection.sid)
            raise ConnectionRefusedError("too many")
        self._connections.add(connection)
        for room in connection.audiences:
            self._sockets.server.enter_room(connection.sid, room)

    def _hang_up_soon(self, sid: str) -> None:
        """Close a refused websocket, which the library leaves open, after the reason was sent."""
        server = self._sockets.server
        below = server.manager.eio_sid_from_sid(sid, "/")

        def hang_up() -> None:
            self._sockets.sleep(REFUSAL_SECONDS)
            server.eio.disconnect(below)

        self._sockets.start_background_task(hang_up)

    def disconnect(self, *_reason: object) -> None:
        self._connections.remove(request.sid)  # type: ignore[attr-defined]

    def _connection(self, sid: str) -> SocketConnection:
        client_id, claimed = secrets.token_urlsafe(12), open_session()
        found = queries.find_team(self._database, claimed.team_id, claimed.key) if claimed else None
        if found and found[0].is_banned:
            self._hang_up_soon(sid)
            raise ConnectionRefusedError("banned")
        if found is None or claimed is None or found[0].epoch != claimed.epoch:
            # As on a page: a session that was ended elsewhere is a visitor's.
            hello = {"client_id": client_id, "team": None, "last": self._delivery.newest_for_all}
            return SocketConnection(sid, client_id, hello)
        team, last = found
        hello = {"client_id": client_id, "team": team.display_name, "last": last}
        connection = SocketConnection(
            sid, client_id, hello, team.id, team.epoch, team.division, until=claimed.until, session=claimed.key
        )
        connection.by_second_factor = bool(session.get(SECOND_FACTOR))
        connection.roles = self._sessions.roles_in(connection, team.roles)
        return connection

    # --- events of a page --------------------------------------------------------------------------------------------

    def seen(self, *words: Any) -> None:
        number, connection = number_in(words, "id"), self._allowed()
        if number and connection is not None and connection.team_id is not None:
            self._receipts.add(number, connection.team_id)

    def catch_up(self, *words: Any) -> Any:
        after, connection = number_in(words, "after"), self._allowed()
        if after is None or connection is None:
            return None
        return list(stored.missed(self._database, connection.audiences, after))

    def _allowed(self) -> SocketConnection | None:
        connection = self._connections.find(request.sid)  # type: ignore[attr-defined]
        if connection is None or not connection.allowance.take(1, self._clock.monotonic()):
            return None
        return connection

    def fail(self, fault: Exception) -> None:
        """After an error, mostly of the database: a new socket is refused and retries; an event gets no answer."""
        logger.warning("the handler of a socket's event failed: %s", type(fault).__name__)
        if request.event["message"] == "connect":  # type: ignore[attr-defined]
            raise ConnectionRefusedError("busy") from fault


def number_in(words: tuple[Any, ...], name: str) -> int | None:
    given = words[0].get(name) if len(words) == 1 and isinstance(words[0], dict) else None
    if isinstance(given, bool) or not isinstance(given, int):
        return None
    return given if 0 <= given <= LARGEST_ID else None
