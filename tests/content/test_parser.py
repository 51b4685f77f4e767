from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from app.content.faults import ContentFaulty
from app.content.parse.parser import Seams, parse
from app.content.parse.records import StyleUnreachable
from app.content.sources.json_file import read_file
from app.content.sources.tables import Record, Source
from app.core.model import Attachment, Division
from tests.support.environment import DEMO_HUNT
from tests.support.records import HASH, OTHER_HASH, Cells, faults, parsed, source, warnings


def puzzle(**cells: Any) -> Any:
    """The first puzzle of the sound hunt with these cells."""
    return parsed({"Puzzles": {"recP1": cells}}).content.puzzle("recP1")


def level(**cells: Any) -> Any:
    return parsed({"Levels": {"recL1": cells}}).content.level("recL1")


def test_the_sound_hunt_has_neither_faults_nor_warnings() -> None:
    assert faults() == ()
    assert warnings() == []


def test_the_demo_hunt_has_neither_faults_nor_warnings() -> None:
    found = parse(read_file(DEMO_HUNT), version=3)
    assert found.warnings == ()
    assert found.content.version == 3
    assert len(found.content.pages) == 4


# --- what fields mean -----------------------------------------------------------------------------------------------


def test_every_field_of_a_puzzle_arrives() -> None:
    found = puzzle(
        Description="A *line*",
        Order="2.5",
        Value="40",
        Meta=True,
        UnlockAt="2030-06-01",
        Divisions=["solo"],
        Slug="one",
        Type="link",
        ContentText="Text",
        URL="https://example.org/a?b=1#c",
        Attachments=[
            {"id": "att1", "url": "https://a.example/x%20y.png", "filename": "x.png", "type": "image/png", "width": 3}
        ],
        CustomCSS="p { color: red }",
        Script="go()",
        ScriptEnabled=True,
        Close1=OTHER_HASH,
        Close1Hint="*Nearly*",
        CustomSuccess="Yes",
        CustomError="No",
        Erratum="Line 3",
        SolutionText="It was",
        Authors="A, B",
        Access=["text only"],
        FreeGuesses=True,
    )
    assert found.has_free_guesses
    assert (found.key, found.order, found.value, found.is_meta, found.kind) == ("one", 2.5, 40, True, "Link")
    assert (found.description_html, found.body_html) == ("<p>A <em>line</em></p>", "<p>Text</p>")
    assert found.unlock_at == datetime(2030, 6, 1, tzinfo=UTC)
    assert (found.divisions, found.url, found.script) == (("solo",), "https://example.org/a?b=1#c", "go()")
    assert (found.attachments[0].filename, found.attachments[0].width, found.attachments[0].height) == (
        "x.png",
        3,
        None,
    )
    assert found.css == ".puzzle-sheet p { color: red; }"
    assert (found.answers, found.close[0].hash, found.close[0].message_html) == ((HASH,), OTHER_HASH, "<em>Nearly</em>")
    assert (found.success_html, found.error_html) == ("Yes", "No")
    assert (found.erratum_html, found.solution_html) == ("<p>Line 3</p>", "<p>It was</p>")
    assert (found.authors, found.access) == ("A, B", ("text only",))
    assert found.hints[0].html == "<p>Look <em>up</em>.</p>"


