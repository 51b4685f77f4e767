"""The programs that read deploy files: where they are looked for, and what they say. Called by check_deploy.py.

Nothing is installed here. A program that is missing is named together with where it comes from.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# This environment's programs first, then what tools/install_test_servers.sh took out of packages, then the system's.
PLACES = [Path(sys.prefix) / "bin", ROOT / "build" / "tools", *map(Path, ("/usr/sbin", "/sbin", "/usr/local/sbin"))]
SEARCH = os.pathsep.join([*map(str, PLACES), os.environ.get("PATH", "")])
PATIENCE_SECONDS = 60
SOURCES = {
    "promtool": "Debian's package prometheus",
    "amtool": "Debian's package prometheus-alertmanager",
    "haproxy": "Debian's package haproxy",
    "openssl": "Debian's package openssl",
    "systemd-analyze": "Debian's package systemd",
    "check-jsonschema": "requirements-dev.txt",
    "hadolint": "requirements-dev.txt",
    "shellcheck": "requirements-dev.txt",
}


class NotInstalled(Exception):
    """A program is missing. The text names it and says where it comes from."""


def program(name: str) -> str:
    """Where the program is. Raises :class:`NotInstalled`."""
    found = shutil.which(name, path=SEARCH)
    if found is None:
        raise NotInstalled(f"{name} is not installed ({SOURCES.get(name, 'the system')})")
    return found


def faults_of(words: Sequence[str | Path], root: Path, env: Mapping[str, str] | None = None) -> list[str]:
    """What the program of these words has against what it read: nothing when it ends with code 0."""
    command = [program(str(words[0])), *map(str, words[1:])]
    clean = {"PATH": SEARCH, "LC_ALL": "C.UTF-8", "NO_COLOR": "1", "HOME": os.environ.get("HOME", "/"), **(env or {})}
    done = subprocess.run(
        command, cwd=root, env=clean, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
    )
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    return (said or [f"{words[0]} ended with code {done.returncode}"]) if done.returncode else []
