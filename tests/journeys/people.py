"""Who uses the site in the journeys: a hunter at a browser, and an organiser at the command line.

Every step here is what a person does: fill, press, read. Nothing reaches into the program.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select, update

from app import create_app
from app.accounts.login import find_account
from app.accounts.roles import ban
from app.database.schema import Team, Unlock
from app.extensions import db
from app.guesses.adjustments import Wish, adjust
from app.web.visit import ports
from config import Config
from tests.support.client import PASSWORD
from tests.support.environment import settings
from tests.support.hunts import hunt

GUESS, RESULT, SOLVED, LEFT = "#guess", "[data-result]", "[data-solved]", "[data-guesses-left]"


class Organiser:
    """Somebody with a shell on the server. The commands are the real ones, in a process that serves nobody."""

    def __init__(self, database_url: str, more: Mapping[str, str] | None = None) -> None:
        self._app = create_app(Config.from_env(settings(database_url, more)))

    @property
    def app(self) -> Flask:
        """The program, for its table of routes."""
        return self._app

    def hunt(self, *words: str) -> str:
        """Run ``flask hunt …``; what it printed."""
        return hunt(self._app, *words)

    def bans(self, name: str) -> None:
        """Close a team's account."""
        with self._app.app_context():
            world = ports()
            account = find_account(world.database, name)
            assert account is not None, name
            ban(world.database, world.clock, world.broadcaster, account.id, "keeper")

    def gives(self, name: str, amount: int, what: str = "credits") -> None:
        """Give a team hint credits, or XP or points."""
        with self._app.app_context():
            account = find_account(ports().database, name)
            assert account is not None, name
            adjust(ports().for_hunt, what, amount, Wish(account.id, "a gift", "keeper"))

    def lets_time_pass(self, name: str, minutes: float) -> None:
        """Let the team have come, and have unlocked whatever it has, that much earlier."""
        with self._app.app_context(), ports().database.writing() as connection:
            team = connection.execute(select(Team.id, Team.created_at).where(Team.name == name)).one()
            earlier = timedelta(minutes=minutes)
            connection.execute(update(Team).where(Team.id == team.id).values(created_at=team.created_at - earlier))
            for row in connection.execute(select(Unlock).where(Unlock.team_id == team.id)).all():
                mine = (Unlock.team_id == team.id) & (Unlock.puzzle_id == row.puzzle_id)
                connection.execute(update(Unlock).where(mine).values(unlocked_at=row.unlocked_at - earlier))

    def id_of(self, name: str) -> int:
        """The number of a team."""
        with self._app.app_context():
            account = find_account(ports().database, name)
            assert account is not None, name
            return account.id

    def counts(self, table: str, where: str) -> int:
        """How many rows of a table there are."""
        with self._app.app_context(), ports().database.reading() as connection:
            return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE {where}").scalar_one())

    def leaves(self) -> None:
        """Give the connections to the database back."""
        with self._app.app_context():
            db.session.remove()
            db.engine.dispose()

    def sets(self, name: str, value: str) -> None:
        """Change a setting."""
        self.hunt("set", name, value)

    def sets_time(self, name: str, seconds_from_now: float) -> datetime:
        """Change a time of the hunt, relative to now; answers it."""
        moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=seconds_from_now)
        self.sets(name, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return moment


def register(page: Page, name: str, division: str = "teams", display_name: str = "") -> None:
    """Register a team by the form; ends on the puzzles."""
    page.goto("/account/register")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Team name").fill(display_name or f"The {name}")
    page.get_by_label("Division").select_option(division)
    page.locator('input[name="password"]').fill(PASSWORD)
    page.locator('input[name="password_again"]').fill(PASSWORD)
    page.get_by_role("button", name="Register the team").click()
    page.wait_for_url(re.compile(r"/(game)?$"))


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Log in by the form."""
    page.goto("/account/login")
    page.get_by_label("Username").fill(name)
    page.locator('input[name="password"]').fill(password)
    page.locator("main").get_by_role("button", name="Log in").click()
    page.wait_for_load_state()


def guess(page: Page, answer: str) -> Locator:
    """Type an answer and press Enter; the place where the result stands."""
    page.locator(GUESS).fill(answer)
    page.locator(GUESS).press("Enter")
    return page.locator(RESULT)


def guess_and_read(page: Page, answer: str, title: str) -> str:
    """Guess, wait for the result with this title, and answer all its words."""
    result = guess(page, answer)
    expect(result.locator(".result-title")).to_have_text(re.compile(rf"^{re.escape(title)}"))
    return words_of(result)


def words_of(place: Locator) -> str:
    """The text of a place, with single spaces."""
    return re.sub(r"\s+", " ", place.inner_text()).strip()


def mark(page: Page) -> None:
    """Leave a mark in the page that a reload would wipe away."""
    page.evaluate("window.notReloaded = true")


def is_marked(page: Page) -> bool:
    """Whether the page is still the one that was marked."""
    return bool(page.evaluate("window.notReloaded === true"))