UNDERSTOOD: dict[str, list[tuple[dict[str, Any], str, Any]]] = {
    "a look-up of one text": [({"Type": ["Embed"], "URL": ["https://e.example/"]}, "kind", "Embed")],
    "a number as text": [
        ({"Value": "10"}, "value", 10),
        ({"Value": 10.0}, "value", 10),
        ({"Value": ["10.0"]}, "value", 10),
    ],
    "a title as a number": [({"Title": 42}, "title", "42"), ({"Title": 4.0}, "title", "4")],
    "a title on two lines": [({"Title": " A\n\n b "}, "title", "A b")],
    "a tick as text": [
        ({"Meta": "yes"}, "is_meta", True),
        ({"Meta": [True]}, "is_meta", True),
        ({"Meta": "0"}, "is_meta", False),
    ],
    "several hashes": [({"Solution": f"\n {HASH} \r\n\n{OTHER_HASH}\n{HASH}"}, "answers", (HASH, OTHER_HASH))],
    "divisions in any writing": [
        ({"Divisions": "solo"}, "divisions", ("solo",)),
        ({"Divisions": ["recD1"]}, "divisions", ("solo",)),
        ({"Divisions": "Solo, solo\n"}, "divisions", ("solo",)),
    ],
    "authors as collaborators": [
        ({"Authors": [{"name": "Ann", "email": "a@b.c"}, {"name": "Bo"}]}, "authors", "Ann, Bo")
    ],
    "a generated text": [
        ({"ContentText": {"state": "generated", "value": "x", "isStale": False}}, "body_html", "<p>x</p>")
    ],
    "an offset": [({"UnlockAt": "2030-06-01T02:00:00+02:00"}, "unlock_at", datetime(2030, 6, 1, tzinfo=UTC))],
    "control signs": [({"Title": "A\x00B\u202e"}, "title", "AB\u202e")],
    "a link as text": [({"Prereq": "recP2", "Level": "recL1"}, "prereq", ("recP2",))],
    "an empty list": [({"Type": [], "Value": [], "ContentText": []}, "kind", "Text")],
    "an attachment as text": [
        (
            {"Attachments": "https://a.example/b%20c.pdf?x"},
            "attachments",
            (Attachment("https://a.example/b%20c.pdf?x", "b c.pdf", "application/pdf"),),
        )
    ],
}


@pytest.mark.parametrize("what", UNDERSTOOD)
def test_what_is_clear_is_understood(what: str) -> None:
    for cells, name, meant in UNDERSTOOD[what]:
        more: Cells = {"Levels": {"recL2": {"Prereq": None}}} if "Prereq" in cells else {}
        found = parsed({"Puzzles": {"recP1": cells}, **more}).content.puzzle("recP1")
        assert getattr(found, name) == meant


def test_an_empty_checkbox_is_an_absent_field() -> None:
    assert puzzle(Unlocked=None).is_unlocked is False
    assert level(Unlocked=None).is_unlocked is False


def test_hints_may_be_linked_from_either_side_and_keep_their_order() -> None:
    rows = {
        "Puzzles": {"recP1": {"Hints": ["recH3", "recH1"]}},
        "Hints": {
            "recH3": {"HintText": "c"},
            "recH4": {"HintText": "d", "Puzzle": ["recP1"]},
            "recH1": {"Puzzle": ["recP1"]},
        },
    }
    found = parsed(rows).content.puzzle("recP1")
    assert found
    assert [(hint.id, hint.order) for hint in found.hints] == [("recH3", 1), ("recH1", 1), ("recH4", 3)]


def test_hint_costs_and_waiting_times_arrive() -> None:
    found = parsed({"Hints": {"recH1": {"Cost": 0, "AvailableAfter": 30}}}).content.puzzles[0].hints[0]
    assert (found.cost, found.available_after) == (0, 30)


def test_a_story_block_keeps_the_place_for_the_teams_name() -> None:
    found = parsed({"Story": {"recS1": {"Text": "Hello **{team}**", "Puzzle": ["recP1"]}}}).content.puzzles[0].story
    assert [block.html for block in found] == ["<p>Hello <strong>{team}</strong></p>"]


def test_a_level_may_list_its_puzzles_instead() -> None:
    found = parsed({"Levels": {"recL1": {"Puzzles": ["recP1"]}}, "Puzzles": {"recP1": {"Level": None}}})
    assert found.content.puzzles_by_level["recL1"][0].id == "recP1"


def test_metas_are_the_linked_ones_else_the_ticked_ones() -> None:
    ticked = parsed({"Puzzles": {"recP1": {"Meta": True}}}).content
    assert ticked.levels[0].metas == ("recP1",)
    linked = parsed({"Levels": {"recL1": {"Meta": ["recP1"]}}}).content
    assert linked.puzzles[0].is_meta


def test_without_a_table_of_divisions_there_is_one_open_to_all() -> None:
    found = parsed(without="Divisions").content.divisions
    assert found == (Division("open", "Open", is_public=True, is_ranked=True),)


