"""Backup and restore of the whole database.

One JSON object a line: header, rows, count, so that a truncated file is noticed. It has password hashes: readable by
its owner only. For content alone: :mod:`app.content.restock`.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from app.clock import Clock
from app.content.refresh import catch_up
from app.core.in_force import InForce
from app.database.engine import Database
from app.ops import backup_queries
from app.ops.backup_queries import NotEmpty, Row, RowsRefused

__all__ = ["BackupUnreadable", "NotEmpty", "back_up", "restore"]

FORMAT = 1
LONGEST_LINE = 256 * 1024 * 1024  # one content version with its pictures is one line


class BackupUnreadable(Exception):
    """Nothing was changed. The text says why."""


def back_up(database: Database, clock: Clock, path: Path) -> int:
    """As of one moment; returns the number of rows. Raises OSError."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            count = _write(database, clock, file)
            file.flush()
            os.fsync(file.fileno())
        # A backup that failed half-way never takes the place of an older good one.
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return count


def restore(database: Database, in_force: InForce, path: Path, *, is_forced: bool = False) -> int:
    """All rows or none; returns how many.

    Raises :class:`NotEmpty` unless forced, :class:`BackupUnreadable`, OSError.
    """
    with path.open(encoding="utf-8") as file:
        try:
            count = backup_queries.replace_all(database, _read(file), is_forced)
        except RowsRefused as why:
            raise BackupUnreadable(f"{path.name} does not fit: {why}.") from None
        except UnicodeDecodeError:
            raise BackupUnreadable(f"{path.name} is not text in UTF-8.") from None
    catch_up(database, in_force)
    return count


def _write(database: Database, clock: Clock, file: IO[str]) -> int:
    count = 0
    _write_line(file, {"infinity_backup": FORMAT, "made_at": clock.now().isoformat()})
    with backup_queries.all_rows(database) as rows:
        for table, row in rows:
            _write_line(file, {"t": table, "r": row})
            count += 1
    _write_line(file, {"end": count})
    return count


def _write_line(file: IO[str], line: dict[str, Any]) -> None:
    file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")


def _read(file: IO[str]) -> Iterator[Row]:
    """Errors are raised when reached; the transaction undoes the rest."""
    head = _read_line(file, 1)
    if head.get("infinity_backup") != FORMAT:
        raise BackupUnreadable("This is not a backup of a hunt, or one of a newer version of the program.")
    count = 0
    while "end" not in (line := _read_line(file, count + 2)):
        table, row = line.get("t"), line.get("r")
        if not isinstance(table, str) or not isinstance(row, dict):
            raise BackupUnreadable(f"Line {count + 2} is not a row of a table.")
        count += 1
        yield table, row
    if line["end"] != count:
        raise BackupUnreadable(f"The backup should hold {line['end']} rows and holds {count}.")


def _read_line(file: IO[str], number: int) -> dict[str, Any]:
    text = file.readline(LONGEST_LINE)
    if not text:
        raise BackupUnreadable("The backup is cut off: its last line is missing.")
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        raise BackupUnreadable(f"Line {number} is not JSON: this is no backup, or it is damaged.") from None
    if not isinstance(line, dict):
        raise BackupUnreadable(f"Line {number} is not a JSON object.")
    return line
