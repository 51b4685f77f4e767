"""One fetch: what it refuses, within which bounds, and what it leaves behind (nothing)."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import certifi
import pytest

from app.core.fetch_result import AddressRefused, AnswerRefused, NotToBeHad, ServerSilent
from app.prox.fetcher import MOST_REDIRECTS, Bounds, Fetcher
from app.prox.url_policy import Policy
from tests.prox.origin import MP3, MP4, Answer, Origin, picture, png, png_that_claims, says
from tests.support.processes import free_port

HASTY = Bounds(most_bytes=50_000, seconds=2.0, seconds_of_silence=1.0, seconds_of_grace=0.6, least_bytes_a_second=4_096)

# For answers that are to arrive: what bounds them is their size, however busy the machine is.
PATIENT = replace(HASTY, seconds=60.0, seconds_of_silence=60.0, seconds_of_grace=60.0)


def fetcher(origin: Origin, bounds: Bounds = PATIENT) -> Fetcher:
    return Fetcher(Policy((), (origin.host,)), bounds)


@pytest.mark.parametrize(
    ("content", "media_type", "size"),
    [
        (png(30, 20), "image/png", (30, 20)),
        (picture("JPEG", 31, 21), "image/jpeg", (31, 21)),
        (picture("GIF", 32, 22), "image/gif", (32, 22)),
        (picture("WEBP", 33, 23), "image/webp", (33, 23)),
        (picture("AVIF", 34, 24), "image/avif", (34, 24)),
        (MP4[:900], "video/mp4", (None, None)),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x1f\x42\x82\x84webm", "video/webm", (None, None)),
        (MP3, "audio/mpeg", (None, None)),
        (b"\xff\xfb\x90\x64" + bytes(99), "audio/mpeg", (None, None)),
        (b"OggS" + bytes(60), "audio/ogg", (None, None)),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(20), "audio/wav", (None, None)),
        (b"%PDF-1.7\n", "application/pdf", (None, None)),
    ],
)
def test_a_file_is_what_its_bytes_say(
    origin: Origin, content: bytes, media_type: str, size: tuple[int | None, int | None]
) -> None:
    address = origin.shows("/a", content, Content_Type="text/html")
    found = fetcher(origin).picture(address)
    assert (found.media_type, (found.width, found.height), found.content) == (media_type, size, content)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<!doctype html><script>alert(1)</script>",
        b"  <html>",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
        b"GIF8",
        b"\x89PNG\r\n\x1a\n<html>",
        b"\xff\xd8\xff<html>",
        b"RIFF\0\0\0\0HTML<html>",
        b"\0\0\0\x18ftyphtml",
        b"MZ\x90",
        b"PK\x03\x04",
        b"%!PS",
        png_that_claims(100_000, 100_000),
        png_that_claims(30_000, 10),
        png_that_claims(15_000, 15_000),
        png_that_claims(0, 5),
    ],
)
def test_documents_bombs_and_broken_pictures_are_refused_whatever_they_are_called(
    origin: Origin, content: bytes
) -> None:
    address = origin.shows("/a.png", content, Content_Type="image/png")
    with pytest.raises(AnswerRefused):
        fetcher(origin).picture(address)


def test_nothing_of_ours_goes_along(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    origin.pages["/first"] = says(b"", 302, Location="/second", Set_Cookie="a=b")
    origin.shows("/second", png())
    fetcher(origin).picture(origin.url("/first"))
    for headers in origin.headers:
        assert set(headers) == {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert headers["accept-encoding"] == "identity"


def test_a_redirect_is_judged_like_a_first_address(origin: Origin) -> None:
    origin.shows("/new.png", png())
    origin.pages["/old"] = says(b"", 301, Location="/new.png")
    assert fetcher(origin).picture(origin.url("/old")).media_type == "image/png"
    for inside in ("http://127.0.0.1:1/", "https://[::1]/", "file:///etc/passwd", "//169.254.169.254/", "http://a b/"):
        origin.pages["/away"] = says(b"", 302, Location=inside)
        with pytest.raises(AddressRefused):
            fetcher(origin).picture(origin.url("/away"))
    origin.pages["/nowhere"] = says(b"", 302)
    with pytest.raises(AnswerRefused, match="nowhere"):
        fetcher(origin).picture(origin.url("/nowhere"))


def test_a_circle_of_redirects_ends(origin: Origin) -> None:
    origin.pages["/a"] = says(b"", 307, Location="/a")
    with pytest.raises(AnswerRefused, match="too often"):
        fetcher(origin).picture(origin.url("/a"))
    assert len(origin.asked) == MOST_REDIRECTS + 1


def test_the_name_is_looked_up_once_and_a_private_answer_is_not_connected_to(origin: Origin) -> None:
    asked = []

    def twice(host: str, port: int) -> Collection[str]:
        asked.append(host)
        return {"93.184.215.14"} if len(asked) > 1 else {"127.0.0.1"}

    with pytest.raises(AddressRefused):
        Fetcher(Policy(("pic.example",)), PATIENT, resolve=twice).picture("https://pic.example/a.png")
    assert asked == ["pic.example"]
    assert origin.asked == []


def test_the_connection_goes_to_the_address_that_was_judged(origin: Origin) -> None:
    """A second look-up would find another address; there is none."""
    answers = [{"127.0.0.1"}, {"127.0.0.2"}]
    origin.shows("/a.png", png())
    policy = Policy((), (f"pic.example:{origin.port}",))
    found = Fetcher(policy, PATIENT, resolve=lambda host, port: answers.pop(0))
    assert found.picture(f"http://pic.example:{origin.port}/a.png").media_type == "image/png"
    assert origin.headers[0]["host"] == f"pic.example:{origin.port}"
    assert len(answers) == 1


# --- within bounds ---------------------------------------------------------------------------------------------------


def endless(asked: BaseHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n" + png())
    while True:
        asked.wfile.write(bytes(10_000))


def endless_chunks(asked: BaseHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        asked.wfile.write(b"1000\r\n" + bytes(4096) + b"\r\n")


def endless_head(asked: BaseHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
    while True:
        asked.wfile.write(b"a" * 1000)


def dripping(head: bytes) -> Answer:
    def drip(asked: BaseHTTPRequestHandler) -> None:
        asked.wfile.write(head)
        for _ in range(1_200):
            asked.wfile.write(b"a")
            asked.wfile.flush()
            time.sleep(0.05)

    return drip


def silent(asked: BaseHTTPRequestHandler) -> None:
    asked.connection.settimeout(60)
    asked.connection.recv(1)


def says_little_of_much(asked: BaseHTTPRequestHandler) -> None:
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n" + png())


def says_much_of_little(asked: BaseHTTPRequestHandler) -> None:
    """The rest of a picture that is longer than its header says is not read, and what came is no whole picture."""
    asked.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + png())


BOMB = gzip.compress(png() + bytes(10_000_000))


def zipped(asked: BaseHTTPRequestHandler) -> None:
    says(BOMB, Content_Encoding="gzip")(asked)


HOSTILE: dict[str, tuple[Answer, type[NotToBeHad]]] = {
    "endless": (endless, AnswerRefused),
    "endless chunks": (endless_chunks, AnswerRefused),
    "endless head": (endless_head, ServerSilent),
    "a drip in the body": (dripping(b"HTTP/1.1 200 OK\r\n\r\n"), ServerSilent),
    "a drip in the head": (dripping(b"HTTP/1.1 200 OK\r\nX-A: "), ServerSilent),
    "a drip in the first line": (dripping(b"HT"), ServerSilent),
    "for ever 100 Continue": (dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 50), ServerSilent),
    "silence": (silent, ServerSilent),
    "hanging up": (lambda asked: None, ServerSilent),
    "not HTTP": (lambda asked: asked.wfile.write(b"\xff" * 500), ServerSilent),
    "a length too long": (says_little_of_much, ServerSilent),
    "a length too short": (says_much_of_little, AnswerRefused),
    "a huge length": (says(b"x", Content_Length="99999999999"), AnswerRefused),
    "a bomb in gzip": (zipped, AnswerRefused),
    "too large": (says(png() + bytes(50_001)), AnswerRefused),
    "status 404": (says(png(), 404), AnswerRefused),
    "status 500": (says(png(), 500), ServerSilent),
    "status 206": (says(png(), 206), ServerSilent),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_server_is_refused_in_time_and_let_go(origin: Origin, what: str) -> None:
    answer, refusal = HOSTILE[what]
    origin.pages["/a.png"] = answer
    threads, began = threading.active_count(), time.monotonic()
    with pytest.raises(refusal):
        fetcher(origin, HASTY if refusal is ServerSilent else PATIENT).picture(origin.url("/a.png"))
    # Much more than the bounds allow, and much less than the server would go on for: the machine may be busy.
    assert time.monotonic() - began < 30
    # The server's own thread notices that nobody listens any more; ours never had one.
    wait_until(lambda: origin.open_now == 0 and threading.active_count() <= threads)


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_port_where_nobody_listens_is_silence() -> None:
    host = f"127.0.0.1:{free_port()}"
    with pytest.raises(ServerSilent):
        Fetcher(Policy((), (host,)), HASTY).picture(f"http://{host}/a.png")


def test_a_name_without_an_address_is_silence() -> None:
    def unknown(host: str, port: int) -> Collection[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(ServerSilent):
        Fetcher(Policy(("pic.example",)), HASTY, resolve=unknown).picture("https://pic.example/a.png")


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for the name pic.example, which nobody has signed but itself."""
    file = tmp_path / "pic.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=pic.example", "-addext", "subjectAltName=DNS:pic.example"]
    subprocess.run([*command, "-keyout", str(tmp_path / "key.pem"), "-out", str(file)], check=True, capture_output=True)
    file.write_text(file.read_text() + (tmp_path / "key.pem").read_text())
    return file


