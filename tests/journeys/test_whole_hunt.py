"""The demo hunt from registration to the board, in a real browser, with every answer derived from the page itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from app.core.answers import normalise
from tests.demo.answers import ANSWERS, FEEDERS
from tests.demo.derivations import DERIVATIONS
from tests.journeys.people import LEFT, SOLVED, Organiser, guess_and_read, is_marked, mark, register, words_of
from tests.journeys.reading import as_markdown
from tests.support.browser import Window
from tests.support.server import node

if TYPE_CHECKING:
    from tests.support.browser import Chromium

LAST = "panes"


class Solver:
    """A team at a browser. It knows what its pages showed it, and nothing else."""

    def __init__(self, page: Page, organiser: Organiser, name: str) -> None:
        self.page = page
        self.organiser = organiser
        self.name = name
        self.found: dict[str, str] = {}
        self.titles: dict[str, str] = {}
        self.points = 0

    def next_key(self) -> str | None:
        """The first puzzle in the list that is open, unsolved, and not waiting for other answers."""
        self.page.goto("/game")
        links = self.page.locator(".card:not(.card-solved) .card-title a")
        keys = [str(link.get_attribute("href")).rpartition("/")[2] for link in links.all()]
        return next((key for key in keys if set(self.needed(key)) <= set(self.found)), None)

    def needed(self, key: str) -> tuple[str, ...]:
        """The answers a meta is made of."""
        return tuple(ANSWERS)[:-1] if key == LAST else FEEDERS.get(key, ())

    def known_for(self, key: str) -> dict[str, str]:
        """What the team has found, as the puzzle asks for it: the last one by titles, metas by their feeders."""
        if key == LAST:
            return {self.titles[other]: answer for other, answer in self.found.items()}
        return {feeder: self.found[feeder] for feeder in self.needed(key)}

    def solve(self, key: str) -> list[str]:
        """Read the page, derive the answer, type it in; the addresses of what the reply says is open now."""
        page = self.page
        page.goto(f"/game/puzzle/{key}")
        if page.locator(LEFT).inner_text() == "0":
            self.organiser.hunt("clear-guesses", self.name)
        self.titles[key] = page.locator("h1").inner_text()
        answer = DERIVATIONS[key](as_markdown(page.locator("[data-sheet]").inner_html()), self.known_for(key))
        mark(page)
        told = guess_and_read(page, answer, "Correct!")
        expect(page.locator(SOLVED)).to_be_visible()
        expect(page.locator("#guess")).to_be_hidden()
        assert is_marked(page), "the page was loaded again"
        self.found[key] = normalise(answer).upper()
        self.points += int(re.search(r"(\d+) point", told).group(1))  # type: ignore[union-attr]
        assert page.locator('[data-live="score"]').first.text_content() == str(self.points)
        return [str(link.get_attribute("href")) for link in page.locator("[data-result] ul a").all()]

    def story_blocks(self) -> int:
        """How many blocks of the story have been told."""
        self.page.goto("/story")
        return self.page.locator(".story-list > li").count()


@pytest.mark.timeout(300)  # sixteen puzzles, each read and solved on its page
def test_the_whole_hunt_is_solved_from_its_pages_and_ends_on_the_board(desk: Window, organiser: Organiser) -> None:
    page = desk.open()
    register(page, "owls", display_name="The Owls <b>&</b> Cat")
    team = Solver(page, organiser, "owls")
    opened: list[str] = []
    told = [team.story_blocks()]
    while key := team.next_key():
        opened += team.solve(key)
        if key in FEEDERS or key == LAST:
            told.append(team.story_blocks())

    assert team.found == {key: normalise(answer).upper() for key, answer in ANSWERS.items()}
    assert told == sorted(told)
    assert told[-1] > told[0] >= 1
    # What opened was told on the page of the solve that opened it, once.
    assert {"/game/stair", "/game/lamp-room", f"/game/puzzle/{LAST}"} <= set(opened)
    assert len(opened) == len(set(opened))
    on_the_board(page, team)


def on_the_board(page: Page, team: Solver) -> None:
    """The team's row: first, with all it earned, finished, with all three badges."""
    page.goto("/leaderboard/teams")
    row = page.locator("tr.own").first
    expect(row).to_contain_text("The Owls <b>&</b> Cat")
    assert [words_of(cell) for cell in row.locator("td").all()][:3] == ["1", str(team.points), str(len(ANSWERS))]
    assert {words_of(badge) for badge in row.locator(".chips > li").all()} == {
        "All puzzles", "final puzzle", "last of the hunt",
    }  # fmt: skip
    # Its last solve is its finish.
    expect(page.locator("table.board").first.locator("thead th").last).to_have_text("Finished")
    expect(row.locator("td").last.locator("time:visible")).to_have_count(1)
    expect(row.locator("time:visible")).to_have_count(2)
    expect(page.locator(".legend")).to_contain_text("The Owls <b>&</b> Cat")


@pytest.fixture
def shore(postgres_database: str, chromium: Chromium) -> Iterator[tuple[Window, Organiser]]:
    """The same program on PostgreSQL."""
    with node(postgres_database, None, ["--demo"]) as server:
        window, organiser = Window(chromium, server.url), Organiser(postgres_database)
        yield window, organiser
        organiser.leaves()
        window.close()


def test_a_solo_team_on_postgresql_opens_the_next_level_and_stands_on_its_own_board(
    shore: tuple[Window, Organiser],
) -> None:
    window, organiser = shore
    page = window.open()
    register(page, "hermit", division="solo")
    team = Solver(page, organiser, "hermit")
    expect(page.locator(".level-closed h2")).to_have_count(2)
    opened = [address for key in ("postcard", "gauges", "manifest") for address in team.solve(key)]
    # The last card of the quay needs two of the others; the stair opens with the third, and is told before its puzzles.
    assert opened[:2] == ["/game/puzzle/berths", "/game/stair"]
    assert {address.rpartition("/")[0] for address in opened[2:]} == {"/game/puzzle"}
    page.locator("[data-result] a", has_text="The Stair").click()
    expect(page.locator("h1")).to_have_text("The Stair")

    page.goto("/leaderboard")
    expect(page.locator("#standings-title")).to_have_text("Standings: Solo")
    assert words_of(page.locator("tr.own td.figure").first) == str(team.points)
    page.goto("/leaderboard/teams")
    expect(page.locator("main")).not_to_contain_text("The hermit")
