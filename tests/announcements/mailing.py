"""What tests of announcements by mail share: a mail server, teams with addresses, a turn of the job."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text

from app.announcements.announcements import publish
from app.announcements.mail_runs import MailServices, find_progress, send_runs
from app.database import addresses
from app.guesses.submission import NewGuess, submit
from app.notifications.outbox import NotDelivered
from tests.support.world import World

SITE = "https://hunt.example/"


class Server:
    """A mail server that keeps what it takes, and does what a test wants at one moment of a mail."""

    def __init__(self) -> None:
        self.mails: list[dict[str, Any]] = []
        self.lock = threading.Lock()
        self.refuse: Callable[[str], NotDelivered | None] = lambda to: None
        self.on_ready: Callable[[str], None] = lambda to: None
        self.on_taken: Callable[[str], None] = lambda to: None

    def hand_over(self, payload: Mapping[str, Any], before: Callable[[], None]) -> None:
        (to,) = payload["to"]
        if problem := self.refuse(to):
            raise problem
        self.on_ready(to)
        before()
        with self.lock:
            self.mails.append(dict(payload))
        self.on_taken(to)

    @property
    def receivers(self) -> list[str]:
        return sorted(mail["to"][0] for mail in self.mails)


def add_team(node: World, name: str, *emails: str, proved: bool = True, **columns: Any) -> int:
    team = node.add_team(name, emails=list(emails), **columns)
    if proved:
        prove(node, team, *emails)
    return team


def prove(node: World, team: int, *emails: str) -> None:
    with node.database.writing() as connection:
        addresses.note_proved(connection, team, emails, node.clock.now())


def say(node: World, **more: Any) -> int:
    return publish(node.for_content, "Pizza", "Come [here](/pizza).", "chief", is_mailed=True, **more)


def press(node: World, site_url: str = SITE) -> MailServices:
    return MailServices(node.database, node.in_force, node.clock, node.encryption, node.translate, site_url)


def send(node: World, server: Server) -> int:
    return send_runs(press(node), server)


def counts(node: World, number: int) -> dict[str, int]:
    found = find_progress(node.database, number)
    assert found is not None
    kinds = ("sent", "waiting", "refused", "skipped", "unclear")
    return {kind: getattr(found, kind) for kind in kinds if getattr(found, kind)}


def is_finished(node: World, number: int) -> bool:
    found = find_progress(node.database, number)
    return found is not None and found.finished_at is not None


def change(node: World, statement: str) -> None:
    with node.database.writing() as connection:
        connection.execute(text(statement))


def solve(node: World, team: int, key: str, answer: str) -> None:
    submit(node.ports.for_guess, node.content, NewGuess(team, node.puzzle(key), answer, "", ""))


def fill_up(node: World, count: int) -> list[str]:
    """So many teams with an address each."""
    found = [f"{at:03}@example.org" for at in range(count)]
    for at, one in enumerate(found):
        add_team(node, f"Team {at}", one)
    return found
