"""The services' external dependencies. ``create_app`` passes the real ones, tests pass fakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from app.clock import Clock
from app.core.fetch_result import Fetched
from app.core.in_force import InForce
from app.database.engine import Database
from app.encryption import Encryption
from app.guesses.verdict import VerdictCache

# Runs a small write after the response, at most once.
RunLater = Callable[[Callable[[], None]], None]
# Translates mail and chat texts, which have no request: language, English text.
Translate = Callable[[str, str], str]
# Runs a long computation in a real thread: function, arguments.
Offload = Callable[..., Any]


class Hasher(Protocol):
    """bcrypt off the request threads. ``lane``: "login", "guess", "registration" or "import", none starves another.

    New hashes use ``password_cost`` and ``answer_cost``.
    """

    password_cost: int
    answer_cost: int

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
        """``audience``: ``all``, ``division:CODE``, ``team:ID`` or ``staff``."""


class Postman(Protocol):
    """Sends mail after the commit. Never blocks or raises."""

    @property
    def is_set_up(self) -> bool:
        """Whether there is a mail server."""

    def send(self, team_id: int, subject: str, text: str) -> None:
        """Queue a mail to those addresses of the team that are proved."""


class Prox(Protocol):
    """Requests to other servers, under one policy. Each call may raise a kind of ``NotToBeHad``."""

    def picture(self, address: str) -> Fetched:
        """The type is detected from the bytes."""

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


def in_place(function: Callable[..., Any], *given: Any) -> Any:
    return function(*given)


def in_english(_language: str, text: str) -> str:
    return text


@dataclass(frozen=True, slots=True)
class HuntServices:
    database: Database
    in_force: InForce
    clock: Clock
    broadcaster: Pusher


@dataclass(frozen=True, slots=True)
class GuessServices(HuntServices):
    hasher: Hasher
    verdicts: VerdictCache
    secret: bytes
    encryption: Encryption
    later: RunLater


@dataclass(frozen=True, slots=True)
class ContentServices:
    database: Database
    in_force: InForce
    clock: Clock
    prox: Prox | None


@dataclass(frozen=True, slots=True)
class ImportServices:
    database: Database
    in_force: InForce
    clock: Clock
    hasher: Hasher
    encryption: Encryption
    offload: Offload


@dataclass(frozen=True, slots=True)
class LoginServices:
    """For passwords; ``secret`` keys digests of failures."""

    database: Database
    clock: Clock
    hasher: Hasher
    secret: bytes


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything, for views, commands and jobs. Without ``prox`` no other server is contacted."""

    clock: Clock
    database: Database
    in_force: InForce
    hasher: Hasher
    broadcaster: Pusher
    postman: Postman
    later: RunLater
    verdicts: VerdictCache
    secret: bytes
    encryption: Encryption
    prox: Prox | None = None
    translate: Translate = in_english
    offload: Offload = in_place

    for_hunt: HuntServices = field(init=False, repr=False)
    for_guess: GuessServices = field(init=False, repr=False)
    for_content: ContentServices = field(init=False, repr=False)
    for_import: ImportServices = field(init=False, repr=False)
    for_login: LoginServices = field(init=False, repr=False)

    def __post_init__(self) -> None:
        for name, kind in _PARTS.items():
            parts = {one.name: getattr(self, one.name) for one in fields(kind)}
            object.__setattr__(self, name, kind(**parts))


_PARTS: dict[str, type[Any]] = {
    "for_hunt": HuntServices,
    "for_guess": GuessServices,
    "for_content": ContentServices,
    "for_import": ImportServices,
    "for_login": LoginServices,
}
