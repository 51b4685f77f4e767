"""Run as a child by test_green.py: what green threads must and must not do, said as one JSON object."""

# The program's own order: patch first, then import.
from app.runtime import monkeypatch

monkeypatch.patch()

import http.server  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from _thread import get_native_id  # noqa: E402

import eventlet  # noqa: E402
import psycopg2  # noqa: E402
import requests  # noqa: E402

from app.errors import HashingBusy  # noqa: E402
from app.runtime.background import Later  # noqa: E402
from app.runtime.bcrypt_pool import HashingPool  # noqa: E402


class Slow(http.server.BaseHTTPRequestHandler):
    """A server elsewhere that thinks for a while."""

    def do_GET(self) -> None:
        time.sleep(0.3)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Nothing."""


def seconds_of(work: object, times: int) -> float:
    """How long so many take together."""
    started = time.monotonic()
    pool = eventlet.GreenPool()
    for _ in range(times):
        pool.spawn(work)
    pool.waitall()
    return time.monotonic() - started


def longest_pause(work: object, times: int) -> float:
    """How long other green threads had to stand still meanwhile."""
    pauses, is_over = [], []

    def tick() -> None:
        last = time.monotonic()
        while not is_over:
            eventlet.sleep(0.005)
            pauses.append(time.monotonic() - last)
            last = time.monotonic()

    ticker = eventlet.spawn(tick)
    seconds_of(work, times)
    is_over.append(True)
    ticker.wait()
    return max(pauses)


def ask_database(url: str) -> None:
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.3)")
    connection.close()


def fetch(url: str) -> None:
    assert requests.get(url, timeout=5).text == "ok"


def refusals(pool: HashingPool) -> int:
    """How many of twelve are refused when four may wait."""
    refused = []

    def ask() -> None:
        try:
            pool.make("login", b"quayside", 8)
        except HashingBusy:
            refused.append(1)

    seconds_of(ask, 12)
    return len(refused)


def survives_a_kill(pool: HashingPool) -> bool:
    """Whether the pool goes on after a request that waited for its turn was ended from outside."""
    first = eventlet.spawn(pool.make, "login", b"quayside", 10)
    eventlet.sleep(0.01)
    second = eventlet.spawn(pool.make, "login", b"quayside", 10)
    eventlet.sleep(0.01)
    second.kill()
    first.wait()
    return pool.waiting("login") == 0 and pool.make("login", b"quayside", 4).startswith("$2b$04$")


def niceness() -> int:
    """Of the thread that asks."""
    return os.getpriority(os.PRIO_PROCESS, get_native_id())


def main() -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    slow_url = f"http://127.0.0.1:{server.server_address[1]}/"
    hashing, later, done = HashingPool(1), Later(), []
    later(lambda: done.append(threading.current_thread().name))
    later.finish()
    said = {
        "database": seconds_of(lambda: ask_database(sys.argv[1]), 2),
        "requests": seconds_of(lambda: fetch(slow_url), 2),
        "hashing_pause": longest_pause(lambda: hashing.make("login", b"quayside", 12), 3),
        "refusals": refusals(HashingPool(1, longest_queue=4)),
        "survives_a_kill": survives_a_kill(HashingPool(1)),
        "later": done,
        "niceness": [niceness(), monkeypatch.offload(niceness), niceness()],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
