"""What a team found: its right guess, encrypted for it alone.

The token names its team and its puzzle, so that a row copied to another of either says nothing. A stolen database
tells no answer: the key is derived from the server's secret. What this process has decrypted is cached by its token.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from app.concurrency.cache import Cache
from app.core import answers
from app.core.clean_text import storable
from app.encryption import DecryptionFailed, Encryption

PURPOSE = "found answer"
# Some 400 bytes each.
MOST_CACHED = 50_000
# Texts are padded to whole multiples, less the byte that the cipher adds: their lengths tell nothing of an answer.
PADDED_BYTES = 64

_caches: WeakKeyDictionary[Encryption, Cache[str, OwnedAnswer]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class OwnedAnswer:
    """An answer as typed and as normalised, with the team and the puzzle that it belongs to."""

    team_id: int
    puzzle_id: str
    typed: str
    normalised: str


# What a token that cannot be read is taken for.
NOBODYS = OwnedAnswer(0, "", "", "")


def encrypt_answer(encryption: Encryption, team_id: int, puzzle_id: str, text: str) -> str:
    """Return the token to store with the solve. Raises :class:`app.core.answers.InvalidAnswer`."""
    owned = [team_id, puzzle_id, tidy(text), answers.checked(text)]
    said = json.dumps(owned, ensure_ascii=False, separators=(",", ":"))
    missing = (PADDED_BYTES - 1 - len(said.encode("utf-8", "surrogatepass"))) % PADDED_BYTES
    return encryption.encrypt(PURPOSE, said + " " * missing)


def tidy(text: str) -> str:
    """Return a guess as it is kept: trimmed, without what no database takes."""
    return storable(text).strip()


def read_answer(encryption: Encryption, team_id: int, puzzle_id: str, token: str | None) -> str | None:
    """Return the answer as typed; None where none is kept, or where it cannot be read any more."""
    if token is None:
        return None
    cache = _caches.get(encryption)
    if cache is None:
        cache = _caches.setdefault(encryption, Cache(MOST_CACHED))
    owned = cache.get(token) or _decrypted(encryption, cache, token)
    return owned.typed if owned.team_id == team_id and owned.puzzle_id == puzzle_id else None


def read_answers(
    encryption: Encryption, team_id: int, tokens: Iterable[tuple[str, str | None]]
) -> dict[str, str]:  # fmt: skip
    """Return the answers that can be read, by puzzle; ``tokens`` are puzzles with what is stored with their solves."""
    found = ((puzzle_id, read_answer(encryption, team_id, puzzle_id, token)) for puzzle_id, token in tokens)
    return {puzzle_id: text for puzzle_id, text in found if text is not None}


def _decrypted(encryption: Encryption, cache: Cache[str, OwnedAnswer], token: str) -> OwnedAnswer:
    try:
        owned = OwnedAnswer(*json.loads(encryption.decrypt(PURPOSE, token)))
    except (DecryptionFailed, ValueError, TypeError):
        owned = NOBODYS
    cache.put(token, owned)
    return owned
