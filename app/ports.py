"""What the services reach the rest of the world through. ``create_app`` hands the real things in, tests their own.

No service looks for the database, the time, a secret or a socket by itself: they are all here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from app.clock import Clock
from app.content.current import Current
from app.content.in_force import SettingsInForce
from app.core.fetch_result import Fetched
from app.core.hunt_settings import HuntSettings
from app.database.engine import Database
from app.encryption import Encryption
from app.guesses.verdict_cache import VerdictCache


class Hasher(Protocol):
    """bcrypt, off the request's path. ``lane`` is "login" or "guess": neither starves the other."""

    def expect_room(self, lane: str) -> None:
        """Raises HashingBusy when a hash would be refused now: for whoever has work to do before it."""

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        """Whether ``secret`` fits; a malformed hash fits nothing. Raises HashingBusy."""

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        """A new hash at this cost. Raises HashingBusy."""

    def sign(self, lane: str, secret: bytes, salt: bytes) -> str:
        """The hash under this salt: the same text for the same secret. Raises HashingBusy."""


class Pusher(Protocol):
    """Pushes events to open pages, after the commit. Never waits, never raises."""

    def push(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """``audience``: ``all``, ``division:CODE`` or ``team:ID``."""


class Postman(Protocol):
    """Sends mail, or says that there is no mail server. Called after commit; it neither waits nor fails."""

    @property
    def is_set_up(self) -> bool:
        """Whether mail can be sent at all."""

    def send(self, to: tuple[str, ...], subject: str, text: str) -> None:
        """Put a mail into the outbox."""


class Prox(Protocol):
    """The way to other people's servers: one policy for all of it. Each call raises what ``NotToBeHad`` stands for."""

    def picture(self, address: str) -> Fetched:
        """The picture or recording at this address, judged by its bytes."""

    def text(self, address: str, most_bytes: int) -> bytes:
        """The style sheet at this address, on any public host."""

    def post(self, address: str, body: bytes) -> int:
        """Post JSON to any public host, following no redirect; the status of the answer."""

    def host_of_hook(self, address: str) -> str:
        """The host of an address that may be posted to, by its looks. Nothing is asked of the network."""

    def path_of(self, owner: str, source: str) -> str:
        """The signed address under which this site shows ``source``, locked as the record ``owner`` is."""

    def may_be_plain(self, address: str) -> bool:
        """Whether this plain http address passes for an https one, which only tests ask for."""

    def shrunk(self, content: bytes, width: int) -> bytes | None:
        """The picture as WebP of this width, made off the path of requests; None where that cannot be done."""


def in_english(_language: str, text: str) -> str:
    """The text as it was made."""
    return text


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a service may use. ``later`` runs a small write after the answer has gone out, at most once.

    ``translate`` returns a text in the language of this code, for mail and chats, which have no request.

    Without ``prox`` nothing is ever asked of other people's servers.
    """

    clock: Clock
    database: Database
    content: Current
    settings: SettingsInForce
    hasher: Hasher
    broadcaster: Pusher
    postman: Postman
    later: Callable[[Callable[[], None]], None]
    pause: Callable[[float], None]
    verdicts: VerdictCache
    secret: bytes
    encryption: Encryption
    password_cost: int
    answer_cost: int
    xp_period_seconds: int
    prox: Prox | None = None
    translate: Callable[[str, str], str] = in_english

    @property
    def hunt(self) -> HuntSettings:
        """The settings in force."""
        return self.settings.settings
