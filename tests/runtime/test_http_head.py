"""Raw requests that two readers could understand in two ways: the real server refuses them and closes."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from app.runtime.http_head import fault_in_head
from tests.runtime.test_server import Served

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /account/login HTTP/1.1\r\nHost: x\r\n"
SECOND = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"

REFUSED = {
    "lengths that differ": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "the same length twice": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "the same length in other letters": POST + b"Content-Length: 3\r\ncontent-length: 30\r\n\r\nabc",
    "a list of lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "a length with a sign": POST + b"Content-Length: +3\r\n\r\nabc",
    "a length below nothing": POST + b"Content-Length: -3\r\n\r\nabc",
    "a length in hexadecimal": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "a length of digits elsewhere": POST + "Content-Length: \u0663\r\n\r\nabc".encode(),
    "an empty length": POST + b"Content-Length:\r\n\r\nabc",
    "a length without end": POST + b"Content-Length: " + b"9" * 40 + b"\r\n\r\nabc",
    "a length inside": POST + b"Content-Length: 3 4\r\n\r\nabc",
    "pieces and a length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "a length and pieces": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "pieces, with a blank before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "pieces, with a tab before the colon": POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "pieces on a folded line": POST + b"X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "pieces twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "pieces in an older version": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding with a strange blank": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "a length with a blank before the colon": POST + b"Content-Length : 3\r\n\r\nabc",
    "two hosts": GET + b"Host: y\r\n\r\n",
    "the same host twice": GET + b"Host: x\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "a host with a path": b"GET /healthz HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "a host with an account": b"GET /healthz HTTP/1.1\r\nHost: me@x\r\n\r\n",
    "a list of hosts": b"GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n",
    "a host with a blank": b"GET /healthz HTTP/1.1\r\nHost: x y\r\n\r\n",
    "a folded header": GET + b"X-A: b\r\n c\r\n\r\n",
    "a header folded with a tab": GET + b"X-A: b\r\n\tc\r\n\r\n",
    "a first header that is folded": b"GET /healthz HTTP/1.1\r\n Host: x\r\nHost: x\r\n\r\n",
    "lines that end in LF alone": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "one header that ends in LF alone": GET + b"X-A: b\nX-C: d\r\n\r\n",
    "an end in LF alone": GET + b"\n",
    "a CR in a value": GET + b"X-A: b\rX-C: d\r\n\r\n",
    "a CR before the end": GET + b"X-A: b\r\r\n\r\n",
    "a NUL in a value": GET + b"X-A: b\0c\r\n\r\n",
    "a NUL in a name": GET + b"X-\0A: b\r\n\r\n",
    "a control character in a value": GET + b"X-A: b\x01\r\n\r\n",
    "a DEL in a value": GET + b"X-A: b\x7f\r\n\r\n",
    "a header without a colon": GET + b"X-A b\r\n\r\n",
    "a header without a name": GET + b": b\r\n\r\n",
    "a name with a blank": GET + b"X A: b\r\n\r\n",
    "a name in brackets": GET + b"(X-A): b\r\n\r\n",
    "a name beyond ASCII": GET + "X-\u00c4: b\r\n\r\n".encode(),
    "a NUL in the address": b"GET /health\0z HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tab in the address": b"GET /health\tz HTTP/1.1\r\nHost: x\r\n\r\n",
    "two blanks": b"GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tab for a blank": b"GET\t/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank before": b" GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a blank behind": b"GET /healthz HTTP/1.1 \r\nHost: x\r\n\r\n",
    "a fourth word": b"GET /healthz HTTP/1.1 x\r\nHost: x\r\n\r\n",
    "an address elsewhere": b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "an address without a slash": b"GET healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "a method with a bracket": b"GE(T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method with a NUL": b"GE\0T /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "no method": b"/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "no version": b"GET /healthz\r\nHost: x\r\n\r\n",
    "a version of before": b"GET /healthz HTTP/0.9\r\nHost: x\r\n\r\n",
    "a version to come": b"GET /healthz HTTP/2.0\r\nHost: x\r\n\r\n",
    "a version between": b"GET /healthz HTTP/1.2\r\nHost: x\r\n\r\n",
    "a version with zeros": b"GET /healthz HTTP/01.1\r\nHost: x\r\n\r\n",
    "a version with more digits": b"GET /healthz HTTP/1.10\r\nHost: x\r\n\r\n",
    "a version in small letters": b"GET /healthz http/1.1\r\nHost: x\r\n\r\n",
    "another protocol": b"GET /healthz ICY/1.1\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
}
TAKEN = {
    "a plain request": GET + b"\r\n",
    "an older version": b"GET /healthz HTTP/1.0\r\n\r\n",
    "a value beyond ASCII": GET + "X-A: \u00e4\r\n\r\n".encode(),
    "an empty value": GET + b"X-A:\r\n\r\n",
    "blanks around a value": GET + b"X-A: \t b \t\r\n\r\n",
    "the same header twice": GET + b"X-A: b\r\nX-A: c\r\n\r\n",
    "a host with a port": b"GET /healthz HTTP/1.1\r\nHost: [::1]:5000\r\n\r\n",
    "an empty host": b"GET /healthz HTTP/1.1\r\nHost:\r\n\r\n",
    "a length of nothing": GET + b"Content-Length: 0\r\n\r\n",
    "cookies of another site in Latin-1": GET + b"Cookie: name=J\xf6rg; session=\xff; =\xc3\r\n\r\n",
    "a page with cookies in Latin-1": b"GET /headers HTTP/1.1\r\nHost: x\r\nCookie: name=J\xf6rg\r\n\r\n",
    "an address beyond ASCII": "GET /healthz?q=\u00e4 HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
}


@pytest.fixture(scope="module")
def served(shelves: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with shelves["sqlite"].fresh() as url:  # type: ignore[attr-defined]
        one = Served(url, tmp_path_factory.mktemp("served"))
        yield one
        one.process.kill()
        one.process.wait()


@pytest.mark.parametrize("what", REFUSED)
def test_it_is_refused_and_nothing_behind_it_is_read(served: Served, what: str) -> None:
    answer = served.raw(REFUSED[what] + SECOND)
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n"), answer[:100]
    assert b"\r\nConnection: close\r\n" in answer
    assert answer.count(b"HTTP/1.") == 1, "the second request was answered"


@pytest.mark.parametrize("what", TAKEN)
def test_what_is_plain_is_answered(served: Served, what: str) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(TAKEN[what])
        assert connection.recv(4096).split(b" ", 2)[1] == b"200"


def test_an_unknown_method_is_the_applications_to_refuse(served: Served) -> None:
    answer = served.raw(b"BREW /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert answer.split(b" ", 2)[1] != b"400"


def test_headers_that_break_off_are_no_request(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as connection:
        connection.sendall(POST + b"X-A: b\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_two_plain_requests_on_one_line_are_both_answered(served: Served) -> None:
    last = SECOND.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert served.raw(SECOND + last).count(b"HTTP/1.1 200 ") == 2


def test_the_fault_is_named() -> None:
    assert fault_in_head(b"GET / HTTP/1.1\r\n", [b"Host: x\r\n", b"\r\n"]) == ""
    assert fault_in_head(b"GET / HTTP/1.1\r\n", [b"Host: x\r\n", b"host: x\r\n", b"\r\n"]) == (
        "There is more than one host."
    )
