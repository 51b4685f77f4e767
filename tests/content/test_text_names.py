"""Ids and classes: what a text has and what a style sheet names meet on the page, in any script."""

from __future__ import annotations

import re
from typing import Any

import html5lib
import pytest
import tinycss2

from app.content.html.css import classes_in
from app.content.html.selectors import Reach, SelectorRefused, scoped_selectors
from tests.support.records import parsed, warnings


def puzzle(css: str, text: str, level_css: str | None = None, **more: Any) -> Any:
    cells: Any = {"CustomCSS": css, "ContentText": text, **more}
    return parsed({"Puzzles": {"recP1": cells}, "Levels": {"recL1": {"CustomCSS": level_css}}}).content.puzzle("recP1")


def ids_named(css: str) -> set[str]:
    """The ids of a style sheet's selectors, without escapes."""
    return {
        token.value
        for rule in tinycss2.parse_stylesheet(css, skip_whitespace=True)
        for token in _all(rule.prelude)
        if token.type == "hash"
    }


def _all(tokens: list[Any]) -> list[Any]:
    return [one for token in tokens for one in ([token] if token.type != "function" else _all(token.arguments))]


NAMES = ["x", "größe", "1a", "md:flex", "a.b", "海", "-5", "50%", "x" * 90]


@pytest.mark.parametrize("name", NAMES)
def test_an_id_and_a_class_of_any_name_are_reached_by_the_sheet(name: str) -> None:
    written = tinycss2.serialize_identifier(name)
    found = puzzle(f"#{written} {{ color: red }} .{written} {{ color: red }}", f'<p id="{name}" class="{name}">red</p>')
    (element,) = html5lib.parseFragment(found.body_html, namespaceHTMLElements=False)
    assert element.attrib["id"] in ids_named(found.css)
    assert element.attrib["class"] == name
    assert name in classes_in(found.css)


def test_classes_are_known_from_wherever_a_sheet_names_them() -> None:
    css = ".a:not(.b) { c: d } @media print { .c { c: d } } [class~=d] { c: d } [class='e f'] { c: d }"
    css += " @supports (a:b) { @media x { .g {h:i} } }"
    assert classes_in(css) == {"a", "b", "c", "d", "e", "f", "g"}


def test_a_puzzle_may_use_the_classes_of_its_levels_sheet() -> None:
    assert 'class="ours"' in puzzle("p { color: red }", '<p class="ours">x</p>', ".ours { color: red }").body_html


def test_a_levels_sheet_reaches_the_ids_of_its_puzzles_texts() -> None:
    found = parsed({"Levels": {"recL1": {"CustomCSS": "#x { color: red }"}}}).content.level("recL1")
    assert found
    assert '[id$="-contenttext-x"]' in found.css
    assert "#recL1-description-x" in found.css


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("#x", ":is(#a-x, #b-x)"),
        ("p:not(#x)", "p:not(:is(#a-x, #b-x))"),
        ("[id=x]", ':is([id="a-x"], [id="b-x"])'),
        ('[id^="cell"]', ':is([id^="a-cell"], [id^="b-cell"])'),
        ('a[href="#x"]', 'a:is([href="#a-x"], [href="#b-x"])'),
        ('a[href="https://x.example"]', 'a[href="https://x.example"]'),
        ("td[headers~=h]", 'td:is([headers~="a-h"], [headers~="b-h"])'),
        ("[usemap='#m']", ':is([usemap="#a-m"], [usemap="#b-m"])'),
        ("td[align=right]", "td:is(.align-right, .block-right)"),
        ("tr[valign=top]", "tr.valign-top"),
        ("[lang]", "[lang]"),
    ],
)
def test_references_in_selectors_follow_the_same_map(selector: str, expected: str) -> None:
    found = scoped_selectors(tinycss2.parse_component_value_list(selector), ".box", Reach(("a-", "b-")))
    assert found == f".box {expected}"


@pytest.mark.parametrize("selector", ["center", "h1", "[class^=col]", "tt.x"])
def test_a_selector_that_can_match_nothing_is_warned_of(selector: str) -> None:
    with pytest.raises(SelectorRefused):
        scoped_selectors(tinycss2.parse_component_value_list(selector), ".box", has_title=False)
    cells = {"Puzzles": {"recP1": {"CustomCSS": f"{selector} {{ color: red }}", "ContentText": "x"}}}
    assert any("CustomCSS" in warning for warning in warnings(cells))


def test_links_headers_and_labels_follow_the_ids_of_their_text() -> None:
    found = puzzle(
        "",
        '<table><tr><th id="größe">A</th></tr><tr><td headers="größe" aria-labelledby="größe">1</td></tr></table>\n\n'
        "[go](#größe)",
    ).body_html
    (given,) = re.findall(r'id="([^"]+)"', found)
    assert re.findall(r'(?:headers|aria-labelledby|href)="#?([^"]+)"', found) == [given] * 3
