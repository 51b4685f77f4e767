from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from app.content.parse.parser import Seams, parse
from app.content.parse.records import StyleUnreachable
from app.content.sources.json_file import read_file
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
