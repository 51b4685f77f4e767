"""Log lines: JSON on stderr, or short ones for a terminal.

Formatted by the caller and written by a real thread, so that a slow terminal or full pipe stops no request; excess
lines are dropped and counted. Tracebacks are not printed, since error texts may hold what people typed: kind and
places only.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from collections import deque
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

from app.runtime.monkeypatch import real_modules

LONGEST_QUEUE = 10_000
STDERR = 2
LOOK_SECONDS = 0.05
# Attributes of every record; others are `extra` fields.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLACES = 12
_writer: Writer | None = None


def configure(*, is_plain: bool) -> None:
    """From INFO up; ``is_plain``: for a person, else JSON."""
    global _writer
    _writer = _writer or Writer()
    handler = LineHandler(_writer)
    handler.setFormatter(PlainLines() if is_plain else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These libraries are verbose at INFO.
    for talkative in ("alembic", "apscheduler", "werkzeug", "socketio", "engineio", "urllib3"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def say(words: str) -> None:
    """Print; a full disk or closed stdout is ignored."""
    try:
        print(words, flush=True)
    except OSError:
        # Python would flush again at exit, and change the exit code.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def dropped() -> int:
    return _writer.dropped if _writer is not None else 0


def flush() -> None:
    if _writer is not None:
        _writer.flush()


class Writer:
    """A thread that writes lines in batches.

    It polls a few times a second: waking it for each line was a sixth of the program's time under load.
    """

    def __init__(self, descriptor: int = STDERR) -> None:
        self._threading, self._time, self._os = real_modules("threading", "time", "os")
        self._descriptor = descriptor
        # Appending and taking from the left are each one step of the interpreter: no lock is needed.
        self._lines: deque[Any] = deque()
        self.dropped = 0
        self._threading.Thread(target=self._run, name="log", daemon=True).start()

    def put(self, line: str) -> None:
        """Never waits."""
        if len(self._lines) < LONGEST_QUEUE:
            self._lines.append(line.encode("utf-8", "backslashreplace") + b"\n")
        else:
            self.dropped += 1

    def flush(self, seconds: float = 1.0) -> None:
        written = self._threading.Event()
        self._lines.append(written)
        written.wait(seconds)

    def _run(self) -> None:
        while True:
            self._time.sleep(LOOK_SECONDS)
            self._write_all()

    def _write_all(self) -> None:
        lines: list[bytes] = []
        while self._lines:
            line = self._lines.popleft()
            if isinstance(line, bytes):
                lines.append(line)
            else:
                self._write(lines)
                lines = []
                line.set()
        self._write(lines)

    def _write(self, lines: list[bytes]) -> None:
        rest = b"".join(lines)
        try:
            while rest:
                rest = rest[self._os.write(self._descriptor, rest) :]
        except OSError:
            self.dropped += len(lines)  # nobody reads any more, or the disk is full; the site goes on


class LineHandler(logging.Handler):
    """Formats in the caller's thread."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.put(self.format(record))


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "process": os.getpid(),
            **extras_of(record),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= {"error": type(record.exc_info[1]).__name__, "places": places_of(record.exc_info[2])}
        return json.dumps(line, default=str, ensure_ascii=False)


class PlainLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        line = f"{at} {level}{record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({type(record.exc_info[1]).__name__} in {', '.join(places_of(record.exc_info[2]))})"
        return line.replace("\n", " ")


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


def places_of(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-_PLACES:]
    return [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
