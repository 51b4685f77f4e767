"""Backups of everything in the database, by the program's own ``hunt backup`` and ``hunt restore``."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from deploy.onebox import checks, machine, settings, versions
from deploy.onebox.machine import ACCOUNT, Refused

FOLDER = Path("/var/backups/infinity")
TIMER = "infinity-backup.timer"
PATTERN = "hunt-*.jsonl"
_FORM = "hunt-%Y%m%d-%H%M%S.jsonl"
NEWEST, DAYS = 24, 14
AIR = 200_000_000
# Where the program's account can read it, even if it may not read the original.
_BORROWED = Path("/var/lib/infinity/restoring.jsonl")


def kept() -> list[Path]:
    """All backups, the newest first."""
    return sorted(FOLDER.glob(PATTERN), reverse=True)


def moment(backup: Path) -> datetime:
    """When it was made."""
    return datetime.strptime(backup.name, _FORM).replace(tzinfo=UTC)


def make() -> Path:
    """One more backup; older ones go when there are enough. Raises :class:`Refused`."""
    machine.folder(FOLDER, mode=0o700, owner=ACCOUNT, group=ACCOUNT)
    last = next(iter(kept()), None)
    needed = AIR + 2 * (last.stat().st_size if last else 0)
    free, _ = versions.size_of_disk(FOLDER)
    if free < needed:
        raise Refused(
            f"no backup: {FOLDER} has {checks.gigabytes(free)} free, and {checks.gigabytes(needed)} are needed"
        )
    target = FOLDER / datetime.now(UTC).strftime(_FORM)
    hunt("backup", str(target))
    for old in surplus(kept()):
        old.unlink()
    return target


def surplus(backups: Iterable[Path]) -> list[Path]:
    """Those that may go: neither among the newest nor the last of one of the last days that have any."""
    newest_first = sorted(backups, reverse=True)
    last_of_day: dict[date, Path] = {}
    for backup in newest_first:
        last_of_day.setdefault(moment(backup).date(), backup)
    stay = {*newest_first[:NEWEST], *list(last_of_day.values())[:DAYS]}
    return [backup for backup in newest_first if backup not in stay]


def restore(source: Path) -> str:
    """Put a backup in the place of what is there, all of it or nothing. Raises :class:`Refused`."""
    if not source.is_file():
        raise Refused(f"{source} is no file")
    try:
        shutil.copyfile(source, _BORROWED)
        shutil.chown(_BORROWED, ACCOUNT, ACCOUNT)
        _BORROWED.chmod(0o600)
        return hunt("restore", "--force", str(_BORROWED)).strip()
    finally:
        _BORROWED.unlink(missing_ok=True)


def hunt(*words: str) -> str:
    """One of the program's own commands."""
    return versions.inside(["venv/bin/flask", "--app", "wsgi", "hunt", *words], env=settings.read())
