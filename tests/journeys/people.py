"""Who uses the site in the journeys: a hunter at a browser, and an organiser at the command line.

Every step here is what a person does: fill, press, read. Nothing reaches into the program.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Locator, Page, expect

from tests.bed.client import PASSWORD
from tests.bed.environment import ROOT, environment

GUESS, RESULT, SOLVED, LEFT = "#guess", "[data-result]", "[data-solved]", "[data-guesses-left]"


class Organiser:
    """Somebody with a shell on the server."""

    def __init__(self, database_url: str, more: Mapping[str, str] | None = None) -> None:
        self._environment = environment(database_url, more)

    def hunt(self, *words: str, typed: str = "") -> str:
        """Run ``flask hunt …`` as an operator does; what it printed."""
        command = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "hunt", *words]
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=self._environment,
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, f"hunt {words}: {done.stdout}\n{done.stderr}"
        return done.stdout

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
    page.get_by_label("Team name").fill(name)
    page.get_by_label("Display name").fill(display_name or f"The {name}")
    page.get_by_label("Division").select_option(division)
    page.locator('input[name="password"]').fill(PASSWORD)
    page.locator('input[name="password_again"]').fill(PASSWORD)
    page.get_by_role("button", name="Register the team").click()
    page.wait_for_url(re.compile(r"/(game)?$"))


def log_in(page: Page, name: str, password: str = PASSWORD) -> None:
    """Log in by the form."""
    page.goto("/account/login")
    page.get_by_label("Team name").fill(name)
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
