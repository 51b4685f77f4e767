"""Errata that arrive by themselves: what a restock corrects is announced once, to those who work on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.announcements.errata import announce_errata
from app.content.diff import corrections
from app.content.restock import restock, rollback
from app.content.sources.json_file import read_text
from app.core.model import Puzzle
from app.ports import Ports
from tests.support.accounts import rows
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.environment import DEMO_HUNT
from tests.support.hunts import begin, hunt
from tests.support.pages import parsed
from tests.support.small_hunt import CONTENT, FIRST, SECOND, solve

# Open from the beginning; open only when others are solved.
OPEN, LOCKED = "postcard", "panes"


def demo(slug: str = OPEN, **changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(DEMO_HUNT.read_text())
    row = next(row for row in whole["tables"]["Puzzles"] if row["fields"].get("Slug") == slug)
    row["fields"].update(changes)
    return whole


class Site:
    """The demo hunt, running, and the restocks that correct it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.ports: Ports = app.extensions["infinity"]

    def team(self, name: str = "owls") -> PageClient:
        client: PageClient = self.app.test_client()  # type: ignore[assignment]
        assert client.register(name, division="teams").status_code == 303
        return client

    def restock(self, slug: str = OPEN, **changes: Any) -> None:
        source = read_text(json.dumps(demo(slug, **changes)), "hunt.json")
        restock(self.ports.for_content, self.ports.hasher, source, "quill")

    def announce(self) -> int:
        with self.app.app_context():
            return announce_errata(self.ports.for_hunt)

    def puzzle(self, slug: str = OPEN) -> Puzzle:
        found = self.ports.in_force.content.puzzle(slug)
        assert found is not None
        return found

    def told(self) -> list[tuple[str, dict[str, Any]]]:
        found = rows(self.ports, "SELECT audience, payload FROM broadcasts ORDER BY id")
        return [(row[0], json.loads(row[1]) if isinstance(row[1], str) else row[1]) for row in found]


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Site:
    begin(app, clock)
    return Site(app)


def news(client: PageClient) -> list[tuple[str, str, str]]:
    reply = client.get("/announcements", headers=JSON)
    return [(one["title"], one["kind"], one["html"]) for one in (reply.json or {})["announcements"]]


# --- what is a correction --------------------------------------------------------------------------------------------


def with_puzzle(base: Puzzle, **changes: Any) -> Any:
    from dataclasses import replace

    puzzles = tuple(replace(one, **changes) if one.id == base.id else one for one in CONTENT.puzzles)
    return replace(CONTENT, puzzles=puzzles)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"erratum_html": "<p>7, not 9</p>"}, "erratum"),
        ({"erratum_html": "<p>7, not 9</p>", "body_html": "<p>7</p>"}, "erratum"),
        ({"body_html": "<p>7</p>"}, "text"),
        ({"title": "The First"}, "text"),
        ({"script": "1"}, "text"),
        ({"url": "https://example.org"}, "text"),
        ({"value": 11}, None),
        ({"solution_html": "<p>so</p>"}, None),
        ({"answers": ("x",)}, None),
        ({"is_unlocked": False, "erratum_html": "<p>7</p>"}, None),
    ],
)
def test_a_correction_is_of_what_teams_see(changes: dict[str, Any], kind: str | None) -> None:
    found = corrections(CONTENT, with_puzzle(FIRST, **changes))
    assert [(one.puzzle_id, one.kind) for one in found] == ([(FIRST.id, kind)] if kind else [])


def test_an_erratum_that_goes_away_is_no_erratum() -> None:
    assert corrections(with_puzzle(FIRST, erratum_html="<p>7</p>"), CONTENT) == ()


def test_a_puzzle_that_was_hidden_before_needs_no_correction() -> None:
    assert corrections(with_puzzle(SECOND, is_unlocked=False), with_puzzle(SECOND, erratum_html="<p>7</p>")) == ()
    assert corrections(None, with_puzzle(SECOND, erratum_html="<p>7</p>")) == ()


# --- who is told -----------------------------------------------------------------------------------------------------


def test_a_new_erratum_is_announced_to_teams_that_work_on_the_puzzle(site: Site, clock: FixedClock) -> None:
    owls, bats = site.team("owls"), site.team("bats")
    number = rows(site.ports, "SELECT id FROM teams WHERE name = 'bats'")[0][0]
    solve(site.ports, number, site.puzzle(), clock.now())
    clock.advance(60)
    site.restock(Erratum="The stamp shows a *hare*.")
    assert news(owls) == []
    assert site.announce() == 1
    expected = [(site.puzzle().title, "erratum", "<p>The stamp shows a <em>hare</em>.</p>")]
    assert news(owls) == expected
    assert news(bats) == []
    assert news(site.app.test_client()) == []  # type: ignore[arg-type]
    ((audience, payload),) = site.told()
    team = rows(site.ports, "SELECT id FROM teams WHERE name = 'owls'")[0][0]
    assert audience == f"team:{team}"
    assert (payload["kind"], payload["puzzle"], payload["title"]) == ("erratum", OPEN, site.puzzle().title)
    assert payload["at"] == clock.now().isoformat()
    (event,) = owls.get("/events").get_json()["events"]
    assert (event["event"], event["data"]) == ("announcement", payload)


