"""Every page of the demo hunt that a visitor, a player or the staff can reach by links: there, and valid HTML.

The client checks each page as it fetches it, with a strict parser of HTML5 among other things.
"""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.demo.answers import ANSWERS
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin
from tests.support.organisers import enter

# Files, and what ends a session or shows another's.
NOT_PAGES = re.compile(r"^/(static|assets|prox|look|style|calendar)|export|/workbook|\.(csv|json)|/see/")
NUMBERS = re.compile(r"/(\d+|rec\w+)(?=/|$)")
MOST_ALIKE = 2


def crawl(client: PageClient, *starts: str) -> set[str]:
    """Paths of the pages found; of those that differ in numbers or arguments alone, a few."""
    waiting, known, alike, pages = list(starts), set(starts), dict[str, int](), set[str]()
    while waiting:
        path = waiting.pop(0)
        reply = client.get(path, follow_redirects=True)
        assert reply.status_code == 200, path
        if reply.mimetype != "text/html":
            continue
        pages.add(path)
        for link in BeautifulSoup(reply.text, "html.parser").select("a[href]"):
            found = urlsplit(urljoin(f"http://localhost{path}", str(link["href"])))
            to = found.path + (f"?{found.query}" if found.query else "")
            shape = NUMBERS.sub("/#", found.path) + re.sub(r"=[^&]*", "", found.query)
            if found.netloc != "localhost" or to in known or NOT_PAGES.search(to) or alike.get(shape, 0) >= MOST_ALIKE:
                continue
            known.add(to)
            alike[shape] = alike.get(shape, 0) + 1
            waiting.append(to)
    return pages


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_every_page_that_a_link_leads_to_is_there_and_valid(app: Flask, clock: FixedClock) -> None:
    begin(app, clock)
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert {"/", "/account/register", "/leaderboard", "/announcements"} <= crawl(visitor, "/")
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("owls", division="teams")
    for puzzle, answer in list(ANSWERS.items())[:7]:
        assert team.guess(puzzle, answer).json["verdict"] == "correct"
    team.send_form("/game/puzzle/windows/hints/ask", {"question": "Which window?"})
    found = crawl(team, "/", "/game?print=1", "/game/puzzle/windows?print=1")
    assert {"/game", "/game/puzzle/windows", "/story", "/account", "/account/history"} <= found
    staff = enter(app, "keeper", "admin")
    staff.send_form("/admin/customization", {"accent": "#1f5fbf"})
    assert {"/admin/", "/admin/customization", "/admin/write", "/statistics", "/admin/teams/1"} <= crawl(
        staff, "/admin/"
    )
