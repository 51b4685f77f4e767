"""How the answers of the Lamp Room come out of their pages. See :mod:`tests.demo.derivations`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from tests.demo.reading import Known, tables

Cell = tuple[int, int]


def runs(grid: Sequence[str], word: str) -> list[list[Cell]]:
    """Every straight run of cells in any of eight directions that reads ``word``."""
    size = len(grid)
    ways = [way for way in itertools.product((-1, 0, 1), repeat=2) if way != (0, 0)]
    found = []
    for row, column, (down, right) in itertools.product(range(size), range(size), ways):
        cells = [(row + down * i, column + right * i) for i in range(len(word))]
        is_inside = all(0 <= r < size and 0 <= c < size for r, c in cells)
        if is_inside and all(grid[r][c] == sign for (r, c), sign in zip(cells, word, strict=True)):
            found.append(cells)
    return found


def left_in_the_fog(page: str) -> str:
    """The letters that belong to none of the words, line by line."""
    grid = ["".join(row[1:]) for row in tables(page)[0][1:]]
    words = re.search(r"\*\*To find:\*\* (.+)", page).group(1).split(", ")  # type: ignore[union-attr]
    used: set[Cell] = set()
    for word in words:
        (cells,) = runs(grid, word)
        used.update(cells)
    return "".join(sign for r, row in enumerate(grid) for c, sign in enumerate(row) if (r, c) not in used)


def fog(page: str, _known: Known) -> str:
    """The last word of the message that is left."""
    message = left_in_the_fog(page)
    opening = "THELASTLIGHTISA"
    assert message.startswith(opening)
    return message.removeprefix(opening)


LOST = {
    ("CHANGE", "BOARD"): "OVER",
    ("HONEY", "LIGHT"): "MOON",
    ("PASS", "HOLE"): "PORT",
    ("PINE", "SAUCE"): "APPLE",
    ("POST", "BOARD"): "CARD",
    ("QUICK", "PAPER"): "SAND",
    ("ROCK", "FISH"): "STAR",
}


def winds(page: str, _known: Known, *, clockwise: bool = True) -> str:
    """First letters of the words between, by degrees."""
    found = []
    for before, length, after, degrees in tables(page)[0][1:]:
        word = LOST[before, after]
        assert length == f"({len(word)})"
        found.append((int(degrees.strip("°")), word[0]))
    return "".join(sign for _, sign in (sorted(found) if clockwise else found))


SIZE = 6
RIDDLES = {"IFOLLOWYOUBYLAMPLIGHTANDDIEINTHEDARK": "SHADOW"}


def turned(holes: Sequence[Cell]) -> list[Cell]:
    """The holes after a quarter turn to the right, line by line."""
    return sorted((column, SIZE - 1 - row) for row, column in holes)


def seen_through_the_shutter(page: str) -> list[str]:
    """What the holes show with the notch at the top, and after each quarter turn to the right."""
    glass, shutter = tables(page)
    letters = [row[1:] for row in glass[1:]]
    holes = [(row, int(column) - 1) for row, line in enumerate(shutter[1:]) for column in line[1].split(", ")]
    found, covered = [], set()
    for _ in range(4):
        found.append("".join(letters[row][column] for row, column in holes))
        covered.update(holes)
        holes = turned(holes)
    assert len(covered) == SIZE * SIZE, "each letter is seen once"
    return found


def shutter(page: str, _known: Known) -> str:
    """Whom the sentence is about, which begins at one of the four ways up."""
    parts = seen_through_the_shutter(page)
    sentences = ["".join(parts[first:] + parts[:first]) for first in range(4)]
    (riddle,) = RIDDLES.keys() & set(sentences)
    return RIDDLES[riddle]


def panes(page: str, known: Known) -> str:
    """From each answer the letter its pane's height counts to. ``known`` is by the puzzles' titles."""
    (_, heights), titles = tables(page)
    return "".join(known[title][int(height) - 1] for height, (_, title) in zip(heights[1:], titles[1:], strict=True))
