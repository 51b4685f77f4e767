from __future__ import annotations

from typing import Any

import pytest

from app.content.faults import ContentFaulty
from app.content.parse.parser import parse
from app.content.sources.tables import Record, Source
from tests.support.records import HASH, Cells, faults, parsed, source, warnings


def puzzle(**cells: Any) -> Any:
    """The first puzzle of the sound hunt with these cells."""
    return parsed({"Puzzles": {"recP1": cells}}).content.puzzle("recP1")


def level(**cells: Any) -> Any:
    return parsed({"Levels": {"recL1": cells}}).content.level("recL1")


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
    "https://\ud83d.example/", "https://a.example:/", "https://[::1;x]/", "https://127.1/", "https://a.1/", "https://[1:2]/",
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


def test_an_embedded_page_has_a_host_that_a_policy_can_name() -> None:
    (found,) = faults({"Puzzles": {"recP1": {"Type": "Embed", "URL": "https://[2001:db8::1]:8443/x"}}})
    assert (found.field, "IPv6" in found.message) == ("URL", True)
    assert puzzle(Type="Link", URL="https://[2001:db8::1]:8443/x").url == "https://[2001:db8::1]:8443/x"


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


@pytest.mark.parametrize("tick", [True, "TRUE", " Yes ", "y", "on", "✓", "✔️", "x", 1, 1.0, "1.0", ["yes"]])
def test_a_ticked_box_is_one_however_a_table_writes_it(tick: object) -> None:
    assert parsed({"Puzzles": {"recP1": {"FreeGuesses": tick}}}).content.puzzles[0].has_free_guesses


@pytest.mark.parametrize("tick", [False, "FALSE", "no", "n", "off", 0, 0.0, "0.0", " ", "☐"])
def test_an_empty_box_is_one_however_a_table_writes_it(tick: object) -> None:
    assert not parsed({"Puzzles": {"recP1": {"FreeGuesses": tick}}}).content.puzzles[0].has_free_guesses


@pytest.mark.parametrize("written", ["1.000", "12.000", " 250.000 "])
def test_a_number_with_a_point_before_three_zeros_is_asked_for_again(written: str) -> None:
    (fault,) = faults({"Puzzles": {"recP1": {"Value": written}}})
    assert written.strip().replace(".", "") in fault.message


def test_a_number_of_a_spreadsheet_is_the_same_with_its_point() -> None:
    for written in (10, 10.0, "10", "10.", "10.0", "10.00"):
        assert parsed({"Puzzles": {"recP1": {"Value": written}}}).content.puzzles[0].value == 10


def test_the_letter_of_utc_may_be_small() -> None:
    small, capital = (parsed({"Puzzles": {"recP1": {"UnlockAt": f"2030-06-01T18:00{one}"}}}).content for one in "zZ")
    assert small.puzzles[0].unlock_at == capital.puzzles[0].unlock_at is not None
