"""The only requests that go out to other people's servers for content: pictures and linked style sheets.

Threats: an address or redirect that leads inside (:mod:`app.prox.url_policy`), a body without end, a drip, a length
that lies, a compressed bomb, a document dressed as a picture. Nothing of the environment or of a session goes along: no
proxy, no cookie, no referrer. The connection is closed on every way out.
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
    """What one fetch may cost: bytes, seconds in all and of silence, and bytes a second once it runs."""

    most_bytes: int = 25 * 1024 * 1024
    seconds: float = 20.0
    seconds_of_silence: float = 5.0
    least_bytes_a_second: int = 4_096
    seconds_of_grace: float = 5.0


def resolve(host: str, port: int) -> Collection[str]:
    """All addresses of a name. Raises OSError."""
    return {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}


@dataclass(frozen=True, slots=True)
class Fetcher:
    """Fetches within a policy. ``resolve`` is asked once a hop, and the connection goes to what it answered."""

    policy: Policy
    bounds: Bounds = Bounds()
    clock: Clock = field(default_factory=SystemClock)
    resolve: Resolve = resolve

    def picture(self, address: str) -> Fetched:
        """The picture or recording at this address. Raises what :class:`NotToBeHad` stands for."""
        content = self.body(address, PICTURE_TYPES)
        kind = kind_of(content)
        if kind is None:
            raise AnswerRefused("This is no PNG, JPEG, GIF, WebP or AVIF, and no recording that browsers play.")
        if kind.is_vast:
            raise AnswerRefused("This picture has more pixels than a reader's machine should draw.")
        return Fetched(content, kind.media_type, *(kind.size or (None, None)))

    def body(self, address: str, accept: str) -> bytes:
        """The bytes at this address, whatever they are. Raises what :class:`NotToBeHad` stands for."""
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
        """The body, or where the answer leads on to."""
        deadline.patience()
        wire = Wire(target, choose_address(target, self.resolve(target.host, target.port)), deadline)
        try:
            wire.send(_request(target, accept))
            # It asks for nothing but the file that makefile() gives.
            response = http.client.HTTPResponse(cast(socket.socket, wire), method="GET")
            response.begin()
            if response.status in REDIRECTS:
                return response.getheader("Location") or _refuse("The link is redirected to nowhere.")
            _check_head(response)
            return self._read(response, deadline)
        finally:
            wire.close()

    def _read(self, response: http.client.HTTPResponse, deadline: Deadline) -> bytes:
        """The body, counted as it comes: what the header says about its length is only good for refusing early."""
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
    # The policy has made sure that neither path nor host holds a space or a line end.
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