def test_an_empty_row_is_no_row() -> None:
    rows: Cells = {
        "Puzzles": {"recP9": {"Unlocked": False, "Title": ""}},
        "Hints": {"recH9": {}},
        "Divisions": {"recD9": {}},
    }
    assert warnings(rows) == []
    assert len(parsed(rows).content.puzzles) == 2


def test_pages_replace_the_built_in_ones() -> None:
    found = {
        page.slug: page
        for page in parsed({"Pages": {"recG": {"Slug": "rules", "Title": "Ours", "Body": "b"}}}).content.pages
    }
    assert set(found) == {"home", "rules", "stuck", "credits"}
    assert (found["rules"].title, found["rules"].html) == ("Ours", "<p>b</p>")


def test_moments_of_opening_are_kept_for_puzzles_that_exist() -> None:
    moment = datetime(2030, 1, 1, tzinfo=UTC)
    found = parse(source(), version=1, since={"recP1": moment, "recGone": moment})
    assert found.content.since == {"recP1": moment}


# --- what is a fault ------------------------------------------------------------------------------------------------

P1, L1, H1, D1 = ("Puzzles", "recP1"), ("Levels", "recL1"), ("Hints", "recH1"), ("Divisions", "recD1")
DEEP: Any = "x"
for _ in range(3000):
    DEEP = {"name": DEEP, "x": [DEEP]}
