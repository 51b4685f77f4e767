"""HTTP limits in front of the application.

Clients may be slow, broken or hostile: reads have deadlines, sizes have limits, and unreadable requests get a 4xx and
a closed connection.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from io import BytesIO
from socket import IPPROTO_TCP, SHUT_WR, TCP_NODELAY
from typing import Any

import eventlet
from eventlet import greenio
from eventlet.wsgi import HeaderLineTooLong, HeadersTooLarge, HttpProtocol
from werkzeug.exceptions import RequestTimeout

from app.clock import SystemClock
from app.middleware.request_log import FAULTS
from app.runtime.admission import outside
from app.runtime.http_head import END, fault_in_head
from app.web.header_values import HeaderRefused, header_text

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
# From the first byte to the end of the headers: slow clients must not hold a connection.
HEADER_SECONDS = 30
# For the body: a base time, plus time by size at a minimum rate.
BODY_SECONDS = 30
SLOWEST_BYTES_A_SECOND = 4_096
# The most to read only to keep the connection.
MOST_UNREAD_BYTES = 256 * 1024
# Bounds on reading from a refused client, so that it sees the refusal.
LINGER_BYTES = 4 * 1024 * 1024
LINGER_SECONDS = 3
_CONNECTION = "infinity.connection"
logger = logging.getLogger("infinity.faults")


class Protocol(HttpProtocol):
    # Without it, garbage would be taken for HTTP/0.9 and answered without a status.
    default_request_version = "HTTP/1.0"
    close_connection: bool | int
    is_to_linger = False

    def _read_request_line(self) -> bytes | str:
        IDLE[self] = None
        try:
            line: bytes | str = super()._read_request_line()
            return line
        finally:
            IDLE.pop(self, None)

    def hang_up(self) -> None:
        greenio.shutdown_safe(self.connection)

    def setup(self) -> None:
        """TCP_NODELAY: else a page of two writes waits up to 40 ms for an acknowledgement."""
        super().setup()
        with suppress(OSError):
            self.connection.setsockopt(IPPROTO_TCP, TCP_NODELAY, True)

    def parse_request(self) -> bool:
        """Read headers within a deadline; ambiguous ones get 400."""
        limit = eventlet.Timeout(HEADER_SECONDS)
        try:
            lines = self._header_lines()
            fault = fault_in_head(self.raw_requestline, lines)
            if fault:
                return self._refuse_head(fault)
            self.rfile = BytesIO(b"".join(lines))
            return bool(super().parse_request())
        except eventlet.Timeout:
            self.close_connection = True
            return False
        except (HeaderLineTooLong, HeadersTooLarge):
            self.is_to_linger = True
            raise
        finally:
            limit.cancel()

    def _header_lines(self) -> list[bytes]:
        lines: list[bytes] = []
        # Lines have a length, and all together too: beyond that, reading raises.
        while not lines or lines[-1] not in (END, b"\n", b""):
            lines.append(self.rfile.readline())
        return lines

    def _refuse_head(self, fault: str) -> bool:
        body = f"{fault}\n".encode()
        head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: "
        self.wfile.write(f"{head}{len(body)}\r\n\r\n".encode() + body)
        self.close_connection = self.is_to_linger = True
        return False

    def get_environ(self) -> Environ:
        """The WSGI environment, with this connection for :func:`guarded`."""
        environ: Environ = super().get_environ()
        environ[_CONNECTION] = self
        cookies = environ.get("HTTP_COOKIE", "")
        if not cookies.isascii():
            # Others' cookies may be in any encoding; those that are not UTF-8 would be an error in every page.
            environ["HTTP_COOKIE"] = cookies.encode("latin-1").decode(errors="replace").encode().decode("latin-1")
        length = self.headers.get("content-length", "0")
        if length != "0" and is_length(length):
            environ["wsgi.input"] = TimedBody(environ["wsgi.input"], int(length))
        return environ

    def finish(self) -> None:
        """Close; first read a little more of a refused body."""
        if self.is_to_linger:
            self._linger()
        super().finish()
        # A reference cycle would keep both until a full collection.
        with suppress(AttributeError):
            del self.environ

    def _linger(self) -> None:
        left = LINGER_BYTES
        with eventlet.Timeout(LINGER_SECONDS, False):
            try:
                self.wfile.flush()
                self.connection.shutdown(SHUT_WR)
                while left > 0 and (piece := self.connection.recv(64 * 1024)):
                    left -= len(piece)
            except OSError:
                return

    def version_string(self) -> str:
        """Hides the ``Server`` version."""
        return "infinity"

    def log_message(self, *_words: object) -> None:
        """No logging: unreadable requests are noise in a stranger's words."""


