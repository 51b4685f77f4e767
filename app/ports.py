"""The services' external dependencies. ``create_app`` passes the real ones, tests pass fakes."""

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
    """bcrypt off the request threads. ``lane`` is "login", "guess" or "registration": none starves another."""

    def expect_room(self, lane: str) -> None:
        """Raises HashingBusy if a hash would be refused now."""

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        """A malformed hash matches nothing. Raises HashingBusy."""

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        """Raises HashingBusy."""

    def sign(self, lane: str, secret: bytes, salt: bytes) -> str:
        """Deterministic. Raises HashingBusy."""


class Pusher(Protocol):
    """Pushes events to sockets after the commit. Never blocks or raises."""

    def push(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        """``audience``: ``all``, ``division:CODE`` or ``team:ID``."""


class Postman(Protocol):
    """Sends mail after the commit. Never blocks or raises."""

    @property
    def is_set_up(self) -> bool:
        """Whether a mail server is configured."""

    def send(self, to: tuple[str, ...], subject: str, text: str) -> None:
        """Queue a mail."""


class Prox(Protocol):
    """Requests to other servers, under one policy. Each call may raise a kind of ``NotToBeHad``."""

    def picture(self, address: str) -> Fetched:
        """Detects the type from the bytes."""

    def text(self, address: str, most_bytes: int) -> bytes:
        """A style sheet from any public host."""

    def post(self, address: str, body: bytes) -> int:
        """Post JSON to any public host without redirects; returns the status."""

    def host_of_hook(self, address: str) -> str:
        """The host of a webhook URL, checked without network access."""

    def path_of(self, owner: str, source: str) -> str:
        """The signed path to ``source`` on this site, locked like the record ``owner``."""

    def may_be_plain(self, address: str) -> bool:
        """Whether this URL may use plain http; tests only."""

    def shrunk(self, content: bytes, width: int) -> bytes | None:
        """A WebP of this width, made off the request threads; None if impossible."""


def in_english(_language: str, text: str) -> str:
    """Return the text unchanged."""
    return text


@dataclass(frozen=True, slots=True)
class Ports:
    """``later`` runs a small write after the response, at most once.

    ``translate`` translates mail and chat texts, which have no request. Without ``prox`` nothing is requested from
    other servers.
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
        return self.settings.settings
