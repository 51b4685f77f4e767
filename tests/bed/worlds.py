"""The services' ports around a real database, without Flask: hashing at once, nobody told, the test's own clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import bcrypt
from sqlalchemy import create_engine

from app.content.current import Current
from app.rules.model import Content
from app.services.following import SettingsInForce
from app.services.ports import Ports
from app.services.remembering import VerdictMemory
from app.store.connections import Database, engine_options
from config import Config
from tests.bed.clock import FixedClock
from tests.bed.environment import SECRET_KEY, settings


class HashingAtOnce:
    """bcrypt in the thread that asks."""

    def check(self, lane: str, secret: bytes, hashed: bytes) -> bool:
        try:
            return bcrypt.checkpw(secret, hashed)
        except ValueError:
            return False

    def make(self, lane: str, secret: bytes, cost: int) -> str:
        return bcrypt.hashpw(secret, bcrypt.gensalt(cost)).decode()


@dataclass
class Told:
    """Keeps what open pages and mailboxes would have been sent."""

    events: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    is_set_up: bool = False

    def tell(self, audience: str, event: str, payload: dict[str, Any]) -> None:
        self.events.append((audience, event, payload))

    def send(self, to: tuple[str, ...], subject: str, text: str) -> None:
        self.events.append(("mail", subject, {"to": to, "text": text}))


def at_once(work: Callable[[], None]) -> None:
    """Runs a small write now rather than later."""
    work()


@contextmanager
def world(database_url: str, clock: FixedClock, content: Content | None = None) -> Iterator[Ports]:
    """Ports on this database for the length of a ``with``; two of them are two nodes."""
    config = Config.from_env(settings(database_url))
    options = engine_options(config.database_url, pool_size=5, pool_timeout=5.0, application_name="test")
    engine = create_engine(config.database_url, **options)
    told = Told()
    secret = SECRET_KEY.encode()
    try:
        yield Ports(
            clock=clock,
            database=Database(engine),
            content=Current(content),
            settings=SettingsInForce(),
            hasher=HashingAtOnce(),
            teller=told,
            postman=told,
            later=at_once,
            pause=lambda seconds: None,
            verdicts=VerdictMemory(secret),
            secret=secret,
            password_cost=4,
            answer_cost=4,
            xp_period_seconds=3600,
        )
    finally:
        engine.dispose()
