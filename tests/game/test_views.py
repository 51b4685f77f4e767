"""The game's pages as a team meets them: the hunt's window, switches, locks, guesses, and what a page shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from app.core.model import Content, Level, Puzzle, StoryBlock
from app.ports import Ports
from tests.support.accounts import ids, in_play, rows, set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import NOON, FixedClock
from tests.support.organisers import enter
from tests.support.small_hunt import change_team
from tests.support.world import small_content

PAGE = "/game/puzzle/one"
NAME = "</p><script>alert('owl')</script>{team}"
GAME_GETS = ("/game", "/game/shallows", PAGE, f"{PAGE}?print=1", f"{PAGE}/style.css", f"{PAGE}/frame", "/story")
GAME_POSTS = (PAGE, f"{PAGE}/hints/take", f"{PAGE}/hints/ask", f"{PAGE}/powerups/hint", f"{PAGE}/powerups/skip")


def dressed() -> Content:
    """The small hunt, with everything on its first puzzle that a writer can put there."""
    content = small_content()
    one = replace(
        content.puzzles_by_key["one"],
        description_html="<p>The lead.</p>",
        body_html="<table><tr><th>Bird</th></tr><tr><td>Owl</td></tr></table>",
        css=".puzzle-sheet td { color: var(--accent) }",
        script="document.getElementById('stage').textContent = 1 < 2 && '</script>'",
        erratum_html="<p>Read <em>owl</em>.</p>",
        solution_html="<p>It was <strong>OWL</strong>.</p>",
        story=(StoryBlock("recS1", 1, "<p>Welcome, {team}.</p>"),),
        success_html="<p>Hoo!</p>",
        authors="A <b>Writer</b>",
        access=("text only",),
    )
    boss = replace(content.puzzles_by_key["boss"], story=(StoryBlock("recS2", 1, "<p>The boss speaks.</p>"),))
    others = [puzzle for puzzle in content.puzzles if puzzle.key not in ("one", "boss")]
    return Content(1, content.levels, (one, boss, *others), content.divisions, site_css=".brand { gap: 1px }")


@pytest.fixture
def ports(app: Flask) -> Ports:
    world = in_play(app)
    world.in_force.put(dressed())
    return world


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls", display_name=NAME).status_code == 303
    return client


def page(reply: Any) -> BeautifulSoup:
    assert reply.status_code == 200, reply.text
    return BeautifulSoup(reply.text, "html5lib")


def refused(reply: Any) -> tuple[int, str]:
    return reply.status_code, reply.get_json()["error"]["code"]


def at_hours(clock: FixedClock, hours: float) -> str:
    return (clock.now() + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- before, running, ended ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GAME_GETS)
def test_before_the_start_nothing_of_the_game_is_shown(
    team: PageClient, ports: Ports, clock: FixedClock, path: str
) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    assert refused(team.get(path, headers=JSON)) == (403, "not_running")
    shown = team.get(path)
    assert shown.status_code == 403
    assert "Welcome" not in shown.text
    assert "data-countdown" in shown.text


def test_before_the_start_nothing_can_be_done(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    for path in GAME_POSTS:
        assert refused(team.send_json(path, {"answer": "owl", "question": "x"})) == (403, "not_running")
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]


def test_the_start_comes_by_the_clock_alone(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    clock.advance(3599)
    assert team.get("/game").status_code == 403
    clock.advance(1)
    assert team.get("/game").status_code == 200


@pytest.mark.parametrize(("role", "status"), [("admin", 200), ("writer", 200), ("helper", 403)])
def test_admins_and_writers_see_the_game_early_under_a_banner(
    app: Flask, ports: Ports, clock: FixedClock, role: str, status: int
) -> None:
    set_now(ports, starts_at=at_hours(clock, 1))
    reply = enter(app, "Somebody", role).get(PAGE)
    assert reply.status_code == status
    assert ("you see its pages early" in reply.text) is (status == 200)


def test_there_is_no_banner_for_a_team_or_while_nothing_is_special(app: Flask, team: PageClient) -> None:
    assert not page(team.get("/game")).select(".banners")
    assert not page(enter(app, "Somebody", "admin").get("/game")).select(".banners")


def test_after_the_end_puzzles_stay_with_their_solutions(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    assert not page(team.get(PAGE)).select(".solution")
    set_now(ports, ends_at=at_hours(clock, 1))
    clock.advance(3600)
    assert "OWL" in page(team.get(PAGE)).select_one(".solution").get_text()
    reply = team.guess("one", "owl").get_json()
    assert (reply["verdict"], reply["points"], reply["score"]) == ("correct", 0, 0)


# --- switches --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", GAME_GETS)
def test_locked_down_puzzles_are_closed_to_all_but_admins(
    app: Flask, team: PageClient, ports: Ports, path: str
) -> None:
    admin, writer = enter(app, "Chief", "admin"), enter(app, "Poet", "writer")
    set_now(ports, lockdown_puzzles="on")
    for client in (team, writer):
        assert refused(client.get(path, headers=JSON)) == (403, "locked_down")
    passed = admin.get(path)
    assert passed.status_code == 200
    if passed.mimetype == "text/html" and "print" not in path and "frame" not in path:
        assert "Lockdown: puzzles is closed" in passed.text


def test_locked_down_puzzles_take_no_guesses(team: PageClient, ports: Ports) -> None:
    set_now(ports, lockdown_puzzles="on")
    for path in GAME_POSTS:
        assert refused(team.send_json(path, {"answer": "owl"})) == (403, "locked_down")
    set_now(ports, lockdown_puzzles="off")
    assert team.guess("one", "owl").get_json()["guesses_left"] == 9


# --- the team as it is now -------------------------------------------------------------------------------------------


def test_a_ban_refuses_open_sessions_at_once(team: PageClient, ports: Ports) -> None:
    change_team(ports, ids(ports)["Owls"], is_banned=True)
    for path in ("/", "/game", PAGE, "/leaderboard", "/account/login"):
        assert refused(team.get(path, headers=JSON)) == (403, "banned")
    assert refused(team.send_json(PAGE, {"answer": "owl"})) == (403, "banned")
    reply = team.get("/game")
    assert reply.status_code == 403
    assert "Log out" in reply.text


def test_credits_and_a_teammates_solve_show_on_the_next_click(app: Flask, team: PageClient, ports: Ports) -> None:
    mate: PageClient = app.test_client()  # type: ignore[assignment]
    mate.login("Owls")
    mate.guess("one", "owl")
    change_team(ports, ids(ports)["Owls"], hint_credits=7)
    told = team.get("/game", headers=JSON).get_json()
    assert told["team"]["score"] == 40
    assert told["team"]["hint_credits"] == 7
    assert [one["solved"] for one in told["levels"][0]["puzzles"]] == [True, False, False]
    assert page(team.get(PAGE)).select_one("[data-solved]").get("hidden") is None


# --- locks -----------------------------------------------------------------------------------------------------------


def test_the_levels_as_json_are_what_programs_rely_on(team: PageClient) -> None:
    told = team.get("/game", headers=JSON).get_json()
    unsolved = {"opened_at": NOON.isoformat(), "solved_at": None, "answer": None}
    assert told == {
        "levels": [
            {
                "key": "shallows",
                "title": "Shallows",
                "open": True,
                "puzzles": [
                    {"key": "one", "title": "One", "value": 40, "meta": False, "open": True, "solved": False,
                     "skipped": False, "url": "/game/puzzle/one"} | unsolved,
                    {"key": "two", "title": "Two", "value": 60, "meta": False, "open": True, "solved": False,
                     "skipped": False, "url": "/game/puzzle/two"} | unsolved,
                ],
            },
            {"key": "depths", "title": "Depths", "open": False, "puzzles": []},
        ],
        "team": {"name": "Owls", "display_name": NAME, "division": "open", "score": 0, "xp": 0, "hint_credits": 0,
                 "next_xp_seconds": None},
    }  # fmt: skip


def test_closed_puzzles_are_on_no_page(team: PageClient) -> None:
    for path in ("/game", "/game/shallows", PAGE, "/story"):
        text = team.get(path).text
        assert "Boss" not in text
        assert "Deep" not in text
        assert "The boss speaks" not in text


def test_slug_and_record_id_both_lead_to_the_same_page(team: PageClient) -> None:
    for one, other in ((PAGE, "/game/puzzle/recOne"), ("/game/shallows", "/game/recL1")):
        assert page(team.get(one)).h1.get_text() == page(team.get(other)).h1.get_text()


LOCKED_AND_UNKNOWN = (
    ("/game/puzzle/boss", "/game/puzzle/nobody"),
    ("/game/puzzle/recDeep", "/game/puzzle/recDeap"),
    ("/game/depths", "/game/deaths"),
    ("/game/puzzle/boss/style.css", "/game/puzzle/nobody/style.css"),
    ("/game/puzzle/two/frame", "/game/puzzle/nobody/frame"),
)


@pytest.mark.parametrize(("locked", "unknown"), LOCKED_AND_UNKNOWN)
def test_locked_and_unknown_differ_in_nothing(team: PageClient, locked: str, unknown: str) -> None:
    first, second = (team.get(path, headers=JSON) for path in (locked, unknown))
    assert first.data == second.data
    assert first.status_code == second.status_code == 404
    assert set(first.headers.keys()) == set(second.headers.keys())
    pages = [re.sub(r'(nonce|content|value)="[\w.-]{20,}"', "", team.get(path).text) for path in (locked, unknown)]
    assert pages[0] == pages[1]


def test_a_visitor_cannot_tell_locked_from_unknown_either(app: Flask, ports: Ports) -> None:
    visitor = app.test_client()
    for path in ("/game/puzzle/one", "/game/puzzle/boss", "/game/puzzle/nobody"):
        assert refused(visitor.get(path, headers=JSON)) == (401, "login_required")
        assert visitor.get(path).location == f"/account/login?next={path}"


def test_a_puzzle_for_one_division_is_not_there_for_another(app: Flask, team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    puzzles = [replace(one, divisions=("quiet",)) if one.key == "two" else one for one in content.puzzles]
    ports.in_force.put(Content(1, content.levels, tuple(puzzles), content.divisions))
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("Mice", division="quiet")
    assert refused(team.get("/game/puzzle/two", headers=JSON)) == (404, "not_found")
    assert other.get("/game/puzzle/two").status_code == 200
    # Between tags: a nonce is made of letters by chance, and has spelt this word.
    assert ">Two<" in other.get("/game").text
    assert ">Two<" not in team.get("/game").text


def test_a_level_whose_box_is_off_is_not_even_named(team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    hidden = tuple(replace(level, is_unlocked=level.key != "depths") for level in content.levels)
    ports.in_force.put(Content(1, hidden, content.puzzles, content.divisions))
    assert "Depths" not in team.get("/game").text
    assert len(team.get("/game", headers=JSON).get_json()["levels"]) == 1


def test_a_level_that_waits_says_when_it_opens_and_opens_then(
    team: PageClient, ports: Ports, clock: FixedClock
) -> None:
    late = Level("recL3", "late", "Late", 3, unlock_at=clock.now() + timedelta(hours=2))
    content = ports.in_force.content
    puzzle = Puzzle("recLate", "later", "Later", "recL3")
    ports.in_force.put(Content(1, (*content.levels, late), (*content.puzzles, puzzle), content.divisions))
    assert "Opens" in page(team.get("/game")).select(".level-closed")[-1].get_text()
    assert team.get("/game/puzzle/later").status_code == 404
    clock.advance(2 * 3600)
    assert team.get("/game/puzzle/later").status_code == 200


def test_the_anchor_comes_before_everything(team: PageClient, ports: Ports) -> None:
    content = ports.in_force.content
    free = tuple(replace(level, prereq=()) for level in content.levels)
    ports.in_force.put(Content(1, free, content.puzzles, content.divisions))
    set_now(ports, anchor_puzzle="one")
    assert team.get("/game/puzzle/deep").status_code == 404
    opened = team.guess("one", "owl").get_json()["unlocked"]
    assert {"kind": "level", "title": "Depths", "url": "/game/depths"} in opened
    assert team.get("/game/puzzle/deep").status_code == 200


# --- guesses ---------------------------------------------------------------------------------------------------------


def test_the_replies_to_guesses_are_what_programs_rely_on(team: PageClient) -> None:
    wrong = team.guess("one", "dove").get_json()
    assert {name: wrong[name] for name in ("verdict", "score", "xp", "meta", "guesses_left")} == {
        "verdict": "wrong", "score": 0, "xp": 0, "meta": False, "guesses_left": 9,
    }  # fmt: skip
    assert set(wrong) == {"verdict", "message_html", "reference", "score", "xp", "meta", "guesses_left"}
    assert team.guess("one", "crow").get_json()["message_html"] == "<p>A bird, yes.</p>"
    assert team.guess("one", "DOVE!").get_json()["verdict"] == "repeat"
    right = team.guess("one", "owl").get_json()
    assert (right["verdict"], right["points"], right["score"], right["message_html"]) == (
        "correct",
        40,
        40,
        "<p>Hoo!</p>",
    )
    assert right["unlocked"] == [{"kind": "puzzle", "title": "Boss", "url": "/game/puzzle/boss"}]
    assert isinstance(right["reference"], str)
    assert refused(team.guess("one", "owl")) == (409, "already_solved")


@pytest.mark.parametrize("answer", ["", "…", " \t", "x" * 201, "\u0301", "日" * 30])
def test_what_cannot_be_an_answer_is_refused_and_not_listed(team: PageClient, ports: Ports, answer: str) -> None:
    assert refused(team.guess("one", answer)) == (400, "invalid_answer")
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]
    reply = team.send_form(PAGE, {"answer": answer})
    assert reply.status_code == 400
    assert BeautifulSoup(reply.text, "html5lib").title.get_text().startswith("Error: ")


def test_a_form_is_sent_on_to_the_page_that_shows_the_result(team: PageClient) -> None:
    reply = team.send_form(PAGE, {"answer": "dove", "once": "my-key"})
    assert (reply.status_code, reply.location) == (303, f"{PAGE}?r=my-key#answer")
    shown = page(team.get(reply.location))
    assert shown.title.get_text().startswith("Not the answer")
    assert "dove" in shown.select_one("[data-past]").get_text()
    # Looking again, or sending the same form again, changes nothing.
    again = team.send_form(PAGE, {"answer": "dove", "once": "my-key"})
    assert again.location == reply.location
    assert page(team.get(reply.location)).select_one("[data-guesses-left]").get_text() == "9"


def test_any_key_finds_its_result_again(team: PageClient) -> None:
    for number, once in enumerate(("a&b#c?d=e", "ü %41+ %", "<b>\"'", "x" * 64), 1):
        reply = team.send_form(PAGE, {"answer": f"dove {number}", "once": once})
        assert reply.status_code == 303
        assert page(team.get(reply.location)).title.get_text().startswith("Not the answer"), once


@pytest.mark.parametrize("once", ["x" * 65, "a\0b", "a\nb", "\u202e"])
def test_a_key_that_is_none_is_refused(team: PageClient, ports: Ports, once: str) -> None:
    reply = team.guess("one", "dove", once)
    assert refused(reply) == (400, "invalid_form")
    assert "once" in reply.get_json()["error"]["fields"]
    assert rows(ports, "SELECT count(*) FROM guesses") == [(0,)]


def test_the_reply_to_anothers_key_is_not_shown(app: Flask, team: PageClient) -> None:
    team.send_form(PAGE, {"answer": "dove", "once": "guessable"})
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("Mice")
    assert not page(other.get(f"{PAGE}?r=guessable")).select(".result")
    assert not page(team.get("/game/puzzle/two?r=guessable")).select(".result")


def test_the_eleventh_guess_of_a_minute_waits(team: PageClient, clock: FixedClock) -> None:
    for number in range(10):
        assert team.guess("one", f"dove {number}").get_json()["guesses_left"] == 9 - number
        clock.advance(1)
    reply = team.guess("two", "owl")
    assert refused(reply) == (429, "rate_limited")
    assert reply.headers["Retry-After"] == "50"
    by_form = team.send_form(PAGE, {"answer": "<b>owl</b>"})
    assert (by_form.status_code, by_form.headers["Retry-After"]) == (429, "50")
    assert BeautifulSoup(by_form.text, "html5lib").select_one("#guess")["value"] == "<b>owl</b>"
    clock.advance(50)
    assert team.guess("one", "owl").get_json()["verdict"] == "correct"


def test_a_solved_puzzle_asks_for_no_answer_and_shows_no_text_of_it(team: PageClient) -> None:
    team.guess("one", "owl")
    shown = page(team.get(PAGE))
    assert not shown.select("#guess")
    assert "owl" not in shown.select_one("[data-past-panel]").get_text().lower()
    reply = team.send_form(PAGE, {"answer": "owl"})
    assert reply.status_code == 409
    assert "already solved" in reply.text


# --- what a page shows -----------------------------------------------------------------------------------------------


def test_a_puzzle_page_has_everything_the_writer_gave(team: PageClient) -> None:
    shown = page(team.get(PAGE))
    assert shown.h1.get_text() == "One"
    assert shown.select_one(".puzzle-sheet td").get_text() == "Owl"
    assert shown.select_one(".erratum em").get_text() == "owl"
    assert "A <b>Writer</b>" in shown.select_one(".credits").get_text()
    assert "text only" in shown.select_one(".access-tags").get_text()
    assert shown.select_one("iframe")["sandbox"] == ["allow-scripts"]


def test_the_story_has_the_teams_name_as_text(team: PageClient) -> None:
    for path, where in ((PAGE, ".story"), ("/story", ".story-text"), (f"{PAGE}?print=1", ".story")):
        block = page(team.get(path)).select_one(where)
        assert block.get_text(strip=True) == f"Welcome, {NAME}."
        assert not block.find("script")


def test_the_story_grows_with_what_opens(team: PageClient) -> None:
    assert len(page(team.get("/story")).select(".story-list > li")) == 1
    team.guess("one", "owl")
    told = page(team.get("/story")).select(".story-list > li")
    assert [item.select_one("h2 a").get_text() for item in told] == ["One", "Boss"]


def test_the_printable_page_has_the_puzzle_and_nothing_to_press(team: PageClient) -> None:
    shown = page(team.get(f"{PAGE}?print=1"))
    assert shown.select_one(".puzzle-sheet td").get_text() == "Owl"
    assert not shown.select("form, nav, iframe")
    assert "Erratum" in shown.get_text()
    assert shown.select_one("html")["data-theme"] == "light"


def test_styles_are_served_from_here_as_what_they_are(app: Flask, team: PageClient, ports: Ports) -> None:
    linked = [str(link["href"]) for link in page(team.get(PAGE)).select('link[rel="stylesheet"]')]
    own = next(link for link in linked if link.startswith(f"{PAGE}/style.css"))
    site = next(link for link in linked if link.startswith("/style/site.css"))
    for path, words in ((own, ".puzzle-sheet td"), (site, ".brand")):
        reply = team.get(path)
        assert reply.status_code == 200
        assert reply.mimetype == "text/css"
        assert reply.headers["X-Content-Type-Options"] == "nosniff"
        assert words in reply.text
    assert app.test_client().get(own, headers=JSON).status_code == 401


def test_an_authors_script_is_served_in_a_page_cut_off_from_the_site(team: PageClient) -> None:
    reply = team.get(f"{PAGE}/frame")
    policy = reply.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts;" in policy
    assert "allow-same-origin" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'self'" in policy
    assert "connect-src" not in policy
    assert reply.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert len(re.findall(r"</script>", reply.text)) == 1
    assert team.get("/game/puzzle/two/frame").status_code == 404


def embed(ports: Ports, url: str) -> None:
    content = ports.in_force.content
    framed = [replace(one, kind="Embed", url=url) if one.key == "two" else one for one in content.puzzles]
    ports.in_force.put(Content(1, content.levels, tuple(framed), content.divisions))


def test_only_an_embedded_puzzle_may_frame_its_one_site(team: PageClient, ports: Ports) -> None:
    embed(ports, "https://frames.example/a/b?c")
    assert "frame-src 'self';" in team.get(PAGE).headers["Content-Security-Policy"]
    reply = team.get("/game/puzzle/two")
    assert "frame-src 'self' https://frames.example;" in reply.headers["Content-Security-Policy"]
    frame = page(reply).select_one("iframe")
    assert {"allow-scripts", "allow-forms", "allow-same-origin", "allow-popups"} <= set(frame["sandbox"])
    assert "fullscreen" in frame["allow"]
    assert frame.has_attr("allowfullscreen")


def test_a_frame_of_this_very_site_never_has_its_origin(team: PageClient, ports: Ports) -> None:
    for url in ("https://localhost/game", "https://LOCALHOST:444/", "https://127.0.0.1/"):
        embed(ports, url)
        assert page(team.get("/game/puzzle/two")).select_one("iframe")["sandbox"] == ["allow-scripts", "allow-forms"]


@pytest.mark.parametrize(
    ("url", "policy"),
    [
        ("https://例え.example/x", "frame-src 'self' https://xn--r8jz45g.example;"),
        ("https://a;sandbox/x", "frame-src 'self';"),
        ("https://a b/", "frame-src 'self';"),
        ("https://straße.example/", "frame-src 'self';"),
    ],
)
def test_a_page_with_an_embed_of_an_older_version_opens_and_its_policy_holds(
    team: PageClient, ports: Ports, url: str, policy: str
) -> None:
    content = ports.in_force.content
    framed = [replace(one, kind="Embed", url=url) if one.key == "two" else one for one in content.puzzles]
    ports.in_force.put(Content(1, content.levels, tuple(framed), content.divisions))
    reply = team.get("/game/puzzle/two")
    assert reply.status_code == 200
    assert policy in reply.headers["Content-Security-Policy"]
    assert "sandbox" not in reply.headers["Content-Security-Policy"]


def test_a_puzzle_that_was_not_looked_at_is_marked_new(team: PageClient) -> None:
    assert [chip.get_text() for chip in page(team.get("/game")).select(".chip-warn")] == ["New", "New"]
    team.get(PAGE)
    assert len(page(team.get("/game")).select(".chip-warn")) == 1


def test_times_are_shown_in_the_hunts_zone_with_its_name(team: PageClient, ports: Ports, clock: FixedClock) -> None:
    set_now(ports, time_zone="Asia/Tokyo", ends_at=at_hours(clock, 12))
    shown = page(team.get("/game")).select_one("footer time")
    assert shown.get_text(" ", strip=True) == "Mon 15 March 2027, 09:00 (Asia/Tokyo)"
    assert shown["datetime"] == (NOON + timedelta(hours=12)).isoformat()
