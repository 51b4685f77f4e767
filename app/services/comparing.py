"""Whether a guess fits an answer's hash, which takes time: by bcrypt, in the fair queue of all guesses.

Called by whoever judges: guesses of teams, of strangers in the archive, and of writers who try a puzzle out.
"""

from __future__ import annotations

from collections.abc import Callable

from app.rules import answers
from app.services.ports import Ports


def comparer(ports: Ports) -> Callable[[str, str], bool]:
    """A way to ask whether the hash, first, fits the normalised guess. Asking raises HashingBusy."""

    def fits(hashed: str, normalised: str) -> bool:
        return ports.hasher.check("guess", normalised.encode(), answers.comparable(hashed))

    return fits
