"""Messages for Slack and Discord; names that mention nobody."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

MOST_CHARACTERS = 2_000


def chat_body(url: str, text: str) -> dict[str, Any]:
    """Slack takes ``text``, Discord ``content``; both if the address does not say."""
    host = (urlsplit(url).hostname or "").lower()
    slack = {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    # Team names must not mention anybody.
    discord = {"content": text[:MOST_CHARACTERS], "allowed_mentions": {"parse": []}}
    if host.endswith("slack.com"):
        return slack
    return discord if host.endswith(("discord.com", "discordapp.com")) else {**discord, **slack}


def plain(text: str) -> str:
    """One line without mentions or code."""
    return " ".join(text.split()).replace("@", "@\u200b").replace("`", "'")[:200]
