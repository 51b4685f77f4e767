"""Pages of test-solves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.content.diff import solving_digest
from app.content.version_pages import content_of, own_pictures
from app.core.csv_text import as_csv
from app.core.model import Content, Puzzle
from app.core.puzzle_tests import CLEAN_NEEDED, read_minutes, read_rating
from app.core.text import sentence
from app.database.pagination import as_json
from app.database.puzzle_tests import read_test_marks
from app.errors import FieldsRefused, HuntError, NotFound
from app.game.pages import Result
from app.game.preview_admin import preview_sheet
from app.game.rating_queries import read_ratings
from app.test_solving import queries, tester
from app.test_solving.pages import (
    RESULTS,
    SPOILED,
    WHY_NOT_CLEAN,
    TestableLine,
    line_of,
    may_read_results,
    page_of_test,
    result_of,
    test_lines,
)
from app.test_solving.results import Medians, middle, results_of
from app.test_solving.tester import AlreadyFinished, OpenTest
from app.web.access import role, takes_answer
from app.web.admin_blueprint import admin
from app.web.admin_frame import act, done, render_admin
from app.web.filters import argument, download, number_argument
from app.web.languages import told
from app.web.visit import our_team, ports, visit

VIEWS = {"all": sentence("All"), "needed": sentence("Need tests"), "mine": sentence("You can test")}
TEST_HEADS = (
    "puzzle_id", "puzzle", "tester", "version", "is_current", "started_at", "finished_at", "result", "spoiled",
    "minutes", "hints", "guesses", "fun", "difficulty", "comment",
)  # fmt: skip
RATING_HEADS = ("puzzle_id", "puzzle", "team", "fun", "difficulty", "comment", "rated_at")
CSV = "text/csv; charset=utf-8"
Answer = str | BaseResponse | tuple[str, int]


# --- the list --------------------------------------------------------------------------------------------------------


@admin.get("/tests")
@role("helper", "writer")
def tests() -> str:
    lines = test_lines(visit().content, our_team(), read_test_marks(ports().database))
    show = argument("show") if argument("show") in VIEWS else "all"
    sorts = {name: [one for one in lines if _is_in(one, name)] for name in VIEWS}
    views = [
        (title, len(sorts[name]), url_for("admin.tests", show=name), name == show) for name, title in VIEWS.items()
    ]
    return render_admin(
        "test_solving/list.html", "tests", lines=sorts[show], views=views, needed=CLEAN_NEEDED,
        spoiled=SPOILED, may_export=any(one.may_read for one in lines),
    )  # fmt: skip


def _is_in(line: TestableLine, show: str) -> bool:
    if show == "mine":
        return line.counts.needs_tests and not line.spoiled
    return show == "all" or line.counts.needs_tests


# --- a test ----------------------------------------------------------------------------------------------------------


@admin.get("/tests/puzzle/<record>")
@role("helper", "writer")
def test_puzzle(record: str) -> str:
    puzzle, team = _puzzle(record), our_team()
    marks = read_test_marks(ports().database).get(puzzle.id, ())
    line = line_of(visit().content, team, puzzle, marks)
    return render_admin(
        "test_solving/start.html",
        "tests",
        puzzle=puzzle,
        spoiled=SPOILED.get(line.spoiled, ""),
        own=[one for one in marks if one.tester_id == team.id],
        open_test=line.open_test,
        results=RESULTS,
        may_read=line.may_read,
    )


@admin.post("/tests/puzzle/<record>")
@role("helper", "writer")
def start_test(record: str) -> BaseResponse:
    puzzle, seen = _puzzle(record), visit()
    knows = request.form.get("knows") is not None
    number = tester.start(ports().database, seen.now, seen.content, puzzle, our_team(), knows=knows)
    return done(sentence("The clock is running. Have fun!"), "read_test_page", number=number)


@admin.get("/tests/<int:number>")
@role("helper", "writer")
def read_test_page(number: int) -> str:
    found, (content, puzzle) = _own_test(number)
    guess = number_argument("g") or 0
    return _page(found, content, puzzle, result_of(found.guesses, guess, is_repeat=argument("again") == "1"))


@admin.post("/tests/<int:number>")
@role("helper", "writer")
@takes_answer
def guess_in_test(number: int) -> Answer:
    found, (content, puzzle) = _own_test(number)
    answer = request.form.get("answer", "")
    try:
        tried = tester.guess(ports().for_guess, puzzle, number, our_team().id, answer)
    except AlreadyFinished:
        return _back(number)
    except HuntError as no:
        if no.status not in (400, 429):
            raise
        result = Result("error", told(no.title), f"<p>{told(no.message)}</p>")
        found = tester.read_test(ports().database, number, our_team().id)
        return _page(found, content, puzzle, result, typed={"answer": answer[:200]}), no.status
    return _back(number, g=tried.number, again=1 if tried.verdict == "repeat" else None)


@admin.post("/tests/<int:number>/hint")
@role("helper", "writer")
def take_hint_in_test(number: int) -> BaseResponse:
    _, (_, puzzle) = _own_test(number)
    order = request.form.get("hint", "")
    if not re.fullmatch(r"[1-9][0-9]{0,3}", order):
        words = sentence("The number of a hint is a whole number from 1.")
        raise HuntError("invalid_form", words, fields={"hint": words})
    tester.take_hint(ports().database, puzzle, number, our_team().id, int(order))
    return _back(number, place="hints")


@admin.post("/tests/<int:number>/stop")
@role("helper", "writer")
def stop_test(number: int) -> BaseResponse:
    tester.stop(ports().database, visit().now, number, our_team().id)
    return _back(number, place="review")


@admin.post("/tests/<int:number>/review")
@role("helper", "writer")
def review_test(number: int) -> Answer:
    found, (content, puzzle) = _own_test(number)
    typed = {name: request.form.get(name, "") for name in ("fun", "difficulty", "comment", "minutes")}
    errors: dict[str, str] = {}

    def run() -> str:
        rating, minutes = _read_review(typed, errors)
        tester.review(ports().database, number, our_team().id, rating, minutes)
        return sentence("Thanks! The authors can read it now.")

    def again(problem: str) -> str:
        return _page(found, content, puzzle, None, typed=typed, errors=errors, problem=problem)

    return act(run, again, "tests")


def _read_review(typed: dict[str, str], errors: dict[str, str]) -> Any:
    rating, minutes = None, 0
    try:
        rating = read_rating(typed["fun"], typed["difficulty"], typed["comment"])
    except FieldsRefused as no:
        errors |= no.fields
    try:
        minutes = read_minutes(typed["minutes"])
    except FieldsRefused as no:
        errors |= no.fields
    if errors:
        raise FieldsRefused(errors)
    return rating, minutes


def _own_test(number: int) -> tuple[OpenTest, tuple[Content, Puzzle]]:
    """With the tested version."""
    found = tester.read_test(ports().database, number, our_team().id)
    content = content_of(ports().for_content, ports().hasher, found.stored.version)
    puzzle = content.puzzle(found.stored.puzzle_id)
    if puzzle is None:
        raise NotFound
    return found, (content, puzzle)


def _page(
    found: OpenTest, content: Content, puzzle: Puzzle, result: Result | None, *, typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None, problem: str = "",
) -> str:  # fmt: skip
    page = page_of_test(visit(), found, puzzle, result)
    stored = found.stored
    kept = {name: getattr(stored, name) for name in ("fun", "difficulty", "comment", "minutes")}
    said = {name: "" if value is None else str(value) for name, value in kept.items()}
    return render_admin(
        "test_solving/test.html",
        "tests",
        test=page,
        puzzle=puzzle,
        sheet=preview_sheet(visit(), content, puzzle),
        solution_html="" if page.is_open else own_pictures(content, puzzle.solution_html),
        success_html=puzzle.success_html,
        answer="",
        typed=said | {"answer": ""} | (typed or {}),
        errors=errors or {},
        problem=problem,
        spoiled=WHY_NOT_CLEAN.get(stored.spoiled, ""),
    )


def _back(number: int, place: str = "answer", **more: Any) -> BaseResponse:
    return redirect(url_for("admin.read_test_page", number=number, _anchor=place, **more), 303)


# --- results ---------------------------------------------------------------------------------------------------------


@admin.get("/tests/puzzle/<record>/results")
@role("writer")
def test_results(record: str) -> str:
    puzzle = _puzzle(record)
    if not may_read_results(our_team(), puzzle):
        raise HuntError("forbidden", sentence("Test results are for the puzzle’s authors and admins."))
    found = results_of(queries.read_tests(ports().database, [puzzle.id]), solving_digest(puzzle))
    rated = read_ratings(ports().database, [puzzle.id])
    ratings = Medians(len(rated), middle(one.fun for one in rated), middle(one.difficulty for one in rated))
    return render_admin(
        "test_solving/results.html", "tests", puzzle=puzzle, found=found, needed=CLEAN_NEEDED, results=RESULTS,
        spoiled=WHY_NOT_CLEAN, ratings=ratings, rated=list(reversed(rated)),
        may_write=visit().holds("writer", "admin"),
    )  # fmt: skip


@admin.get("/tests.csv")
@role("writer")
def export_tests_csv() -> Response:
    return download(as_csv(TEST_HEADS, ([row[head] for head in TEST_HEADS] for row in _tests())), CSV, "tests.csv")


@admin.get("/tests.json")
@role("writer")
def export_tests_json() -> Response:
    return download(as_json("tests", _tests()), "application/json", "tests.json")


@admin.get("/ratings.csv")
@role("writer")
def export_ratings_csv() -> Response:
    rows = ([row[head] for head in RATING_HEADS] for row in _ratings())
    return download(as_csv(RATING_HEADS, rows), CSV, "ratings.csv")


@admin.get("/ratings.json")
@role("writer")
def export_ratings_json() -> Response:
    return download(as_json("ratings", _ratings()), "application/json", "ratings.json")


def _readable() -> dict[str, Puzzle]:
    return {puzzle.id: puzzle for puzzle in visit().content.puzzles if may_read_results(our_team(), puzzle)}


def _tests() -> Iterator[dict[str, Any]]:
    puzzles = _readable()
    for test, guesses in queries.read_tests(ports().database, puzzles.keys()):
        puzzle = puzzles[test.puzzle_id]
        yield {
            "puzzle_id": puzzle.id, "puzzle": puzzle.title, "tester": test.tester, "version": test.version,
            "is_current": test.digest == solving_digest(puzzle), "started_at": test.started_at.isoformat(),
            "finished_at": test.finished_at.isoformat() if test.finished_at else None, "result": test.result,
            "spoiled": test.spoiled, "minutes": test.minutes, "hints": len(test.hints), "guesses": len(guesses),
            "fun": test.fun, "difficulty": test.difficulty, "comment": test.comment,
        }  # fmt: skip


def _ratings() -> Iterator[dict[str, Any]]:
    puzzles = _readable()
    for one in read_ratings(ports().database, puzzles.keys()):
        yield {
            "puzzle_id": one.puzzle_id, "puzzle": puzzles[one.puzzle_id].title, "team": one.team, "fun": one.fun,
            "difficulty": one.difficulty, "comment": one.comment, "rated_at": one.rated_at.isoformat(),
        }  # fmt: skip


def _puzzle(record: str) -> Puzzle:
    found = visit().content.puzzle(record)
    if found is None:
        raise NotFound
    return found
