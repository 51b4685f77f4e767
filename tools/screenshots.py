"""Draws docs/screenshots/: `python -m tools.screenshots` (or `make screenshots`).

Starts the real program with the demo hunt on a database of its own, lets a few teams play over HTTP, and photographs
the main pages in a real browser: light and dark on a desk, light on a phone. Needs what the tests need.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from tests.demo.answers import ANSWERS
from tests.support.browser import Look, Window, chromium
from tests.support.client import PASSWORD, Visitor
from tests.support.databases import migrate
from tests.support.environment import ROOT
from tests.support.server import node
from tools.own_look import photograph_own_look

TARGET = ROOT / "docs" / "screenshots"
LOOKS = (Look("light"), Look("dark"), Look("light", is_phone=True))
ADMIN = "keeper"
OWN_TEAM = "lighthouse-keepers"
# Who plays, and how far they get: the answers in playing order, so that levels open as they go.
TEAMS = {
    OWN_TEAM: ("The Lighthouse Keepers", 7),
    "foghorns": ("Foghorns United", 9),
    "gulls": ("Seven Gulls & a Sandwich", 5),
    "tidal": ("Tidal Locked", 4),
    "asymptotes": ("The Asymptotes", 2),
    "newcomers": ("Just Looking Around", 0),
}
VISITORS_PAGES = {"home": "/", "register": "/account/register", "rules": "/page/rules"}
TEAMS_PAGES = {
    "levels": "/game",
    "level": "/game/quay",
    "puzzle": "/game/puzzle/windows",
    "puzzle-solved": "/game/puzzle/clocks",
    "meta": "/game/puzzle/quay-board",
    "story": "/story",
    "leaderboard": "/leaderboard/teams",
    "announcements": "/announcements",
    "account": "/account",
    "not-found": "/game/puzzle/no-such-puzzle",
}
ADMINS_PAGES = {
    "admin": "/admin/",
    "admin-content": "/admin/content",
    "admin-teams": "/admin/teams",
}


def main() -> None:
    """Play, then photograph every page in every look."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="only pages whose name begins with this")
    parser.add_argument("--target", type=Path, default=TARGET)
    wanted = parser.parse_args()
    wanted.target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="infinity-screenshots-") as folder:
        database_url = f"sqlite:///{folder}/hunt.db"
        migrate(database_url)
        environ = {"ADMIN_NAME": ADMIN, "ADMIN_PASSWORD": PASSWORD}
        with node(database_url, environ, ["--demo"]) as server:
            play(server.url)
            photograph(server.url, wanted.target, wanted.only)


def play(url: str) -> None:
    """Let every team register and solve its share, with a slip here and there, within the ten guesses a minute."""
    for name, (display_name, solves) in TEAMS.items():
        with Visitor(url) as visitor:
            affiliation = "Lighthouse no. 4" if name == OWN_TEAM else ""
            visitor.register(name, display_name=display_name, affiliation=affiliation, division="teams")
            for puzzle in list(ANSWERS)[:solves]:
                visitor.guess(puzzle, ANSWERS[puzzle])
            if name == OWN_TEAM:
                visitor.guess("windows", "PORTHOLE")


def photograph(url: str, target: Path, only: str) -> None:
    """One picture for each page and look."""
    readers: tuple[tuple[str, dict[str, str]], ...] = (
        ("", VISITORS_PAGES),
        (OWN_TEAM, TEAMS_PAGES),
        (ADMIN, ADMINS_PAGES),
    )
    with chromium() as browser:
        for look in LOOKS:
            for name, pages in readers:
                window = Window(browser, url)
                page = window.open(look)
                if name:
                    log_in(page, name)
                for title, path in pages.items():
                    if title.startswith(only):
                        draw(page, path, target / f"{title}-{look}.png")
                # A page that is not there is photographed too: what the browser says about its 404 is expected.
                window.close(check=False)
        if "own-look".startswith(only):
            photograph_own_look(browser, url, target, lambda page: log_in(page, ADMIN), draw)


def log_in(page: Page, name: str) -> None:
    """Log in as a person would."""
    page.goto("/account/login")
    page.fill('input[name="name"]', name)
    page.fill('input[name="password"]', PASSWORD)
    page.press('input[name="password"]', "Enter")
    page.wait_for_load_state()


def draw(page: Page, path: str, file: Path) -> None:
    """Photograph the whole page once it stands still."""
    reply = page.goto(path)
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready")
    page.screenshot(path=file, full_page=True, animations="disabled", caret="hide")
    print(f"{file.relative_to(ROOT) if file.is_relative_to(ROOT) else file}  {reply.status if reply else ''}")


if __name__ == "__main__":
    main()
