"""Socket.IO client managers: rooms of this process, relay over Redis.

The library's RedisManager publishes in the caller's thread (a hanging Redis blocks ten seconds) and does not notice
loss. Here a thread publishes from a bounded queue with short timeouts, and a heartbeat proves the round trip.
"""

from __future__ import annotations

import json
import logging
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Any

from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry
from socketio import Manager, RedisManager

from app.broadcast.connections import Connections
from app.broadcast.events import HELLO, RELAY
from app.clock import Clock

# FairRedisManager overrides private methods of the library (_publish, _listen, _handle_emit). Before another version is
# allowed, compare these methods and the emit and connect of its managers with what is written here.
WRITTEN_FOR = {"python-socketio": "5.18"}
LONGEST_QUEUE = 5_000
TIMEOUT_SECONDS = 2.0
HEARTBEAT_SECONDS = 1.5
# After so long without its own heartbeat a process counts as cut off from the others.
CUT_OFF_SECONDS = 6.0
RETRY_SECONDS = 1.0
# Sockets between yields in a large broadcast: half a millisecond.
# A request waits for its turn several times on its way.
SOCKETS_PER_TURN = 4
# Pauses for other programs of the machine.
SOCKETS_PER_PAUSE, PAUSE_SECONDS = 80, 0.001
HEARTBEAT = "beat"
logger = logging.getLogger("infinity.live")


class FairManager(Manager):
    """For a single process. Large broadcasts yield to other green threads."""

    server: Any

    def __init__(self, connections: Connections, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._connections = connections

    def connect(self, sid: str, namespace: str) -> Any:
        """Send ``hello`` here: in the handler the socket is not yet connected."""
        sid = super().connect(sid, namespace)
        connection = self._connections.find(sid)
        if connection is not None:
            self.emit(HELLO, connection.hello, namespace, room=sid, ignore_queue=True)
            if not self.is_up():
                self.emit(RELAY, {"up": False}, namespace, room=sid, ignore_queue=True)
        return sid

    def get_participants(self, namespace: str, room: Any) -> Iterator[Any]:
        for count, pair in enumerate(super().get_participants(namespace, room), 1):
            yield pair
            if count % SOCKETS_PER_TURN == 0:
                self.server.sleep(0 if count % SOCKETS_PER_PAUSE else PAUSE_SECONDS)

    def publish(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """To other processes. Never waits."""

    def is_up(self) -> bool:
        """Whether other processes' events arrive, as far as known."""
        return True


class FairRedisManager(FairManager, RedisManager):
    """One of several processes. ``on_message`` gets their audience, event and payload."""

    def __init__(
        self,
        connections: Connections,
        url: str,
        channel: str,
        clock: Clock,
        on_message: Callable[[str, str, dict[str, Any]], None],
    ) -> None:
        # One try: what cannot be published now is of no use in ten seconds.
        retry = {"retry": Retry(NoBackoff(), 0)}
        timeouts = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": TIMEOUT_SECONDS}
        super().__init__(connections, url, channel=channel, redis_options={**timeouts, **retry})
        self._clock = clock
        self._on_message = on_message
        self._outgoing: queue.Queue[bytes] = queue.Queue(LONGEST_QUEUE)
        self._lock = threading.Lock()
        self._publisher: threading.Thread | None = None
        self._publishing: Any = None
        self._heard_at: float | None = None
        self._heartbeat = json.dumps({"method": HEARTBEAT, "host_id": self.host_id}).encode()

    def is_up(self) -> bool:
        """Whether the last heartbeat is recent; true before the first socket."""
        heard_at = self._heard_at
        return heard_at is None or self._clock.monotonic() - heard_at < CUT_OFF_SECONDS

    def initialize(self) -> None:
        self._heard_at = self._clock.monotonic()
        super().initialize()
        self._start_publisher()

    # --- publishing --------------------------------------------------------------------------------------------------

    def publish(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """To other processes. Never waits."""
        self._publish(
            {
                "method": "emit", "event": event, "data": [payload], "binary": False, "namespace": "/",
                "room": audience, "skip_sid": None, "callback": None, "host_id": self.host_id,
            }
        )  # fmt: skip

    def _publish(self, data: dict[str, Any]) -> None:
        self._start_publisher()
        try:
            self._outgoing.put_nowait(json.dumps(data).encode())
        except queue.Full:
            logger.warning("too many events wait for Redis; one was dropped")

    def _start_publisher(self) -> None:
        with self._lock:
            if self._publisher is None:
                self._publisher = threading.Thread(target=self._publish_waiting, name="publisher", daemon=True)
                self._publisher.start()

    def _publish_waiting(self) -> None:
        last_heartbeat = 0.0
        while True:
            line = self._next_line()
            now = self._clock.monotonic()
            if line is None or now - last_heartbeat >= HEARTBEAT_SECONDS:
                last_heartbeat = now
                self._send(self._heartbeat)
            if line is not None:
                self._send(line)

    def _next_line(self) -> bytes | None:
        try:
            return self._outgoing.get(timeout=HEARTBEAT_SECONDS)
        except queue.Empty:
            return None

    def _send(self, line: bytes) -> None:
        try:
            self._publishing = self._publishing or self._connection()
            self._publishing.publish(self.channel, line)
        except (RedisError, OSError):
            self._publishing = None
            while not self._outgoing.empty():
                self._next_line()

    def _connection(self) -> Any:
        return Redis.from_url(self.redis_url, **self.redis_options)

    # --- subscribing -------------------------------------------------------------------------------------------------

    def _listen(self) -> Iterator[Any]:
        """Messages of all processes, for the library's thread. Never ends."""
        while True:
            try:
                yield from self._subscription()
            except (RedisError, OSError):
                self.server.sleep(RETRY_SECONDS)

    def _subscription(self) -> Iterator[Any]:
        connection = self._connection()
        subscription = connection.pubsub(ignore_subscribe_messages=True)
        subscription.subscribe(self.channel)
        since = self._clock.monotonic()
        try:
            while True:
                message = subscription.get_message(timeout=1.0)
                line = message["data"] if message and message["type"] == "message" else None
                if line == self._heartbeat:
                    self._heard_at = self._clock.monotonic()
                elif line is not None:
                    yield line  # the heartbeats of others among them, which the library ignores
                if self._clock.monotonic() - max(since, self._heard_at or 0.0) > CUT_OFF_SECONDS:
                    raise OSError("the own heartbeat does not arrive")
        finally:
            connection.close()

    def _handle_emit(self, message: dict[str, Any]) -> None:
        words = message.get("data")
        if isinstance(words, list) and len(words) == 1 and isinstance(words[0], dict):
            self._on_message(str(message.get("room") or ""), str(message.get("event")), words[0])
