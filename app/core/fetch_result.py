"""What other people's servers have sent, and the two ways in which they do not: plain values, no network.

Raised and made by :mod:`app.prox.fetcher`, the only part of the program that asks a foreign server for a picture or a
style sheet; understood by everything that reads content.
"""

from __future__ import annotations

from dataclasses import dataclass


class NotToBeHad(Exception):
    """Nothing usable comes from this address. The text is a sentence for whoever wrote the address."""


class AddressRefused(NotToBeHad):
    """The address leads where this program does not go. It was not asked, or not to the end of its redirects."""


class AnswerRefused(NotToBeHad):
    """The server answered with something that is not passed on: too large, of another kind, or an error."""


class ServerSilent(NotToBeHad):
    """The server did not answer, not in time, or not to the end. It may another time."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A picture or recording as it came, judged by its bytes. Sizes in pixels, where the file tells."""

    content: bytes
    media_type: str
    width: int | None = None
    height: int | None = None
