"""Say one thing in the operators' or the developers' chat: a webhook of Slack, of Discord, or of their kind.

Used by the agent on every node, where it is installed beside it, by the Lambda that hears of scale events, and by the
pipeline. Only the standard library, nothing that waits for long, and nothing secret: addresses lose their passwords
on the way.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.request

if __package__:
    from deploy.notify.message import Message, body_of
else:  # installed: the files lie side by side
    from message import Message, body_of

WAIT_SECONDS = 2
LONGEST_TEXT = 1_000
# postgresql://name:password@host, redis://:password@host …
_PASSWORD = re.compile(r"(?P<before>\b[a-z][a-z0-9+.-]*://[^\s:/@]*:)[^\s@]+(?=@)", re.IGNORECASE)
# NAME_KEY=value, PASSWORD: value, a token behind its word.
_NAMED = re.compile(r"(?P<before>\b\w*(?:SECRET|TOKEN|PASSWORD|API_KEY)\w*\s*[=:]\s*)\S+", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """``text`` with passwords in addresses and the values of secret-sounding names taken out, cut to a bound."""
    for pattern in (_PASSWORD, _NAMED):
        text = pattern.sub(lambda found: f"{found['before']}***", text)
    return text[:LONGEST_TEXT]


def say(webhook: str, what: str | Message) -> bool:
    """Post ``what``; whether it arrived. A chat that is down is told on standard error and holds nobody up."""
    if not webhook:
        return False
    if not webhook.startswith(("https://", "http://")):
        print("the webhook is no http address; nothing was sent", file=sys.stderr)
        return False
    message = _message(what).altered(without_secrets)
    body = json.dumps(body_of(webhook, message)).encode()
    request = urllib.request.Request(webhook, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=WAIT_SECONDS):
            return True
    except OSError as problem:
        print(f"the chat did not take the message: {problem}", file=sys.stderr)
        return False


def _message(what: str | Message) -> Message:
    if isinstance(what, Message):
        return what
    title, *rest = what.split("\n")
    return Message(title, reason=tuple(rest))
