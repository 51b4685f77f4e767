"""A name server on loopback that knows one name: what a container engine's own one answers for a service."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterable

from tests.support import processes

ADDRESS, NO_SUCH_NAME = 1, 3


class NameServer:
    """Answers with the addresses of the moment; none means that there is no such name."""

    def __init__(self, addresses: Callable[[], Iterable[str]]) -> None:
        self._addresses = addresses
        self.port = processes.free_port()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            question, who = self._socket.recvfrom(4096)
            self._socket.sendto(self._answer(question), who)

    def _answer(self, question: bytes) -> bytes:
        end = 12
        while question[end]:
            end += question[end] + 1
        asked = question[12 : end + 5]
        (kind,) = struct.unpack("!H", asked[-4:-2])
        known = list(self._addresses())
        found = known if kind == ADDRESS else []
        flags = 0x8580 | (0 if known else NO_SUCH_NAME)
        header = question[:2] + struct.pack("!HHHHH", flags, 1, len(found), 0, 0)
        rows = [b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 1, 4) + socket.inet_aton(one) for one in found]
        return header + asked + b"".join(rows)