FAULTY: list[tuple[tuple[str, str], dict[str, Any], str, str]] = [
    (P1, {"Title": None}, "Title", "The title is missing"),
    (P1, {"Title": ["a", "b"]}, "Title", "A text is meant here, not a list of several values"),
    (P1, {"Title": {"a": 1}}, "Title", "holds an object"),
    (P1, {"Title": True}, "Title", "not a checkbox"),
    (P1, {"Title": "x" * 501}, "Title", "501 characters; the most is 500"),
    (P1, {"Title": {"error": "#ERROR!"}}, "Title", "formula in this cell gives an error"),
    (P1, {"Value": {"specialValue": "NaN"}}, "Value", "formula in this cell gives an error"),
    (P1, {"Level": None}, "Level", "in no level"),
    (P1, {"Level": ["recX"]}, "Level", "recX is no record of the table Levels"),
    (P1, {"Level": ["recL1", "recL2"]}, "Level", "in several levels"),
    (P1, {"Level": 7}, "Level", "Links to records are meant here, not a number"),
    (P1, {"Solution": None}, "Solution", "No answer can be right"),
    (P1, {"Solution": " \n"}, "Solution", "No answer can be right"),
    (P1, {"Solution": f"{HASH}\n\nLAVENDER"}, "Solution", "Line 3 is no answer hash"),
    (P1, {"Solution": HASH[:-1]}, "Solution", "Line 1 is no answer hash"),
    (P1, {"Solution": HASH.replace("$10$", "$31$")}, "Solution", "cost 31"),
    (P1, {"Solution": "\n".join(HASH[:-3] + f"{n:03}" for n in range(51))}, "Solution", "51 hashes"),
    (P1, {"Close3": "x", "Close3Hint": "m"}, "Close3", "Line 1 is no answer hash"),
    (P1, {"Near": "x"}, "Near", "no signature"),
    (P1, {"Hints": ["recX"]}, "Hints", "recX is no record of the table Hints"),
    (P1, {"Prereq": ["recX"]}, "Prereq", "recX is no record of the table Puzzles"),
    (P1, {"Prereq": ["recP1"]}, "Prereq", "waits for itself"),
    (P1, {"Slug": "The Door"}, "Slug", "lower-case letters"),
    (P1, {"Slug": "a/b"}, "Slug", "lower-case letters"),
    (P1, {"Slug": "a" * 65}, "Slug", "lower-case letters"),
    (P1, {"Value": -1}, "Value", "not -1"),
    (P1, {"Value": 1.5}, "Value", "A whole number is meant here, not “1.5”"),
    (P1, {"Value": "ten"}, "Value", "not “ten”"),
    (P1, {"Value": True}, "Value", "A whole number"),
    (P1, {"Value": 10**30}, "Value", "A whole number"),
    (P1, {"Value": 1_000_001}, "Value", "from 0 to 1000000"),
    (P1, {"Order": "first"}, "Order", "“first” is not a number"),
    (P1, {"Order": float("inf")}, "Order", "out of every range"),
    (P1, {"Order": 10**400}, "Order", "not a number"),
    (P1, {"UnlockAt": "tomorrow"}, "UnlockAt", "“tomorrow” is not a time"),
    (P1, {"UnlockAt": "2030-06-01T18:00"}, "UnlockAt", "in which time zone"),
    (P1, {"UnlockAt": "2030-13-01"}, "UnlockAt", "is not a time"),
    (P1, {"UnlockAt": "0001-01-01T00:00:00+14:00"}, "UnlockAt", "is not a time"),
    (P1, {"Divisions": "solo, duo"}, "Divisions", "“duo” is no division. The codes are solo."),
    (P1, {"Type": "Video"}, "Type", "“Video” is no type"),
    (P1, {"Type": "Embed"}, "URL", "needs an address"),
    (P1, {"Type": "Link", "URL": "http://example.org/"}, "URL", "begins with https://"),
    (P1, {"Type": "Link", "URL": "javascript:alert(1)"}, "URL", "begins with https://"),
    (P1, {"Type": "Embed", "URL": "https://[::1"}, "URL", "begins with https://"),
    (P1, {"URL": "https://user@host/"}, "URL", "begins with https://"),
    (P1, {"URL": "https://a b/"}, "URL", "begins with https://"),
    (P1, {"URL": "https://a.example:99999/"}, "URL", "begins with https://"),
    (P1, {"Unlocked": "maybe"}, "Unlocked", "should be a checkbox"),
    (P1, {"ContentText": "x" * 100_001}, "ContentText", "the most is 100000"),
    (P1, {"ContentText": "![a](asset:x.png)"}, "ContentText", "no asset named x.png"),
    (P1, {"CustomCSS": "p{background:url(asset:x.png)}"}, "CustomCSS", "no asset named x.png"),
    (P1, {"CustomCSS": "http://example.org/a.css"}, "CustomCSS", "begins with https://"),
    (P1, {"Attachments": 7}, "Attachments", "Attachments are meant here"),
    (P1, {"Attachments": [{"url": "http://a.example/"}]}, "Attachments", "begins with https://"),
    (P1, {"Attachments": [{"filename": "a"}]}, "Attachments", "no address"),
    (P1, {"Attachments": [{"url": "asset:x"}]}, "Attachments", "no asset named x"),
    (P1, {"Attachments": [{"url": "https://a.example/", "width": -1}]}, "Attachments", "not -1"),
    (P1, {"Title": DEEP}, "Title", ""),
    (L1, {"Title": " "}, "Title", "The title is missing"),
    (L1, {"Prereq": ["recX"]}, "Prereq", "recX is no record of the table Puzzles"),
    (L1, {"Prereq": ["recP2"], "PrereqCount": 2}, "PrereqCount", "asks for 2 puzzles, but Prereq links 1"),
    (L1, {"PrereqCount": 1}, "PrereqCount", "asks for 1 puzzles, but Prereq links 0"),
    (L1, {"PrereqCount": -1}, "PrereqCount", "not -1"),
    (L1, {"Prereq": ["recP1"]}, "Prereq", "waits for “One”, which is inside of it"),
    (L1, {"Meta": ["recX"]}, "Meta", "recX is no record"),
    (L1, {"Meta": {"id": 5}}, "Meta", "Links to records"),
    (H1, {"Cost": -1}, "Cost", "not -1"),
    (H1, {"AvailableAfter": "soon"}, "AvailableAfter", "A whole number"),
    (H1, {"Puzzle": ["recX"]}, "Puzzle", "recX is no record of the table Puzzles"),
    (H1, {"Puzzle": ["recP2"]}, "Puzzle", "linked to several puzzles"),
    (D1, {"Code": "So Lo"}, "Code", "lower-case letters"),
    (D1, {"Code": None}, "Code", "The code is missing"),
    (D1, {"Name": None}, "Name", "The name is missing"),
    (D1, {"FinalPuzzle": ["recX"]}, "FinalPuzzle", "recX is no record"),
    (D1, {"FinalPuzzle": ["recP1", "recP2"]}, "FinalPuzzle", "one final puzzle"),
]


