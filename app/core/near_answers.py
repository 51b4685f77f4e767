"""Guesses one typo from the answer (letter missing, extra, wrong, or two swapped), without the plain answer."""

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
    """The word, and without each letter; unique."""
    return tuple(dict.fromkeys((normalised, *_shortened(normalised))))


def signature(normalised: str, salt: str, hasher: Hasher) -> str:
    """72-bit marks of the answer, and without each letter.

    ``salt``: new, for bcrypt. Up to n + 1 bcrypt runs. A stolen signature reveals the length and eases brute force by
    about a letter. Not for one or two letters: too many guesses match. Raises ValueError.
    """
    hashed = {form: hasher(salt, form) for form in near_forms(normalised)}
    places = enumerate(_shortened(normalised))
    marks = [_mark(hashed[normalised], _WHOLE), *(_mark(hashed[form], place) for place, form in places)]
    text = f"near1{salt}${','.join(sorted(marks))}"
    if not is_signature(text):
        raise ValueError("this answer cannot be signed")
    return text


def is_signature(text: str) -> bool:
    return _SIGNATURE.fullmatch(text) is not None


def salt_of(signed: str) -> str:
    """Raises ValueError for an invalid signature."""
    return _read(signed)[0]


def forms_to_hash(signed: str, guess: str) -> tuple[str, ...]:
    """At most the guess's length; none if lengths differ too much."""
    length = len(_read(signed)[1]) - 1
    if len(guess) == length - 1:
        return (guess,)
    return near_forms(guess)[1:] if len(guess) in (length, length + 1) and guess else ()


def decide(signed: str, guess: str, hashed: Mapping[str, str]) -> bool:
    """``hashed``: the hash of each of ``forms_to_hash``."""
    marks = _read(signed)[1]
    length = len(marks) - 1
    if len(guess) == length - 1:  # a letter is missing: the guess is the answer without letter i
        return any(_mark(hashed[guess], place) in marks for place in range(length))
    if len(guess) == length + 1:  # a letter is extra: the guess without it is the whole answer
        return any(_mark(hashed[form], _WHOLE) in marks for form in near_forms(guess)[1:])
    return len(guess) == length and _is_one_letter_off([hashed[form] for form in _shortened(guess)], marks)


def _is_one_letter_off(hashes: list[str], marks: Collection[str]) -> bool:
    """``hashes[i]`` is the hash of the guess without letter i."""
    # Letter i is wrong: guess and answer without it are equal.
    if any(_mark(found, place) in marks for place, found in enumerate(hashes)):
        return True
    # Letters i and i+1 are swapped: the guess without i is the answer without i+1, and the reverse.
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
