"""The bundled demo hunt can be solved from its pages alone, and gives nothing away that it should not."""

from __future__ import annotations

import base64
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from typing import Any

import bcrypt
import pytest

from app.rules.answers import normalise
from app.rules.near import is_within_one_slip
from tests.demo import build, derive_lamp_room, derive_quay, derive_stair, plan
from tests.demo.answers import ANSWERS, FEEDERS
from tests.demo.derivations import DERIVATIONS
from tests.demo.reading import quoted_lines, tables

HUNT = json.loads(build.TARGET.read_text("utf-8"))
TABLES: dict[str, list[dict[str, Any]]] = HUNT["tables"]
PUZZLES = {record["fields"]["Slug"]: record["fields"] for record in TABLES["Puzzles"]}
IDS = {record["fields"]["Slug"]: record["id"] for record in TABLES["Puzzles"]}
NEAR_ANSWERS = [
    (key, place, near)
    for key, sections in build.sources().items()
    for place, (near, _) in enumerate(build.near_answers(sections), 1)
]


def fits(answer: str, hashed: str) -> bool:
    return bcrypt.checkpw(normalise(answer).encode(), hashed.encode())


def page(key: str) -> str:
    return str(PUZZLES[key]["ContentText"])


def known_to(key: str) -> dict[str, str]:
    """What a team has found before this puzzle: a meta's feeders by key, for the last puzzle everything by title."""
    if key == "panes":
        return {PUZZLES[other]["Title"]: answer for other, answer in ANSWERS.items() if other != "panes"}
    return {feeder: ANSWERS[feeder] for feeder in FEEDERS.get(key, ())}


def public_texts() -> Iterator[tuple[str, str]]:
    """Every text of the file with its place, except the solutions."""
    for name, records in TABLES.items():
        for record in records:
            for field, value in record["fields"].items():
                if field != "SolutionText" and not re.match(r"Solution|Close\d$|Near", field):
                    yield f"{name} {record['id']} {field}", str(value)
    for name, uri in HUNT["assets"].items():
        yield f"asset {name}", name + " " + drawing(name)
        assert uri.startswith("data:image/svg+xml;base64,")


def drawing(name: str) -> str:
    return base64.b64decode(HUNT["assets"][name].partition(",")[2]).decode()


# --- the answers -----------------------------------------------------------------------------------------------------


def test_the_list_of_answers_and_the_hunt_have_the_same_puzzles() -> None:
    assert list(ANSWERS) == list(PUZZLES) == list(DERIVATIONS)


@pytest.mark.parametrize("key", ANSWERS)
def test_every_answer_fits_its_hash(key: str) -> None:
    assert fits(ANSWERS[key], PUZZLES[key]["Solution"])


@pytest.mark.parametrize("key", ANSWERS)
def test_every_answer_comes_out_of_the_published_page(key: str) -> None:
    assert normalise(DERIVATIONS[key](page(key), known_to(key))) == normalise(ANSWERS[key])


@pytest.mark.parametrize(("key", "place", "near"), NEAR_ANSWERS)
def test_every_near_answer_fits_its_hash_and_is_not_right(key: str, place: int, near: str) -> None:
    assert fits(near, PUZZLES[key][f"Close{place}"])
    assert normalise(near) != normalise(ANSWERS[key])
    assert PUZZLES[key][f"Close{place}Hint"]


@pytest.mark.parametrize("key", [key for key in ANSWERS if not PUZZLES[key].get("Meta")])
def test_one_slip_from_an_answer_is_within_its_signature(key: str) -> None:
    signed, answer = PUZZLES[key]["Near"], normalise(ANSWERS[key])
    assert is_within_one_slip(signed, answer[:-1], build.hash_under)
    assert not is_within_one_slip(signed, answer[::-1][1:], build.hash_under)


@pytest.mark.parametrize("key", ANSWERS)
def test_every_solution_text_names_the_answer(key: str) -> None:
    assert f"**{ANSWERS[key]}**" in PUZZLES[key]["SolutionText"]


@pytest.mark.parametrize("answer", ANSWERS.values())
def test_no_answer_can_be_read_outside_the_solutions(answer: str) -> None:
    hidden = normalise(answer)
    assert [place for place, text in public_texts() if hidden in normalise(text)] == []


# --- fairness --------------------------------------------------------------------------------------------------------


def test_only_one_mooring_satisfies_the_six_clues() -> None:
    assert len(derive_quay.clues_of(page("berths"))) == 6
    assert len(derive_quay.moorings(page("berths"))) == 1


