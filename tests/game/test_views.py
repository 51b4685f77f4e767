"""The game's pages as a team meets them: locks, and what a page shows."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from app.core.model import Content, Level, Puzzle
from app.ports import Ports
from tests.support.accounts import set_now
from tests.support.client import JSON, PageClient
from tests.support.clock import NOON, FixedClock
from tests.support.dressed_hunt import NAME, PAGE, at_hours, page, refused
from tests.support.dressed_hunt import ports as ports
from tests.support.dressed_hunt import team as team

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
    # The first page after the registration has a welcome.
    team.get(PAGE)
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
        for title in block.select("summary"):
            title.decompose()
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
    assert len(re.findall(r"</script>", reply.text)) == 2  # ours, then theirs
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
