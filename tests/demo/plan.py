"""The demo hunt's frame: its levels, its divisions, and which picture is drawn from which figures.

The puzzles themselves are in ``source/``. Called by :mod:`tests.demo.build`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

QUAY = ("postcard", "gauges", "manifest", "clocks", "berths")
STAIR = ("ropes", "steps", "logbook", "windows", "lamps")

# In degrees on the wall: where XII hangs, and the two hands.
CLOCKS = ((180, (0, 315)), (0, (45, 315)), (90, (135, 315)), (45, (90, 270)))
# The marked box of each row, as (length, box).
BOARD = ((7, 1), (6, 3), (4, 2), (8, 8), (5, 4))
# As they hang, from the left: the number on the hook, the rope.
ROPES = ((3, "---"), (1, "-.-."), (5, "-."), (2, ".-.."), (4, ".--"))
# Lit windows of each floor from the ground, numbered as a Braille cell is.
FLOORS = ({1, 4}, {1}, {2, 3, 4, 5}, {2, 3, 4, 5}, {1, 2, 3}, {1, 5})
# Degrees from north; the word before the gap and the word after it.
WINDS = (
    (50, "CHANGE", "BOARD"),
    (100, "HONEY", "LIGHT"),
    (150, "PASS", "HOLE"),
    (200, "PINE", "SAUCE"),
    (0, "POST", "BOARD"),
    (300, "QUICK", "PAPER"),
    (250, "ROCK", "FISH"),
)
PANES = (3, 5, 6, 6, 4, 3, 2, 2, 1, 2, 2, 4, 5)

LAMP_ROOM_CSS = """blockquote {
  border-inline-start: .5rem solid var(--accent);
  background: var(--soft);
  color: var(--ink);
  padding: .75rem 1rem;
}
table th { border-bottom: 3px double var(--accent); }
"""


def levels(puzzle_id: Callable[[str], str]) -> list[dict[str, Any]]:
    """The three levels. The second opens after three puzzles of the first, the third after four of what came before."""
    return [
        {
            "Title": "The Quay",
            "Description": "Where the mail boat ties up. Small mysteries, and a board to hang them on.",
            "Order": 1,
            "Unlocked": True,
            "Meta": [puzzle_id("quay-board")],
            "Slug": "quay",
        },
        {
            "Title": "The Stair",
            "Description": "One turn for every puzzle, and a voice from above.",
            "Order": 2,
            "Unlocked": True,
            "Prereq": [puzzle_id(key) for key in QUAY],
            "PrereqCount": 3,
            "Meta": [puzzle_id("speaking-tube")],
            "Slug": "stair",
        },
        {
            "Title": "The Lamp Room",
            "Description": "At the top there is glass on all sides, and an answer in it.",
            "Order": 3,
            "Unlocked": True,
            "Prereq": [puzzle_id(key) for key in ("quay-board", *STAIR)],
            "PrereqCount": 4,
            "Meta": [puzzle_id("panes")],
            "Slug": "lamp-room",
            "CustomCSS": LAMP_ROOM_CSS,
        },
    ]


def divisions(puzzle_id: Callable[[str], str]) -> list[dict[str, Any]]:
    """Two boards with the same hunt and the same last puzzle."""
    return [
        {
            "Code": code,
            "Name": name,
            "Public": True,
            "Ranked": True,
            "FinalPuzzle": [puzzle_id("panes")],
            "Order": order,
        }
        for order, (code, name) in enumerate((("solo", "Solo"), ("teams", "Teams")), 1)
    ]


def art(draw: ModuleType) -> dict[str, str]:
    """Every picture of the hunt by its asset name."""
    return {
        "cape.svg": draw.cape(),
        "stopped-clocks.svg": draw.stopped_clocks(CLOCKS),
        "quay-board.svg": draw.board(BOARD),
        "bell-ropes.svg": draw.bell_ropes(ROPES),
        "windows.svg": draw.tower(FLOORS),
        "wind-rose.svg": draw.wind_rose(WINDS),
        "panes.svg": draw.panes(PANES),
    }