@pytest.mark.parametrize("case", FAULTY, ids=lambda case: f"{case[0][0]}-{case[2]}-{case[3][:30]}")
def test_a_wrong_cell_is_a_fault_at_its_place(case: tuple[tuple[str, str], dict[str, Any], str, str]) -> None:
    (table, record_id), cells, field, said = case
    found = faults({table: {record_id: cells}})
    assert [
        one
        for one in found
        if (one.table, one.record_id, one.field) == (table, record_id, field) and said in one.message
    ]


def test_all_faults_are_listed_and_no_answer_is_repeated() -> None:
    rows: Cells = {
        "Puzzles": {"recP1": {"Title": None, "Solution": "LAVENDER", "Value": "x"}, "recP2": {"Level": ["recX"]}},
        "Hints": {"recH1": {"Cost": "x"}},
        "Divisions": {"recD1": {"Name": None}},
    }
    found = faults(rows)
    assert {(one.record_id, one.field) for one in found} == {
        ("recP1", "Title"),
        ("recP1", "Solution"),
        ("recP1", "Value"),
        ("recP2", "Level"),
        ("recH1", "Cost"),
        ("recD1", "Name"),
    }
    assert "LAVENDER" not in "".join(map(str, found))


def test_a_fault_reads_as_a_sentence_with_its_place() -> None:
    (found,) = faults({"Puzzles": {"recP1": {"Value": -1}}})
    assert str(found) == "Puzzles › “One” (recP1) › Value: This must be a number from 0 to 1000000, not -1."


def test_what_a_message_quotes_is_cleaned() -> None:
    (found,) = faults({"Puzzles": {"recP1": {"Order": "a\x00\ud800\x1b[31m\nb"}}})
    assert found.message == "“a[31m b” is not a number."


@pytest.mark.parametrize(
    ("table", "rows", "field"),
    [
        ("Puzzles", {"recP1": {"Slug": "same"}, "recP2": {"Slug": "same"}}, "Slug"),
        ("Levels", {"recL1": {"Slug": "same"}, "recL2": {"Slug": "same"}}, "Slug"),
        ("Divisions", {"recD2": {"Code": "solo", "Name": "x"}}, "Code"),
        ("Pages", {"recG1": {"Slug": "a", "Title": "x"}, "recG2": {"Slug": "a", "Title": "y"}}, "Slug"),
    ],
)
def test_two_records_cannot_share_an_address(table: str, rows: dict[str, Any], field: str) -> None:
    assert [(one.table, one.field) for one in faults({table: rows})] == [(table, field)]


def test_a_slug_cannot_be_another_records_id() -> None:
    made = source({"Puzzles": {"recP1": {"Slug": "p2"}}})
    rows = tuple(Record("p2" if row.id == "recP2" else row.id, row.fields) for row in made.records("Puzzles"))
    with pytest.raises(ContentFaulty) as caught:
        parse(Source({**made.tables, "Puzzles": rows}), version=1)
    assert any("is the record id of another row" in str(one) for one in caught.value.faults)


@pytest.mark.parametrize("record_id", ["../x", "", "a b", "é", "x" * 65, "<b>"])
def test_a_record_id_that_cannot_stand_in_an_address_is_a_fault(record_id: str) -> None:
    made = source()
    rows = (*made.records("Hints"), Record(record_id, {"HintText": "x"}))
    with pytest.raises(ContentFaulty, match="no record id"):
        parse(Source({**made.tables, "Hints": rows}), version=1)


def test_a_record_id_that_occurs_twice_is_a_fault() -> None:
    made = source()
    with pytest.raises(ContentFaulty, match="occurs twice"):
        parse(Source({**made.tables, "Puzzles": made.records("Puzzles") * 2}), version=1)


def test_a_hunt_without_puzzles_is_a_fault_that_names_the_view() -> None:
    made = source(view="Ready")
    with pytest.raises(ContentFaulty, match="no puzzle in the view “Ready”"):
        parse(Source({**made.tables, "Puzzles": ()}, view="Ready"), version=1)


