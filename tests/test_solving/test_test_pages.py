"""The pages of test-solves: who may do what, what is shown when, and what the forms refuse."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from app.accounts.roles import set_roles
from app.core.puzzle_tests import Rating
from app.game import rating_queries
from app.ports import Ports
from tests.support.accounts import ids, rows, set_now
from tests.support.client import PageClient
from tests.support.clock import FixedClock
from tests.support.hunts import hunt
from tests.support.organisers import enter
from tests.support.powers import power_app, power_content, shown

START = "/admin/tests/puzzle/one"
REVIEW = {"fun": "5", "difficulty": "2", "minutes": "12", "comment": "Nice."}


@pytest.fixture
def ports(app: Flask, clock: FixedClock) -> Ports:
    found = power_app(app, clock)
    one, *others = power_content().puzzles
    one = replace(one, authors="The quill, Jo", body_html="<p>Who hoots?</p>", solution_html="<p>It was the owl.</p>")
    found.in_force.put(power_content(puzzles=(one, *others)))
    return found


@pytest.fixture
def helper(app: Flask, ports: Ports) -> PageClient:
    return enter(app, "aide", "helper")


@pytest.fixture
def author(app: Flask, ports: Ports) -> PageClient:
    return enter(app, "quill", "writer")


def begin(client: PageClient, **form: str) -> str:
    reply = client.send_form(START, form)
    assert reply.status_code == 303
    return str(reply.location)


def send(client: PageClient, path: str, **form: str) -> str:
    """Follow to the page that shows it."""
    reply = client.send_form(path, form)
    assert reply.status_code == 303, reply.text
    return client.get(str(reply.location).partition("#")[0]).text


def state_of(client: PageClient, title: str = "One", show: str = "all") -> str:
    lines = shown(client.get(f"/admin/tests?show={show}")).select("tbody tr")
    return next((" ".join(line.get_text(" ").split()) for line in lines if line.th.get_text() == title), "")


def test_a_tester_sees_the_puzzle_guesses_takes_hints_solves_and_says_how_it_was(
    helper: PageClient, ports: Ports
) -> None:
    path = begin(helper)
    page = helper.get(path).text
    assert "Who hoots?" in page
    assert "It was the owl." not in page
    assert "It flies." not in page
    assert "Incorrect" in send(helper, path, answer="bat")
    assert "A bird, yes." in send(helper, path, answer="crow")
    assert "Already tried" in send(helper, path, answer="CROW")
    assert "It flies." in send(helper, f"{path}/hint", hint="1")
    ports.clock.advance(100)  # type: ignore[attr-defined]
    solved = send(helper, path, answer="owl")
    assert "Correct!" in solved
    assert "It was the owl." in solved
    assert 'name="minutes" inputmode="numeric" autocomplete="off" value="2"' in solved
    assert helper.send_form(f"{path}/review", REVIEW).location == "/admin/tests"
    assert rows(ports, "SELECT fun, difficulty, minutes, comment, result FROM puzzle_tests") == [
        (5, 2, 12, "Nice.", "solved")
    ]
    assert "1 of 2 clean" in state_of(helper)
    assert "tested before" in state_of(helper)


def test_two_testers_take_the_badge_away_and_a_change_brings_it_back(
    app: Flask, helper: PageClient, ports: Ports
) -> None:
    assert "Needs 2 clean tests" in state_of(helper)
    for client in (helper, enter(app, "bede", "helper")):
        send(client, begin(client), answer="owl")
    assert "Tested 2 of 2 clean" in state_of(helper)
    assert state_of(helper, show="needed") == ""
    one, *others = ports.in_force.content.puzzles
    ports.in_force.put(power_content(2, puzzles=(replace(one, body_html="<p>Who hoots at night?</p>"), *others)))
    assert "Needs 2 clean tests" in state_of(helper, show="needed")
    assert "2 before the last change" in state_of(helper)
    # Knowing it already, neither of them is asked again.
    assert state_of(helper, show="mine") == ""


def test_an_author_is_warned_and_may_test_all_the_same(author: PageClient, ports: Ports) -> None:
    assert "author" in state_of(author)
    page = author.get(START).text
    assert "You wrote this puzzle." in page
    assert 'name="knows"' not in page
    send(author, begin(author), answer="owl")
    assert rows(ports, "SELECT spoiled, result FROM puzzle_tests") == [("author", "solved")]
    assert "0 of 2 clean" in state_of(author)


def test_who_says_that_they_know_the_answer_is_not_clean(helper: PageClient, ports: Ports) -> None:
    path = begin(helper, knows="on")
    assert "won’t count as clean: knew the answer" in helper.get(path).text
    assert rows(ports, "SELECT spoiled FROM puzzle_tests") == [("knew",)]


def test_stopping_shows_the_solution_and_ends_the_test(helper: PageClient, ports: Ports) -> None:
    path = begin(helper)
    page = send(helper, f"{path}/stop")
    assert "It was the owl." in page
    assert 'name="answer"' not in page
    # A guess from a page that is still open changes nothing.
    assert "Not solved" in send(helper, path, answer="owl")
    assert helper.send_form(f"{path}/stop").status_code == 409
    assert rows(ports, "SELECT result FROM puzzle_tests") == [("stopped",)]


def test_the_preview_hides_hints_and_solution_while_one_tests(helper: PageClient) -> None:
    preview = "/admin/content/1/puzzle/recOne"
    assert "It was the owl." in helper.get(preview).text
    path = begin(helper)
    hidden = helper.get(preview).text
    assert "It was the owl." not in hidden
    assert "It flies." not in hidden
    assert f'href="{path}"' in hidden
    send(helper, f"{path}/stop")
    assert "It was the owl." in helper.get(preview).text


@pytest.mark.parametrize(
    "wrong",
    [
        {"fun": ""}, {"fun": "0"}, {"fun": "7"}, {"fun": "٣"}, {"fun": "1.5"}, {"difficulty": "-1"},
        {"difficulty": "six"}, {"minutes": ""}, {"minutes": "1e3"}, {"minutes": "10000"}, {"minutes": "-5"},
        {"comment": "x" * 4001},
    ],
)  # fmt: skip
def test_a_wrong_review_is_refused_at_its_field_and_kept(
    helper: PageClient, ports: Ports, wrong: dict[str, str]
) -> None:
    path = begin(helper)
    send(helper, path, answer="owl")
    reply = helper.send_form(f"{path}/review", REVIEW | wrong)
    assert reply.status_code == 400
    page = shown(reply)
    assert page.title.get_text().startswith("Error: ")  # type: ignore[union-attr]
    assert page.select_one(f"#{next(iter(wrong))}-error") is not None
    if "comment" not in wrong:
        assert "Nice." in page.get_text()
    assert rows(ports, "SELECT fun, comment FROM puzzle_tests") == [(None, "")]


@pytest.mark.parametrize("answer", ["", "?!", "x" * 201, "字" * 80, "\0"])
def test_what_cannot_be_an_answer_is_refused_and_kept_in_the_box(helper: PageClient, ports: Ports, answer: str) -> None:
    path = begin(helper)
    assert helper.send_form(path, {"answer": answer}).status_code == 400
    assert rows(ports, "SELECT count(*) FROM puzzle_test_guesses") == [(0,)]


def test_too_many_guesses_are_refused_as_a_teams_are(helper: PageClient) -> None:
    path = begin(helper)
    for place in range(10):
        send(helper, path, answer=f"bat {place}")
    reply = helper.send_form(path, {"answer": "owl"})
    assert reply.status_code == 429
    assert "You’ve used all your guesses" in reply.text


@pytest.mark.parametrize("number", ["", "0", "-1", "one", "99999", "٣"])
def test_what_is_no_number_of_a_hint_is_refused_in_a_test(helper: PageClient, ports: Ports, number: str) -> None:
    path = begin(helper)
    assert helper.send_form(f"{path}/hint", {"hint": number}).status_code == 400
    assert rows(ports, "SELECT hints FROM puzzle_tests") in ([("[]",)], [([],)])


def test_another_testers_test_is_not_found(app: Flask, helper: PageClient) -> None:
    path, other = begin(helper), enter(app, "bede", "helper")
    for way in ("", "/hint", "/stop", "/review"):
        assert other.send_form(f"{path}{way}", REVIEW | {"hint": "1", "answer": "owl"}).status_code == 404
    assert other.get(path).status_code == 404
    assert helper.get("/admin/tests/99999999999999999999").status_code == 404
    assert helper.get("/admin/tests/puzzle/nothing").status_code == 404


def test_a_role_taken_away_ends_the_open_page(helper: PageClient, ports: Ports) -> None:
    path = begin(helper)
    set_roles(ports.database, ports.clock, ports.broadcaster, ids(ports)["aide"], [], "test")
    assert helper.send_form(path, {"answer": "owl"}).status_code == 403
    assert helper.get(path).status_code == 403
    assert rows(ports, "SELECT result FROM puzzle_tests") == [("open",)]


def test_teams_and_visitors_have_no_tests(app: Flask, ports: Ports) -> None:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("Owls")
    for path in ("/admin/tests", START, f"{START}/results", "/admin/tests.csv", "/admin/ratings.json"):
        assert team.get(path).status_code == 403
    assert team.send_form(START).status_code == 403


def test_a_form_without_its_token_starts_nothing(helper: PageClient, ports: Ports) -> None:
    assert helper.post(START, data={}).status_code == 400
    assert rows(ports, "SELECT count(*) FROM puzzle_tests") == [(0,)]


def test_a_test_goes_on_with_the_version_it_began_with(helper: PageClient, ports: Ports) -> None:
    path = begin(helper)
    one, *others = ports.in_force.content.puzzles
    changed = power_content(1, puzzles=(replace(one, body_html="<p>Changed.</p>"), *others))
    ports.in_force.put(changed)
    assert "This puzzle has changed since you started." in helper.get(path).text


# --- results ---------------------------------------------------------------------------------------------------------


def test_authors_and_admins_read_results_and_nobody_else(app: Flask, helper: PageClient, author: PageClient) -> None:
    path = begin(helper)
    for answer in ("bat", "crow", "owl"):
        send(helper, path, answer=answer)
    helper.send_form(f"{path}/review", REVIEW)
    for reader in (author, enter(app, "keeper", "admin")):
        text = shown(reader.get(f"{START}/results")).get_text(" ")
        for words in ("The aide", "Nice.", "bat", "crow", "1 of 2 clean", "clean"):
            assert words in text
        assert "owl" not in text.casefold().replace("the owl", "")
    assert helper.get(f"{START}/results").status_code == 403
    assert enter(app, "other", "writer").get(f"{START}/results").status_code == 403
    assert f"{START}/results" not in helper.get("/admin/tests").text


def test_results_of_a_deleted_puzzle_are_nowhere(app: Flask, helper: PageClient, ports: Ports) -> None:
    path = begin(helper)
    send(helper, path, answer="owl")
    keeper = enter(app, "keeper", "admin")
    _, *others = ports.in_force.content.puzzles
    ports.in_force.put(power_content(1, puzzles=tuple(one for one in others if one.id != "recBoss")))
    assert state_of(keeper) == ""
    assert keeper.get(f"{START}/results").status_code == 404
    assert keeper.get("/admin/tests.json").get_json() == {"tests": []}
    assert helper.get(path).status_code == 404


def test_exports_hold_what_one_may_read_and_no_formulas(app: Flask, helper: PageClient, author: PageClient) -> None:
    path = begin(helper)
    send(helper, path, answer="owl")
    helper.send_form(f"{path}/review", REVIEW | {"comment": "=1+1"})
    lines = list(csv.DictReader(io.StringIO(author.get("/admin/tests.csv").text)))
    assert [(one["puzzle"], one["tester"], one["comment"], one["fun"]) for one in lines] == [
        ("One", "The aide", "'=1+1", "5")
    ]
    found = json.loads(author.get("/admin/tests.json").text)["tests"]
    assert (found[0]["result"], found[0]["is_current"], found[0]["comment"]) == ("solved", True, "=1+1")
    assert json.loads(enter(app, "other", "writer").get("/admin/tests.json").text) == {"tests": []}


def test_nothing_of_a_test_reaches_boards_statistics_log_and_archive(
    app: Flask, helper: PageClient, ports: Ports
) -> None:
    path = begin(helper)
    send(helper, path, answer="crow")
    send(helper, path, answer="owl")
    helper.send_form(f"{path}/review", REVIEW)
    keeper = enter(app, "keeper", "admin")
    pages = ["/leaderboard/open", "/statistics", "/admin/log", "/admin/log.csv", "/admin/cheating", "/admin/teams.csv"]
    for page in pages:
        text = keeper.get(page).text
        assert "crow" not in text, page
        assert "Nice." not in text, page
    set_now(ports, ends_at=ports.clock.now().isoformat(), archive="on")
    visitor = app.test_client()
    for page in ("/game/puzzle/one", "/statistics", "/leaderboard/open"):
        text = visitor.get(page).text
        assert "Nice." not in text, page
        assert "aide" not in text, page


def test_the_command_lists_what_needs_tests(app: Flask, helper: PageClient) -> None:
    for client in (helper, enter(app, "bede", "helper")):
        send(client, begin(client), answer="owl")
    assert hunt(app, "tests").splitlines()[0] == "2 of 2 clean\tOne"
    assert [line.split("\t")[1] for line in hunt(app, "tests", "--needed").splitlines()] == ["Two", "Boss", "Deep"]


def test_tests_and_ratings_survive_a_backup(app: Flask, helper: PageClient, ports: Ports, tmp_path: Path) -> None:
    path = begin(helper)
    send(helper, path, answer="bat")
    with ports.database.writing() as connection:
        rating_queries.write(connection, ids(ports)["aide"], "recOne", Rating(6, 1, "Yes."), ports.clock.now())
    query = "SELECT t.result, g.text, r.fun FROM puzzle_tests t, puzzle_test_guesses g, puzzle_ratings r"
    hunt(app, "backup", str(tmp_path / "kept.jsonl"))
    send(helper, f"{path}/stop")
    hunt(app, "restore", str(tmp_path / "kept.jsonl"), "--force")
    assert rows(ports, query) == [("open", "bat", 6)]
