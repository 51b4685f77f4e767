"""After the hunt a team rates what it has solved: once, changeable, and read by authors and organisers alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.ports import Ports
from tests.support.accounts import rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.organisers import enter
from tests.support.powers import error_of, power_app, power_content, shown
from tests.support.world import at_once

PAGE = "/game/puzzle/one"
RATE = f"{PAGE}/rate"
RATING = {"fun": "5", "difficulty": "2", "comment": "Lovely."}


@pytest.fixture
def ports(app: Flask, clock: FixedClock) -> Ports:
    found = power_app(app, clock)
    one, *others = power_content().puzzles
    found.in_force.put(power_content(puzzles=(replace(one, authors="The quill"), *others)))
    return found


@pytest.fixture
def team(app: Flask, ports: Ports) -> PageClient:
    client: PageClient = app.test_client()  # type: ignore[assignment]
    assert client.register("Owls").status_code == 303
    assert client.guess("one", "owl").status_code == 200
    return client


def end(ports: Ports) -> None:
    set_now(ports, ends_at=ports.clock.now().isoformat())
    ports.clock.advance(1)  # type: ignore[attr-defined]


def stored(ports: Ports) -> list[tuple[Any, ...]]:
    return rows(ports, "SELECT puzzle_id, fun, difficulty, comment FROM puzzle_ratings")


def test_a_team_rates_after_the_hunt_and_changes_its_mind(team: PageClient, ports: Ports) -> None:
    assert 'id="rating"' not in team.get(PAGE).text
    end(ports)
    assert "Rate this puzzle" in team.get(PAGE).text
    reply = team.send_form(RATE, RATING)
    assert (reply.status_code, reply.location) == (303, f"{PAGE}#rating")
    page = shown(team.get(PAGE))
    assert [box["value"] for box in page.select("#rating input[checked]")] == ["5", "2"]
    assert "Lovely." in page.select_one("#rating textarea").get_text()  # type: ignore[union-attr]
    ports.clock.advance(5)  # type: ignore[attr-defined]
    assert team.send_json(RATE, RATING | {"fun": "1"}).get_json() == {
        "rating": {"fun": 1, "difficulty": 2, "comment": "Lovely."}, "message": "Thanks for your rating!",
    }  # fmt: skip
    assert stored(ports) == [("recOne", 1, 2, "Lovely.")]
    assert [box["value"] for box in shown(team.get(PAGE)).select("#rating input[checked]")] == ["1", "2"]


def test_there_is_no_rating_before_the_end_and_none_of_what_is_not_solved(team: PageClient, ports: Ports) -> None:
    assert error_of(team.send_json(RATE, RATING)) == (403, "not_running")
    end(ports)
    assert 'id="rating"' not in team.get("/game/puzzle/two").text
    assert error_of(team.send_json("/game/puzzle/two/rate", RATING)) == (409, "conflict")
    assert error_of(team.send_json("/game/puzzle/deep/rate", RATING)) == (404, "not_found")
    assert error_of(team.send_json("/game/puzzle/nothing/rate", RATING)) == (404, "not_found")
    assert stored(ports) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("fun", ""), ("fun", "0"), ("fun", "7"), ("fun", "-1"), ("fun", "1.0"), ("fun", "٣"), ("fun", "1e0"),
        ("difficulty", "six"), ("difficulty", "12"), ("difficulty", "x" * 5000), ("comment", "x" * 4001),
    ],
)  # fmt: skip
def test_a_wrong_rating_is_refused_at_its_field(team: PageClient, ports: Ports, field: str, value: str) -> None:
    end(ports)
    reply = team.send_json(RATE, RATING | {field: value})
    assert error_of(reply) == (400, "invalid_form")
    assert set(reply.get_json()["error"]["fields"]) == {field}
    page = team.send_form(RATE, RATING | {field: value})
    assert page.status_code == 400
    assert shown(page).select_one(f"#{field}-error") is not None
    assert shown(page).title.get_text().startswith("Error: ")  # type: ignore[union-attr]
    assert stored(ports) == []


@pytest.mark.parametrize("form", [{"fun": ["1", "2"]}, {"comment": "a\0b"}, {"comment": "\ud800"}])
def test_fields_that_are_no_texts_are_refused(team: PageClient, ports: Ports, form: dict[str, Any]) -> None:
    end(ports)
    headers = {"Accept": "application/json", "X-CSRFToken": team.token()}
    assert error_of(team.post(RATE, json=RATING | form, headers=headers)) == (400, "invalid_form")


def test_a_rating_needs_the_token_and_an_account(app: Flask, team: PageClient, ports: Ports) -> None:
    end(ports)
    assert team.post(RATE, data=RATING, headers={"Accept": "application/json"}).status_code == 400
    visitor: PageClient = app.test_client()  # type: ignore[assignment]
    assert visitor.send_json(RATE, RATING).status_code == 401
    set_now(ports, archive="on")
    assert visitor.send_json(RATE, RATING).status_code == 401
    assert 'id="rating"' not in visitor.get(PAGE).text
    assert stored(ports) == []


def test_organisers_do_not_rate(app: Flask, ports: Ports) -> None:
    keeper = enter(app, "keeper", "admin")
    keeper.guess("one", "owl")
    end(ports)
    assert 'id="rating"' not in keeper.get(PAGE).text
    assert error_of(keeper.send_json(RATE, RATING)) == (403, "forbidden")


def test_the_same_rating_again_changes_nothing_and_hasty_changes_are_refused(team: PageClient, ports: Ports) -> None:
    end(ports)
    for _ in range(3):
        assert team.send_json(RATE, RATING).status_code == 200
    reply = team.send_json(RATE, RATING | {"fun": "1"})
    assert error_of(reply) == (429, "rate_limited")
    assert reply.headers["Retry-After"] == "2"
    ports.clock.advance(2)  # type: ignore[attr-defined]
    assert team.send_json(RATE, RATING | {"fun": "1"}).status_code == 200


def test_two_ratings_at_once_leave_one(app: Flask, team: PageClient, ports: Ports) -> None:
    from app.core.puzzle_tests import Rating
    from app.game.ratings import rate
    from tests.support.accounts import ids

    end(ports)
    puzzle, owls = ports.in_force.content.puzzles[0], ids(ports)["Owls"]
    team.get(PAGE)
    at_once([lambda n=n: rate(ports.for_hunt, owls, puzzle, Rating(n, n, "")) for n in (1, 2, 3)])  # type: ignore[misc]
    assert len(stored(ports)) == 1


def test_authors_and_admins_read_medians_and_comments_and_teams_do_not(
    app: Flask, team: PageClient, ports: Ports
) -> None:
    other: PageClient = app.test_client()  # type: ignore[assignment]
    other.register("Bats")
    other.guess("one", "owl")
    end(ports)
    team.send_form(RATE, RATING)
    other.send_form(RATE, {"fun": "2", "difficulty": "2"})
    for reader in (enter(app, "quill", "writer"), enter(app, "keeper", "admin")):
        text = shown(reader.get("/admin/tests/puzzle/one/results")).get_text(" ")
        assert "Lovely." in text
        assert "3.5" in text
        assert "Owls" in text
    assert "Lovely." not in other.get(PAGE).text
    assert "Lovely." not in other.get("/statistics").text
    export = enter(app, "chief", "admin").get("/admin/ratings.json").get_json()["ratings"]
    assert [(one["team"], one["fun"], one["comment"]) for one in export] == [("Owls", 5, "Lovely."), ("Bats", 2, "")]
    csv = enter(app, "clerk", "admin").get("/admin/ratings.csv").text
    assert csv.splitlines()[0] == "puzzle_id,puzzle,team,fun,difficulty,comment,rated_at"


def test_a_banned_teams_rating_counts_no_more(app: Flask, team: PageClient, ports: Ports) -> None:
    end(ports)
    team.send_form(RATE, RATING)
    with ports.database.writing() as connection:
        connection.exec_driver_sql("UPDATE teams SET is_banned = true")
    keeper = enter(app, "keeper", "admin")
    assert keeper.get("/admin/ratings.json").get_json() == {"ratings": []}
