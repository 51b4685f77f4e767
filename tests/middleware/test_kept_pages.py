"""Pages that are made once and sent again: what changes shows with the next click, and nobody sees another's page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.announcements.announcements import publish
from app.core.model import Hint, Puzzle
from app.ports import Ports
from tests.support.accounts import ids, in_play, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import FixedClock
from tests.support.kept_pages import PATHS, change, page_count, pages_of, team_after_visits
from tests.support.pages import csrf_token
from tests.support.random_play import Play
from tests.support.world import hashed, small_content

NOT_KEPT = ("/account", "/account/history", "/game/puzzle/one?print=1", "/game?print=1", "/game/puzzle/one?r=key")
made = partial(pages_of, "made")


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    return team_after_visits(app, 1)


def test_a_hunt_played_at_random_on_two_nodes_shows_no_page_that_is_old(
    make_app: Callable[..., Flask], clock: FixedClock, tmp_path: Path
) -> None:
    play = Play([make_app(), make_app()], clock, tmp_path, seed=1)
    for _ in range(25):
        play.step()
    assert play.counts["pages"] == 400
    assert play.counts["304"] > 10


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_made_once(team: PageClient, path: str) -> None:
    team.get(path)
    assert made(lambda: team.get(path)) == 0


@pytest.mark.parametrize("path", NOT_KEPT)
def test_what_has_inputs_that_are_not_named_is_made_each_time_and_stored_nowhere(team: PageClient, path: str) -> None:
    kept = page_count("kept")
    for _ in range(2):
        reply = team.get(path)
        assert "ETag" not in reply.headers
        assert reply.headers["Cache-Control"] == "private, no-store"
    assert page_count("kept") == kept


def test_each_answer_has_a_key_of_its_own_for_the_next_guess_and_the_same_token(team: PageClient) -> None:
    first, second = (team.get("/game/puzzle/one").text for _ in range(2))
    assert csrf_token(first) == csrf_token(second)
    assert first != second
    assert first.count("page.") == second.count("page.") == 1
    assert team.post("/game/puzzle/one", data={"answer": "cat", "csrf_token": csrf_token(second)}).status_code == 303


def test_what_anybody_does_shows_with_the_next_click(app: Flask, ports: Ports, team: PageClient) -> None:
    assert "The owls" not in team.get("/").text
    change(ports, "UPDATE teams SET display_name = 'The owls'")
    assert "The owls" in team.get("/").text
    set_now(ports, hunt_name="Another Name")
    assert "Another Name" in team.get("/").text
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.login("owls")
    assert other.guess("one", "owl").json["verdict"] == "correct"
    assert team.get("/game", headers=JSON).json["levels"][0]["puzzles"][0]["solved"]
    assert "chip-good" in team.get("/game/puzzle/one").text
    change(ports, "UPDATE teams SET is_banned = TRUE")
    assert team.get("/game").status_code == 403


def test_a_first_view_is_written_down_even_when_the_page_is_kept_for_another_team(
    app: Flask, ports: Ports, team: PageClient
) -> None:
    team.get("/game/puzzle/two")
    change(ports, "UPDATE unlocks SET viewed_at = NULL")
    team.get("/game/puzzle/two")
    with ports.database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM unlocks WHERE viewed_at IS NULL").scalar() == 1


def test_a_page_is_good_until_time_alone_changes_it(app: Flask, clock: FixedClock) -> None:
    hint = Hint("recHint", 1, "<p>Look up.</p>", available_after=10)
    puzzle = Puzzle("recOne", "one", "One", "recL1", 1, answers=(hashed("owl"),), hints=(hint,))
    ports = in_play(app, puzzles=(puzzle, *small_content().puzzles[1:]))
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("owls")
    pages = [team.get("/game/puzzle/one") for _ in range(3)]
    assert "isn’t available yet" in pages[2].text
    clock.advance(599)
    assert made(lambda: team.get("/game/puzzle/one")) == 0
    clock.advance(1)
    assert "isn’t available yet" not in team.get("/game/puzzle/one").text
    set_now(ports, ends_at=clock.now().isoformat())
    assert "The hunt is over" in team.get("/game/puzzle/one").text


def test_guesses_come_back_on_a_kept_page(team: PageClient, clock: FixedClock) -> None:
    team.guess("one", "cat")
    for _ in range(2):
        assert "data-guesses-left>9<" in team.get("/game/puzzle/one").text
    clock.advance(60)
    assert "data-guesses-left>10<" in team.get("/game/puzzle/one").text


def test_the_wait_for_xp_is_told_anew_each_time(ports: Ports, team: PageClient, clock: FixedClock) -> None:
    set_now(ports, xp="on")
    team.guess("one", "cat")
    waits = []
    for seconds in (0, 100, 3499, 2):
        clock.advance(seconds)
        waits.append(team.get("/game", headers=JSON).json["team"]["next_xp_seconds"])
    assert waits == [3600, 3500, 1, 3599]


@pytest.mark.parametrize("path", ["/game", "/game/shallows", "/game/puzzle/one", "/story", "/"])
def test_a_browser_that_has_the_page_is_sent_none(team: PageClient, path: str) -> None:
    came = team.get(path)
    assert came.headers["Cache-Control"] == "private, no-cache"
    tag = came.headers["ETag"]
    for asked in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = team.get(path, headers={"If-None-Match": asked})
        assert (again.status_code, again.data) == (304, b""), asked
        assert again.headers["ETag"] == tag
        assert again.headers["Cache-Control"] == "private, no-cache"
        assert "Content-Security-Policy" in again.headers
    assert team.get(path, headers={"If-None-Match": 'W/"other"'}).status_code == 200
    head = team.head(path)
    assert (head.status_code, head.data, head.headers["ETag"]) == (200, b"", tag)
    assert team.head(path, headers={"If-None-Match": tag}).status_code == 304


def test_json_has_a_tag_of_its_own_with_a_cookie_and_with_a_token(app: Flask, team: PageClient) -> None:
    page, listed = team.get("/game"), team.get("/game", headers=JSON)
    assert page.headers["ETag"] != listed.headers["ETag"]
    assert team.get("/game", headers=JSON | {"If-None-Match": page.headers["ETag"]}).status_code == 200
    assert team.get("/game", headers=JSON | {"If-None-Match": listed.headers["ETag"]}).status_code == 304


def test_two_nodes_give_the_same_tag(make_app: Callable[..., Flask]) -> None:
    tags = []
    cookie = ""
    for node in (make_app(), make_app()):
        in_play(node)
        client: PageClient = node.test_client()  # type: ignore[assignment]
        if not cookie:
            client.register("owls")
            client.get("/game/puzzle/one")
            found = client.get_cookie("session")
            assert found is not None
            cookie = found.value
        client.set_cookie("session", cookie)
        tags.append([client.get(path).headers["ETag"] for path in ("/game", "/game/puzzle/one", "/story")])
    assert tags[0] == tags[1]


def test_after_logout_and_for_another_team_no_tag_matches(app: Flask, team: PageClient) -> None:
    tag = {"If-None-Match": team.get("/game").headers["ETag"]}
    assert team.logout().headers["Clear-Site-Data"] == '"cache"'
    assert team.get("/game", headers=tag).status_code == 303
    team.register("crows")
    assert team.get("/game", headers=tag).status_code == 200
    team.logout()
    team.login("owls")
    # The same team: but the form token of the old page is not good any more.
    assert team.get("/game", headers=tag).status_code == 200


def test_who_logs_in_over_another_team_gets_none_of_its_pages(app: Flask, team: PageClient) -> None:
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("crows")
    assert team.login("crows").headers["Clear-Site-Data"] == '"cache"'


def test_two_tabs_with_one_page_send_two_guesses(team: PageClient) -> None:
    page = team.get("/game/puzzle/one").text
    key = page.partition('name="once" value="')[2].partition('"')[0]
    form = {"once": key, "csrf_token": csrf_token(page)}
    replies = [team.post("/game/puzzle/one", data=form | {"answer": answer}) for answer in ("cat", "owl", "cat")]
    shown = [team.get(reply.location.partition("#")[0]).text for reply in replies]
    results = [BeautifulSoup(text, "html5lib").select_one("[data-result]").get_text() for text in shown]  # type: ignore[union-attr]
    assert ["Correct!" in result for result in results] == [False, True, False]
    assert replies[0].location == replies[2].location


def test_staff_and_whoever_sees_as_a_team_get_pages_of_their_own(app: Flask, ports: Ports, team: PageClient) -> None:
    from tests.support.organisers import enter

    chief = enter(app, "Chief", "admin")
    assert made(lambda: chief.get("/game")) == 0
    assert "ETag" not in chief.get("/game").headers
    chief.send_form(f"/admin/see/{ids(ports)['owls']}")
    assert "ETag" not in chief.get("/game").headers


def test_the_memory_is_bounded(make_app: Callable[..., Flask]) -> None:
    app = make_app(KEPT_PAGES_MB="0")
    in_play(app)
    client: PageClient = app.test_client()  # type: ignore[assignment]
    client.register("owls")
    client.get("/story")
    assert made(lambda: client.get("/story")) == 1
    assert client.get("/story", headers={"If-None-Match": client.get("/story").headers["ETag"]}).status_code == 304


def test_news_of_a_clock_that_is_ahead_come_up_one_after_the_other(
    ports: Ports, team: PageClient, clock: FixedClock
) -> None:
    now = clock.now()
    for minutes in (10, 20):
        clock.set_wall(now + timedelta(minutes=minutes))
        publish(ports.for_content, f"After {minutes}", "Words.", "ada")
    for minutes, titles in ((0, []), (10, ["After 10"]), (20, ["After 20", "After 10"])):
        clock.set_wall(now + timedelta(minutes=minutes))
        for _ in range(2):
            page = BeautifulSoup(team.get("/announcements").text, "html5lib")
            assert [one.get_text() for one in page.select("article h2")] == titles
