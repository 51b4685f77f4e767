"""This process's version, node and database name."""

from __future__ import annotations

import os
import re
import socket
import tomllib
from functools import cache

from config import ROOT

# PostgreSQL cuts an application's name at 63 bytes; the process number must survive.
_LONGEST_NODE = 40


def node_name() -> str:
    """The host name's plain ASCII."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:_LONGEST_NODE] or "node"


def application_name() -> str:
    """For the database's list of connections, such as ``infinity-web1-4711``."""
    return f"infinity-{node_name()}-{os.getpid()}"


@cache
def version() -> str:
    stamp = ROOT / "VERSION"
    if stamp.exists():
        return stamp.read_text().strip()
    declared: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    return declared
