"""The languages of the site's own texts. The hunt's content is not translated."""

from __future__ import annotations

from app.core.text import sentence

ENGLISH = "en"
# Language code to its native name, in menu order.
LANGUAGES = {ENGLISH: "English", "de": "Deutsch"}


def check_language(code: str) -> str | None:
    """The problem with a team's choice, or None. Empty means the browser's language."""
    return None if code in ("", *LANGUAGES) else sentence("Choose one of the languages that are offered.")
