"""How the answers of the Quay come out of their pages. See :mod:`tests.demo.derivations`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from tests.demo.reading import Known, letter, ordinal, quoted_lines, tables


def postcard(page: str, _known: Known) -> str:
    """First letters of the rhyme's lines."""
    rhyme = itertools.takewhile(bool, quoted_lines(page))
    return "".join(line[0] for line in rhyme)


def following(readings: Sequence[int]) -> int:
    """The next number of a series: equal steps, evenly growing steps, halving, or the sum of the last two."""
    steps = [b - a for a, b in itertools.pairwise(readings)]
    bends = {b - a for a, b in itertools.pairwise(steps)}
    if len(bends) == 1:
        return readings[-1] + steps[-1] + bends.pop()
    if all(a == 2 * b for a, b in itertools.pairwise(readings)):
        return readings[-1] // 2
    if all(a + b == c for a, b, c in zip(readings, readings[1:], readings[2:], strict=False)):
        return readings[-1] + readings[-2]
    raise ValueError(f"no rule for {readings}")


def gauges(page: str, _known: Known) -> str:
    """The next reading of every gauge, as a letter."""
    rows = tables(page)[0][1:]
    return "".join(letter(following([int(part) for part in row[1].split(",")])) for row in rows)


CARGO = {
    "Sea bird": "PELICAN",
    "You row": "OAR",
    "Heavy hook": "ANCHOR",
    "Lunch": "SANDWICH",
    "Where the sun": "EAST",
    "How many days": "SEVEN",
}


def cargo(page: str) -> list[tuple[str, str]]:
    """(word, its readable letter) in the order of the list."""
    found = []
    for clue, place in tables(page)[0][1:]:
        word = next(word for begins, word in CARGO.items() if clue.startswith(begins))
        found.append((word, word[ordinal(place) - 1]))
    return found


def manifest(page: str, _known: Known) -> str:
    """The readable letters, longest word first."""
    crates = cargo(page)
    assert len({len(word) for word, _ in crates}) == len(crates)
    return "".join(sign for _, sign in sorted(crates, key=lambda crate: -len(crate[0])))


HOURS_IN_DEGREES = {
    "12": 0,
    "half past 1": 45,
    "3": 90,
    "half past 4": 135,
    "6": 180,
    "half past 7": 225,
    "9": 270,
    "half past 10": 315,
}
WAYS_IN_DEGREES = {
    "up": 0,
    "top": 0,
    "up to the right": 45,
    "upper right": 45,
    "right": 90,
    "down to the right": 135,
    "bottom": 180,
    "left": 270,
    "up to the left": 315,
}


def clocks(page: str, _known: Known, *, is_turned: bool = True) -> str:
    """Each clock's hands, turned until its XII is on top, looked up on the signalman's card."""
    wall, card = tables(page)
    columns = [HOURS_IN_DEGREES[name] for name in card[0][1:]]
    rows = {HOURS_IN_DEGREES[row[0]]: dict(zip(columns, row[1:], strict=True)) for row in card[1:]}
    read = ""
    for _, twelve, hands in wall[1:]:
        turn = WAYS_IN_DEGREES[twelve] if is_turned else 0
        one, other = ((WAYS_IN_DEGREES[hand.strip().removeprefix("and ")] - turn) % 360 for hand in hands.split(", "))
        assert rows[one][other] == rows[other][one]
        read += rows[one][other]
    return read


BOATS = ("Curlew", "Heron", "Puffin", "Skua", "Tern")
Numbers = dict[str, int]

# The harbour master's sentences as they are published, and what each says about berths and crates.
CLUES: dict[str, Callable[[Numbers, Numbers], bool]] = {
    "The boat at Berth 5 carries more crates than any other.": lambda at, load: load[lying_at(5, at)] == 5,
    "The Tern carries exactly twice as many crates as the Puffin.": lambda at, load: load["Tern"] == 2 * load["Puffin"],
    "The Heron carries one crate more than the Puffin.": lambda at, load: load["Heron"] == load["Puffin"] + 1,
    "The Curlew carries more crates than the Skua.": lambda at, load: load["Curlew"] > load["Skua"],
    "The Puffin lies right beside the Tern and right beside the Heron.": lambda at, load: (
        abs(at["Puffin"] - at["Tern"]) == 1 and abs(at["Puffin"] - at["Heron"]) == 1
    ),
    "The boat at Berth 1 carries an even number of crates.": lambda at, load: load[lying_at(1, at)] % 2 == 0,
}


def lying_at(berth: int, at: Numbers) -> str:
    return next(boat for boat in BOATS if at[boat] == berth)


def clues_of(page: str) -> list[str]:
    """The sentences of the page's numbered list, each in one piece."""
    whole = re.sub(r"\n(?!\n|\d|\|)", " ", page)
    return re.findall(r"^\d+\. (.+)$", whole, flags=re.MULTILINE)


def moorings(page: str) -> list[tuple[Numbers, Numbers]]:
    """Every way to give the five boats berths and crates that breaks none of the page's clues."""
    clues = [CLUES[sentence] for sentence in clues_of(page)]
    found = []
    for berths_tried, crates_tried in itertools.product(itertools.permutations(range(1, 6)), repeat=2):
        at, load = dict(zip(BOATS, berths_tried, strict=True)), dict(zip(BOATS, crates_tried, strict=True))
        if all(holds(at, load) for holds in clues):
            found.append((at, load))
    return found


def berths(page: str, _known: Known) -> str:
    """The only mooring that fits; from each name the letter its crates count to."""
    assert all(f"**{boat}**" in re.sub(r"\s+", " ", page) for boat in BOATS)
    ((at, load),) = moorings(page)
    return "".join(boat[load[boat] - 1] for boat in sorted(BOATS, key=at.__getitem__))


def quay_board(page: str, known: Known) -> str:
    """Each answer on the row of its length; the thick-rimmed boxes downwards."""
    by_length = {len(answer): answer for answer in known.values()}
    assert len(by_length) == len(known)
    return "".join(by_length[int(boxes)][ordinal(marked) - 1] for _, boxes, marked in tables(page)[0][1:])
