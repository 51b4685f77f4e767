"""The word between processes: Redis as the message queue of Socket.IO, where it can hold up nobody.

The library's own Redis queue publishes on the caller's path (a Redis that hangs blocks it for ten seconds), waits up to
a minute before it subscribes anew, and cannot tell whether what it says is heard. Here a thread of its own publishes
from a bounded queue, with short timeouts; and every process hears its own beat, so that it knows whether the whole way
works. What is lost while it does not is stored in the database, or is shown when a page is next read.
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

from app.clock import Clock

LONGEST_QUEUE = 5_000
PATIENCE_SECONDS = 2.0
BEAT_SECONDS = 1.5
# So long without hearing oneself, and the others cannot be heard either.
DEAF_SECONDS = 6.0
AGAIN_SECONDS = 1.0
# A broadcast to thousands takes a while; after so few sockets, half a millisecond's worth, the pages get their turn.
# A page waits for its turn several times on its way.
SOCKETS_IN_ONE_GO = 4
# And now and then the processor gets one too: whoever reads pages meanwhile has programs of his own.
SOCKETS_BEFORE_A_REST, REST_SECONDS = 80, 0.001
BEAT = "beat"
Arrival = Callable[[str, str, dict[str, Any]], None]
logger = logging.getLogger("infinity.live")


class Unhurried:
    """What both kinds of queue have in common: the greeting, and a broadcast that lets others in between."""

    server: Any

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.greet: Callable[[str], None] = lambda sid: None

    def connect(self, sid: str, namespace: str) -> Any:
        """The socket has been told that it is connected: now it can be greeted."""
        found = super().connect(sid, namespace)  # type: ignore[misc]
        self.greet(found)
        return found

    def get_participants(self, namespace: str, room: Any) -> Iterator[Any]:
        """The sockets of a room."""
        for count, pair in enumerate(super().get_participants(namespace, room), 1):  # type: ignore[misc]
            yield pair
            if count % SOCKETS_IN_ONE_GO == 0:
                self.server.sleep(0 if count % SOCKETS_BEFORE_A_REST else REST_SECONDS)


class OneProcess(Unhurried, Manager):
    """Without Redis: all sockets are here."""


class Bus(Unhurried, RedisManager):
    """With Redis: what is told here is told on all nodes."""

    def __init__(self, url: str, channel: str, clock: Clock, on_arrival: Arrival) -> None:
        patience = {"socket_timeout": PATIENCE_SECONDS, "socket_connect_timeout": PATIENCE_SECONDS}
        # One try: what cannot be said now is old news in ten seconds.
        options = {**patience, "retry": Retry(NoBackoff(), 0)}
        super().__init__(url, channel=channel, redis_options=options)
        self._clock = clock
        self._on_arrival = on_arrival
        self._outgoing: queue.Queue[bytes] = queue.Queue(LONGEST_QUEUE)
        self._lock = threading.Lock()
        self._speaker: threading.Thread | None = None
        self._voice: Any = None
        self._heard_at: float | None = None
        self._own_beat = json.dumps({"method": BEAT, "host_id": self.host_id}).encode()
        self.dropped = 0

    def is_up(self) -> bool:
        """Whether what is said here is heard, as far as this process can know. Before its first socket nobody asks."""
        heard_at = self._heard_at
        return heard_at is None or self._clock.monotonic() - heard_at < DEAF_SECONDS

    def initialize(self) -> None:
        """The first socket is being opened: listen from now on."""
        self._heard_at = self._clock.monotonic()
        super().initialize()
        self._start()

    # --- speaking ----------------------------------------------------------------------------------------------------

    def say(self, room: str, event: str, payload: dict[str, Any]) -> None:
        """Tell the other processes. Never waits."""
        self._publish(
            {
                "method": "emit", "event": event, "data": [payload], "binary": False, "namespace": "/", "room": room,
                "skip_sid": None, "callback": None, "host_id": self.host_id,
            }
        )  # fmt: skip

    def _publish(self, data: dict[str, Any]) -> None:
        self._start()
        try:
            self._outgoing.put_nowait(json.dumps(data).encode())
        except queue.Full:
            self.dropped += 1

    def _start(self) -> None:
        with self._lock:
            if self._speaker is None:
                self._speaker = threading.Thread(target=self._speak, name="bus", daemon=True)
                self._speaker.start()

    def _speak(self) -> None:
        last_beat = 0.0
        while True:
            line = self._next_line()
            now = self._clock.monotonic()
            if line is None or now - last_beat >= BEAT_SECONDS:
                last_beat = now
                self._send(self._own_beat)
            if line is not None:
                self._send(line)

    def _next_line(self) -> bytes | None:
        try:
            return self._outgoing.get(timeout=BEAT_SECONDS)
        except queue.Empty:
            return None

    def _send(self, line: bytes) -> None:
        try:
            self._voice = self._voice or self._connection()
            self._voice.publish(self.channel, line)
        except (RedisError, OSError):
            self._voice = None
            self._forget_old_news()

    def _forget_old_news(self) -> None:
        while not self._outgoing.empty():
            self._next_line()
            self.dropped += 1

    def _connection(self) -> Any:
        return Redis.from_url(self.redis_url, **self.redis_options)

    # --- hearing -----------------------------------------------------------------------------------------------------

    def _listen(self) -> Iterator[Any]:
        """Everything that any process says, for the library's thread. Never ends."""
        while True:
            try:
                yield from self._hear()
            except (RedisError, OSError):
                self.server.sleep(AGAIN_SECONDS)

    def _hear(self) -> Iterator[Any]:
        ears = self._connection()
        subscription = ears.pubsub(ignore_subscribe_messages=True)
        subscription.subscribe(self.channel)
        since = self._clock.monotonic()
        try:
            while True:
                message = subscription.get_message(timeout=1.0)
                line = message["data"] if message and message["type"] == "message" else None
                if line == self._own_beat:
                    self._heard_at = self._clock.monotonic()
                elif line is not None:
                    yield line  # the beats of others among them, which mean nothing to the library
                if self._clock.monotonic() - max(since, self._heard_at or 0.0) > DEAF_SECONDS:
                    raise OSError("the queue does not repeat what it is told")
        finally:
            ears.close()

    def _handle_emit(self, message: dict[str, Any]) -> None:
        """Another process tells something."""
        words = message.get("data")
        if isinstance(words, list) and len(words) == 1 and isinstance(words[0], dict):
            self._on_arrival(str(message.get("room") or ""), str(message.get("event")), words[0])