@pytest.fixture
def secure_origin(origin: Origin, certificate: Path) -> Origin:
    """The foreign server over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    origin._server.socket = context.wrap_socket(origin._server.socket, server_side=True, do_handshake_on_connect=False)
    origin.shows("/a.png", png() + bytes(40_000))
    return origin


def tls_fetcher(origin: Origin, name: str = "pic.example") -> tuple[Fetcher, str]:
    host = f"{name}:{origin.port}"
    return Fetcher(Policy((), (host,)), PATIENT, resolve=lambda *_: {"127.0.0.1"}), f"https://{host}/a.png"


def test_the_certificate_must_be_the_names(
    secure_origin: Origin, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(certifi, "where", lambda: str(certificate))
    fetch, address = tls_fetcher(secure_origin)
    assert len(fetch.picture(address).content) == len(png()) + 40_000
    fetch, address = tls_fetcher(secure_origin, "other.example")
    with pytest.raises(ServerSilent, match="certificate"):
        fetch.picture(address)


def test_a_certificate_that_nobody_vouches_for_is_refused(secure_origin: Origin) -> None:
    fetch, address = tls_fetcher(secure_origin)
    with pytest.raises(ServerSilent, match="certificate"):
        fetch.picture(address)


def test_a_greeting_that_drips_is_given_up(origin: Origin) -> None:
    door = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        caller, _ = door.accept()
        with caller:
            try:
                for sign in b"\x16\x03\x03\x40\x00" + bytes(1_200):
                    caller.sendall(bytes([sign]))
                    time.sleep(0.05)
            except OSError:
                return

    thread = threading.Thread(target=drip)
    thread.start()
    host = f"pic.example:{door.getsockname()[1]}"
    began = time.monotonic()
    with pytest.raises(ServerSilent):
        Fetcher(Policy((), (host,)), HASTY, resolve=lambda *_: {"127.0.0.1"}).picture(f"https://{host}/a.png")
    # Much more than the bounds allow, and much less than the server would go on for: the machine may be busy.
    assert time.monotonic() - began < 30
    thread.join()
    door.close()
