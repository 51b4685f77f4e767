"""A small hunt to begin with, whose texts explain its fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.content.sources.tables import Record, Source
from app.content.writing.answers import hash_text
from app.ports import Hasher


@dataclass(frozen=True, slots=True)
class NewHunt:
    source: Source
    answers: tuple[tuple[str, str], ...]


# Title, slug, answer, what is particular.
PUZZLES: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "First Letters",
        "first-letters",
        "LANTERN",
        {
            "Order": 1,
            "Value": 10,
            "Description": "This line is `Description`: it stands in the list and above the puzzle.",
            "ContentText": "This text is `ContentText`, in Markdown. Read the first letters:\n\n"
            "- **L**emons\n- **A**pples\n- **N**uts\n- **T**ea\n- **E**ggs\n- **R**ice\n- **N**oodles\n\n"
            "`Solution` has the hash of the answer. Make one with *Organisers’ pages → Answer hashes* or "
            "`hunt hash --near`; the second hash is for `Near`.",
            "SolutionText": "This is `SolutionText`, shown after the hunt. The first letters spell LANTERN.",
            "Authors": "Your name",
        },
    ),
    (
        "A Picture",
        "a-picture",
        "CIRCLE",
        {
            "Order": 2,
            "Value": 10,
            "Description": "A puzzle with a picture and a reply to a near answer.",
            "ContentText": "What shape is this?\n\n![A round shape](asset:shape.svg)\n\n"
            "The picture is in `assets`, at the end of the file. Try “ring”: `Close1` has its hash, and `Close1Hint` "
            "what to say.",
            "Close1Hint": "Nearly. A ring has a hole.",
            "SolutionText": "A CIRCLE.",
            "Authors": "Your name",
        },
    ),
    (
        "The Meta",
        "the-meta",
        "LIGHTHOUSE",
        {
            "Order": 3,
            "Value": 30,
            "Meta": True,
            "Prereq": ["recFirstLetters", "recAPicture"],
            "Description": "It opens when both others are solved: see `Prereq`. `Meta` is ticked.",
            "ContentText": "The answers to the two other puzzles are on top of it: a light, and its shape from above. "
            "What building is it?\n\n`CustomSuccess` is said to the right answer.",
            "CustomSuccess": "That’s it! You’ve finished the hunt.",
            "SolutionText": "A LANTERN on top, a CIRCLE from above: a LIGHTHOUSE.",
            "Authors": "Your name",
        },
    ),
)
SHAPE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 40 40' width='160' height='160'%3E"
    "%3Ccircle cx='20' cy='20' r='18' fill='%23c8922b'/%3E%3C/svg%3E"
)


def new_hunt(hasher: Hasher) -> NewHunt:
    """Three puzzles with answers hashed just now. Raises HashingBusy."""
    tables = {
        "Levels": (
            _record(
                "recFirstLevel",
                Title="Level 1",
                Order=1,
                Unlocked=True,
                Slug="level-1",
                Description="A level holds puzzles. Untick `Unlocked` to hide it; add `UnlockAt` to open it later.",
            ),
        ),
        "Puzzles": tuple(_puzzle(hasher, *one) for one in PUZZLES),
        "Hints": (
            _hint("recHint1", "recFirstLetters", 1, 0, "The letters in bold matter. This hint has `Cost` 0: free."),
            _hint("recHint2", "recFirstLetters", 2, 1, "It’s a kind of lamp. This hint costs one hint credit."),
            _hint("recHint3", "recAPicture", 1, 1, "It has no corners."),
            _hint("recHint4", "recTheMeta", 1, 1, "It stands by the sea.", AvailableAfter=10),
        ),
        "Story": (_record("recStory1", Puzzle=["recFirstLetters"], Order=1, Text="{team}, welcome to the hunt."),),
        "Divisions": (
            _record("recOpen", Code="open", Name="Open", Public=True, Ranked=True, Order=1, FinalPuzzle=["recTheMeta"]),
        ),
        "Pages": (_record("recCredits", Slug="credits", Title="Credits", Order=1, Body="Written by your name."),),
    }
    return NewHunt(
        Source(tables, {"shape.svg": SHAPE}, "a new hunt"), tuple((title, answer) for title, _, answer, _ in PUZZLES)
    )


def _record(record_id: str, **fields: Any) -> Record:
    return Record(record_id, fields)


def _hint(record_id: str, puzzle: str, order: int, cost: int, text: str, **more: Any) -> Record:
    return _record(record_id, Puzzle=[puzzle], HintText=text, Order=order, Cost=cost, **more)


def _puzzle(hasher: Hasher, title: str, slug: str, answer: str, more: dict[str, Any]) -> Record:
    hashed = hash_text(hasher, answer)
    fields = {
        "Title": title, "Slug": slug, "Level": ["recFirstLevel"], "Type": "Text", "Unlocked": True, **more,
        "Solution": "\n".join(hashed.hashes), "Near": hashed.near,
    }  # fmt: skip
    if "Close1Hint" in more:
        fields["Close1"] = hash_text(hasher, "ring", has_near=False).hashes[0]
    return Record("rec" + title.replace(" ", ""), fields)
