"""Linked style sheets: fetched from public places only, within bounds, each once."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from app.content import stylesheets
from app.content.parse.records import StyleUnreachable
from app.content.stylesheets import SheetFetcher
from app.prox.client import ProxClient
from app.prox.fetcher import Bounds, Fetcher
from app.prox.tokens import Signer
from app.prox.url_policy import Policy

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Server:
    """A web server of our own; ``pages`` says what each path answers, ``asked`` what was asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append(f"{self.headers['Host']}{self.path}")
                outer.pages.get(self.path, lambda asked: asked.send_error(404))(self)

            def log_message(self, *words: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.host = f"127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def sheets(host: str = "", **bounds: float) -> SheetFetcher:
    """What a restock asks with; ``host`` may be private."""
    policy = Policy(None, (host,) if host else ())
    fetcher = Fetcher(policy, Bounds(**{"seconds": 60.0, "seconds_of_silence": 60.0, **bounds}))  # type: ignore[arg-type]
    return SheetFetcher(ProxClient(Signer(b"secret"), fetcher, fetcher, lambda *_: None).text)


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(asked: http.server.BaseHTTPRequestHandler) -> None:
        asked.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            asked.send_header(name, value)
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def test_a_sheet_is_fetched_once_however_many_link_to_it(server: Server) -> None:
    server.pages["/a.css?v=1"] = says("p { content: “∞” }".encode())
    fetch = sheets(server.host)
    assert fetch(server.url("/a.css?v=1")) == fetch(server.url("/a.css?v=1")) == "p { content: “∞” }"
    assert server.asked == [f"{server.host}/a.css?v=1"]


def test_a_redirect_is_followed_and_judged_anew(server: Server) -> None:
    server.pages["/old"] = says(b"", 302, Location="/new.css")
    server.pages["/new.css"] = says(b"p {}")
    server.pages["/inside"] = says(b"", 302, Location="http://127.0.0.1:1/secret.css")
    fetch = sheets(server.host)
    assert fetch(server.url("/old")) == "p {}"
    with pytest.raises(StyleUnreachable, match="https"):
        fetch(server.url("/inside"))


INSIDE = (
    "http://127.0.0.1:{port}/a.css",
    "http://example.org/a.css",
    "https://127.0.0.1:{port}/a.css",
    "https://localhost:{port}/a.css",
    "https://127.1:{port}/a.css",
    "https://2130706433:{port}/a.css",
    "https://0x7f000001:{port}/a.css",
    "https://0177.0.0.1:{port}/a.css",
    "https://0:{port}/a.css",
    "https://[::1]:{port}/a.css",
    "https://[::ffff:127.0.0.1]:{port}/a.css",
    "https://[::]:{port}/a.css",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.1/a.css",
    "https://192.168.1.1/a.css",
    "https://172.16.0.1/a.css",
    "https://100.64.0.1/a.css",
    "https://224.0.0.1/a.css",
    "https://[fe80::1]/a.css",
    "https://[fd00::1]/a.css",
    "https://[2002:7f00:1::]/a.css",
    "https://someone@example.org/a.css",
    "https://example.org:99999/a.css",
    "https:///a.css",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
)


@pytest.mark.parametrize("address", INSIDE)
def test_nothing_inside_is_ever_asked(server: Server, address: str) -> None:
    with pytest.raises(StyleUnreachable):
        sheets()(address.format(port=server.host.split(":")[1]))
    assert server.asked == []


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says(b"", 404), "status 404"),
        (says(b"x" * (stylesheets.MOST_BYTES + 1)), "larger than"),
        (says(b"\xff\xfe"), "not the text"),
        (says(b"cut off", **{"Content-Length": "500"}), "does not answer|stopped in the middle"),
        (lambda asked: asked.wfile.write(b"nonsense\r\n\r\n"), "does not answer"),
    ],
)
def test_what_is_no_style_sheet_is_refused_in_words(server: Server, answer: Answer, words: str) -> None:
    server.pages["/a.css"] = answer
    with pytest.raises(StyleUnreachable, match=words):
        sheets(server.host)(server.url("/a.css"))


def test_a_dead_host_is_asked_once(server: Server) -> None:
    server.pages["/a.css"] = lambda asked: time.sleep(1)
    fetch = sheets(server.host, seconds_of_silence=0.2)
    for path in ("/a.css", "/b.css"):
        with pytest.raises(StyleUnreachable, match="does not answer"):
            fetch(server.url(path))
    assert len(server.asked) == 1
