"""Who listens on which port of this machine, from /proc: a minimal Debian has no program that tells."""

from __future__ import annotations

import contextlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LISTENS = "0A"


@dataclass(frozen=True)
class Listener:
    """One listening socket and the process that holds it; ``unit`` is systemd's name for that, if it has one."""

    address: str
    port: int
    process: int = 0
    program: str = ""
    unit: str = ""

    def __str__(self) -> str:
        if not self.process:
            return "a process that cannot be named"
        return f"{self.program} (process {self.process}{f', {self.unit}' if self.unit else ''})"


def listeners(*ports: int) -> list[Listener]:
    """Everybody who listens on these ports."""
    sockets = [one for family in ("tcp", "tcp6") for one in _sockets(family) if one[1] in ports]
    holders = _holders({inode for _, _, inode in sockets})
    return [_listener(address, port, holders.get(inode, 0)) for address, port, inode in sockets]


def _sockets(family: str) -> Iterator[tuple[str, int, str]]:
    """Address, port and inode of each listening socket."""
    file = PROC / "net" / family
    for line in file.read_text().splitlines()[1:] if file.exists() else []:
        fields = line.split()
        if fields[3] == _LISTENS:
            address, port = fields[1].split(":")
            yield _address(address), int(port, 16), fields[9]


def _address(text: str) -> str:
    """The kernel writes words of 32 bits in this machine's byte order."""
    words = [int(text[start : start + 8], 16).to_bytes(4, "little") for start in range(0, len(text), 8)]
    packed = b"".join(words)
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def _holders(inodes: set[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for process in PROC.glob("[0-9]*"):
        # Processes end while they are looked at.
        with contextlib.suppress(OSError):
            for entry in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    link = re.fullmatch(r"socket:\[([0-9]+)\]", str(entry.readlink()))
                    if link and link[1] in inodes:
                        found.setdefault(link[1], int(process.name))
    return found


def _listener(address: str, port: int, process: int) -> Listener:
    if not process:
        return Listener(address, port)
    program, cgroup = "", ""
    with contextlib.suppress(OSError):
        program = (PROC / str(process) / "comm").read_text().strip()
        cgroup = (PROC / str(process) / "cgroup").read_text()
    units = re.findall(r"/([^/\n]+\.service)(?=/|$)", cgroup, re.MULTILINE)
    return Listener(address, port, process, program, units[-1] if units else "")
