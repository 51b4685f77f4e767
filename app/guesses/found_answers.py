"""A team's right guess, encrypted for that team.

The token names team and puzzle, so a copied row is unreadable. Decrypted answers are cached in this process.
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

# A team's answers by puzzle, each with the token that it was read from: one look for all that a page shows.
Kept = dict[str, tuple[str, str | None]]

_caches: WeakKeyDictionary[Encryption, Cache[int, Kept]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class OwnedAnswer:
    team_id: int
    puzzle_id: str
    typed: str
    normalised: str


def encrypt_answer(encryption: Encryption, team_id: int, puzzle_id: str, text: str) -> str:
    """Return the token to store. Raises :class:`app.core.answers.InvalidAnswer`."""
    owned = [team_id, puzzle_id, tidy(text), answers.checked(text)]
    said = json.dumps(owned, ensure_ascii=False, separators=(",", ":"))
    missing = (PADDED_BYTES - 1 - len(said.encode("utf-8", "surrogatepass"))) % PADDED_BYTES
    return encryption.encrypt(PURPOSE, said + " " * missing)


def tidy(text: str) -> str:
    """Trim, and remove what no database stores."""
    return storable(text).strip()


def read_answer(encryption: Encryption, team_id: int, puzzle_id: str, token: str | None) -> str | None:
    """None if no answer is kept or it cannot be read."""
    if token is None:
        return None
    cache = _caches.get(encryption)
    kept = ((cache.get(team_id) if cache else None) or {}).get(puzzle_id)
    return kept[1] if kept is not None and kept[0] == token else _decrypted(encryption, team_id, puzzle_id, token)


def read_answers(
    encryption: Encryption, team_id: int, tokens: Iterable[tuple[str, str | None]]
) -> dict[str, str]:  # fmt: skip
    cache = _caches.get(encryption)
    if cache is None:
        cache = _caches.setdefault(encryption, Cache(MOST_CACHED, size_of=len))
    known = cache.get(team_id) or {}
    found: dict[str, str] = {}
    fresh: dict[str, tuple[str, str | None]] = {}
    for puzzle_id, token in tokens:
        if token is None:
            continue
        kept = known.get(puzzle_id)
        if kept is None or kept[0] != token:
            kept = fresh[puzzle_id] = (token, _decrypted(encryption, team_id, puzzle_id, token))
        if kept[1] is not None:
            found[puzzle_id] = kept[1]
    if fresh:
        cache.put(team_id, {**known, **fresh})
    return found


def _decrypted(encryption: Encryption, team_id: int, puzzle_id: str, token: str) -> str | None:
    try:
        owned = OwnedAnswer(*json.loads(encryption.decrypt(PURPOSE, token)))
    except (DecryptionFailed, ValueError, TypeError):
        return None
    return owned.typed if owned.team_id == team_id and owned.puzzle_id == puzzle_id else None
