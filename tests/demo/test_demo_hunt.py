"""The bundled demo hunt can be solved from its pages alone, and gives nothing away that it should not."""

from __future__ import annotations

import re
from typing import Any

import bcrypt
import pytest

from app.core.answers import normalise
from tests.demo import build, derive_lamp_room, derive_quay, derive_stair
from tests.demo.answers import ANSWERS, FEEDERS
from tests.demo.derivations import DERIVATIONS
from tests.demo.published import PUZZLES, page, public_texts
from tests.demo.reading import quoted_lines, tables
from tests.support.slips import is_within_one_slip

NEAR_ANSWERS = [
    (key, place, near)
    for key, sections in build.sources().items()
    for place, (near, _) in enumerate(build.near_answers(sections), 1)
]


def fits(answer: str, hashed: str) -> bool:
    return bcrypt.checkpw(normalise(answer).encode(), hashed.encode())


def known_to(key: str) -> dict[str, str]:
    """What a team has found before this puzzle: a meta's feeders by key, for the last puzzle everything by title."""
    if key == "panes":
        return {PUZZLES[other]["Title"]: answer for other, answer in ANSWERS.items() if other != "panes"}
    return {feeder: ANSWERS[feeder] for feeder in FEEDERS.get(key, ())}


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


def test_the_shutter_on_the_page_is_the_one_of_the_table() -> None:
    glass, shutter = tables(page("shutter"))
    script = PUZZLES["shutter"]["Script"]
    assert f'"{"".join("".join(row[1:]) for row in glass[1:])}"' in script
    holes = [6 * row + int(column) - 1 for row, line in enumerate(shutter[1:]) for column in line[1].split(", ")]
    assert f"holes = {holes};" in script


def test_the_sentence_does_not_begin_where_the_shutter_does() -> None:
    assert derive_lamp_room.seen_through_the_shutter(page("shutter")) == [
        "GHTANDDIE", "INTHEDARK", "IFOLLOWYO", "UBYLAMPLI"
    ]  # fmt: skip


def test_the_panes_name_every_puzzle_but_themselves_the_clocks_and_the_shutter() -> None:
    named = {title for _, title in tables(page("panes"))[1][1:]}
    assert named == {PUZZLES[key]["Title"] for key in ANSWERS if key not in {"panes", "clocks", "shutter"}}


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
        ("shutter", lambda: "".join(derive_lamp_room.seen_through_the_shutter(page("shutter")))),
    ],
)
def test_the_likeliest_slip_is_a_near_answer(key: str, slip: Any) -> None:
    nears = [normalise(near) for puzzle, _, near in NEAR_ANSWERS if puzzle == key]
    assert normalise(slip()) in nears
