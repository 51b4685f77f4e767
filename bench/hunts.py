"""Hunts of any size, made up: the records of a file, with texts as long as writers write them.

The same ``edition`` gives the same hunt. In another edition every text differs, so that nothing that was rendered
before can be remembered.
"""

from __future__ import annotations

import random

from app.content.sources.tables import Record, Source

# One hash serves all: restocking looks at its form, never at what it was made from.
HASH = "$2b$10$abcdefghijklmnopqrstuuAbCdEfGhIjKlMnOpQrStUvWxYzAbCdE"
_WORDS = (
    "harbour lantern tide rope ledger fog compass anchor stair window beacon gull chart bell keel mast oil wick "
    "signal night storm ferry cargo berth channel reef sound light keeper logbook"
)
WORDS = tuple(_WORDS.split())
PUZZLES_IN_A_LEVEL = 20


def made_up_hunt(puzzles: int, edition: int = 1) -> Source:
    """A hunt of so many puzzles, three hints each, a story block for every fifth, a style sheet for every tenth."""
    dice = random.Random(edition)
    levels = max(1, puzzles // PUZZLES_IN_A_LEVEL)
    tables = {
        "Levels": tuple(_level(dice, place) for place in range(levels)),
        "Puzzles": tuple(_puzzle(dice, place, levels) for place in range(puzzles)),
        "Hints": tuple(_hint(dice, place, number) for place in range(puzzles) for number in range(3)),
        "Story": tuple(_story(dice, place) for place in range(0, puzzles, 5)),
    }
    return Source(tables, origin=f"a made-up hunt of {puzzles} puzzles")


def _level(dice: random.Random, place: int) -> Record:
    before = {"Prereq": [f"recP{place - 1:04d}"]} if place else {}
    fields = {"Title": f"Level {place}", "Description": _text(dice, 40), "Order": place, "Unlocked": True, **before}
    return Record(f"recL{place:04d}", fields)


def _puzzle(dice: random.Random, place: int, levels: int) -> Record:
    fields = {
        "Title": f"Puzzle {place}",
        "Description": _text(dice, 12),
        "Order": place // levels,
        "Level": [f"recL{place % levels:04d}"],
        "Value": 100,
        "Unlocked": True,
        "Slug": f"puzzle-{place}",
        "Type": "Text",
        "ContentText": _sheet(dice),
        "Solution": HASH,
        "Close1": HASH.replace("Ab", "Bc"),
        "Close1Hint": _text(dice, 8),
        "CustomError": _text(dice, 6),
        "SolutionText": _text(dice, 80),
        "Authors": "Bench",
        **({"CustomCSS": ".stamp { color: teal; } td { padding: 1rem; }"} if place % 10 == 0 else {}),
    }
    return Record(f"recP{place:04d}", fields)


def _hint(dice: random.Random, place: int, number: int) -> Record:
    fields = {"Puzzle": [f"recP{place:04d}"], "HintText": _text(dice, 15), "Order": number + 1, "Cost": 1}
    return Record(f"recH{place:04d}{number}", fields)


def _story(dice: random.Random, place: int) -> Record:
    return Record(f"recS{place:04d}", {"Puzzle": [f"recP{place:04d}"], "Text": f"{{team}}, {_text(dice, 60)}"})


def _sheet(dice: random.Random) -> str:
    """Two paragraphs, a table of ten lines and a list."""
    table = "| place | word | number |\n| --- | :---: | ---: |\n"
    table += "\n".join(f"| {n} | {dice.choice(WORDS)} | {dice.randrange(1000)} |" for n in range(10))
    items = "\n".join(f"- *{dice.choice(WORDS)}* and **{dice.choice(WORDS)}**" for _ in range(6))
    return f"## {_text(dice, 3)}\n\n{_text(dice, 60)}\n\n{table}\n\n{items}\n\n{_text(dice, 30)}"


def _text(dice: random.Random, words: int) -> str:
    return " ".join(dice.choice(WORDS) for _ in range(words)).capitalize() + f" {dice.randrange(10**6)}."
