"""A disk cache of pictures, named by digest; on disk errors the database serves. Writes are atomic; processes may
share the folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from app.clock import Clock, SystemClock

MOST_BYTES = 1024 * 1024 * 1024
# A clean-up goes this far below the limit, so that it does not run for every new picture.
AFTER_CLEANING = 0.9
# Minimum interval between updates of a file's last use.
SECONDS_BETWEEN_MARKS = 600
ABANDONED_AFTER_SECONDS = 3_600

_DIGEST = re.compile(r"[0-9a-f]{64}")
logger = logging.getLogger("infinity.pictures")


class DamagedPicture(Exception):
    """The bytes do not match the digest."""


class Disk:
    """Files in one folder, at most ``most_bytes`` in total; evicts the least recently used."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, clock: Clock | None = None) -> None:
        self._folder, self._most_bytes = folder, most_bytes
        self._clock = clock or SystemClock()

    def path_of(self, digest: str) -> Path:
        """Raises ValueError if ``digest`` is not a digest; this prevents path traversal."""
        if not _DIGEST.fullmatch(digest):
            raise ValueError("not a digest")
        return self._folder / digest[:2] / digest

    def find(self, digest: str) -> Path | None:
        """The file, marked as used, or None."""
        path = self.path_of(digest)
        try:
            used_at = path.stat().st_mtime
        except OSError:
            return None
        now = self._clock.now().timestamp()
        if now - used_at > SECONDS_BETWEEN_MARKS:
            with contextlib.suppress(OSError):
                os.utime(path, (now, now))
        return path

    def keep(self, digest: str, pieces: Iterable[bytes]) -> Path:
        """Raises OSError, or :class:`DamagedPicture` if the bytes do not match."""
        path = self.path_of(digest)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix="part-", dir=path.parent)
        part, sum_ = Path(name), hashlib.sha256()
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    sum_.update(piece)
                    file.write(piece)
            if sum_.hexdigest() != digest:
                raise DamagedPicture(digest)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        self.clean_up(path)
        return path

    def clean_up(self, newest: Path | None = None) -> None:
        """Never deletes ``newest``."""
        files = sorted(self._files())
        total = sum(size for _, size, _ in files)
        if total <= self._most_bytes:
            return
        for _, size, path in files:
            if total <= self._most_bytes * AFTER_CLEANING:
                break
            if path != newest:
                with contextlib.suppress(OSError):
                    path.unlink()
                total -= size
        logger.info("the pictures on disk were cleaned up to %d bytes", total)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """(last use, bytes, path) of every picture; deletes old partial files."""
        now = self._clock.now().timestamp()
        for path in self._folder.glob("*/*"):
            try:
                found = path.stat()
                if path.name.startswith("part-"):
                    if now - found.st_mtime > ABANDONED_AFTER_SECONDS:
                        path.unlink()
                elif _DIGEST.fullmatch(path.name):
                    yield found.st_mtime, found.st_size, path
            except OSError:
                continue
