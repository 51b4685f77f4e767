"""The organisers' frame and dashboard: who gets in, where each role is led, what the pages show."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.accounts.roles import set_roles
from app.core.model import Content
from app.core.roles import highest
from app.ports import Ports
from tests.support.accounts import ids, in_play
from tests.support.client import PageClient
from tests.support.hunts import rules
from tests.support.organisers import enter
from tests.support.world import small_content


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


PAGES = {
    "Live": {
        "Dashboard": "/admin/", "Hint desk": "/admin/hints", "Reported problems": "/admin/problems",
        "Log": "/admin/log", "Statistics": "/statistics", "Lockdown": "/admin/lockdown",
    },
    "Teams": {
        "Teams": "/admin/teams", "Accept an answer": "/admin/accept", "Suspicious activity": "/admin/cheating",
        "Messages": "/admin/messages",
    },
    "The hunt": {
        "Puzzles and solutions": "/admin/puzzles", "Test-solving": "/admin/tests", "Write": "/admin/write",
        "Content": "/admin/content", "Answer hashes": "/admin/hashes", "Settings": "/admin/settings",
        "Look": "/admin/customization",
    },
    "System": {"Status": "/admin/status", "Audit": "/admin/audit"},
}  # fmt: skip
# Statistics are a page that everybody reads in the end.
OURS = [path for links in PAGES.values() for path in links.values() if path.startswith("/admin/")]
# Pages without arguments that are reached from another page, and files.
REACHED_OTHERWISE = {
    "/admin/announcements", "/admin/announcements/new", "/admin/broadcasts", "/admin/messages/receivers",
    "/admin/content/compare", "/admin/content/progress", "/admin/teams/import",
    "/admin/teams/import/links", "/admin/late-solves", "/admin/hints/credits", "/admin/write/check",
    "/admin/write/export", "/admin/write/begin", "/admin/write/spreadsheet", "/admin/write/patches",
    "/admin/write/import", "/admin/write/import/progress",
}  # fmt: skip


def navigation(client: PageClient, path: str) -> dict[str, dict[str, str]]:
    """The links of the organisers' navigation, by group and title."""
    shown = BeautifulSoup(client.get(path).text, "html5lib")
    groups = {group.get_text(): group.find_next_sibling("ul") for group in shown.select(".desk-side .desk-group")}
    return {
        title: {link.get_text(): str(link["href"]) for link in links.select("a")}
        for title, links in groups.items()
        if links is not None
    }


def test_an_admin_finds_every_page_in_the_navigation(app: Flask, world: Ports) -> None:
    admin = enter(app, "keeper", "admin")
    assert navigation(admin, "/admin/") == PAGES
    for path in OURS:
        assert admin.get(path).status_code == 200, path
        assert navigation(admin, path) == PAGES, path


def test_a_page_of_the_organisers_is_in_the_navigation_or_reached_from_another(app: Flask, world: Ports) -> None:
    listed = set(OURS)
    pages = {rule.rule for rule in rules(app, "GET") if rule.rule.startswith("/admin") and not rule.arguments}
    assert {page for page in pages if not page.endswith((".csv", ".json"))} == listed | REACHED_OTHERWISE


# fmt: off
OF_ROLES = {
    "helper": {
        "Live": {
            "Hint desk": "/admin/hints", "Reported problems": "/admin/problems", "Log": "/admin/log",
            "Statistics": "/statistics",
        },
        "The hunt": {"Puzzles and solutions": "/admin/puzzles", "Test-solving": "/admin/tests"},
    },
    "writer": {
        "Live": {
            "Hint desk": "/admin/hints", "Reported problems": "/admin/problems", "Statistics": "/statistics",
        },
        "The hunt": {
            name: PAGES["The hunt"][name]
            for name in ("Puzzles and solutions", "Test-solving", "Write", "Content", "Answer hashes")
        },
    },
}
# fmt: on
OF_ROLES["helper writer"] = {"Live": OF_ROLES["helper"]["Live"], "The hunt": OF_ROLES["writer"]["The hunt"]}


@pytest.mark.parametrize("roles", OF_ROLES)
def test_the_navigation_has_what_the_roles_may_use_and_no_more(app: Flask, world: Ports, roles: str) -> None:
    held = roles.split()
    staff = enter(app, "aide", highest(held))
    set_roles(world.database, world.clock, world.broadcaster, ids(world)["aide"], held, "test")
    assert navigation(staff, "/admin/puzzles") == OF_ROLES[roles]
    listed = {path for links in OF_ROLES[roles].values() for path in links.values()}
    for path in OURS:
        assert staff.get(path).status_code == (303 if path == "/admin/" else 200 if path in listed else 403), path


def test_a_helper_reads_every_puzzle_and_its_solution(app: Flask) -> None:
    begun = Content(version=1, levels=small_content().levels, divisions=small_content().divisions, puzzles=tuple(
        replace(one, solution_html="<p>Because of the owl.</p>") for one in small_content().puzzles
    ))  # fmt: skip
    app.extensions["infinity"].in_force.put(begun)
    helper = enter(app, "aide", "helper")
    links = BeautifulSoup(helper.get("/admin/puzzles").text, "html5lib").select(".desk-main li a")
    assert len(links) == len(begun.puzzles)
    for link in links:
        page = helper.get(str(link["href"])).text
        assert "Because of the owl." in page
        assert '/admin/content/1"' not in page
    assert helper.get("/admin/content/1").status_code == 403


@pytest.mark.parametrize("role", ["helper", "writer"])
def test_helpers_and_writers_are_led_from_the_dashboard_to_their_own_pages(app: Flask, world: Ports, role: str) -> None:
    staff = enter(app, "aide", role)
    assert staff.get("/admin/").status_code == 303
