"""Verdicts with the least hashing: known results are reused, new ones cached.

Teams, archive and test-solve share :func:`find_verdict`. It may take seconds: call it outside transactions. Cache
keys are digests under the server's secret; entries never expire.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from app.concurrency.cache import Cache
from app.concurrency.single_flight import SingleFlight
from app.core import answers, near_answers
from app.core.model import Puzzle
from app.core.text import sentence
from app.database.engine import Database
from app.guesses import queries as guess_queries
from app.guesses.limits import Judgement, accepted_since, candidates, judge
from app.guesses.queries import OldGuess

if TYPE_CHECKING:
    from app.ports import Hasher

MOST_ENTRIES = 200_000

Compare = Callable[[], bool]


class HashingNeeded(Exception):
    """Not cached, and the caller did not allow hashing."""


class VerdictCache:
    def __init__(self, secret: bytes, most_entries: int = MOST_ENTRIES) -> None:
        self._secret = secret
        self._compared: Cache[bytes, bool] = Cache(most_entries)
        self._right: Cache[str, bytes] = Cache(most_entries)
        self._flights = SingleFlight()

    def fits(self, hashed: str, normalised: str, compare: Compare | None) -> bool:
        """Whether the guess fits a hash. ``compare`` hashes; None: raises :class:`HashingNeeded`.

        Once a hash's right guess is known, no other is hashed.
        """
        key, right = self._key(hashed, normalised), self._right.get(hashed)
        if right is not None:
            return hmac.compare_digest(right, key)
        is_right = self._find(key, compare)
        if is_right:
            self._right.put(hashed, key)
        return is_right

    def is_known_to_fit(self, hashed: str, normalised: str) -> bool:
        right = self._right.get(hashed)
        return right is not None and hmac.compare_digest(right, self._key(hashed, normalised))

    def is_near(self, signature: str, normalised: str, compare: Compare | None) -> bool:
        """Whether it is one slip from a signed answer; ``compare`` as in :meth:`fits`."""
        return self._find(self._key(signature, normalised), compare)

    def _find(self, key: bytes, compare: Compare | None) -> bool:
        found = self._compared.get(key)
        if found is None and compare is None:
            raise HashingNeeded
        if found is None and compare is not None:
            with self._flights.turn(key):
                found = self._compared.get(key)
                if found is None:
                    found = compare()
                    self._compared.put(key, found)
        return found is True

    def _key(self, hashed: str, normalised: str) -> bytes:
        return hmac.digest(self._secret, f"{hashed}\0{normalised}".encode(), sha256)[:16]


# A close answer costs at most one hash a letter, one after the other in the common queue, within the guess limit, and
# once a process for the same guess. In hashes of cost 10, a twentieth of a second each: enough for 72 letters. A
# signature made at a cost that would take longer than this is ignored.
MOST_NEAR_WORK = 80 * 2**10
BOUGHT_HTML = sentence("<p>Close enough – your power-up made it count.</p>")
NO_TEAM = 0


def find_verdict(
    cache: VerdictCache, hasher: Hasher | None, puzzle: Puzzle, normalised: str, *,
    is_accepted: bool = False, earlier: OldGuess | None = None, is_close_answer: bool = False,
) -> Judgement:  # fmt: skip
    """Without ``hasher``, raises :class:`HashingNeeded` if the result is unknown.

    ``is_accepted``: accepted by organisers. ``earlier``: the team's same wrong guess under the same hashes.
    ``is_close_answer``: a near answer, or one slip from the right one, counts. Raises HashingBusy.
    """
    if is_accepted:
        return accepted_since(puzzle)
    judgement = _compare(cache, hasher, puzzle, normalised, earlier)
    if not is_close_answer or judgement.verdict == "correct":
        return judgement
    if judgement.verdict == "close" or _is_slip(cache, hasher, puzzle.near, normalised):
        return Judgement("correct", BOUGHT_HTML + accepted_since(puzzle).message_html, is_bought=True)
    return judgement


def untracked_verdict(
    database: Database,
    hasher: Hasher,
    verdicts: VerdictCache,
    secret: bytes,
    puzzle: Puzzle,
    text: str,
    *,
    is_cached: bool = True,
) -> Judgement:
    """For the archive and the test-solve; stores nothing. Raises InvalidAnswer and HashingBusy.

    ``is_cached`` False bypasses this process's cache.
    """
    normalised = answers.checked(text)
    digest, accepted = former_digests(secret, puzzle, text)
    names = {"digest": "", "former": digest, "former_answer": accepted}
    names["answer"] = accepted_digest(secret, puzzle.id, normalised)
    with database.reading() as connection:
        found = guess_queries.read_situation(connection, NO_TEAM, puzzle.id, names=names)
    cache = verdicts if is_cached else VerdictCache(secret)
    return find_verdict(cache, hasher, puzzle, normalised, is_accepted=found.is_accepted)


def guess_digest(secret: bytes, puzzle: Puzzle, normalised: str) -> str:
    """The digest under which a guess is stored.

    It includes the puzzle's hashes: after a correction the same text is a new guess.
    """
    hashes = (candidate.hash for candidate in candidates(puzzle))
    return answers.digest(secret, "\n".join((puzzle.id, *hashes)), normalised)


def accepted_digest(secret: bytes, puzzle_id: str, normalised: str) -> str:
    """The digest under which an answer is accepted.

    Beyond ASCII the scope differs from older versions, which stored かぎ as かき.
    """
    return answers.digest(secret, puzzle_id if normalised.isascii() else f"{puzzle_id}\nNFC", normalised)


def former_digests(secret: bytes, puzzle: Puzzle, text: str) -> tuple[str, str]:
    """Digests by older versions: of the guess, and of the accepted answer.

    The second is empty for ASCII, where it is the present one or another text's (1.5 was stored as 15).
    """
    former = answers.former_form(text)
    accepted = "" if former.isascii() else answers.digest(secret, puzzle.id, former)
    return guess_digest(secret, puzzle, former), accepted


def _compare(
    cache: VerdictCache, hasher: Hasher | None, puzzle: Puzzle, normalised: str, earlier: OldGuess | None
) -> Judgement:
    try:
        return judge(puzzle, normalised, partial(cache.fits, compare=None))
    except HashingNeeded:
        # A near answer may be right under the same hashes: compare again.
        if earlier is not None and earlier.verdict == "wrong":
            return Judgement("wrong", earlier.message_html)
        if hasher is None:
            raise
        check = partial(hasher.check, "guess", normalised.encode())
    return judge(
        puzzle, normalised, lambda hashed, text: cache.fits(hashed, text, partial(check, answers.comparable(hashed)))
    )


def _is_slip(cache: VerdictCache, hasher: Hasher | None, signature: str, normalised: str) -> bool:
    if not near_answers.is_signature(signature):
        return False
    forms, salt = near_answers.forms_to_hash(signature, normalised), near_answers.salt_of(signature)
    cost = int(salt.split("$")[2])
    if not forms or len(forms) * 2**cost > MOST_NEAR_WORK:
        return False

    def compare(hasher: Hasher) -> bool:
        hashed = {form: hasher.sign("guess", form.encode(), salt.encode()) for form in forms}
        return near_answers.decide(signature, normalised, hashed)

    return cache.is_near(signature, normalised, partial(compare, hasher) if hasher else None)
