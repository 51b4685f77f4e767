"""Log lines: whole, in order, without what errors say, and in nobody's way."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterator

import pytest

from app.runtime.logs import JsonLines, LineHandler, PlainLines, Writer


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


def record(message: str = "done", **extra: object) -> logging.LogRecord:
    return logging.getLogger("x").makeRecord("x", logging.INFO, "f.py", 1, message, (), None, extra=extra or None)


def failed_record() -> logging.LogRecord:
    try:
        raise LookupError("a password that somebody typed")
    except LookupError:
        return logging.getLogger("x").makeRecord("x", logging.ERROR, "f.py", 1, "it failed", (), sys.exc_info())


def test_a_line_is_one_json_object_with_its_own_fields() -> None:
    line = JsonLines().format(record("a\nb", route="/game/<level>", team=3))
    told = json.loads(line)
    assert "\n" not in line
    assert (told["message"], told["route"], told["team"], told["level"]) == ("a\nb", "/game/<level>", 3, "info")
    assert told["time"].endswith("+00:00")


@pytest.mark.parametrize("formatter", [JsonLines(), PlainLines()])
def test_an_error_is_told_by_kind_and_place_without_its_text(formatter: logging.Formatter) -> None:
    line = formatter.format(failed_record())
    assert "LookupError" in line
    assert "failed_record" in line
    assert "password" not in line
    assert "Traceback" not in line


def test_a_line_for_people_stays_one_line() -> None:
    assert "\n" not in PlainLines().format(record("one\ntwo"))


def test_lines_come_out_whole_and_in_order(pipe: tuple[int, int]) -> None:
    writer = Writer(pipe[1])
    handler = LineHandler(writer)
    handler.setFormatter(logging.Formatter("%(message)s"))
    for number in range(100):
        handler.handle(record(f"line {number} ∞ \udcff"))
    writer.flush()
    lines = os.read(pipe[0], 100_000).decode().splitlines()
    assert [line.split()[1] for line in lines] == [str(number) for number in range(100)]


def test_nobody_waits_for_a_terminal_that_does_not_read(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.runtime.logs.LONGEST_QUEUE", 10)
    writer = Writer(pipe[1])
    for _ in range(300):
        writer.put("x" * 1000)
    assert writer.dropped >= 200
    # Let the writer's thread come to its end before the pipe is closed.
    os.set_blocking(pipe[0], False)
    for _ in range(200):
        try:
            os.read(pipe[0], 1_000_000)
        except BlockingIOError:
            break
        writer.flush(0.05)


def test_a_reader_that_went_away_stops_nothing() -> None:
    reading, writing = os.pipe()
    writer = Writer(writing)
    os.close(reading)
    writer.put("nobody reads this")
    writer.flush()
    assert writer.dropped == 1
    os.close(writing)