def test_the_item_under_news_leads_to_the_puzzle(site: Site) -> None:
    owls = site.team()
    site.restock(Erratum="The stamp shows a hare.")
    site.announce()
    page = parsed(owls.get("/announcements").text)
    link = page.select_one(f'main a[href="/game/puzzle/{OPEN}"]')
    assert link is not None
    assert owls.get("/").text.count("Erratum") == 1


def test_a_locked_puzzle_is_corrected_without_a_word(site: Site) -> None:
    owls = site.team()
    site.restock(LOCKED, Erratum="Nine panes, not eight.")
    site.announce()
    assert site.told() == []
    assert news(owls) == []


def test_before_the_start_nobody_needs_a_word(site: Site, clock: FixedClock) -> None:
    site.team()
    hunt(site.app, "set", "starts_at", "2027-03-14T12:30Z")
    site.restock(Erratum="The stamp shows a hare.")
    assert site.announce() == 0
    assert rows(site.ports, "SELECT count(*) FROM announcements")[0][0] == 0
    hunt(site.app, "set", "starts_at", "2027-03-14T11:00Z")
    assert site.announce() == 0


def test_whoever_reads_the_archive_sees_every_correction(site: Site) -> None:
    site.team()
    site.restock(Erratum="The stamp shows a hare.")
    site.announce()
    visitor: PageClient = site.app.test_client()  # type: ignore[assignment]
    assert news(visitor) == []
    hunt(site.app, "set", "archive", "on")
    assert news(visitor) == []
    hunt(site.app, "set", "ends_at", "2027-03-14T11:30Z")
    assert [title for title, _, _ in news(visitor)] == [site.puzzle().title]
    assert "stamp shows a hare" in visitor.get(f"/game/puzzle/{OPEN}").text


# --- once ------------------------------------------------------------------------------------------------------------


def test_it_is_announced_once_over_jobs_nodes_and_restocks(
    site: Site, make_app: Callable[..., Flask], clock: FixedClock
) -> None:
    site.team()
    other = Site(make_app())
    site.restock(Erratum="A")
    assert [other.announce(), site.announce(), other.announce()] == [1, 0, 0]
    site.restock(Erratum="A")
    site.restock(Erratum="A", Value=99)
    assert site.announce() == 0
    assert len(site.told()) == 1


def test_of_jobs_that_see_it_at_the_same_moment_one_announces(site: Site, make_app: Callable[..., Flask]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    site.team()
    nodes = [site, *(Site(make_app()) for _ in range(3))]
    with ThreadPoolExecutor(4) as pool:
        for round_ in range(3):
            site.restock(Erratum=f"Correction {round_}")
            assert sum(pool.map(Site.announce, nodes)) == 1
    assert len(site.told()) == 3


def test_a_roll_back_and_forth_says_nothing_new_but_another_text_does(site: Site) -> None:
    site.team()
    site.restock(Erratum="A")
    assert site.announce() == 1
    rollback(site.ports.for_content, site.ports.hasher, 1, "quill")
    site.restock(Erratum="A")
    assert site.announce() == 0
    site.restock(Erratum="B")
    assert site.announce() == 1
    site.restock(Erratum="A")
    assert site.announce() == 1


def test_what_was_rolled_back_before_it_was_announced_stays_unsaid(site: Site) -> None:
    site.team()
    site.restock(Erratum="A")
    rollback(site.ports.for_content, site.ports.hasher, 1, "quill")
    assert site.announce() == 0
    site.restock(Erratum="A")
    assert site.announce() == 1


def test_an_overtaken_erratum_is_announced_as_it_is_now(site: Site) -> None:
    owls = site.team()
    site.restock(Erratum="A")
    site.restock(Erratum="B")
    assert site.announce() == 1
    assert [html for _, _, html in news(owls)] == ["<p>B</p>"]


# --- the choice ------------------------------------------------------------------------------------------------------


def test_a_changed_text_is_announced_only_where_somebody_asks_for_it(site: Site, tmp_path: Path) -> None:
    owls, file = site.team(), tmp_path / "hunt.json"

    def order(text: str, *words: str) -> str:
        file.write_text(json.dumps(demo(ContentText=text)))
        return hunt(site.app, "restock", "--from", str(file), *words)

    assert "will be notified" not in order("A first text")
    assert site.announce() == 0
    assert f"Teams working on “{site.puzzle().title}” will be notified." in order("A second text", "--tell", "texts")
    assert site.announce() == 1
    assert [html for _, _, html in news(owls)] == ["<p>The text of this puzzle was changed.</p>"]
    assert "The text of this puzzle was changed." in owls.get("/announcements").text


def test_the_command_can_be_silent(site: Site, tmp_path: Path) -> None:
    site.team()
    file = tmp_path / "hunt.json"
    file.write_text(json.dumps(demo(Erratum="A")))
    assert "will be told" not in hunt(site.app, "restock", "--from", str(file), "--tell", "nothing")
    assert site.announce() == 0
