"""One message as Slack, Discord or another chat takes it: a title, the reason, facts, a link.

Everything but the title is somebody else's text: it is shown as it stands, formats nothing and mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

Tone = Literal["good", "bad", "plain"]
COLOURS: dict[Tone, int] = {"good": 0x2E7D32, "bad": 0xC62828, "plain": 0x1565C0}
# Long enough to be read. With its signs escaped each part stays within Slack's limits (3,000 a text, 2,000 and ten
# fields) and Discord's (256 a title, 1,024 a field, 6,000 in all).
LONGEST = {"title": 1_000, "reason": 1_500, "label": 40, "fact": 300}
LONGEST_ESCAPED = {"title": 256, "reason": 2_000, "label": 80, "fact": 300}
MOST_FACTS = 8
LONGEST_CONTENT = 2_000
_DISCORD_SIGNS = re.compile(r"([\\*_~`|>#\[\]()<@:-])")


@dataclass(frozen=True)
class Message:
    """``reason`` has a line each; ``facts`` are labels with their values; ``link`` is an http address, or empty."""

    title: str
    tone: Tone = "plain"
    reason: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    link: str = ""

    def altered(self, change: Callable[[str], str]) -> Message:
        """The same with ``change`` applied to each text, within the bounds; facts without a value are left out."""
        facts = [(_line(change(label), "label"), _line(change(value), "fact")) for label, value in self.facts]
        return Message(
            title=change(self.title)[: LONGEST["title"]],
            tone=self.tone,
            reason=tuple(change("\n".join(self.reason))[: LONGEST["reason"]].splitlines()),
            facts=tuple((label, value) for label, value in facts if value)[:MOST_FACTS],
            link=self.link if self.link.startswith(("https://", "http://")) else "",
        )

    def as_text(self) -> str:
        """In lines, for a chat that knows nothing else."""
        facts = [f"{label}: {value}" for label, value in self.facts]
        return "\n".join([self.title, *self.reason, *facts, *filter(None, [self.link])])


def _line(text: str, part: str) -> str:
    return " ".join(text.split())[: LONGEST[part]]


def body_of(webhook: str, message: Message) -> dict[str, Any]:
    """What ``webhook`` is sent, by its address; other chats than Slack and Discord take the words of both."""
    parts = urlsplit(webhook)
    host = (parts.hostname or "").lower()
    if _is_of(host, "slack.com"):
        return _for_slack(message)
    if _is_of(host, "discord.com", "discordapp.com") and not parts.path.rstrip("/").endswith("/slack"):
        return _for_discord(message)
    text = message.as_text()
    return {"text": slack_text(text), "content": text[:LONGEST_CONTENT], "allowed_mentions": {"parse": []}}


def _is_of(host: str, *names: str) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _for_slack(message: Message) -> dict[str, Any]:
    body: dict[str, Any] = {"text": slack_text(message.title)}
    blocks: list[dict[str, Any]] = []
    if message.reason:
        blocks.append({"type": "section", "text": slack_plain("\n".join(message.reason), "reason")})
    if message.facts:
        fields = [slack_plain(f"{label}: {value}", "fact") for label, value in message.facts]
        blocks.append({"type": "section", "fields": fields})
    if message.link:
        blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": f"<{slack_text(message.link)}>"}]})
    if blocks:
        body["attachments"] = [{"color": f"#{COLOURS[message.tone]:06x}", "blocks": blocks}]
    return body


def slack_plain(text: str, part: str) -> dict[str, Any]:
    """A text in which Slack sees neither formats nor emoji nor anybody's name."""
    return {"type": "plain_text", "text": _bounded(text, part, slack_text), "emoji": False}


def slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _for_discord(message: Message) -> dict[str, Any]:
    nobody: dict[str, Any] = {"allowed_mentions": {"parse": []}}
    if not (message.reason or message.facts or message.link):
        return {"content": _discord(message.title), **nobody}
    fields = [
        {"name": _bounded(label, "label", _discord), "value": _bounded(value, "fact", _discord), "inline": True}
        for label, value in message.facts
    ]
    embed: dict[str, Any] = {"title": _bounded(message.title, "title", _discord), "color": COLOURS[message.tone]}
    if message.reason:
        embed["description"] = _bounded("\n".join(message.reason), "reason", _discord)
    if message.link:
        embed["url"] = message.link
    return {"embeds": [embed | {"fields": fields}], **nobody}


def _discord(text: str) -> str:
    return _DISCORD_SIGNS.sub(r"\\\1", text)


def _bounded(text: str, part: str, escape: Callable[[str], str]) -> str:
    """``text`` escaped, and cut so that an escape is never cut in two."""
    while len(escape(text)) > LONGEST_ESCAPED[part]:
        text = text[: len(text) * 9 // 10]
    return escape(text)
