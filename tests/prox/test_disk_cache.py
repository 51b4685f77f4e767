"""The disk as a cache: whole files, bounded, the least recently used go first."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from app.prox.disk_cache import DamagedPicture, Disk
from tests.support.clock import FixedClock


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_kept_is_found_under_its_digest(tmp_path: Path, clock: FixedClock) -> None:
    disk = Disk(tmp_path, clock=clock)
    assert disk.find(digest(b"owl")) is None
    disk.keep(digest(b"owl"), [b"o", b"wl"])
    found = disk.find(digest(b"owl"))
    assert found is not None
    assert found.read_bytes() == b"owl"


def test_other_bytes_than_the_digest_names_leave_nothing_behind(tmp_path: Path, clock: FixedClock) -> None:
    with pytest.raises(DamagedPicture):
        Disk(tmp_path, clock=clock).keep(digest(b"owl"), [b"crow"])
    assert files(tmp_path) == []


def test_a_write_that_breaks_off_leaves_nothing_behind(tmp_path: Path, clock: FixedClock) -> None:
    def broken():  # type: ignore[no-untyped-def]
        yield b"o"
        raise OSError("no space left")

    with pytest.raises(OSError, match="space"):
        Disk(tmp_path, clock=clock).keep(digest(b"owl"), broken())
    assert files(tmp_path) == []


def test_the_least_recently_used_go_when_there_is_too_much(tmp_path: Path, clock: FixedClock) -> None:
    disk = Disk(tmp_path, most_bytes=1_000, clock=clock)
    contents = [bytes([number]) * 400 for number in range(3)]
    for content in contents[:2]:
        path = disk.keep(digest(content), [content])
        os.utime(path, (clock.now().timestamp(), clock.now().timestamp()))
        clock.advance(1_000)
    assert disk.find(digest(contents[0])) is not None  # used again: the second is the older one now
    disk.keep(digest(contents[2]), [contents[2]])
    assert [disk.find(digest(content)) is not None for content in contents] == [True, False, True]


def test_a_picture_larger_than_the_limit_is_still_served_once(tmp_path: Path, clock: FixedClock) -> None:
    disk = Disk(tmp_path, most_bytes=10, clock=clock)
    assert disk.keep(digest(b"x" * 99), [b"x" * 99]).exists()


def test_what_a_dead_process_left_half_written_is_tidied_up(tmp_path: Path, clock: FixedClock) -> None:
    disk = Disk(tmp_path, clock=clock)
    part = disk.keep(digest(b"owl"), [b"owl"]).with_name("part-abc")
    part.write_bytes(b"half")
    os.utime(part, (0, 0))
    disk.clean_up()
    assert not part.exists()


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "A" * 64, "g" * 64, "a" * 65])
def test_only_a_digest_reaches_the_disk(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="digest"):
        Disk(tmp_path).find(name)
