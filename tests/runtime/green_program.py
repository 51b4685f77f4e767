"""Run as a child by test_green.py: what green threads must and must not do, said as one JSON object."""

# The program's own order: patch first, then import.
from app.runtime import monkeypatch

monkeypatch.patch()

import contextlib  # noqa: E402
import http.server  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
import time  # noqa: E402
from _thread import get_native_id  # noqa: E402
from collections.abc import Callable  # noqa: E402
from typing import Any  # noqa: E402

import eventlet  # noqa: E402
import psycopg2  # noqa: E402
import requests  # noqa: E402

from app.errors import HashingBusy  # noqa: E402
from app.runtime import bcrypt_pool  # noqa: E402
from app.runtime.background import Later  # noqa: E402
from app.runtime.bcrypt_pool import HashingPool  # noqa: E402

# Far beyond what two calls need to meet on a busy machine; over only where one stands in the other's way.
PATIENCE_SECONDS = 20


class Meeting(http.server.BaseHTTPRequestHandler):
    """A server elsewhere that answers two calls once both have come, and one that is alone never."""

    both_are_in = threading.Barrier(2, timeout=PATIENCE_SECONDS)

    def do_GET(self) -> None:
        try:
            self.both_are_in.wait()
        except threading.BrokenBarrierError:
            self.send_error(504)
            return
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


def all_at_once(work: Callable[[], Any], times: int) -> list[Any]:
    """What each of so many green threads returned."""
    return [one.wait() for one in [eventlet.spawn(work) for _ in range(times)]]


def queries_that_wait(url: str) -> int:
    """How many of two green threads wait at the same time for a lock that is held."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with contextlib.closing(psycopg2.connect(url)) as holder, holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(7)")
        threads = [eventlet.spawn(ask_database, url) for _ in range(2)]
        most, deadline = 0, time.monotonic() + PATIENCE_SECONDS
        while most < len(threads) and time.monotonic() < deadline:
            eventlet.sleep(0.01)
            cursor.execute(waiting)
            most = max(most, cursor.fetchone()[0])  # type: ignore[index]
        cursor.execute("SELECT pg_advisory_unlock(7)")
        for one in threads:
            one.wait()
    return most


def ask_database(url: str) -> None:
    with contextlib.closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
        with contextlib.suppress(psycopg2.errors.LockNotAvailable):
            cursor.execute("SELECT pg_advisory_lock_shared(7)")


def fetch(url: str) -> int:
    return requests.get(url, timeout=2 * PATIENCE_SECONDS).status_code


def turns_during_hashes(pool: HashingPool, count: int) -> list[int]:
    """How often another green thread ran between the beginning and the end of each hash; on the hub it is never."""
    turns, during, is_over = 0, [], False
    hashpw = bcrypt_pool.bcrypt.hashpw

    def take_turns() -> None:
        nonlocal turns
        while not is_over:
            eventlet.sleep(0.001)
            turns += 1

    def counted(secret: bytes, salt: bytes) -> bytes:
        before = turns
        try:
            return hashpw(secret, salt)
        finally:
            during.append(turns - before)

    bcrypt_pool.bcrypt.hashpw = counted
    other = eventlet.spawn(take_turns)
    try:
        all_at_once(lambda: pool.make("login", b"quayside", 12), count)
    finally:
        bcrypt_pool.bcrypt.hashpw = hashpw
        is_over = True
        other.wait()
    return during


def refusals(pool: HashingPool) -> int:
    """How many of twelve are refused when four may wait."""
    refused = []

    def ask() -> None:
        try:
            pool.make("login", b"quayside", 8)
        except HashingBusy:
            refused.append(1)

    all_at_once(ask, 12)
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
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Meeting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    meeting_url = f"http://127.0.0.1:{server.server_address[1]}/"
    later, done = Later(), []
    later(lambda: done.append(threading.current_thread().name))
    later.finish()
    said = {
        "queries": queries_that_wait(sys.argv[1]),
        "calls": all_at_once(lambda: fetch(meeting_url), 2),
        "turns_during_hashes": turns_during_hashes(HashingPool(1, patience_seconds=PATIENCE_SECONDS), 3),
        "refusals": refusals(HashingPool(1, longest_queue=4)),
        "survives_a_kill": survives_a_kill(HashingPool(1)),
        "later": done,
        "niceness": [niceness(), monkeypatch.offload(niceness), niceness()],
    }
    print(json.dumps(said))


if __name__ == "__main__":
    main()
