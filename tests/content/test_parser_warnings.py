from __future__ import annotations

from typing import Any

import pytest

from tests.support.records import HASH, OTHER_HASH, Cells, faults, parsed, warnings


def puzzle(**cells: Any) -> Any:
    """The first puzzle of the sound hunt with these cells."""
    return parsed({"Puzzles": {"recP1": cells}}).content.puzzle("recP1")


def level(**cells: Any) -> Any:
    return parsed({"Levels": {"recL1": cells}}).content.level("recL1")


WARNED: list[tuple[Cells, str]] = [
    ({"Puzzles": {"recP1": {"Hints": None}}}, "Puzzles › “One” (recP1) › Hints: This puzzle has no hints."),
    ({"Hints": {"recH9": {"HintText": "x"}}}, "recH9 › Puzzle: This row belongs to no puzzle"),
    ({"Hints": {"recH1": {"HintText": None}}}, "HintText: This hint has no text"),
    ({"Levels": {"recL3": {"Title": "Empty", "Unlocked": True}}}, "“Empty” (recL3): No puzzle is linked"),
    (
        {"Puzzles": {"recP1": {"Unlocked": None}}},
        "“One” (recP1): This puzzle can never be reached: it is not marked",
    ),
    ({"Puzzles": {"recP1": {"Unlocked": None}}}, "“Two” (recP2): This puzzle can never be reached: “One” is closed to"),
    ({"Puzzles": {"recP1": {"Unlocked": None}}}, "The division Solo can never reach its final puzzle."),
    ({"Levels": {"recL1": {"Unlocked": None}}}, "its level “First” is not marked Unlocked"),
    ({"Puzzles": {"recP1": {"Solution": HASH.replace("$10$", "$04$")}}}, "Line 1 has the unusual cost 4"),
    ({"Puzzles": {"recP1": {"Close1": OTHER_HASH}}}, "Close1 has no message"),
    ({"Puzzles": {"recP1": {"Close1Hint": "x"}}}, "Close1 has no hash"),
    ({"Puzzles": {"recP1": {"Close1": HASH, "Close1Hint": "x"}}}, "also a right answer"),
    ({"Puzzles": {"recP1": {"Script": "x()"}}}, "ScriptEnabled is not ticked"),
    ({"Puzzles": {"recP1": {"ContentText": "![](https://a.example/b.png)"}}}, "people who cannot see it"),
    ({"Puzzles": {"recP1": {"ContentText": "<script>x</script>"}}}, "Taken out"),
    ({"Puzzles": {"recP1": {"CustomCSS": "@import 'x';"}}}, "CustomCSS: Line 1 was left out"),
    ({"Puzzles": {"recP1": {"CustomCSS": "https://a.example/b.css"}}}, "not fetched here"),
    ({"Puzzles": {"recP1": {"Title": "a\x07b"}}}, "Control characters were taken out"),
    ({"Divisions": {"recD1": {"Public": None}}}, "No division is public"),
    ({"Levels": {"recL1": {"Meta": ["recP2"]}}}, "“Two” is linked as a meta, but is in another level"),
]


@pytest.mark.parametrize("case", WARNED, ids=lambda case: case[1][:50])
def test_what_should_be_looked_at_is_a_warning(case: tuple[Cells, str]) -> None:
    assert any(case[1] in warning for warning in warnings(case[0]))


def test_a_script_that_is_not_enabled_is_left_out() -> None:
    assert puzzle(Script="x()").script == ""


def test_timed_puzzles_are_no_dead_ends() -> None:
    assert (
        warnings({"Puzzles": {"recP1": {"UnlockAt": "2099-01-01"}}, "Levels": {"recL1": {"UnlockAt": "2098-01-01"}}})
        == []
    )


# --- through a view -------------------------------------------------------------------------------------------------

HIDDEN: Cells = {"Puzzles": {"recP2": None}}


def test_through_a_view_links_to_hidden_puzzles_are_no_faults() -> None:
    found = parsed(HIDDEN, view="Ready")
    assert [one.field for one in found.warnings if "not in the view “Ready”" in one.message] == ["FinalPuzzle"]
    assert faults(HIDDEN) != ()


def test_hints_of_hidden_puzzles_are_passed_over_in_silence() -> None:
    rows: Cells = {**HIDDEN, "Hints": {"recH2": {"Puzzle": ["recP2"]}}}
    assert not [one for one in warnings(rows, view="Ready") if "Hints ›" in one]


def test_what_waits_for_a_hidden_puzzle_stays_closed() -> None:
    rows: Cells = {
        "Puzzles": {"recP1": {"Prereq": ["recP2"]}, "recP2": None},
        "Levels": {"recL1": {"Prereq": ["recP2"]}, "recL2": None},
    }
    content = parsed(rows, view="Ready").content
    assert not content.puzzles[0].is_unlocked
    assert not content.levels[0].is_unlocked


def test_a_level_that_needs_fewer_than_it_can_see_opens_all_the_same() -> None:
    rows: Cells = {"Levels": {"recL2": {"Prereq": ["recP1", "recHidden"], "PrereqCount": 1}}}
    assert parsed(rows, view="Ready").content.levels[1].is_unlocked
