"""Whether a guess is within one slip of a signed answer, with a hash function of the test's own."""

from __future__ import annotations

from app.core.near_answers import Hasher, decide, forms_to_hash, salt_of


def is_within_one_slip(signed: str, guess: str, hasher: Hasher) -> bool:
    """Hash every form that the decision needs, then decide."""
    salt = salt_of(signed)
    return decide(signed, guess, {form: hasher(salt, form) for form in forms_to_hash(signed, guess)})
