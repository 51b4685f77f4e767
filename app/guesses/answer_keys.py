"""The keys of found answers: how many can be read, and encrypting all with the present secret after a rotation."""

from __future__ import annotations

from collections import Counter

from app.database.engine import Database
from app.encryption import DecryptionFailed, Encryption
from app.guesses import found_answer_queries
from app.guesses.found_answers import PURPOSE, read_answer


def count_answers(database: Database, encryption: Encryption) -> Counter[str]:
    """Return how many found answers are ``kept``, how many solves have none (``missing``), and how many answers are
    ``unreadable``: their key is lost, or the row was copied."""
    counts: Counter[str] = Counter()
    for stored in found_answer_queries.read_stored(database):
        answer = read_answer(encryption, stored.team_id, stored.puzzle_id, stored.token)
        counts["missing" if stored.token is None else "unreadable" if answer is None else "kept"] += 1
    return counts


def reencrypt_answers(database: Database, encryption: Encryption) -> Counter[str]:
    """Encrypt with the first secret what an older one encrypted; returns how many were ``renewed``, ``unreadable``.

    Each row is a transaction of its own, so an interrupted run is just run again.
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
