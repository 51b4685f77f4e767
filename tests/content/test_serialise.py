from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.serialise import FrozenOtherwise, from_json, to_json
from app.core.model import Attachment, Content, Division, Hint, Level, NearAnswer, Page, Puzzle, StoryBlock

FULL = Puzzle(
    id="recP",
    key="first",
    title="First “one”",
    level_id="recL",
    order=1.5,
    description_html="<p>d</p>",
    value=30,
    is_meta=True,
    is_unlocked=False,
    unlock_at=datetime(2030, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
    prereq=("recA", "recB"),
    divisions=("solo",),
    kind="Link",
    body_html="<p>😀 \u2028</p>",
    url="https://example.org/",
    attachments=(Attachment("https://example.org/a.png", "a.png", "image/png", 3, 4), Attachment("asset:b", "b", "")),
    css=".puzzle-sheet p{}",
    script="1",
    answers=("$2b$04$x",),
    near="n",
    close=(NearAnswer("$2b$04$y", "<p>near</p>"),),
    success_html="s",
    error_html="e",
    hints=(Hint("recH", 1, "<p>h</p>", 2, 10), Hint("recI", 2, "<p>i</p>")),
    story=(StoryBlock("recS", 1, "{team}"),),
    erratum_html="x",
    solution_html="y",
    authors="A, B",
    access=("text only",),
    has_free_guesses=True,
)
CONTENT = Content(
    version=7,
    levels=(Level("recL", "l", "L", 2, "d", False, datetime(2030, 1, 1, tzinfo=UTC), ("recP",), 0, ("recP",), "css"),),
    puzzles=(FULL, Puzzle(id="recQ", key="recQ", title="Q", level_id="recL")),
    divisions=(Division("solo", "Solo", False, False, "recP", 3), Division("open", "Open")),
    pages=(Page("rules", "Rules", "<p>r</p>", 1),),
    assets={"b": "data:image/png;base64,AA=="},
    since={"recP": datetime(2030, 5, 5, tzinfo=UTC)},
    site_css="p{}",
)


def test_a_content_comes_back_exactly() -> None:
    assert from_json(to_json(CONTENT)) == CONTENT


def test_the_example_leaves_no_field_at_its_default() -> None:
    """Else the round trip above would prove less than it says; a new field of the model shows up here."""
    defaults = Puzzle(id="", key="", title="", level_id="")
    assert [one.name for one in fields(Puzzle) if getattr(FULL, one.name) == getattr(defaults, one.name)] == []


def test_look_ups_work_on_what_came_back() -> None:
    content = from_json(to_json(CONTENT))
    assert content.puzzle("first") is content.puzzle("recP")
    assert content.since["recP"].tzinfo is UTC


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.none() | st.datetimes(timezones=st.just(UTC))
puzzles = st.builds(
    Puzzle,
    id=st.uuids().map(str),
    key=texts,
    title=texts,
    level_id=st.just("recL"),
    order=st.floats(allow_nan=False, allow_infinity=False),
    unlock_at=moments,
    prereq=st.lists(texts).map(tuple),
    hints=st.lists(st.builds(Hint, id=texts, order=st.integers(-(2**53), 2**53), html=texts)).map(tuple),
    close=st.lists(st.builds(NearAnswer, texts, texts)).map(tuple),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(puzzles, max_size=4).map(tuple), texts)
def test_any_content_comes_back_exactly(some: tuple[Puzzle, ...], css: str) -> None:
    content = replace(CONTENT, puzzles=some, site_css=css)
    assert from_json(to_json(content)) == content


def test_three_hundred_puzzles_load_fast() -> None:
    many = tuple(replace(FULL, id=f"rec{n}", key=f"p{n}", body_html="<p>x</p>" * 200) for n in range(300))
    text = to_json(replace(CONTENT, puzzles=many))
    # Three times as long as the text takes to be parsed at all, on whatever machine.
    assert seconds_of(from_json, text) < 15 * seconds_of(json.loads, text)


def seconds_of(read: Callable[[str], object], text: str) -> float:
    """Processor time of the quickest of five."""
    took = []
    for _ in range(5):
        begun = time.process_time()
        read(text)
        took.append(time.process_time() - begun)
    return min(took)


OTHERWISE = ("", "[]", "{}", "null", "7", '{"shape": 1}', '{"shape": 1, "content": {}}', '{"shape": 2, "content": {}}')
DAMAGED = (to_json(CONTENT)[:-10], to_json(CONTENT).replace('"url"', '"link"'), "[" * 99999)


@pytest.mark.parametrize("text", [*OTHERWISE, *DAMAGED])
def test_a_text_of_another_shape_is_told_apart(text: str) -> None:
    with pytest.raises(FrozenOtherwise):
        from_json(text)


def test_what_an_older_release_wrote_is_read() -> None:
    text = to_json(CONTENT).replace("2030-05-05T00:00:00Z", "2030-05-05T00:00:00+00:00")
    assert "+00:00" in text
    assert from_json(text) == CONTENT


def test_what_a_newer_release_wrote_beside_it_is_passed_over() -> None:
    assert from_json(to_json(CONTENT).replace('{"id":"recQ"', '{"new":[1],"id":"recQ"')) == CONTENT


def test_defaults_take_no_room() -> None:
    plain = json.loads(to_json(CONTENT))["content"]["puzzles"][0]
    assert plain == {"id": "recQ", "key": "recQ", "title": "Q", "level_id": "recL"}