RINGS: dict[str, Cells] = {
    "two puzzles": {
        "Puzzles": {
            "recP1": {"Prereq": ["recP3"]},
            "recP3": {"Title": "Three", "Level": ["recL1"], "Unlocked": True, "Solution": HASH, "Prereq": ["recP1"]},
        }
    },
    "two levels": {"Levels": {"recL1": {"Prereq": ["recP2"]}}},
    "a level through a puzzle of its own": {"Levels": {"recL2": {"Prereq": ["recP2"]}}},
}


@pytest.mark.parametrize("what", RINGS)
def test_records_that_wait_for_each_other_are_a_fault(what: str) -> None:
    found = faults(RINGS[what])
    assert [one.field for one in found] == ["Prereq"]


def test_a_ring_names_everybody_in_it() -> None:
    (found,) = faults({"Levels": {"recL1": {"Prereq": ["recP2"]}}})
    for name in ("First", "Second", "One", "Two"):
        assert f"“{name}”" in found.message


def test_a_ring_with_another_way_in_is_fine() -> None:
    assert faults({"Levels": {"recL2": {"Prereq": ["recP1", "recP2"], "PrereqCount": 1}}}) == ()


# --- what is a warning ----------------------------------------------------------------------------------------------

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


# --- seams ----------------------------------------------------------------------------------------------------------


def test_a_linked_sheet_is_fetched_and_cleaned() -> None:
    asked: list[str] = []

    def fetch(address: str) -> str:
        asked.append(address)
        return "p { color: red; position: fixed }"

    rows: Cells = {"Levels": {"recL1": {"CustomCSS": " https://a.example/b.css "}}}
    found = parsed(rows, seams=Seams(fetch_css=fetch)).content.levels[0]
    assert found.css == ".level-sheet p { color: red; }"
    assert asked == ["https://a.example/b.css"]


def test_a_sheet_that_cannot_be_fetched_is_a_fault_at_its_field() -> None:
    def fetch(address: str) -> str:
        raise StyleUnreachable("The server answered 404.")

    (found,) = faults({"Puzzles": {"recP1": {"CustomCSS": "https://a.example/b.css"}}}, seams=Seams(fetch_css=fetch))
    assert (found.record_id, found.field) == ("recP1", "CustomCSS")
    assert found.message.startswith("The server answered 404. Correct the link")


def test_pictures_go_through_the_seam_with_the_puzzle_whose_lock_is_theirs() -> None:
    asked: list[tuple[str, str]] = []

    def through(address: str, owner: str) -> str:
        asked.append((address, owner))
        return "/prox/x"

    picture = "![a](https://a.example/b.png)"
    rows: Cells = {"Puzzles": {"recP1": {"ContentText": picture}}, "Hints": {"recH2": {"HintText": picture}}}
    parsed(rows, seams=Seams(picture_url=through))
    assert sorted(asked) == [("https://a.example/b.png", "recP1"), ("https://a.example/b.png", "recP2")]


def test_others_get_a_turn_between_records() -> None:
    turns: list[None] = []
    parsed(seams=Seams(breathe=lambda: turns.append(None)))
    assert len(turns) == 7


def test_site_css_is_cleaned_and_its_faults_are_named() -> None:
    assert parsed(site_css="body { color: red; position: fixed }").content.site_css == "body { color: red; }"
    (found,) = faults(site_css="p { background: url(asset:x) }")
    assert (found.table, found.field) == ("Settings", "site_css")


def test_classes_of_the_own_sheet_are_kept_in_the_text() -> None:
    found = puzzle(CustomCSS=".box { margin: 0 }", ContentText='<p class="box other">x</p>')
    assert found.body_html == '<p class="box">x</p>'


def test_a_faulty_asset_is_named() -> None:
    (found,) = faults(assets={"a.html": "data:text/html,x"})
    assert (found.table, found.record_title) == ("assets", "a.html")


def test_assets_are_found_by_texts_sheets_and_attachments() -> None:
    made = source(
        {
            "Puzzles": {
                "recP1": {
                    "ContentText": "![a](asset:a.png)",
                    "Attachments": [{"url": "asset:a.png"}],
                    "CustomCSS": "p { background: url(asset:a.png) }",
                }
            }
        },
        assets={"a.png": "data:image/png;base64,AA=="},
    )
    found = parse(made, version=1).content.puzzles[0]
    assert found.body_html.count("/assets/") == found.css.count("/assets/") == 1
    assert found.attachments[0].url.startswith("/assets/")
    assert found.attachments[0].media_type == "image/png"


