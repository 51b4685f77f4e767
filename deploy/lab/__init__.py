"""A lab on one machine: nodes that really boot, in a network that only they see. See docs/deploy.md.

Made of parts that end with the process that made them: a network namespace lives as long as the process that holds it,
a node's disk is an overlay in memory inside systemd-nspawn's own mount namespace. So nothing is left behind, not even
by a run that is killed. Called by ``tests/deploy/lab.py``; knows nothing of the program that the nodes will serve.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence

CLONE_NEWNET = 0x40000000
TOOLS = ("systemd-nspawn", "mmdebstrap", "unshare", "nsenter", "ip", "apt-config")


def lacking(tools: Sequence[str] = TOOLS) -> list[str]:
    """What this machine lacks for a lab, by name; nothing: it can have one. ``tools`` are the programs it will need."""
    return list(_lacking(tools))


def _lacking(tools: Sequence[str]) -> Iterator[str]:
    if sys.platform != "linux":
        yield "Linux"
        return
    if os.geteuid() != 0:
        yield "root"
    absent = [tool for tool in tools if shutil.which(tool, path=search_path()) is None]
    yield from absent
    if os.geteuid() == 0 and "unshare" not in absent:
        yield from _lacking_rights()


def _lacking_rights() -> Iterator[str]:
    for flag, what in (("--net", "the right to make network namespaces"), ("--mount", "the right to mount")):
        if subprocess.run(["unshare", flag, "true"], check=False, capture_output=True).returncode != 0:
            yield what


def search_path() -> str:
    """Where programs are looked for; an ordinary account's PATH leaves out what root needs."""
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def enter_network(path: str) -> None:
    """Move the calling thread, and the threads and processes that it starts from now on, into a network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(path) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{path} could not be entered: {os.strerror(number)}")
