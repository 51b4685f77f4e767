"""The broadcaster: the only place that emits. Takes what services tell after their commit; nobody waits for it.

A queue lies between a request and the sockets: a request that told something goes on at once, and a worker brings it to
the sockets of this process and, by the bus, to the other processes. A stored broadcast reaches each socket once,
whichever way it comes first: told here, heard from another process, or found in the database by the watch.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

from flask_socketio import SocketIO

from app.broadcast.bus import Bus
from app.broadcast.events import EVERYBODY, HELLO, LOOK_AGAIN, TELLABLE
from app.services.broadcasting import id_of

LONGEST_QUEUE = 10_000
# Ids of stored broadcasts that have been brought to the sockets here; far more than can be under way at once.
REMEMBERED = 5_000
Word = tuple[str, str, dict[str, Any]]
logger = logging.getLogger("infinity.live")


class Broadcaster:
    """The real thing behind :class:`app.services.ports.Teller`.

    ``is_inline``: in tests and commands what is told is brought to the sockets on the spot; a serving process has a
    worker. Before :meth:`plug_in` there are no sockets, and telling does nothing.
    """

    def __init__(self, *, is_inline: bool) -> None:
        self._is_inline = is_inline
        self._sockets: SocketIO | None = None
        self._bus: Bus | None = None
        self._waiting: queue.Queue[Word] = queue.Queue(LONGEST_QUEUE)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._brought: OrderedDict[int, None] = OrderedDict()
        self.on_look_again: Callable[[int, float | None], None] = lambda team_id, until: None
        self.who_knows: Callable[[int], Sequence[str]] = lambda number: ()
        self.newest_for_all = 0
        self.dropped = 0

    def plug_in(self, sockets: SocketIO, bus: Bus | None) -> None:
        """From now on there are sockets here and, with a bus, other processes."""
        self._sockets, self._bus = sockets, bus

    # --- telling -----------------------------------------------------------------------------------------------------

    def tell(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Take over something to tell to ``all``, ``division:CODE`` or ``team:ID``. Never waits or fails."""
        if event not in TELLABLE:
            logger.error("nobody may be told the event %r", event)
            return
        word = (audience, event, payload)
        if self._is_inline:
            self._bring_safely(word)
            return
        self._start()
        try:
            self._waiting.put_nowait(word)
        except queue.Full:
            self.dropped += 1
            logger.warning("too much waits to be told to open pages; one word was dropped")

    def waiting(self) -> int:
        """How much has been taken over and not been told."""
        return self._waiting.qsize()

    def _start(self) -> None:
        with self._lock:
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="broadcaster", daemon=True)
                self._worker.start()

    def _work(self) -> None:
        while True:
            self._bring_safely(self._waiting.get())

    def _bring_safely(self, word: Word) -> None:
        # Whatever is wrong with one word, its teller's request has long been answered and the next word must go out.
        try:
            self._bring(*word)
        except Exception:
            logger.exception("a word to open pages could not be told")

    def _bring(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        self.bring_here(audience, event, payload)
        if self._bus is not None:
            self._bus.say(audience, event, payload)

    # --- to the sockets of this process ------------------------------------------------------------------------------

    def bring_here(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """Bring a word to this process's sockets, unless it is a broadcast that has been brought before."""
        if event == LOOK_AGAIN:
            self.on_look_again(int(audience.removeprefix("team:")), payload.get("until"))
            return
        number = id_of(event, payload)
        if number is None:
            self.emit_here(event, payload, audience)
        elif self._is_first(number, audience):
            # A page that was greeted with this very broadcast as the newest one catches up on it by itself.
            self.emit_here(event, payload, audience, self.who_knows(number))

    def emit_here(self, event: str, payload: dict[str, Any], room: str, besides: Sequence[str] = ()) -> None:
        """Emit to a room, or to one socket by its id, in this process alone."""
        if self._sockets is not None:
            self._sockets.emit(event, payload, to=room, skip_sid=list(besides), ignore_queue=True)

    def greet(self, sid: str, hello: dict[str, Any]) -> None:
        """The first word to a new socket; then whether the way between processes is broken just now."""
        self.emit_here(HELLO, hello, sid)

    def is_relayed(self) -> bool:
        """Whether what other processes tell arrives here."""
        return self._bus is None or self._bus.is_up()

    def _is_first(self, number: int, audience: str) -> bool:
        with self._lock:
            if number in self._brought:
                return False
            self._brought[number] = None
            while len(self._brought) > REMEMBERED:
                self._brought.popitem(last=False)
            if audience == EVERYBODY:
                self.newest_for_all = max(self.newest_for_all, number)
            return True
