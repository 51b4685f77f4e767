"""The boards as people and programs get them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import begin, hunt
from tests.support.small_hunt import add_team, change_team, solve

HOSTILE = "</td><script>alert(1)</script>\u202e∞"


@pytest.fixture
def site(app: Flask, clock: FixedClock) -> Flask:
    begin(app, clock)
    return app


@pytest.fixture
def ports(site: Flask) -> Ports:
    return site.extensions["infinity"]


@pytest.fixture
def visitor(site: Flask) -> PageClient:
    return site.test_client()  # type: ignore[return-value]


@pytest.fixture
def team(site: Flask) -> PageClient:
    client: PageClient = site.test_client()  # type: ignore[assignment]
    assert client.register("owls", division="teams").status_code == 303
    return client


def admin(site: Flask, name: str = "boss") -> PageClient:
    client: PageClient = site.test_client()  # type: ignore[assignment]
    client.register(name)
    # An empty answer keeps the password.
    assert site.test_cli_runner().invoke(args=["hunt", "admin", name], input="\n\n").exit_code == 0
    client.login(name)
    return client


def rows(client: PageClient, path: str = "/leaderboard/teams") -> list[dict[str, object]]:
    reply = client.get(path, headers=JSON)
    assert reply.status_code == 200, reply.text
    return reply.json["rows"]


def puzzles(ports: Ports) -> tuple:
    return ports.in_force.content.puzzles


def test_the_json_is_what_programs_rely_on(visitor: PageClient, ports: Ports, clock: FixedClock) -> None:
    one = add_team(ports, "one", affiliation="Here")
    solve(ports, one, puzzles(ports)[0], clock.now(), points=40)
    assert visitor.get("/leaderboard/teams", headers=JSON).json == {
        "division": {"code": "teams", "name": "Teams", "ranked": True},
        "at": clock.now().isoformat(),
        "frozen": False,
        "rows": [
            {
                "rank": 1, "display_name": "one", "affiliation": "Here", "score": 40, "solved": 1, "finished_at": None,
                "badges": [],
            }
        ],
    }  # fmt: skip


def test_all_rows_are_in_the_json_and_a_hundred_on_a_page(visitor: PageClient, ports: Ports) -> None:
    for number in range(103):
        add_team(ports, f"team {number:03}")
    assert len(rows(visitor)) == 103
    first, second = visitor.get("/leaderboard/teams").text, visitor.get("/leaderboard/teams?page=2").text
    assert ("team 099" in first, "team 100" in first) == (True, False)
    assert ("team 099" in second, "team 100" in second) == (False, True)


@pytest.mark.parametrize("page", ["0", "-1", "abc", "999", "9" * 500, "", "1e9", "٣", "%00"])
def test_a_page_that_is_not_there_is_one_that_is(visitor: PageClient, page: str) -> None:
    assert visitor.get(f"/leaderboard/teams?page={page}").status_code == 200


def test_a_team_always_sees_its_own_row(site: Flask, team: PageClient, ports: Ports, clock: FixedClock) -> None:
    for number in range(101):
        solve(ports, add_team(ports, f"better {number}"), puzzles(ports)[0], clock.now())
    page = team.get("/leaderboard/teams").text
    assert "your team" in page
    assert "Page 1 of 2" in page
    assert site.test_client().get("/leaderboard/teams").text.count("your team") == 0


@pytest.mark.parametrize(
    "path", ["/leaderboard/nobody", "/leaderboard/TEAMS", "/leaderboard/%00", "/leaderboard/a%2Fb"]
)
def test_an_unknown_division_is_not_found(visitor: PageClient, path: str) -> None:
    assert visitor.get(path).status_code == 404
    assert visitor.get(path, headers=JSON).json["error"]["code"] == "not_found"


def test_without_a_code_a_team_sees_its_own_division(site: Flask, visitor: PageClient) -> None:
    client: PageClient = site.test_client()  # type: ignore[assignment]
    client.register("loner", division="teams")
    assert client.get("/leaderboard", headers=JSON).json["division"]["code"] == "teams"
    first = visitor.get("/leaderboard", headers=JSON).json["division"]["code"]
    assert first == sorted(ports_divisions(site))[0][1]


def ports_divisions(site: Flask) -> list[tuple[float, str]]:
    found = site.extensions["infinity"].in_force.content.divisions
    return [(division.order, division.code) for division in found if division.is_public]


def test_a_division_that_is_not_public_is_for_its_own_teams_and_staff(
    site: Flask, visitor: PageClient, team: PageClient, ports: Ports
) -> None:
    from dataclasses import replace

    content = ports.in_force.content
    divisions = tuple(replace(one, is_public=one.code != "teams") for one in content.divisions)
    boss = admin(site)
    ports.in_force.put(replace(content, divisions=divisions))
    assert visitor.get("/leaderboard/teams").status_code == 404
    assert team.get("/leaderboard/teams").status_code == 200
    assert boss.get("/leaderboard/teams").status_code == 200
    assert "Teams" not in visitor.get("/leaderboard/solo").text.split("<main")[1]


def test_after_the_freeze_teams_see_the_old_board_and_staff_the_new(
    site: Flask, visitor: PageClient, team: PageClient, ports: Ports, clock: FixedClock
) -> None:
    early, late = add_team(ports, "early"), add_team(ports, "late")
    boss = admin(site)
    solve(ports, early, puzzles(ports)[0], clock.now(), points=10)
    clock.advance(60)
    hunt(site, "set", "freeze_at", clock.now().isoformat())
    clock.advance(60)
    solve(ports, late, puzzles(ports)[0], clock.now(), points=90)
    for client in (visitor, team):
        assert [row["score"] for row in rows(client)][:2] == [10, 0]
        assert client.get("/leaderboard/teams", headers=JSON).json["frozen"] is True
        assert "The leaderboard has been frozen since" in client.get("/leaderboard/teams").text
    assert [row["score"] for row in rows(boss)][:2] == [90, 10]
    assert boss.get("/leaderboard/teams", headers=JSON).json["frozen"] is False


def test_a_closed_leaderboard_says_so_and_lets_admins_pass_under_a_banner(
    site: Flask, visitor: PageClient, team: PageClient
) -> None:
    boss = admin(site)
    hunt(site, "set", "lockdown_leaderboard", "on")
    for client in (visitor, team):
        for path in ("/leaderboard", "/leaderboard/teams"):
            reply = client.get(path, headers=JSON)
            assert (reply.status_code, reply.json["error"]["code"]) == (403, "locked_down")
    page = boss.get("/leaderboard/teams")
    assert page.status_code == 200
    assert "Closed to teams: leaderboard" in page.text


def test_names_full_of_markup_are_text(visitor: PageClient, ports: Ports, clock: FixedClock) -> None:
    team = add_team(ports, HOSTILE, affiliation=HOSTILE)
    solve(ports, team, puzzles(ports)[0], clock.now())
    page = visitor.get("/leaderboard/teams").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert rows(visitor)[0]["display_name"] == HOSTILE


def test_the_chart_has_the_leading_teams_and_the_viewers_own_with_the_same_numbers_in_a_table(
    site: Flask, team: PageClient, ports: Ports, clock: FixedClock
) -> None:
    hunt(site, "set", "ranking", "points")
    for number in range(12):
        solve(ports, add_team(ports, f"strong {number}"), puzzles(ports)[0], clock.now(), points=100 + number)
    own = next(row["rank"] for row in rows(team) if row["display_name"] == "owls")
    assert own == 13
    from sqlalchemy import select

    from app.database.schema import Team

    with ports.database.reading() as connection:
        owls = connection.execute(select(Team.id).where(Team.name == "owls")).scalar_one()
    solve(ports, owls, puzzles(ports)[0], clock.now(), points=77)
    clock.advance(5)
    page = team.get("/leaderboard/teams").text
    assert page.count('<path class="line') == 2 * 11
    assert page.count("line-own") == 2
    table = page.split("Show as a table")[1].split("</table>")[0]
    assert ">77<" in table
    assert ">111<" in table
    assert "strong 0<" not in table


def test_a_board_without_teams_says_so(visitor: PageClient) -> None:
    assert "There are no teams here yet." in visitor.get("/leaderboard/teams").text


def test_a_banned_team_leaves_the_board(visitor: PageClient, ports: Ports, clock: FixedClock) -> None:
    bad = add_team(ports, "bad")
    assert [row["display_name"] for row in rows(visitor)] == ["bad"]
    change_team(ports, bad, is_banned=True)
    clock.advance(5)
    assert rows(visitor) == []


def test_the_chart_stands_from_the_start_even_before_it(
    site: Flask, visitor: PageClient, ports: Ports, clock: FixedClock
) -> None:
    solve(ports, add_team(ports, "early"), puzzles(ports)[0], clock.now())
    hunt(site, "set", "starts_at", (clock.now() + timedelta(hours=2)).isoformat())
    assert visitor.get("/leaderboard/teams").status_code == 200
    hunt(site, "set", "ends_at", (clock.now() + timedelta(hours=3)).isoformat())
    clock.advance(9 * 3600)
    assert visitor.get("/leaderboard/teams").status_code == 200


def test_the_standings_come_before_the_chart_and_show_metas_and_the_last_solve(
    visitor: PageClient, ports: Ports, clock: FixedClock
) -> None:
    solve(ports, add_team(ports, "owls"), next(one for one in puzzles(ports) if one.is_meta), clock.now())
    text = visitor.get("/leaderboard/teams").text
    assert 0 < text.index('<table class="board"') < text.index('<section class="chart"')
    heads = [text.index(f">{head}</th>") for head in ("Solved", "Metas", "Last solve", "Finished")]
    assert heads == sorted(heads)
    assert '<td class="figure at-desk">1</td>' in text
