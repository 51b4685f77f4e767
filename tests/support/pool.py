"""Who has taken a database connection and not given it back: the place in the program, by file and line.

Every app of the fixtures is watched, and the client asks after each request. What other threads hold is theirs.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from flask import Flask
from sqlalchemy import Engine, event

from tests.support.environment import ROOT

OURS = (str(ROOT / "app"), str(ROOT / "tests"))
PLACES = 4


class ConnectionLeftOut(AssertionError):
    """Something ended with a connection taken. The text names the places, the innermost first."""


class PoolWatch:
    """Notes where each connection of an engine was taken."""

    def __init__(self, engine: Engine) -> None:
        self._out: dict[int, tuple[int, str]] = {}
        event.listen(engine, "checkout", self._take)
        event.listen(engine, "checkin", self._give)

    @contextlib.contextmanager
    def all_back_after(self, what: str) -> Iterator[None]:
        """Fail if this thread has taken a connection inside the ``with`` and holds it still."""
        before = set(self._mine())
        yield
        left = [place for record, place in self._mine().items() if record not in before]
        if left:
            raise ConnectionLeftOut(f"{what} ended with {len(left)} connection(s) out, taken at {'; '.join(left)}")

    def all_out(self) -> list[str]:
        """The places of all that is taken, whoever took it."""
        return [place for _, place in list(self._out.values())]

    def _mine(self) -> dict[int, str]:
        me = threading.get_ident()
        return {record: place for record, (thread, place) in list(self._out.items()) if thread == me}

    def _take(self, _connection: Any, record: Any, _proxy: Any) -> None:
        self._out[id(record)] = (threading.get_ident(), place_of(sys._getframe(1)))

    def _give(self, _connection: Any, record: Any) -> None:
        self._out.pop(id(record), None)


def place_of(frame: FrameType | None) -> str:
    """The innermost frames of our own code, outside of the module that hands connections out."""
    found = []
    while frame is not None and len(found) < PLACES:
        file = frame.f_code.co_filename
        if file.startswith(OURS) and not file.endswith(("database/engine.py", "support/pool.py")):
            found.append(f"{Path(file).name}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back
    return " < ".join(found)


def watch_pool(app: Flask) -> PoolWatch:
    """Watch this app's connections from now on."""
    watch: PoolWatch = app.extensions.setdefault("pool_watch", PoolWatch(app.extensions["infinity"].database.engine))
    return watch


def watch_of(app: Flask) -> PoolWatch | None:
    """The watch of an app that is watched."""
    return app.extensions.get("pool_watch")
