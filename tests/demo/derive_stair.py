"""How the answers of the Stair come out of their pages. See :mod:`tests.demo.derivations`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from tests.demo.reading import Known, Table, quoted_lines, tables


def bell_code(page: str) -> dict[str, str]:
    """The Morse list on the wall: pull -> letter."""
    cells = [cell for row in tables(page)[1][1:] for cell in row]
    return {pull: sign for sign, pull in zip(cells[::2], cells[1::2], strict=True) if sign}


def ropes(page: str, _known: Known, *, by_hook: bool = True) -> str:
    """Each rope as Morse code, in the order of the hooks."""
    code = bell_code(page)
    read = []
    for _, hook, shapes in tables(page)[0][1:]:
        pull = "".join({"knot": ".", "sleeve": "-"}[shape] for shape in shapes.split(", "))
        read.append((int(hook), code[pull]))
    return "".join(sign for _, sign in (sorted(read) if by_hook else read))


TREADS = {
    "The lowest tread": "WILT",
    "Come to a stand": "HALT",
    "Fine mud": "SILT",
    "“Listen!”": "HARK",
    "The handle": "HILT",
    "A grown male deer": "HART",
}


def one_apart(first: str, second: str) -> bool:
    return sum(a != b for a, b in zip(first, second, strict=True)) == 1


def ladders(page: str) -> list[tuple[str, ...]]:
    """Every way up from the lowest tread over all the others."""
    notes = [line.removeprefix("- ").strip("*") for line in page.splitlines() if line.startswith("- ")]
    words = [next(word for begins, word in TREADS.items() if note.startswith(begins)) for note in notes]
    return [
        (words[0], *rest)
        for rest in itertools.permutations(words[1:])
        if all(one_apart(a, b) for a, b in itertools.pairwise((words[0], *rest)))
    ]


def new_letters(words: Sequence[str]) -> str:
    """The letter that is new in each word after the first."""
    return "".join(
        next(b for a, b in zip(before, after, strict=True) if a != b) for before, after in itertools.pairwise(words)
    )


def steps(page: str, _known: Known) -> str:
    """The new letters on the only way up."""
    (ladder,) = ladders(page)
    return new_letters(ladder)


SECRET = (
    "DEAR FRIEND, YOU ARE READING MY SECRET HAND. WRITE THE TRUE ALPHABET IN ONE ROW, AND MINE IN THE NEXT ROW "
    "BELOW IT. READ WHAT STANDS BELOW T AND BELOW EACH OF THE FOUR LETTERS AFTER IT. YOURS, OTTOLINE VANE"
)


def secret_alphabet(page: str) -> dict[str, str]:
    """Secret letters by true letters. The reading is ours (no code guesses prose); that it fits is proved."""
    cipher = " ".join(line for line in quoted_lines(page) if line)
    pairs = {(true, secret) for true, secret in zip(SECRET, cipher, strict=True) if true.isalpha()}
    assert all(true == secret for true, secret in zip(SECRET, cipher, strict=True) if not true.isalpha())
    alphabet = dict(pairs)
    assert len(pairs) == len(alphabet) == len(set(alphabet.values()))
    assert all(true != secret for true, secret in pairs)
    return alphabet


def logbook(page: str, _known: Known) -> str:
    """What stands below T and the four letters after it."""
    alphabet = secret_alphabet(page)
    return "".join(alphabet[true] for true in "TUVWX")


def windows(page: str, _known: Known) -> str:
    """Each floor as a Braille cell, from the ground up."""
    house, _, plate = tables(page)
    cells = [cell for row in plate[1:] for cell in row]
    braille = {dots: sign for sign, dots in zip(cells[::2], cells[1::2], strict=True)}
    return "".join(braille[lit] for _, lit in reversed(house[1:]))


def presses_that_light_all(wall: Table) -> list[str]:
    """Every set of lamps (as their letters in reading order) that leaves all nine lit."""
    lamps = [cell.split(": ") for row in wall[1:] for cell in row[1:]]
    letters, dark = [sign for sign, _ in lamps], [state == "dark" for _, state in lamps]
    found = []
    for pressed in itertools.product((False, True), repeat=9):
        changed = [sum(pressed[other] for other in touching(place)) % 2 == 1 for place in range(9)]
        if changed == dark:
            found.append("".join(itertools.compress(letters, pressed)))
    return found


def touching(place: int) -> list[int]:
    """The lamp itself and those directly above, below, left and right."""
    row, column = divmod(place, 3)
    return [
        3 * r + c
        for r, c in ((row, column), (row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1))
        if 0 <= r < 3 and 0 <= c < 3
    ]


def lamps(page: str, _known: Known) -> str:
    """The lamps of the only set of presses that works."""
    (only,) = presses_that_light_all(tables(page)[0])
    return only


HEARD = {"A tiny": "SPARK", "What a queen": "CROWN", "A long": "SPIKE", "A fortress": "CASTLE", "A trinket": "CHARM"}


def heard(page: str) -> list[str]:
    """The five words Ottoline heard, in her order."""
    rows = tables(page)[0][1:]
    words = [next(word for begins, word in HEARD.items() if clue.startswith(begins)) for _, clue, _ in rows]
    assert [len(word) for word in words] == [int(length) for _, _, length in rows]
    return words


def misheard(page: str, known: Known) -> list[tuple[str, str]]:
    """(what was said, what was heard), one answer for each word heard."""
    found = []
    for word in heard(page):
        (said,) = [answer for answer in known.values() if len(answer) == len(word) and one_apart(answer, word)]
        found.append((said, word))
    assert len({said for said, _ in found}) == len(known)
    return found


def speaking_tube(page: str, known: Known) -> str:
    """The new letter of each word heard."""
    return "".join(new_letters(pair) for pair in misheard(page, known))
