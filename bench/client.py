"""A client that costs next to nothing: one kept connection, bytes out and in, no parsing beyond the status."""

from __future__ import annotations

import http.client
import re
import time
from urllib.parse import urlencode

# Shorter than servers keep an idle connection.
KEPT_SECONDS = 20.0
JSON = {"Accept": "application/json"}
_TOKEN = re.compile(r'<meta name="csrf-token" content="([^"]+)"')


class UnexpectedAnswer(AssertionError):
    """The server answered something else than a bench counts on; its figures would mean nothing."""


class Client:
    """One browser of one team, or of nobody."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self._wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._used = time.monotonic()
        self._headers = {"Cookie": cookie} if cookie else {}
        self._token = ""

    def get(self, path: str, status: int = 200) -> bytes:
        """The body of a page. Raises :class:`UnexpectedAnswer` for another status."""
        return self._ask("GET", path, None, self._headers, status)

    def post(self, path: str, form: dict[str, str], status: int = 200) -> bytes:
        """Send a form as the page's script does."""
        headers = {**self._headers, **JSON, "X-CSRFToken": self._token}
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return self._ask("POST", path, urlencode(form), headers, status)

    def begin(self, path: str) -> None:
        """Take the CSRF token that the pages carry."""
        found = _TOKEN.search(self.get(path).decode())
        assert found, f"{path} carries no CSRF token"
        self._token = found[1]

    def close(self) -> None:
        """Give the connection back."""
        self._wire.close()

    def _ask(self, method: str, path: str, body: str | None, headers: dict[str, str], status: int) -> bytes:
        if time.monotonic() - self._used > KEPT_SECONDS:
            self._wire.close()
        self._used = time.monotonic()
        self._wire.request(method, path, body, headers)
        reply = self._wire.getresponse()
        content = reply.read()
        given = reply.getheader("Set-Cookie")
        if given:
            self._headers = {**self._headers, "Cookie": given.partition(";")[0]}
        if reply.status != status:
            raise UnexpectedAnswer(f"{method} {path}: {reply.status}\n{content[:600].decode(errors='replace')}")
        return content
