"""Where log lines go: one line of JSON each to stderr, or a short one for a person who watches.

A line is put together where it arises and written by a real thread of its own, so that a slow terminal or a full pipe
stops no request. What does not fit is dropped and counted. Tracebacks are never printed, since the texts of errors
carry what people typed: an error is logged by its kind and the places it went through.
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
# What every record has; anything else was given as `extra` and belongs into the line.
_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_PLACES = 12
_writer: Writer | None = None


def configure(*, is_plain: bool) -> None:
    """Send everything from INFO upwards to stderr; ``is_plain`` for a person, else JSON for machines."""
    global _writer
    _writer = _writer or Writer()
    handler = LineHandler(_writer)
    handler.setFormatter(PlainLines() if is_plain else JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    # These tell every step of their own work at INFO.
    for talkative in ("alembic", "apscheduler", "werkzeug", "socketio", "engineio", "urllib3"):
        logging.getLogger(talkative).setLevel(logging.WARNING)
    logging.captureWarnings(True)


def say(words: str) -> None:
    """Print to whoever started the program; where that is a full disk or nobody, the program goes on all the same."""
    try:
        print(words, flush=True)
    except OSError:
        # What could not be written would be tried again at the end, and spoil the exit code.
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115


def dropped() -> int:
    """How many lines could not be written."""
    return _writer.dropped if _writer is not None else 0


def flush() -> None:
    """Return when all lines so far are written, or after a second."""
    if _writer is not None:
        _writer.flush()


class Writer:
    """A thread that writes lines to a file descriptor, many at once.

    It looks for lines a few times a second instead of being woken for each: waking a thread costs more than all the
    rest of a line, and under load it was a sixth of the program's time.
    """

    def __init__(self, descriptor: int = STDERR) -> None:
        self._threading, self._time, self._os = real_modules("threading", "time", "os")
        self._descriptor = descriptor
        # Appending and taking from the left are each one step of the interpreter: no lock is needed.
        self._lines: deque[Any] = deque()
        self.dropped = 0
        self._threading.Thread(target=self._run, name="log", daemon=True).start()

    def put(self, line: str) -> None:
        """Take a line over; never waits."""
        if len(self._lines) < LONGEST_QUEUE:
            self._lines.append(line.encode("utf-8", "backslashreplace") + b"\n")
        else:
            self.dropped += 1

    def flush(self, seconds: float = 1.0) -> None:
        """Wait until what was taken over before this call is written."""
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
    """Formats a record where it arises and hands it to the writer."""

    def __init__(self, writer: Writer) -> None:
        super().__init__()
        self._writer = writer

    def emit(self, record: logging.LogRecord) -> None:
        self._writer.put(self.format(record))


class JsonLines(logging.Formatter):
    """A record as one JSON object, its own fields first."""

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
    """A record as a person reads it."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).astimezone().strftime("%H:%M:%S")
        level = "" if record.levelno <= logging.INFO else f"{record.levelname.lower()}: "
        line = f"{at} {level}{record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            line += f" ({type(record.exc_info[1]).__name__} in {', '.join(places_of(record.exc_info[2]))})"
        return line.replace("\n", " ")


def extras_of(record: logging.LogRecord) -> dict[str, Any]:
    """What a record was given besides its message."""
    return {name: value for name, value in vars(record).items() if name not in _USUAL}


def places_of(trace: TracebackType | None) -> list[str]:
    """Where an error went through, innermost last, without any of its texts."""
    frames = traceback.extract_tb(trace)[-_PLACES:]
    return [f"{os.path.basename(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames]
