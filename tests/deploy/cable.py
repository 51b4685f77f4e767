"""A cable between the gateway and one node, which can be cut: nothing is refused or closed, nothing arrives."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading


class Cable:
    """Listens where the node is expected and passes every byte on, until it is cut."""

    def __init__(self, here: tuple[str, int], there: tuple[str, int]) -> None:
        self._there = there
        self.door = socket.create_server(here, backlog=64)
        self.door.settimeout(0.1)
        self._is_whole = threading.Event()
        self._is_whole.set()
        self._is_over = False
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self) -> None:
        """From now on nothing arrives, in either direction; what is sent waits for ever."""
        self._is_whole.clear()

    def mend(self) -> None:
        """New connections work again; the old ones are found to be dead."""
        old, self._open = self._open, []
        for one in old:
            # Whoever still waits for something on it is told that it is over.
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._is_whole.set()

    def close(self) -> None:
        """Pull it out."""
        self._is_over = True
        self.mend()
        self.door.close()

    def _serve(self) -> None:
        while not self._is_over:
            self._is_whole.wait()
            with contextlib.suppress(OSError):
                near, _ = self.door.accept()
                near.settimeout(None)
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, contextlib.suppress(OSError), socket.create_connection(self._there, timeout=5) as far:
            far.settimeout(None)
            self._open += [near, far]
            with selectors.DefaultSelector() as ready:
                ready.register(near, selectors.EVENT_READ, far)
                ready.register(far, selectors.EVENT_READ, near)
                while all(self._pass_on(key) for key, _ in ready.select(0.2)):
                    self._is_whole.wait()

    def _pass_on(self, key: selectors.SelectorKey) -> bool:
        self._is_whole.wait()
        piece = key.fileobj.recv(65536)  # type: ignore[union-attr]
        if piece:
            key.data.sendall(piece)
        return bool(piece)
