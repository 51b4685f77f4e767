"""Whether a request is Slack's: its signature of version v0, over the time and the bytes of the body."""

from __future__ import annotations

import hashlib
import hmac
import re

LIMIT_SECONDS = 300
_TIME = re.compile(r"[0-9]{1,12}")


class NotSlacks(Exception):
    """The request is not signed with the app's secret, or is not of now. The text says which."""


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The signature that Slack sends with ``body``."""
    said = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()


def check(secret: str, timestamp: str, body: bytes, signature: str, now: float) -> None:
    """Raises :class:`NotSlacks`. A recorded request can be sent again within the limit: see the store."""
    if not _TIME.fullmatch(timestamp):
        raise NotSlacks("no time")
    right = sign(secret, timestamp, body)
    if not hmac.compare_digest(right.encode(), signature.encode()):
        raise NotSlacks("another signature")
    if abs(now - int(timestamp)) > LIMIT_SECONDS:
        raise NotSlacks("too old, or of the future")
