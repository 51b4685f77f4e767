"""A real server: what it refuses, how slow and broken clients fare, and how it ends."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.support import processes
from tests.support.environment import ROOT, environment
from tests.support.sockets import Page


class Served:
    """The child: its port, its log, its process."""

    def __init__(self, database_url: str, folder: Path, **settings: str) -> None:
        self.port = processes.free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"served-{self.port}.log"
        self.let_go = folder / f"let-go-{self.port}"
        env = environment(database_url, {"PORT": str(self.port), "LET_GO": str(self.let_go), **settings})
        command = [sys.executable, "-m", "tests.runtime.serving_program"]
        self.process = processes.start(command, self.log, env=env, cwd=ROOT)
        processes.wait_until(lambda: processes.accepts(self.port) and "serving" in self.said(), self.process, self.log)

    def said(self) -> str:
        return self.log.read_text() if self.log.exists() else ""

    @contextlib.contextmanager
    def held(self) -> Iterator[Future[requests.Response]]:
        """A request that is worked on until the ``with`` has ended."""
        self.let_go.unlink(missing_ok=True)
        before = self.said().count("holding")
        with ThreadPoolExecutor(1) as pool:
            slow = pool.submit(requests.get, f"{self.url}/hold", timeout=100)
            try:
                processes.wait_until(lambda: self.said().count("holding") > before, self.process, self.log)
                yield slow
            finally:
                self.let_go.touch()

    def raw(self, request: bytes, seconds: float = 30) -> bytes:
        """Everything that comes back for these very bytes, until the server closes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(request)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture(scope="module")
