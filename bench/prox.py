"""What a picture of somebody else's costs: requests a second against the barest Flask, and fetches for a crowd.

The bare side is Flask's own ``send_file`` on the same server with the same file (`python -m bench.prox PORT FILE`
serves it). Both are asked over a kept connection in turns, so that the noise of the machine falls on both.
"""

from __future__ import annotations

import contextlib
import http.server
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.runtime import monkeypatch

if TYPE_CHECKING:
    from flask import Flask

    from bench.ground import Ground
    from bench.tables import Table

SIZE = 200_000
CROWD = 500
REQUESTS = 40
MOST_TIMES = 2.0


def measure(place: Ground) -> Table:
    """A cached picture, and a new one that everybody wants at once."""
    from app.prox.tokens import Claim, Signer
    from bench.client import Client
    from bench.tables import Row, Table, quiet, quiet_row
    from tests.support.environment import SECRET_KEY
    from tests.support.server import node

    signer, content = Signer(SECRET_KEY.encode()), made_up_picture()
    with tempfile.TemporaryDirectory() as folder, origin(content) as (host, asked):
        file = Path(folder, "picture.png")
        file.write_bytes(content)
        # Five hundred at once wait for a few connections to the database: that wait is not what is measured here.
        private = {"PROX_PRIVATE_HOSTS": host, "DB_POOL_TIMEOUT": "60"}
        with node(place.database_url, private) as server, bare(file) as bare_port:
            known, fresh = (
                f"/prox/{signer.token(Claim(owner_of(place), f'http://{host}/{name}.png'))}" for name in "ab"
            )
            cookie = place.cookie(place.team_ids()[0])
            ours, theirs = Client(server.port, cookie), Client(bare_port)
            assert ours.get(known) == theirs.get("/") == content
            turns = [(seconds(theirs, "/"), seconds(ours, known)) for _ in range(max(3, place.rounds // 4))]
            asked.clear()
            answered = crowd(server.port, fresh, cookie, len(content))
            fetches = len(asked)
            ours.close()
            theirs.close()
    bare_best, our_best = quiet([one for one, _ in turns]), quiet([one for _, one in turns])
    return Table(
        f"A picture of {len(content) / 1000:.0f} kB of somebody else's",
        (
            quiet_row("Flask's send_file", [1000 * one for one, _ in turns], "ms"),
            quiet_row("by way of the proxy", [1000 * one for _, one in turns], "ms"),
            Row("ratio", our_best / bare_best, "", MOST_TIMES),
            Row("requests a second", 1 / our_best, "", None, 0),
            Row(f"of {CROWD} who ask at once, unanswered", CROWD - answered, "", 0, 0),
            Row("fetches for all of them", fetches, "", 1, 0),
        ),
    )


def made_up_picture() -> bytes:
    """The head of a picture and noise: nobody here draws it."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\3\x20\0\0\2\x58\x08\2\0\0\0"
    return head + random.Random(1).randbytes(SIZE - len(head))


def owner_of(place: Ground) -> str:
    """The puzzle whose lock is asked at every request."""
    from bench.ground import PUZZLE

    found = place.ports.in_force.content.puzzle(PUZZLE)
    assert found is not None
    return found.id


def seconds(client: Any, path: str) -> float:
    """Seconds for one request, of so many on one connection."""
    began = time.perf_counter()
    for _ in range(REQUESTS):
        client.get(path)
    return (time.perf_counter() - began) / REQUESTS


def crowd(port: int, path: str, cookie: str, size: int) -> int:
    """Send all requests before reading any answer; answers how many got the whole picture."""
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
    wires = []
    for _ in range(CROWD):
        wire = socket.create_connection(("127.0.0.1", port), timeout=60)
        wire.sendall(request)
        wires.append(wire)
    return sum(is_whole(wire, size) for wire in wires)


def is_whole(wire: socket.socket, size: int) -> bool:
    """Whether a 200 with the whole body came."""
    with wire:
        answer = bytearray()
        while piece := wire.recv(65_536):
            answer += piece
    head, _, body = bytes(answer).partition(b"\r\n\r\n")
    return head.startswith(b"HTTP/1.1 200") and len(body) == size


@contextlib.contextmanager
def origin(content: bytes) -> Iterator[tuple[str, list[str]]]:
    """Somebody else's server, rather slow: its ``host:port``, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            time.sleep(0.5)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *words: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def bare(file: Path) -> Iterator[int]:
    """The barest Flask with this file, in a process of its own; its port."""
    from tests.support import processes
    from tests.support.environment import ROOT, environment

    port = processes.free_port()
    log = file.with_suffix(".log")
    command = [sys.executable, "-m", "bench.prox", str(port), str(file)]
    process = processes.start(command, log, env=environment("sqlite:///unused.db"), cwd=ROOT)
    try:
        processes.wait_until(lambda: is_open(port), process, log, 40)
        yield port
    finally:
        process.kill()
        process.wait()


def is_open(port: int) -> bool:
    """Whether somebody listens."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def bare_app(file: str) -> Flask:
    """One file, nothing else."""
    from flask import Flask, send_file
    from werkzeug.wrappers import Response

    app = Flask("bare")

    @app.get("/")
    def show() -> Response:
        return send_file(file)

    return app


def main() -> None:
    """Serve until killed."""
    import eventlet
    import eventlet.wsgi

    port, file = sys.argv[1:]
    app = bare_app(file)
    door = eventlet.listen(("127.0.0.1", int(port)), backlog=128, reuse_port=False)
    eventlet.wsgi.server(door, app, debug=False, log_output=False, keepalive=65, socket_timeout=30)


if __name__ == "__main__":
    # Before Flask is imported, as in the program itself.
    monkeypatch.patch()
    main()
