"""What a process has used: processor time to the microsecond where the kernel tells it, and memory.

Only the server's own time counts; the client that asks, the database and the noise of the machine do not.
"""

from __future__ import annotations

import os
import re
from pathlib import Path


def cpu_seconds(process: int) -> float:
    """Processor time of the process so far, all its threads together."""
    try:
        files = list(Path(f"/proc/{process}/task").glob("*/schedstat"))
        return sum(int(file.read_text().split()[0]) for file in files) / 1e9
    except (OSError, IndexError):
        # Ticks of a hundredth of a second, where the finer counter is not kept.
        words = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / float(os.sysconf("SC_CLK_TCK"))


def memory_mb(process: int) -> float:
    """Memory of the process that is its own or shared, resident now, in MB."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0


def most_memory_mb(process: int) -> float:
    """The most it ever had resident, in MB."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
