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

_caches: WeakKeyDictionary[Encryption, Cache[str, OwnedAnswer]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class OwnedAnswer:
    team_id: int
    puzzle_id: str
    typed: str
    normalised: str


# The value of an unreadable token.
NOBODYS = OwnedAnswer(0, "", "", "")


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
    if cache is None:
        cache = _caches.setdefault(encryption, Cache(MOST_CACHED))
    owned = cache.get(token) or _decrypted(encryption, cache, token)
    return owned.typed if owned.team_id == team_id and owned.puzzle_id == puzzle_id else None


def read_answers(
    encryption: Encryption, team_id: int, tokens: Iterable[tuple[str, str | None]]
) -> dict[str, str]:  # fmt: skip
    found = ((puzzle_id, read_answer(encryption, team_id, puzzle_id, token)) for puzzle_id, token in tokens)
    return {puzzle_id: text for puzzle_id, text in found if text is not None}


def _decrypted(encryption: Encryption, cache: Cache[str, OwnedAnswer], token: str) -> OwnedAnswer:
    try:
        owned = OwnedAnswer(*json.loads(encryption.decrypt(PURPOSE, token)))
    except (DecryptionFailed, ValueError, TypeError):
        owned = NOBODYS
    cache.put(token, owned)
    return owned
