"""Posts to team webhooks. Threats: SSRF by name, address or redirect; slow or endless responses. No redirects; reads
the status only.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import cast

from app.clock import Clock, SystemClock
from app.core.fetch_result import ServerSilent
from app.prox.fetcher import AGENT, resolve
from app.prox.transport import Deadline, Wire
from app.prox.url_policy import Policy, Target, choose_address

# Chat servers respond in a tenth of this. A slower hook must not delay the others.
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Poster:
    """Resolves once and connects to that result."""

    policy: Policy
    seconds: float = SECONDS
    clock: Clock = field(default_factory=SystemClock)
    resolve: Callable[[str, int], Collection[str]] = resolve

    def post(self, address: str, body: bytes) -> int:
        """Returns the status. Raises a kind of :class:`app.core.fetch_result.NotToBeHad`."""
        target = self.policy.judge(address)
        deadline = Deadline(self.clock, self.seconds, self.seconds)
        try:
            return self._ask(target, body, deadline)
        except (OSError, http.client.HTTPException, ValueError) as problem:
            raise ServerSilent(f"The server does not answer as it should ({type(problem).__name__}).") from None

    def _ask(self, target: Target, body: bytes, deadline: Deadline) -> int:
        wire = Wire(target, choose_address(target, self.resolve(target.host, target.port)), deadline)
        try:
            wire.send(_head(target, len(body)) + body)
            # It only uses makefile().
            response = http.client.HTTPResponse(cast(socket.socket, wire), method="POST")
            response.begin()
            return response.status
        finally:
            wire.close()


def _head(target: Target, length: int) -> bytes:
    # The policy guarantees that path and host contain no space or line end (header injection).
    lines = (
        f"POST {target.path} HTTP/1.1", f"Host: {target.host_header}", f"User-Agent: {AGENT}", "Accept: */*",
        "Content-Type: application/json", f"Content-Length: {length}", "Connection: close", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode("ascii")
