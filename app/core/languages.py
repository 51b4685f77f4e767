"""The languages that the site's own texts are in. The hunt itself is in whatever language its writers wrote it."""

from __future__ import annotations

from app.core.text import sentence

ENGLISH = "en"
# Code to the language's own name for itself, in the order in which they are offered.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}


def check_language(code: str) -> str | None:
    """What is wrong with a team's choice; the empty one leaves it to each browser."""
    return None if code in ("", *LANGUAGES) else sentence("Choose one of the languages that are offered.")
