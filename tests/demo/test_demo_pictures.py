"""The demo hunt's pictures say what its words say, and hold nothing but a drawing."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator

import pytest
from bs4 import BeautifulSoup, Tag

from app.content.parse.parser import parse
from app.content.sources.json_file import read_file
from tests.demo import build, derive_quay, plan
from tests.demo.published import HUNT, PUZZLES, drawing, page
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


# --- in words --------------------------------------------------------------------------------------------------------

FEWEST_WORDS = 6


def texts_in(value: object, place: str = "content") -> Iterator[tuple[str, str]]:
    """Every HTML of a content with its place, however deep it lies."""
    if dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name), f"{place}.{field.name}")
    elif isinstance(value, tuple):
        for number, one in enumerate(value):
            yield from texts_in(one, f"{place}[{getattr(one, 'key', number)}]")
    elif isinstance(value, str) and place.rpartition(".")[2].endswith("html"):
        yield place, value


def pictures() -> list[tuple[str, Tag]]:
    """Every picture of the demo hunt, as its pages show it."""
    content = parse(read_file(build.TARGET), version=1).content
    return [(place, tag) for place, html in texts_in(content) for tag in BeautifulSoup(html, "html5lib").select("img")]


def without_words(found: Iterable[tuple[str, Tag]]) -> list[str]:
    """The places of pictures whose text is missing, a mere name, or too short to stand for the picture."""
    return [
        place
        for place, tag in found
        if len(str(tag.get("alt", "")).split()) < FEWEST_WORDS or re.search(r"\.\w{3,4}$", str(tag.get("alt", "")))
    ]


def test_every_picture_says_in_words_what_it_shows() -> None:
    found = pictures()
    assert len(found) == len(HUNT["assets"])
    assert without_words(found) == []
    texts = [str(tag["alt"]) for _, tag in found]
    assert len(set(texts)) == len(texts)


def test_a_puzzle_with_a_picture_describes_it_and_says_so() -> None:
    for place, _ in pictures():
        key = re.search(r"puzzles\[([\w-]+)\]", place)
        if key:
            assert {"picture", "described in words"} <= set(PUZZLES[key[1]]["Access"]), place
    assert [key for key, fields in PUZZLES.items() if fields.get("Attachments")] == []


@pytest.mark.parametrize(
    "alt", ["", 'alt=""', 'alt="map.svg"', 'alt="A picture of some of the things in map.svg"', 'alt="A map"']
)
def test_a_picture_without_words_would_be_found(alt: str) -> None:
    tag = BeautifulSoup(f'<img src="/a.svg" {alt}>', "html5lib").img
    assert without_words([("here", tag)]) == ["here"]