# Connections between two requests, the one that has been idle for longest first.
IDLE: dict[Protocol, None] = {}


class TimedBody:
    """A body with a deadline. Raises :class:`RequestTimeout`."""

    def __init__(self, body: Any, length: int) -> None:
        self._body = body
        self._seconds_left = BODY_SECONDS + length / SLOWEST_BYTES_A_SECOND
        self._clock = SystemClock()

    def read(self, *size: int) -> bytes:
        return self._in_time(self._body.read, *size)

    def readline(self, *size: int) -> bytes:
        return self._in_time(self._body.readline, *size)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._body, name)

    def _in_time(self, read: Callable[..., bytes], *size: int) -> bytes:
        began, limit = self._clock.monotonic(), eventlet.Timeout(max(0.01, self._seconds_left), RequestTimeout())
        try:
            with outside():
                return read(*size)
        except TimeoutError:
            raise RequestTimeout from None
        finally:
            limit.cancel()
            self._seconds_left -= self._clock.monotonic() - began


def guarded(app: App) -> App:
    """The application behind cheap checks."""

    def serve(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        # Yield: a connection with endless input would block the others.
        eventlet.sleep(0)
        # Compressed sockets take three times the memory of plain ones, and twice the work for every message.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        connection = environ[_CONNECTION]
        refusal = problem_with_body(environ)
        if refusal:
            return _refuse(connection, start_response, refusal)
        try:
            return app(environ, _closing(connection, environ, start_response))
        except HeaderRefused as fault:
            return _own_up(connection, start_response, fault)
        except Exception as fault:
            if not isinstance(fault, OSError):  # the client has gone
                logger.exception("a request failed outside of the application")
                FAULTS.inc()
            raise

    return serve


def problem_with_body(environ: Environ) -> str | None:
    """A status for a body without one plain length, which two readers could read differently."""
    if environ.get("HTTP_TRANSFER_ENCODING"):
        return "411 Length Required"
    length = environ.get("CONTENT_LENGTH", "0")
    return None if is_length(length) else "400 Bad Request"


def is_length(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 16


def _refuse(connection: Protocol, start_response: Callable[..., Any], status: str) -> Iterable[bytes]:
    _end(connection)
    start_response(status, [("Content-Type", "text/plain"), ("Connection", "close")])
    return [status.encode() + b"\n"]


def _own_up(connection: Protocol, start_response: Callable[..., Any], fault: HeaderRefused) -> Iterable[bytes]:
    logger.error("a response has a header that cannot be sent", exc_info=fault)
    FAULTS.inc()
    return _refuse(connection, start_response, "500 Internal Server Error")


def _closing(connection: Protocol, environ: Environ, start_response: Callable[..., Any]) -> Callable[..., Any]:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Any:
        for name, value in headers:
            # Later, while headers are written, the connection would end without a reply.
            header_text(name)
            header_text(value)
        kept = [(name, value) for name, value in headers if name.lower() != "connection" or value.lower() != "close"]
        if len(kept) != len(headers) or _unread(environ) > MOST_UNREAD_BYTES:
            _end(connection)
        return start_response(status, kept, *exc_info)

    return start


def _unread(environ: Environ) -> int:
    body = environ["eventlet.input"]
    return int(body.content_length or 0) - int(body.position)


def _end(connection: Protocol) -> None:
    """Close after this response; the rest of the request is not read."""
    connection.close_connection = True
    connection.is_to_linger = True