def test_faults_travel_between_processes() -> None:
    found = faults({"Puzzles": {"recP1": {"Value": -1}}})
    assert pickle.loads(pickle.dumps(found)) == found


# --- text that is no text --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sign", ["\v", "\f", "\x1e", "\x85", "\u2028"], ids=ascii)
def test_a_soft_break_keeps_two_words_apart(sign: str) -> None:
    found = parsed({"Puzzles": {"recP1": {"Title": f"One{sign}two", "ContentText": f"one{sign}two"}}})
    puzzle = found.content.puzzle("recP1")
    assert puzzle is not None
    assert (puzzle.title, puzzle.body_html) == ("One two", "<p>one<br>\ntwo</p>")
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("table", "row", "field"),
    [("Levels", "recL1", "Title"), ("Puzzles", "recP1", "Title"), ("Divisions", "recD1", "Name")],
)
@pytest.mark.parametrize("text", ["\u200b", "\u2060\u200d", "\u3164", "\u0301"], ids=ascii)
def test_a_title_that_nobody_can_see_is_a_fault(table: str, row: str, field: str, text: str) -> None:
    found = [one for one in faults({table: {row: {field: text}}}) if one.record_id == row]
    assert [(one.table, one.field) for one in found] == [(table, field)]


def test_ligatures_in_a_title_are_letters() -> None:
    assert puzzle(Title="The o\ufb03ce \ufb01le").title == "The office file"
    assert puzzle(Title="x² ½ ｗｉｄｅ").title == "x² ½ ｗｉｄｅ"


# --- addresses -------------------------------------------------------------------------------------------------------

HOSTS = [
    "https://a;sandbox/x", "https://a b/", "https://a'b/", "https://a,b.example/", "https://*.example/", "https://a..b/",
    "https://straße.example/", "https://a.example;script-src/", "https://例え;x.example/", "https://@a.example/",
    "https://\ud83d.example/", "https://a.example:/", "https://[::1;x]/",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTS, ids=ascii)
@pytest.mark.parametrize("kind", ["Embed", "Link"])
def test_an_address_whose_host_is_none_is_a_fault_at_its_field(kind: str, address: str) -> None:
    (found,) = faults({"Puzzles": {"recP1": {"Type": kind, "URL": address}}})
    assert (found.table, found.record_id, found.field) == ("Puzzles", "recP1", "URL")


@pytest.mark.parametrize("address", HOSTS, ids=ascii)
def test_so_are_those_of_attachments_and_style_sheets(address: str) -> None:
    (found,) = faults({"Puzzles": {"recP1": {"Attachments": [{"url": address, "filename": "x.png"}]}}})
    assert (found.table, found.record_id, found.field) == ("Puzzles", "recP1", "Attachments")
    found = faults({"Puzzles": {"recP1": {"CustomCSS": address}}})
    assert found == () or {one.field for one in found} == {"CustomCSS"}


def test_a_host_in_another_script_is_written_in_ascii() -> None:
    meant = "https://xn--r8jz45g.example:8443/%C3%BC?q=%C3%A4#%C3%B6"
    written = "https://例え.example:8443/ü?q=ä#ö"
    assert puzzle(Type="Embed", URL=written).url == meant
    assert puzzle(Attachments=[{"url": written, "filename": "x.png"}]).attachments[0].url == meant
    assert f'href="{meant}"' in puzzle(ContentText=f"[a link]({written})").body_html
    assert puzzle(Type="Link", URL="https://a.example/%C3%BC?a=b%20c").url == "https://a.example/%C3%BC?a=b%20c"


def test_a_link_in_a_text_that_names_no_host_is_warned_of() -> None:
    (found,) = warnings({"Puzzles": {"recP1": {"ContentText": "[a link](https://a;sandbox/)"}}})
    assert found.startswith("Puzzles › “One” (recP1) › ContentText: A link leads to https://a;sandbox/")
