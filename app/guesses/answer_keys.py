"""Keys of found answers: count unreadable ones, re-encrypt after a rotation."""

from __future__ import annotations

from collections import Counter

from app.database.engine import Database
from app.encryption import DecryptionFailed, Encryption
from app.guesses import found_answer_queries
from app.guesses.found_answers import PURPOSE, read_answer


def count_answers(database: Database, encryption: Encryption) -> Counter[str]:
    """Count found answers: ``kept``, ``missing`` (solves without one), ``unreadable`` (key lost or row copied)."""
    counts: Counter[str] = Counter()
    for stored in found_answer_queries.read_stored(database):
        answer = read_answer(encryption, stored.team_id, stored.puzzle_id, stored.token)
        counts["missing" if stored.token is None else "unreadable" if answer is None else "kept"] += 1
    return counts


def reencrypt_answers(database: Database, encryption: Encryption) -> Counter[str]:
    """Encrypt with the first secret; returns counts of ``renewed`` and ``unreadable``.

    One transaction a row, so an interrupted run can be repeated.
    """
    counts: Counter[str] = Counter()
    for stored in found_answer_queries.read_stored(database):
        try:
            token = encryption.renewed(PURPOSE, stored.token) if stored.token else None
        except DecryptionFailed:
            counts["unreadable"] += 1
            continue
        if token is not None:
            with database.writing() as connection:
                counts["renewed"] += found_answer_queries.replace_token(connection, stored, token)
    return counts
