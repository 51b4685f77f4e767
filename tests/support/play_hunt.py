"""A hunt with every part that changes what a page shows, in as many variants as one likes."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any

from tests.support.clock import NOON
from tests.support.world import hashed

LEVELS, PUZZLES = ("quay", "market", "tower"), ("crane", "rope", "stall", "scales", "bell", "crown")
ANSWERS = {key: f"{key} answer" for key in PUZZLES}
_SOLUTIONS = {key: hashed(answer) for key, answer in ANSWERS.items()}
_CLOSE = {key: hashed(f"{key} close") for key in PUZZLES}


def make_hunt(random: Random) -> dict[str, Any]:
    """A hunt as the JSON file has it; which parts it has is a matter of chance."""
    tables = {
        "Levels": [_level(random, place) for place in range(len(LEVELS))],
        "Puzzles": [_puzzle(random, place) for place in range(len(PUZZLES))],
        "Hints": [_hint(random, puzzle, order) for puzzle in PUZZLES for order in (1, 2)],
        "Story": [_record("story", key, Puzzle=[f"recPuzzle{key}"], Text=f"{{team}} at {key}.") for key in PUZZLES[:3]],
        "Divisions": _divisions(random),
        "Pages": [_record("page", "rules", Slug="rules", Title="Rules", Body=f"Rule {random.randrange(3)}.")],
    }
    return {"format": 1, "tables": tables}


def _record(table: str, name: str, **fields: Any) -> dict[str, Any]:
    return {"id": f"rec{table.title()}{name}", "fields": {key: value for key, value in fields.items() if value}}


def _moment(random: Random, chance: float = 0.3) -> str:
    """A time within the hours of the play, or none."""
    at = NOON + timedelta(minutes=random.randrange(-60, 180), seconds=random.randrange(60))
    return at.isoformat() if random.random() < chance else ""


def _level(random: Random, place: int) -> dict[str, Any]:
    needed = [f"recPuzzle{PUZZLES[2 * place - 1]}"] if place and random.random() < 0.5 else []
    return _record(
        "level", LEVELS[place], Title=f"Level {LEVELS[place]}", Slug=LEVELS[place], Order=place + 1,
        Unlocked=random.random() < 0.95, Prereq=needed, UnlockAt=_moment(random), Description=_words(random),
        CustomCSS=".prose { color: red }" if random.random() < 0.2 else "",
        Meta=[f"recPuzzle{PUZZLES[2 * place + 1]}"] if random.random() < 0.5 else [],
    )  # fmt: skip


def _puzzle(random: Random, place: int) -> dict[str, Any]:
    key, kind = PUZZLES[place], random.choice(("Text", "Text", "Link", "Embed"))
    return _record(
        "puzzle", key, Title=f"{_words(random)} {key}", Slug=key, Order=place, Level=[f"recLevel{LEVELS[place // 2]}"],
        Value=random.choice((10, 20, 50)), Meta=place % 2 == 1, Unlocked=random.random() < 0.95,
        UnlockAt=_moment(random, 0.2), Prereq=_before(random, place),
        Divisions="" if random.random() < 0.9 else "open", Type=kind,
        URL=f"https://{random.choice(('pieces', 'frames'))}.example/{key}" if kind != "Text" else "",
        ContentText=f"{_words(random)} *body*", Description=_words(random), Solution=_SOLUTIONS[key],
        Close1=_CLOSE[key], Close1Hint="Nearly.", Erratum=_words(random) if random.random() < 0.2 else "",
        SolutionText="The solution.", Authors="Ada", Access=random.sample(["Audio", "Colour"], random.randrange(3)),
        FreeGuesses=random.random() < 0.2, CustomSuccess="Well done." if random.random() < 0.3 else "",
    )  # fmt: skip


def _before(random: Random, place: int) -> list[str]:
    """What opens a puzzle: the one before it, or nothing."""
    return [f"recPuzzle{PUZZLES[place - 1]}"] if place % 2 and random.random() < 0.4 else []


def _hint(random: Random, puzzle: str, order: int) -> dict[str, Any]:
    return _record(
        "hint", f"{puzzle}{order}", Puzzle=[f"recPuzzle{puzzle}"], HintText=f"{_words(random)} {order}", Order=order,
        Cost=random.choice((0, 1, 2)), AvailableAfter=random.choice((0, 0, 1, 10, 45)),
    )  # fmt: skip


def _divisions(random: Random) -> list[dict[str, Any]]:
    return [
        _record("division", "open", Code="open", Name="Open", Public=True, Ranked=True, Order=1,
                FinalPuzzle=["recPuzzlecrown"]),
        _record("division", "quiet", Code="quiet", Name="Quiet", Public=True, Ranked=random.random() < 0.3, Order=2),
        _record("division", "guests", Code="guests", Name="Guests", Public=random.random() < 0.3, Ranked=True, Order=3),
    ]  # fmt: skip


def _words(random: Random) -> str:
    return random.choice(("Salt", "Tar", "Wind", "Old <b>ropes</b>", "Ä & Ö"))
