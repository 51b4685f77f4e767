"""Run inside a node, by its own Python: kill the update agent at the moment when a certain process, or file, appears.

    python3 - PATTERN [all] < assassin.py        # `all`: whatever apt and dpkg do at that moment dies with it

A PATTERN that begins with a slash is a file; any other is looked for in the command lines of processes that were not
there at the start. Ends with 1 when nothing of the kind appears within a minute.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

AGENT = re.compile(r"python3 /usr/lib/infinity-agent/agent\.py$")
WORKERS = re.compile(r"^(\S*/)?(apt-get|dpkg)\b")
SECONDS = 60


def processes() -> Iterator[tuple[int, str]]:
    """Number and command line of everything that runs."""
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield int(place.parent.name), place.read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue


def main(pattern: str, *more: str) -> int:
    """Wait for the moment, and kill."""
    old = dict(processes())
    deadline = time.monotonic() + SECONDS
    print("watching", flush=True)
    while time.monotonic() < deadline:
        now = {number: line for number, line in processes() if number not in old}
        is_there = os.path.exists(pattern) if pattern[0] == "/" else any(re.search(pattern, it) for it in now.values())
        agents = [number for number, line in now.items() if AGENT.search(line)]
        if is_there and agents:
            workers = [number for number, line in now.items() if "all" in more and WORKERS.search(line)]
            for number in agents + workers:
                os.kill(number, signal.SIGKILL)
            return 0
        time.sleep(0.002)
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
