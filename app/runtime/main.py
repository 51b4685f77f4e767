"""From the command line to serving.

Exit codes: 0 after a shutdown, 1 if it cannot serve, 2 for a refused setting.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from typing import Any

from app.runtime import haproxy_agent, listen, logs
from app.runtime.haproxy_agent import HaproxyAgent
from app.runtime.supervisor import Supervisor
from config import Config, SettingRefused

logger = logging.getLogger("infinity.start")


class CannotStart(Exception):
    """Something required is missing; the text says what."""


def main(words: Sequence[str]) -> int:
    wanted = _options(words)
    try:
        config = Config.from_env(os.environ)
        logs.configure(is_plain=wanted.demo or sys.stderr.isatty())
        return _run(config, wanted)
    except SettingRefused as refused:
        return _refuse(str(refused), 2)
    except (CannotStart, listen.CannotListen) as reason:
        return _refuse(str(reason), 1)
    except Exception as fault:
        logger.exception("the start failed")
        return _refuse(f"Something unforeseen went wrong ({type(fault).__name__}); the log says where.", 1)
    finally:
        logs.flush()


def _run(config: Config, wanted: argparse.Namespace) -> int:
    if wanted.prepare:
        _prepared_app(config, is_demo=wanted.demo)
        return 0
    if wanted.listener is not None:
        return _serve(_app(config), listen.inherited_listener(wanted.listener), is_child=True)
    listener = listen.open_listener(config.host, config.port)
    asked_at = haproxy_agent.open_agent(config.host, config.agent_port, config.drain_file)
    if config.web_processes > 1:
        return Supervisor(listener.fileno(), config, is_demo=wanted.demo, agent=asked_at).run()
    app = _prepared_app(config, is_demo=wanted.demo)
    logs.say(f"Infinity serves on {listen.described(config.host, config.port)}")
    return _serve(app, listener, agent=asked_at)


# Imported here, so that the supervisor stays small.


def _app(config: Config) -> Any:
    from app import create_app

    return create_app(config)


def _prepared_app(config: Config, *, is_demo: bool) -> Any:
    from app.database.engine import DatabaseBusy
    from app.runtime import bootstrap

    app = _app(config)
    try:
        bootstrap.prepare(app, config, is_demo=is_demo)
    except bootstrap.ServerUnfit as unfit:
        raise CannotStart(str(unfit)) from None
    except DatabaseBusy:
        raise CannotStart("The database does not answer; DATABASE_URL says where it is looked for.") from None
    return app


def _serve(app: Any, listener: Any, *, is_child: bool = False, agent: HaproxyAgent | None = None) -> int:
    from app.runtime.server import Server

    Server(app, listener, is_child=is_child, agent=agent).run()
    return 0


def _refuse(words: str, code: int) -> int:
    print(f"Infinity cannot start. {words}", file=sys.stderr, flush=True)
    return code


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.runtime", description="Serve the hunt.")
    parser.add_argument("--demo", action="store_true", help="make an admin with a new password if there is none")
    parser.add_argument("--prepare", action="store_true", help="migrate and make what is missing, then leave")
    parser.add_argument(
        "--listener", type=int, metavar="NUMBER", help="serve the listening socket that the parent opened"
    )
    return parser.parse_args(words)
