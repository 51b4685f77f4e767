"""Team names. Checks return a sentence, or None if valid."""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby

from app.core.clean_text import BLANKS, emoji_split, has_visible
from app.core.text import sentence

NAME_CHARACTERS = (3, 32)
DISPLAY_CHARACTERS = (1, 60)
AFFILIATION_CHARACTERS = 100
EMAILS = 10

# NFKC can expand one character to eighteen; the key columns must hold the longest allowed name.
KEY_CHARACTERS = 96
DISPLAY_KEY_CHARACTERS = 400
# No character decomposes into more pieces than this. Longer input is rejected before normalisation, because sorting a
# run of marks takes quadratic time: 250 kB of marks would take 30 seconds.
PIECES_OF_A_SIGN = 8
# Stacked marks would overlap adjacent lines of the scoreboard.
MARKS_IN_A_ROW = 4
TOO_MANY_EMAILS = sentence("Up to %(most)s email addresses.", most=EMAILS)

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_JOINERS = {"\u200c", "\u200d"}  # some scripts and emoji need them


def tidy(text: str) -> str:
    """NFC, trimmed."""
    return unicodedata.normalize("NFC", text).strip()


def name_key(name: str) -> str:
    """Unique key: NFKC, case-folded, trimmed. “ ＴＥＡＭ ” equals “team”."""
    return _folded(name).strip()


def display_key(name: str) -> str:
    """Unique key: ignores case, joiners and kinds of spaces; flags differ."""
    visible = "".join(
        sign for sign in emoji_split(_folded(name)) if unicodedata.category(sign) != "Cf" and not _is_selector(sign)
    )
    return " ".join(visible.split())


def check_name(name: str) -> str | None:
    """3 to 32 characters after trimming."""
    shortest, longest = NAME_CHARACTERS
    if _is_endless(name, longest) or not shortest <= len(tidy(name)) <= longest:
        return sentence("Use %(shortest)s–%(longest)s characters.", shortest=shortest, longest=longest)
    if len(name_key(name)) > KEY_CHARACTERS:
        return sentence("Remove characters that stand for many letters.")
    return _unreadable(tidy(name)) or _unseen(name)


def check_display_name(name: str) -> str | None:
    """1 to 60 characters, something visible, no control characters."""
    shortest, longest = DISPLAY_CHARACTERS
    if _is_endless(name, longest) or not shortest <= len(tidy(name)) <= longest:
        return sentence("Use %(shortest)s–%(longest)s characters.", shortest=shortest, longest=longest)
    if len(display_key(name)) > DISPLAY_KEY_CHARACTERS:
        return sentence("Remove characters that stand for many letters.")
    if not has_visible(name) and not BLANKS & set(name):
        return sentence("Enter a team name.")
    return _unreadable(tidy(name), allowed=_JOINERS)


def check_affiliation(text: str) -> str | None:
    """Optional, up to 100 characters."""
    if _is_endless(text, AFFILIATION_CHARACTERS) or len(tidy(text)) > AFFILIATION_CHARACTERS:
        return sentence("Use at most %(most)s characters.", most=AFFILIATION_CHARACTERS)
    return _unreadable(tidy(text), allowed=_JOINERS)


def split_emails(text: str) -> tuple[str, ...]:
    """At commas, semicolons and white space; unique, in order."""
    return tuple(dict.fromkeys(part for part in re.split(r"[,;\s]+", text) if part))


def check_emails(emails: tuple[str, ...]) -> str | None:
    """The number only; forms validate each."""
    return TOO_MANY_EMAILS if len(emails) > EMAILS else None


def _folded(name: str) -> str:
    # Case folding can decompose (ΐ becomes three characters), so compose again.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def _is_endless(text: str, longest: int) -> bool:
    return len(text.strip()) > PIECES_OF_A_SIGN * longest


def _is_selector(sign: str) -> bool:
    return "\ufe00" <= sign <= "\ufe0f" or "\U000e0100" <= sign <= "\U000e01ef"


def _unseen(name: str) -> str | None:
    return None if has_visible(name) else sentence("Enter a name.")


def _unreadable(text: str, allowed: set[str] | None = None) -> str | None:
    text = emoji_split(text)
    if any(unicodedata.category(sign) in _UNPRINTABLE and sign not in (allowed or ()) for sign in text):
        return sentence(
            "Control characters, invisible signs and signs that turn the direction of writing are not allowed."
        )
    if BLANKS & set(text):
        return sentence("Remove invisible characters.")
    runs = groupby(text, key=lambda sign: unicodedata.category(sign) == "Mn")
    if any(is_mark and len(list(run)) > MARKS_IN_A_ROW for is_mark, run in runs):
        return sentence("Use at most %(most)s accents on one letter.", most=MARKS_IN_A_ROW)
    return None
