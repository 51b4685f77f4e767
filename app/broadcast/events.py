"""The words of the live part: what the server says and to whom, and the few things a page may say back.

An audience is at the same time the name of a room: ``all``, ``division:CODE`` or ``team:ID``. Only the server puts a
socket into a room, and no event that a page may send carries a room's name.
"""

from __future__ import annotations

from typing import Any

from socketio.packet import BINARY_ACK, BINARY_EVENT, EVENT, Packet

from app.services.broadcasting import EVERYBODY, KINDS, LOOK_AGAIN

HELLO, HUNT, RELAY = "hello", "hunt", "relay"
# Said in passing: a page that misses one of these shows the same when it is next read.
PASSING = frozenset({"solve", "unlock", "hint", "score", "guess", HUNT})
TELLABLE = PASSING | frozenset(KINDS) | {LOOK_AGAIN}
LARGEST_ID = 2**63 - 1
SEEN, CATCH_UP = "seen", "catch_up"
FROM_PAGES = frozenset({SEEN, CATCH_UP})

__all__ = ["EVERYBODY", "LOOK_AGAIN", "PageWord", "number_in"]


class PageWord(Packet):
    """A packet of Socket.IO, as far as pages may send it.

    The library would hand an event called “connect” or “disconnect” to the very handlers that open and close a socket,
    keep an endless series of binary attachments, and look up handlers under names that are lists. All of that, and
    every word that nobody here listens to, ends in the ValueError with which it meets nonsense.
    """

    def decode(self, encoded_packet: Any) -> Any:
        """Read a packet that came from outside."""
        attachments = super().decode(encoded_packet)
        if self.packet_type in (BINARY_EVENT, BINARY_ACK) or attachments:
            raise ValueError("pages send no binary")
        if self.packet_type == EVENT and not self._is_known():
            raise ValueError("pages do not say that")
        return attachments

    def _is_known(self) -> bool:
        words = self.data
        return isinstance(words, list) and bool(words) and isinstance(words[0], str) and words[0] in FROM_PAGES


def number_in(words: tuple[Any, ...], name: str) -> int | None:
    """The broadcast's id that a page sent as ``{name: id}``; None for anything else, however large or odd."""
    given = words[0].get(name) if len(words) == 1 and isinstance(words[0], dict) else None
    if isinstance(given, bool) or not isinstance(given, int):
        return None
    return given if 0 <= given <= LARGEST_ID else None
