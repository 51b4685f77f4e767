"""Results and errors of fetching from other servers. Raised by :mod:`app.prox.fetcher`."""

from __future__ import annotations

from dataclasses import dataclass


class NotToBeHad(Exception):
    """The fetch failed. The text is a sentence for the author of the address."""


class AddressRefused(NotToBeHad):
    """The policy forbids the address or a redirect."""


class AnswerRefused(NotToBeHad):
    """Too large, of a forbidden type, or an error."""


class ServerSilent(NotToBeHad):
    """The server did not respond fully in time. A retry may succeed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture or recording, its type detected from the bytes. Sizes are in pixels if known."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
