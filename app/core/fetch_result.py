"""Results and errors of :mod:`app.prox.fetcher`."""

from __future__ import annotations

from dataclasses import dataclass


class NotToBeHad(Exception):
    """The text is for the author of the address."""


class AddressRefused(NotToBeHad):
    """The policy forbids the address or a redirect."""


class AnswerRefused(NotToBeHad):
    """Too large, of a forbidden type, or an error."""


class ServerSilent(NotToBeHad):
    """No complete response in time. A retry may succeed."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """Type detected from the bytes. Sizes in pixels, if known."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
