"""One slip of the finger, decided without the answer in clear text.

A slip is one letter missing, one too many, one wrong, or two neighbours swapped. The writer's generator makes a
signature of the answer; the close-answer power-up compares a guess with it. bcrypt is a port, ``hasher(salt, form)``,
which gives equal texts for equal forms under one salt; the salt is made by the caller.

How it works. Let A be the answer of n letters and A-i the answer without its letter i. bcrypt is run once, under one
salt of the signature's own, for A and for every different A-i. From each result follow, by SHA-256, a mark “whole” or a
mark for the place i, and the signature is the sorted list of the n + 1 marks, 72 bits each. For a guess G of m letters:

- m = n, and a mark (G-i, i) is there: at most letter i differs. Together (G-i, i+1) and (G-(i+1), i) say that the
  letters i and i+1 are swapped, for the first means G[i+1] = A[i] and the second G[i] = A[i+1], the rest being equal.
- m = n - 1, and a mark (G, i) is there for some i: G is A with letter i missing.
- m = n + 1, and some G-i has the mark “whole”: G is A with letter i too many.

Both ways, so the answer is exact; only a collision of 72 bits could deceive.

What it costs: n + 1 runs of bcrypt at most to sign, and for a guess m at most when it is as long as the answer or one
longer, a single one when it is one shorter, none for any other length. At cost 10: about a second for 15 letters.

What it gives away to someone who steals the base: the number of letters, which is left open so that most guesses cost
nothing, and a second thing to try words against. A whole word costs the thief one run of bcrypt to try, as with the
answer's hash. But a form with one letter missing can be found first and the letter after it, which saves somebody who
tries all combinations of letters, and not a dictionary, the work of about one letter. Which letters are equal, and
where, does not show. An answer of one or two letters is within a slip of very many guesses: better not to sign it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from itertools import pairwise

Hasher = Callable[[str, str], str]

_MARK_BYTES = 9
_WHOLE = -1
_SIGNATURE = re.compile(
    r"near1(?P<salt>\$2b\$(?:0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{21}[.Oeu])"
    r"\$(?P<marks>[A-Za-z0-9_-]{12}(?:,[A-Za-z0-9_-]{12}){1,72})"
)


def near_forms(normalised: str) -> tuple[str, ...]:
    """The word and the word without each of its letters, every form once."""
    return tuple(dict.fromkeys((normalised, *_shortened(normalised))))


def signature(normalised: str, salt: str, hasher: Hasher) -> str:
    """The signature of an answer, for the ``Near`` field. ``salt`` is bcrypt's own kind, fresh for every answer.

    Raises ValueError for an empty answer and for a salt that bcrypt would not take.
    """
    hashed = {form: hasher(salt, form) for form in near_forms(normalised)}
    places = enumerate(_shortened(normalised))
    marks = [_mark(hashed[normalised], _WHOLE), *(_mark(hashed[form], place) for place, form in places)]
    text = f"near1{salt}${','.join(sorted(marks))}"
    if not is_signature(text):
        raise ValueError("this answer cannot be signed")
    return text


def is_signature(text: str) -> bool:
    """Whether the text is a signature that can be compared with."""
    return _SIGNATURE.fullmatch(text) is not None


def salt_of(signed: str) -> str:
    """The salt under which a guess's forms are to be hashed. Raises ValueError for what is no signature."""
    return _read(signed)[0]


def forms_to_hash(signed: str, guess: str) -> tuple[str, ...]:
    """What has to be hashed to decide about this guess: nothing at all when its length alone rules it out."""
    length = len(_read(signed)[1]) - 1
    if len(guess) == length - 1:
        return (guess,)
    return near_forms(guess)[1:] if len(guess) in (length, length + 1) and guess else ()


def decide(signed: str, guess: str, hashed: Mapping[str, str]) -> bool:
    """Whether the guess is the answer or one slip from it; ``hashed`` holds the hash of each of ``forms_to_hash``."""
    marks = _read(signed)[1]
    length = len(marks) - 1
    if len(guess) == length - 1:
        return any(_mark(hashed[guess], place) in marks for place in range(length))
    if len(guess) == length + 1:
        return any(_mark(hashed[form], _WHOLE) in marks for form in near_forms(guess)[1:])
    return len(guess) == length and _is_one_letter_off([hashed[form] for form in _shortened(guess)], marks)


def _is_one_letter_off(hashes: list[str], marks: Collection[str]) -> bool:
    """One wrong letter or two swapped neighbours, from the hashes of the guess without its first letter, second …"""
    if any(_mark(found, place) in marks for place, found in enumerate(hashes)):
        return True
    neighbours = enumerate(pairwise(hashes))
    return any(_mark(one, place + 1) in marks and _mark(other, place) in marks for place, (one, other) in neighbours)


def _shortened(word: str) -> list[str]:
    return [word[:place] + word[place + 1 :] for place in range(len(word))]


def _mark(hashed: str, place: int) -> str:
    digest = hashlib.sha256(f"{place}:{hashed}".encode()).digest()
    return base64.urlsafe_b64encode(digest[:_MARK_BYTES]).decode()


def _read(signed: str) -> tuple[str, frozenset[str]]:
    found = _SIGNATURE.fullmatch(signed)
    if found is None:
        raise ValueError("this is no signature")
    return found["salt"], frozenset(found["marks"].split(","))
