"""What this machine was told to be, kept in /etc/infinity/box.json between commands."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.onebox import machine
from deploy.onebox.machine import Refused

FILE = Path("/etc/infinity/box.json")
LOCK = Path("/run/infinity-box.lock")


@dataclass(frozen=True)
class Box:
    """``web``: how many web processes serve. ``previous``: the version that ``infinity rollback`` returns to."""

    name: str
    is_local: bool = False
    web: int = 2
    acme_server: str = ""
    email: str = ""
    previous: str = ""


def found() -> Box | None:
    """The box that an earlier ``infinity up`` wrote down. Raises :class:`Refused` where it cannot be read."""
    try:
        return Box(**json.loads(FILE.read_text()))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        raise Refused(f"{FILE} cannot be read; delete it and run infinity up again") from None


def required() -> Box:
    """The same. Raises :class:`Refused` before the first ``infinity up``."""
    box = found()
    if box is None:
        raise Refused("there is no site on this machine yet: infinity up NAME makes one")
    return box


def keep(box: Box) -> bool:
    """Write it down; answers whether anything was different."""
    return machine.write(FILE, json.dumps(asdict(box), indent=2) + "\n")


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """No other command changes this machine meanwhile. Raises :class:`Refused` if one does."""
    number = os.open(LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise Refused("another infinity command is at work; try again when it has ended") from None
    finally:
        os.close(number)
