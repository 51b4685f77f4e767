"""Which division a team may choose."""

from __future__ import annotations

from app.core.model import Content, Division
from app.core.text import sentence

NO_DIVISION = sentence("Choose a division.")
NONE_OPEN = sentence("No division is open for registration. Ask the organisers.")


def public_divisions(content: Content) -> tuple[Division, ...]:
    """In order."""
    public = (found for found in content.divisions if found.is_public and not found.is_closed)
    return tuple(sorted(public, key=lambda division: (division.order, division.code)))


def chosen_division(content: Content, code: str) -> Division | None:
    divisions = public_divisions(content)
    if not code and len(divisions) == 1:
        return divisions[0]
    return next((found for found in divisions if found.code == code), None)
