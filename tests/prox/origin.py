"""A web server of the tests' own that stands for somebody else's, and pictures for it to send."""

from __future__ import annotations

import http.server
import io
import struct
import threading
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image

Answer = Callable[[http.server.BaseHTTPRequestHandler], None]


class Origin:
    """``pages`` says what each path answers, ``asked`` what was asked for, ``headers`` what came along."""

    def __init__(self) -> None:
        self.pages: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.open_now = 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def setup(self) -> None:
                super().setup()
                outer.open_now += 1

            def finish(self) -> None:
                outer.open_now -= 1
                super().finish()

            def do_POST(self) -> None:
                outer.bodies.append(self.rfile.read(int(self.headers.get("Content-Length", "0"))))
                self.do_GET()

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.headers.append({name.lower(): value for name, value in self.headers.items()})
                self.close_connection = True
                try:
                    outer.pages.get(self.path, lambda asked: asked.send_error(404))(self)
                except OSError:
                    # Whoever asked has hung up, as it should on most of what these tests send.
                    return

            def log_message(self, *words: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        self.host = f"127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def shows(self, path: str, content: bytes, **more: Any) -> str:
        """Let ``path`` answer with these bytes; answers the address."""
        self.pages[path] = says(content, **more)
        return self.url(path)

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def says(body: bytes, status: int = 200, **headers: str) -> Answer:
    """An answer with this body; keywords are headers, with underscores for hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def answer(asked: http.server.BaseHTTPRequestHandler) -> None:
        asked.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **named}.items():
            if value:
                asked.send_header(name, value)
        asked.end_headers()
        asked.wfile.write(body)

    return answer


def png(width: int = 8, height: int = 6, colour: str = "teal") -> bytes:
    return picture("PNG", width, height, colour)


def picture(form: str, width: int = 8, height: int = 6, colour: str = "teal") -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(target, form)
    return target.getvalue()


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that say they are a picture of any size."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(bytes(1000)))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


MP4 = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(3_000_000)
MP3 = b"ID3\x04\0\0\0\0\0\0" + bytes(300)
