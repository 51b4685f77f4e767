"""The content that is being played, held in memory: one object per app, one assignment to change it.

A request takes :meth:`Current.current` once and keeps what it got to its end, so a restock in the middle never mixes
two versions on one page. Loading and storing versions is the services' business.
"""

from __future__ import annotations

from app.core.model import Content
from app.core.text import sentence
from app.errors import HuntError


class NoContentYet(HuntError):
    """This process has not loaded any content: it is starting, or the hunt was never stocked."""

    code, message = "not_ready", sentence("The hunt is being prepared. Please try again soon.")
    retry_after = 5


class Current:
    """Holds the content in force. Reading needs no lock: replacing it is one assignment."""

    def __init__(self, content: Content | None = None) -> None:
        self._content = content

    @property
    def is_loaded(self) -> bool:
        """Whether there is any content to play with."""
        return self._content is not None

    def current(self) -> Content:
        """The content in force; hold on to it to the end of what you do. Raises :class:`NoContentYet`."""
        content = self._content
        if content is None:
            raise NoContentYet
        return content

    def swap(self, content: Content) -> Content | None:
        """Put another content in force; the one before is returned, or None when this is the first."""
        before, self._content = self._content, content
        return before
