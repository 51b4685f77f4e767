"""One message to an address that a stranger has chosen: the only request to a team's webhook.

Threats: an address that leads inside, by its look, by its name's addresses, or by a redirect; a server that drips,
hangs, or answers without end. The same policy as for pictures judges the address, and the connection goes to the
address that was judged; redirects are not followed at all; of the answer only the status is read. Nothing of the
environment or of a session goes along. Used by :mod:`app.prox.client`.
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

# Chats answer in a tenth of this. Who is slower is taken for dead, so that no hook keeps the others waiting.
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Poster:
    """Posts within a policy. ``resolve`` is asked once, and the connection goes to what it answered."""

    policy: Policy
    seconds: float = SECONDS
    clock: Clock = field(default_factory=SystemClock)
    resolve: Callable[[str, int], Collection[str]] = resolve

    def post(self, address: str, body: bytes) -> int:
        """Post JSON; answers the status. Raises what :class:`app.core.fetch_result.NotToBeHad` stands for."""
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
            # It asks for nothing but the file that makefile() gives.
            response = http.client.HTTPResponse(cast(socket.socket, wire), method="POST")
            response.begin()
            return response.status
        finally:
            wire.close()


def _head(target: Target, length: int) -> bytes:
    # The policy has made sure that neither path nor host holds a space or a line end.
    lines = (
        f"POST {target.path} HTTP/1.1", f"Host: {target.host_header}", f"User-Agent: {AGENT}", "Accept: */*",
        "Content-Type: application/json", f"Content-Length: {length}", "Connection: close", "", "",
    )  # fmt: skip
    return "\r\n".join(lines).encode("ascii")