def served(shelves: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests that leave it as it was."""
    with shelves["sqlite"].fresh() as url:  # type: ignore[attr-defined]
        one = Served(url, tmp_path_factory.mktemp("served"), DB_POOL_SIZE="2", DB_POOL_TIMEOUT="60")
        yield one
        one.process.kill()
        one.process.wait()


@pytest.fixture
def mortal(sqlite_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Served]:
    """A server of the test's own; its parameter is for how many seconds it says that it is about to stop."""
    one = Served(sqlite_database, tmp_path, UNREADY_SECONDS=str(getattr(request, "param", 1)))
    yield one
    one.process.kill()
    one.process.wait()


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


REFUSED = {
    "an address too long": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
    "a header too long": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", 400),
    "headers too large": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-A: " + b"a" * 4000 + b"\r\n", 400),
    "too many headers": (b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", 431),
    "nothing that is HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "a length that is none": (b"POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Length: ten\r\n\r\n", 400),
    "a length with underscores": (b"POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\n", 400),
    "a length with a sign": (b"POST /account/login HTTP/1.1\r\nHost: x\r\nContent-Length: +10\r\n\r\n", 400),
    "a body in pieces": (
        b"POST /account/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        411,
    ),
    "two ideas of a body's end": (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_understood_is_refused_and_the_connection_closed(served: Served, what: str) -> None:
    request, expected = REFUSED[what]
    if what == "headers too large":
        request += b"".join(b"X-%d: " % number + b"a" * 4000 + b"\r\n" for number in range(20)) + b"\r\n"
    answer = served.raw(request)
    assert status(answer) == expected, answer[:200]
    assert b"Traceback" not in answer


def test_a_header_that_cannot_be_written_is_a_500_and_a_fault_in_the_log(served: Served) -> None:
    answer = served.raw(b"GET /unsendable HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert status(answer) == 500
    assert b"never sent" not in answer
    words = "a response has a header that cannot be sent"
    processes.wait_until(lambda: words in served.said(), served.process, served.log)


def is_cut_off(connection: socket.socket) -> bool:
    """Whether the server, which allows a second, hangs up within half a minute."""
    started = time.monotonic()
    while time.monotonic() - started < 30:
        try:
            connection.sendall(b"X")
        except OSError:
            return True
        time.sleep(0.1)
    return False


def test_a_client_that_sends_its_headers_byte_by_byte_is_cut_off(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        assert is_cut_off(connection)
    assert requests.get(f"{served.url}/healthz", timeout=30).status_code == 200


def test_a_refused_upload_gets_to_see_its_refusal(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(
            b"POST /headers HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"a" * 1_000_000
        )
        assert status(connection.recv(65536)) == 411


def test_browsers_get_sockets_without_compression(served: Served) -> None:
    offered = {"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", "X-Other": "kept"}
    told = requests.get(f"{served.url}/headers", headers=offered, timeout=30).json()
    assert told["HTTP_X_OTHER"] == "kept"
    assert "HTTP_SEC_WEBSOCKET_EXTENSIONS" not in told


def test_a_slow_request_holds_up_nobody(served: Served) -> None:
    with served.held() as slow:
        assert requests.get(f"{served.url}/healthz", timeout=30).status_code == 200
        assert not slow.done()
    assert slow.result().status_code == 200


def test_a_fault_below_the_application_shows_and_logs_no_traceback(served: Served) -> None:
    answer = requests.get(f"{served.url}/fail", timeout=30)
    assert answer.status_code == 500
    assert "secret" not in answer.text + served.said()
    assert "Traceback" not in answer.text + served.said()


def test_a_node_whose_pool_is_exhausted_is_alive_but_not_ready(served: Served) -> None:
    def complains() -> bool:
        asked = requests.get(f"{served.url}/readyz", timeout=30)
        return asked.status_code == 503 and "database" in " ".join(asked.json()["reasons"])

    assert not complains()
    served.let_go.unlink(missing_ok=True)
    requests.get(f"{served.url}/take-all", timeout=30)
    with ThreadPoolExecutor() as pool:
        # However many ask: none waits for longer than a second, where a page would wait for a minute.
        assert all(one.result() for one in [pool.submit(complains) for _ in range(6)])
    assert requests.get(f"{served.url}/healthz", timeout=30).status_code == 200
    served.let_go.touch()
    processes.wait_until(lambda: not complains(), served.process, served.log)


@pytest.mark.parametrize("mortal", [4], indirect=True)
def test_told_to_stop_it_turns_unready_finishes_and_says_goodbye(mortal: Served) -> None:
    def is_unready() -> bool:
        told = requests.get(f"{mortal.url}/readyz", timeout=30)
        return (told.status_code, told.json()["reasons"]) == (503, ["this process has been told to stop"])

    with mortal.held() as slow:
        mortal.process.terminate()
        processes.wait_until(is_unready, mortal.process, mortal.log)
        assert requests.get(f"{mortal.url}/healthz", timeout=30).status_code == 200
        processes.wait_until(lambda: not processes.accepts(mortal.port), mortal.process, mortal.log)
        assert not slow.done(), "the door is closed while the last request is worked on"
    assert slow.result().status_code == 200
    assert mortal.process.wait(30) == 0, "a socket that does not want to go for a minute keeps nobody"
    assert "sockets: goodbye" in mortal.said()


@pytest.mark.parametrize("mortal", [90], indirect=True)
def test_ctrl_c_ends_it_at_once(mortal: Served) -> None:
    requests.get(f"{mortal.url}/healthz", timeout=30)
    mortal.process.send_signal(2)
    assert mortal.process.wait(30) == 0


def program(database_url: str, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The program, for starts that are to fail."""
    return subprocess.run(
        [sys.executable, "-m", "app.runtime", *words],
        cwd=ROOT,
        env=environment(database_url, settings),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_second_program_on_the_same_port_is_refused_in_words(served: Served, sqlite_database: str) -> None:
    done = program(sqlite_database, PORT=str(served.port))
    assert done.returncode == 1
    assert f"127.0.0.1:{served.port}: another program listens there already" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY"),
        ({"PORT": "http"}, "PORT"),
        ({"WEB_PROCESSES": "2"}, "REDIS_URL"),
        ({"ADMIN_NAME": "root-team"}, "ADMIN_PASSWORD"),
        ({"ADMIN_NAME": "x", "ADMIN_PASSWORD": "long enough"}, "ADMIN_NAME"),
    ],
)
def test_a_wrong_setting_is_refused_in_words(sqlite_database: str, settings: dict[str, str], name: str) -> None:
    done = program(sqlite_database, **{"PORT": str(processes.free_port()), **settings})
    assert done.returncode == 2
    assert f"Infinity cannot start. {name}: " in done.stderr
    assert "Traceback" not in done.stderr


def test_the_log_has_one_line_of_json_a_request_without_what_people_typed(served: Served) -> None:
    before = served.said().count("\n")
    requests.get(f"{served.url}/healthz", timeout=30)
    requests.get(f"{served.url}/page/rules?secret=1", timeout=30)
    processes.wait_until(lambda: served.said().count("\n") > before, served.process, served.log)
    new = [json.loads(line) for line in served.said().splitlines()[before:]]
    assert len(new) == 1, "health checks are no news"
    assert "secret" not in json.dumps(new)


NO_DELAY = """
import io, socket, warnings
warnings.simplefilter("ignore")
from app.runtime.http_protocol import Protocol

class Connection:
    def __init__(self):
        self.options = []
    def setsockopt(self, *option):
        self.options.append(option)
    def makefile(self, *words):
        return io.BytesIO()

protocol = Protocol.__new__(Protocol)
protocol.request = Connection()
protocol.setup()
print((socket.IPPROTO_TCP, socket.TCP_NODELAY, True) in protocol.request.options)
"""


def test_an_answer_in_two_pieces_does_not_wait_for_the_first_to_be_acknowledged() -> None:
    # In a process of its own: this one must not import what the program serves with.
    said = subprocess.run([sys.executable, "-c", NO_DELAY], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert said.strip() == "True"


def test_pages_that_were_open_leave_nothing_for_the_collector(mortal: Served) -> None:
    def kept() -> list[int]:
        found: list[int] = requests.get(f"{mortal.url}/kept", timeout=10).json()
        return found

    kept()  # from now on the collector looks for nothing
    open_pages = [Page(mortal.url).connect() for _ in range(10)]
    assert kept()[0] == 10
    for page in open_pages:
        page.client.disconnect()
    deadline = time.monotonic() + 20
    # The last of them may still be at hand where the loop left off.
    while (left := kept())[0] > 1 and time.monotonic() < deadline:
        threading.Event().wait(0.2)
    assert left[0] <= 1
    assert left[1] <= 2, "the connection that asks, and perhaps that of the last page"
