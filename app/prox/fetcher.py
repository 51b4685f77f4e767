"""Fetches pictures and style sheets from other servers. Threats: SSRF (:mod:`app.prox.url_policy`), endless or
slow bodies, false lengths, compression bombs, documents posing as pictures. Sends no cookie or referrer and
uses no proxy.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import cast
from urllib.parse import urljoin

from app.clock import Clock, SystemClock
from app.core.fetch_result import AnswerRefused, Fetched, NotToBeHad, ServerSilent
from app.prox.media_type import kind_of
from app.prox.transport import Deadline, Wire
from app.prox.url_policy import Policy, Target, choose_address

MOST_REDIRECTS = 3
REDIRECTS = (301, 302, 303, 307, 308)
GONE = (404, 410)
PIECE = 65_536
AGENT = "Infinity-Puzzle-Hunt/1.0"
PICTURE_TYPES = "image/avif,image/webp,image/png,image/jpeg,image/gif,video/*,audio/*;q=0.9"

Resolve = Callable[[str, int], Collection[str]]


@dataclass(frozen=True, slots=True)
class Bounds:
    """Total seconds, seconds of silence, bytes, and minimum bytes per second."""

    most_bytes: int = 25 * 1024 * 1024
    seconds: float = 20.0
    seconds_of_silence: float = 5.0
    least_bytes_a_second: int = 4_096
    seconds_of_grace: float = 5.0


def resolve(host: str, port: int) -> Collection[str]:
    """Raises OSError."""
    return {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches within a policy. Resolves once per hop and connects to that result, against DNS rebinding."""

    policy: Policy
    bounds: Bounds = Bounds()
    clock: Clock = field(default_factory=SystemClock)
    resolve: Resolve = resolve

    def picture(self, address: str) -> Fetched:
        content = self.body(address, PICTURE_TYPES)
        kind = kind_of(content)
        if kind is None:
            raise AnswerRefused("This is no PNG, JPEG, GIF, WebP or AVIF, and no recording that browsers play.")
        if kind.is_vast:
            raise AnswerRefused("This picture has more pixels than a reader's machine should draw.")
        return Fetched(content, kind.media_type, *(kind.size or (None, None)))

    def body(self, address: str, accept: str) -> bytes:
        """The bytes, of any type. Raises a kind of :class:`NotToBeHad`."""
        deadline = Deadline(self.clock, self.bounds.seconds, self.bounds.seconds_of_silence)
        try:
            return self._follow(address, accept, deadline)
        except ssl.SSLCertVerificationError:
            raise ServerSilent("The certificate of the server is not its own.") from None
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise ServerSilent(f"The server does not answer as it should ({type(problem).__name__}).") from None

    def _follow(self, address: str, accept: str, deadline: Deadline) -> bytes:
        for _ in range(MOST_REDIRECTS + 1):
            found = self._ask(self.policy.judge(address), accept, deadline)
            if isinstance(found, bytes):
                return found
            address = urljoin(address, found)
        raise AnswerRefused("The link is redirected too often.")

    def _ask(self, target: Target, accept: str, deadline: Deadline) -> bytes | str:
        deadline.patience()
        wire = Wire(target, choose_address(target, self.resolve(target.host, target.port)), deadline)
        try:
            wire.send(_request(target, accept))
            # It only uses makefile().
            response = http.client.HTTPResponse(cast(socket.socket, wire), method="GET")
            response.begin()
            if response.status in REDIRECTS:
                return response.getheader("Location") or _refuse("The link is redirected to nowhere.")
            _check_head(response)
            return self._read(response, deadline)
        finally:
            wire.close()

    def _read(self, response: http.client.HTTPResponse, deadline: Deadline) -> bytes:
        """Count bytes while reading: Content-Length can lie and serves only to refuse early."""
        most = self.bounds.most_bytes
        if (response.length or 0) > most:
            _refuse(f"The file is larger than {most // 1024} kB.")
        content = bytearray()
        while piece := response.read1(PIECE):
            content += piece
            if len(content) > most:
                _refuse(f"The file is larger than {most // 1024} kB.")
            self._check_pace(len(content), deadline.seconds_so_far())
        if response.length:
            raise ServerSilent("The server stopped in the middle of the file.")
        return bytes(content)

    def _check_pace(self, size: int, seconds: float) -> None:
        if seconds > self.bounds.seconds_of_grace and size < seconds * self.bounds.least_bytes_a_second:
            raise ServerSilent("The server sends too slowly.")


def _request(target: Target, accept: str) -> bytes:
    # The policy guarantees that path and host contain no space or line end (header injection).
    lines = (
        f"GET {target.path} HTTP/1.1", f"Host: {target.host_header}", f"User-Agent: {AGENT}", f"Accept: {accept}",
        "Accept-Encoding: identity", "Connection: close", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode("ascii")


def _check_head(response: http.client.HTTPResponse) -> None:
    if response.status != 200:
        raise (AnswerRefused if response.status in GONE else ServerSilent)(
            f"The server answers with status {response.status}."
        )
    if (response.getheader("Content-Encoding") or "identity").strip().lower() != "identity":
        _refuse("The server compresses the file although it was asked not to.")


def _refuse(sentence: str) -> str:
    raise AnswerRefused(sentence)


__all__ = ["Bounds", "Fetcher", "NotToBeHad", "resolve"]
