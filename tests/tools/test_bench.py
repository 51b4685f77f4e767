"""The parts of the benches that can be right or wrong without a load: what is asked, and how answers are told."""

from __future__ import annotations

import asyncio
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import pytest

from bench import mix, results
from bench.__main__ import interpreter
from bench.crowd import Ears, Heard, by_the_clock
from bench.fleet import Player
from bench.tables import Row, Table


def test_a_percentile_is_that_of_the_slowest_within_the_share() -> None:
    heard = Heard([number / 1000 for number in range(1, 101)])
    assert [heard.percentile_ms(share) for share in (0.5, 0.99, 1.0)] == [51, 100, 100]
    assert Heard().percentile_ms(0.5) == 0


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({}, "built without"),
        ({"CONFIG_ARGS": "'--enable-shared'"}, "built without"),
        ({"CONFIG_ARGS": "'--enable-optimizations' '--with-lto'"}, "built with"),
        ({"WHEEL_PKG_DIR": "/usr/share/python-wheels/"}, "built by Debian with"),
    ],
)
def test_a_bench_says_how_its_python_was_built(told: dict[str, str], words: str) -> None:
    assert f"{words} profile-guided optimisation." in interpreter(told.get)


def test_the_mix_is_forty_thirty_ten_ten_ten_for_every_team() -> None:
    players = [Player(f"session={number}", f"token-{number}") for number in range(1_000)]
    ask = mix.mixed_requests(SimpleNamespace(players=players))
    asked = [ask(number).split(b" ")[:2] for number in range(10_000)]
    assert Counter(b" ".join(words).decode() for words in asked) == {
        "GET /game": 4_000,
        f"GET {mix.PAGE}": 3_000,
        "GET /leaderboard": 1_000,
        "GET /": 1_000,
        f"POST {mix.PAGE}": 1_000,
    }
    guess = next(one for one in map(ask, range(10_000)) if one.startswith(b"POST"))
    head, _, body = guess.partition(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in head


def test_requests_go_out_by_the_clock_and_what_went_wrong_is_counted() -> None:
    class Site(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(503 if self.path == "/3" else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_words: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Site) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            asked = by_the_clock(
                server.server_port, 100, 0.1, lambda n: f"GET /{n} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            heard = asyncio.run(asked)
        finally:
            server.shutdown()
            thread.join()
    assert (len(heard.seconds), heard.wrong) == (10, {503: 1})


def test_a_socket_counts_words_by_their_names() -> None:
    ears = Ears()
    for message in (b'42["alert",{"id":1}]', b'42["alert",{"id":2}]', b'42["hello",{}]', b"3"):
        ears.hear(message)
    assert ears.words == {b"alert": 2, b"hello": 1}


def test_a_figure_that_leaves_its_band_is_named(tmp_path: Path) -> None:
    file = tmp_path / "build" / "results.json"

    def run(figure: float, size: float = 15.1) -> list[str]:
        rows = (Row("page", figure, "ms"), Row("ratio", 1.0))
        return results.note(Table(f"A page of {size} kB", rows), file)

    assert [run(figure, size) for figure, size in ((1.0, 15.1), (1.1, 15.2), (0.9, 14.9), (1.2, 15.0))] == [[]] * 4
    assert run(1.5) == ["A page of kB: page left its band: 1.50 ms, was 0.90 … 1.20"]
    assert run(0.5) == ["A page of kB: page left its band: 0.50 ms, was 0.90 … 1.50"]
