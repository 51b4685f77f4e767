"""The program as it is served, with a few addresses of its own for test_server.py: ones that hold, telling ones.

What holds does so until the file LET_GO is there.
"""

from app.runtime import monkeypatch

monkeypatch.patch()

import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from collections.abc import Callable, Iterable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
from engineio.socket import Socket  # noqa: E402

from app import create_app  # noqa: E402
from app.runtime import http_protocol, listen, logs, server  # noqa: E402
from app.web.process_state import vitals_of  # noqa: E402
from config import Config  # noqa: E402

LET_GO = Path(os.environ["LET_GO"])


def main() -> None:
    config = Config.from_env(os.environ)
    logs.configure(is_plain=False)
    listener = listen.open_listener(config.host, config.port)
    app = create_app(config)
    the_site = app.wsgi_app

    def in_front(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        words = environ["PATH_INFO"].split("/")
        if words[1] == "hold":
            print("holding", flush=True)
            until_let_go()
        elif words[1] == "take-all":
            with app.app_context():
                hold_connections(app)
        elif words[1] == "kept":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(kept()).encode()]
        elif words[1] == "unsendable":
            start_response("200 OK", [("Content-Type", "text/plain"), ("X-Title", "例え")])
            return [b"never sent"]
        elif words[1] == "fail":
            raise RuntimeError("a secret in a traceback")
        elif words[1] != "headers":
            return the_site(environ, start_response)
        told = {name: value for name, value in environ.items() if name.startswith("HTTP_")}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]

    app.wsgi_app = in_front  # type: ignore[method-assign]
    vitals_of(app).at_stop += [lambda: eventlet.sleep(60), lambda: print("sockets: goodbye", flush=True)]
    http_protocol.HEADER_SECONDS = 1
    server.UNREADY_SECONDS = float(os.environ.get("UNREADY_SECONDS", server.UNREADY_SECONDS))
    # A ping that is still to be sent keeps the socket of a page that has gone.
    app.extensions["socketio"].server.eio.ping_interval = 1
    print("serving", flush=True)
    server.Server(app, listener).run()


def kept() -> list[int]:
    """How many sockets and connections are in memory, the collector having been kept from looking for them."""
    gc.disable()
    found = gc.get_objects()
    counted = [sum(isinstance(one, kind) for one in found) for kind in (Socket, http_protocol.Protocol)]
    found.clear()
    return counted


def until_let_go() -> None:
    while not LET_GO.exists():
        eventlet.sleep(0.02)


def hold_connections(app: Any) -> None:
    """Take every connection of the pool, and keep them."""
    database = app.extensions["infinity"].database
    held = [database.engine.connect() for _ in range(database.engine.pool.size())]
    eventlet.spawn(lambda: (until_let_go(), [one.close() for one in held]))


if __name__ == "__main__":
    sys.exit(main())
