"""The demo hunt's pictures say what its words say, and hold nothing but a drawing."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from tests.demo import derive_quay, plan
from tests.demo.published import HUNT, drawing, page
from tests.demo.reading import tables


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