def test_no_clue_of_the_harbour_master_is_idle() -> None:
    clues = [f"1. {sentence}" for sentence in derive_quay.clues_of(page("berths"))]
    for left_out in clues:
        rest = "\n".join(clue for clue in clues if clue != left_out)
        assert len(derive_quay.moorings(rest)) > 1, left_out


def test_only_one_way_up_uses_every_tread() -> None:
    assert len(derive_stair.ladders(page("steps"))) == 1


def test_only_one_set_of_lamps_lights_them_all() -> None:
    assert len(derive_stair.presses_that_light_all(tables(page("lamps"))[0])) == 1


def test_the_toy_begins_as_the_table_of_lamps_says() -> None:
    wall = [cell.split(": ") for row in tables(page("lamps"))[0][1:] for cell in row[1:]]
    begins = re.search(r"start = \[(.+?)\]", PUZZLES["lamps"]["Script"])
    assert begins
    assert begins[1].split(", ") == ["1" if state == "lit" else "0" for _, state in wall]
    assert f'"{"".join(sign for sign, _ in wall)}"' in PUZZLES["lamps"]["Script"]


def test_each_thing_in_the_fog_is_there_once_and_the_rest_is_a_sentence() -> None:
    assert derive_lamp_room.left_in_the_fog(page("fog")) == "THELASTLIGHTISABEACON"


def test_the_rhyme_has_one_letter_of_the_answer_per_line() -> None:
    assert len([line for line in quoted_lines(page("postcard"))[:9] if line]) == len(ANSWERS["postcard"])


@pytest.mark.parametrize("meta", FEEDERS)
def test_a_meta_uses_every_answer_of_its_level_once(meta: str) -> None:
    level = PUZZLES[meta]["Level"]
    assert set(FEEDERS[meta]) == {key for key in PUZZLES if PUZZLES[key]["Level"] == level and key != meta}


def test_the_quay_board_has_one_row_for_each_length() -> None:
    lengths = [int(boxes) for _, boxes, _ in tables(page("quay-board"))[0][1:]]
    assert lengths == [len(ANSWERS[key]) for key in FEEDERS["quay-board"]]
    assert len(set(lengths)) == len(lengths)


def test_every_word_heard_through_the_tube_comes_from_one_answer_only() -> None:
    said = [said for said, _ in derive_stair.misheard(page("speaking-tube"), known_to("speaking-tube"))]
    assert said == [ANSWERS[key] for key in FEEDERS["speaking-tube"]]


def test_the_panes_name_every_puzzle_but_themselves_and_the_clocks() -> None:
    named = {title for _, title in tables(page("panes"))[1][1:]}
    assert named == {PUZZLES[key]["Title"] for key in ANSWERS if key not in {"panes", "clocks"}}


@pytest.mark.parametrize(
    ("key", "slip"),
    [
        ("manifest", lambda: "".join(sign for _, sign in derive_quay.cargo(page("manifest")))),
        ("ropes", lambda: derive_stair.ropes(page("ropes"), {}, by_hook=False)),
        ("steps", lambda: derive_stair.new_letters(derive_stair.ladders(page("steps"))[0][::-1])),
        ("windows", lambda: derive_stair.windows(page("windows"), {})[::-1]),
        ("clocks", lambda: derive_quay.clocks(page("clocks"), {}, is_turned=False)),
        ("winds", lambda: derive_lamp_room.winds(page("winds"), {}, clockwise=False)),
        (
            "speaking-tube",
            lambda: "".join(
                derive_stair.new_letters(pair[::-1])
                for pair in derive_stair.misheard(page("speaking-tube"), known_to("speaking-tube"))
            ),
        ),
        ("fog", lambda: derive_lamp_room.left_in_the_fog(page("fog"))),
    ],
)
def test_the_likeliest_slip_is_a_near_answer(key: str, slip: Any) -> None:
    nears = [normalise(near) for puzzle, _, near in NEAR_ANSWERS if puzzle == key]
    assert normalise(slip()) in nears


# --- the pictures say what the words say -----------------------------------------------------------------------------


def test_the_drawn_clocks_are_those_in_the_table() -> None:
    rows = tables(page("clocks"))[0][1:]
    ways = derive_quay.WAYS_IN_DEGREES
    told = [
        (ways[twelve], {ways[hand.strip().removeprefix("and ")] for hand in hands.split(", ")})
        for _, twelve, hands in rows
    ]
    assert told == [(twelve, set(hands)) for twelve, hands in plan.CLOCKS]


