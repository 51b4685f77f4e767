"""From the command line to a serving process: read the settings, refuse in words, prepare, open the door.

Called by ``app/runtime/__main__.py`` alone. Exit codes: 0 for an orderly end, 1 when it cannot serve, 2 when a setting
is refused.
"""

from __future__ import annotations

import argparse
import errno
import os
import socket
import sys
from collections.abc import Sequence

import eventlet

from app import create_app
from app.runtime import bootstrap, logs
from app.runtime.serving import Server
from config import Config, SettingRefused

BACKLOG = 1_024


def main(words: Sequence[str]) -> int:
    """Run the program as the command line and the environment ask."""
    wanted = _options(words)
    try:
        config = Config.from_env(os.environ)
        return run(config, wanted)
    except SettingRefused as refused:
        return _refuse(f"Infinity cannot start. {refused}", 2)


def run(config: Config, wanted: argparse.Namespace) -> int:
    """Do what this process is for."""
    logs.configure(is_plain=wanted.demo or sys.stderr.isatty())
    listener = open_door(config)
    if listener is None:
        return 1
    app = create_app(config)
    bootstrap.prepare(app, config, is_demo=wanted.demo)
    print(f"Infinity serves on {address(config)}", flush=True)
    Server(app, listener).run()
    return 0


def open_door(config: Config) -> socket.socket | None:
    """The listening socket; None, said in words, when the address cannot be had."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    try:
        # Without reuse_port a second program on the same port is refused instead of taking every other visitor.
        return eventlet.listen((config.host, config.port), family=family, backlog=BACKLOG, reuse_port=False)
    except OSError as problem:
        why = "another program listens there" if problem.errno == errno.EADDRINUSE else str(problem.strerror or problem)
        _refuse(
            f"Infinity cannot listen on {config.host}:{config.port}: {why}. PORT and HOST choose another address.", 1
        )
        return None


def address(config: Config) -> str:
    """The address to type into a browser."""
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"http://{host}:{config.port}"


def _refuse(words: str, code: int) -> int:
    print(words, file=sys.stderr, flush=True)
    return code


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.runtime", description="Serve the hunt.")
    parser.add_argument("--demo", action="store_true", help="make an admin with a new password if there is none")
    return parser.parse_args(words)
