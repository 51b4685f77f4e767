"""Words for other people's chats: what Slack and Discord want to be sent, and names that ring nobody's bell."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

MOST_CHARACTERS = 2_000


def chat_body(url: str, text: str) -> dict[str, Any]:
    """The message as Slack (``text``) or Discord (``content``) want it; as both where the address does not tell."""
    host = (urlsplit(url).hostname or "").lower()
    slack = {"text": text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")}
    # Names of teams ring nobody's bell.
    discord = {"content": text[:MOST_CHARACTERS], "allowed_mentions": {"parse": []}}
    if host.endswith("slack.com"):
        return slack
    return discord if host.endswith(("discord.com", "discordapp.com")) else {**discord, **slack}


def plain(text: str) -> str:
    """A name as no chat reads more into it: one line, no mention of anybody, no code."""
    return " ".join(text.split()).replace("@", "@\u200b").replace("`", "'")[:200]