def test_the_drawn_board_is_that_in_the_table() -> None:
    rows = tables(page("quay-board"))[0][1:]
    assert [(int(boxes), int(marked[:-2])) for _, boxes, marked in rows] == list(plan.BOARD)


def test_the_drawn_ropes_are_those_in_the_table() -> None:
    signs = {"knot": ".", "sleeve": "-"}
    rows = tables(page("ropes"))[0][1:]
    told = [(int(hook), "".join(signs[shape] for shape in shapes.split(", "))) for _, hook, shapes in rows]
    assert told == list(plan.ROPES)


def test_the_drawn_windows_are_those_in_the_table() -> None:
    rows = tables(page("windows"))[0][1:]
    assert [{int(number) for number in lit.split()} for _, lit in reversed(rows)] == list(plan.FLOORS)


def test_the_drawn_winds_are_those_in_the_table() -> None:
    rows = tables(page("winds"))[0][1:]
    assert [(int(degrees[:-1]), before, after) for before, _, after, degrees in rows] == list(plan.WINDS)


def test_the_drawn_panes_are_those_in_the_table() -> None:
    assert [int(height) for height in tables(page("panes"))[0][1][1:]] == list(plan.PANES)


@pytest.mark.parametrize("name", HUNT["assets"])
def test_every_picture_is_static_and_needs_nothing_from_outside(name: str) -> None:
    root = ElementTree.fromstring(drawing(name))
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "rect", "circle", "path", "line", "text", "defs", "linearGradient", "stop"}
    names = {attribute for element in root.iter() for attribute in element.attrib}
    assert not [attribute for attribute in names if attribute.startswith("on") or "href" in attribute]


# --- the file --------------------------------------------------------------------------------------------------------


def test_the_file_is_what_the_sources_build() -> None:
    assert build.build(HUNT) == HUNT


def test_every_link_between_records_leads_somewhere() -> None:
    ids = {name: {record["id"] for record in records} for name, records in TABLES.items()}
    links = {"Level": "Levels", "Prereq": "Puzzles", "Puzzle": "Puzzles", "FinalPuzzle": "Puzzles", "Hints": "Hints"}
    for name, records in TABLES.items():
        for record in records:
            fields = record["fields"]
            for field, target in links.items():
                assert set(fields.get(field, [])) <= ids[target], (name, record["id"], field)
    assert len({record["id"] for records in TABLES.values() for record in records}) == sum(map(len, TABLES.values()))


def test_every_picture_named_is_in_the_file_and_the_other_way_round() -> None:
    named = {match for _, text in public_texts() for match in re.findall(r"\(asset:([^)]+)\)", text)}
    assert named == set(HUNT["assets"])


def test_every_picture_has_a_text_of_its_own() -> None:
    for _, text in public_texts():
        assert all(len(alt) > 40 for alt in re.findall(r"!\[([^\]]*)\]\(asset:", text))


def test_there_are_fifteen_puzzles_on_three_levels_with_two_metas_and_a_last_one() -> None:
    assert len(PUZZLES) == 15
    assert len(TABLES["Levels"]) == 3
    assert [key for key, fields in PUZZLES.items() if fields.get("Meta")] == ["quay-board", "speaking-tube", "panes"]


@pytest.mark.parametrize("key", ANSWERS)
def test_every_puzzle_has_two_hints_in_order_and_the_first_at_once(key: str) -> None:
    fields = [record["fields"] for record in TABLES["Hints"] if record["fields"]["Puzzle"] == [IDS[key]]]
    assert [found["Order"] for found in fields] == list(range(1, len(fields) + 1))
    assert len(fields) >= 2
    assert "AvailableAfter" not in fields[0]


def test_all_teams_of_both_divisions_finish_with_the_last_puzzle() -> None:
    final = {record["fields"]["Code"]: record["fields"]["FinalPuzzle"] for record in TABLES["Divisions"]}
    assert final == {"solo": [IDS["panes"]], "teams": [IDS["panes"]]}


def test_nothing_in_the_hunt_waits_for_a_date() -> None:
    assert not [fields for fields in PUZZLES.values() if "UnlockAt" in fields]
    assert not [record for record in TABLES["Levels"] if "UnlockAt" in record["fields"]]


def test_the_hunt_needs_no_other_host() -> None:
    assert [place for place, text in public_texts() if "//" in text.replace("http://www.w3.org/2000/svg", "")] == []
