"""The content version and the settings in force in this process."""

from __future__ import annotations

from app.core.hunt_settings import HuntSettings
from app.core.model import Content
from app.core.text import sentence
from app.errors import HuntError


class NoContentYet(HuntError):
    """This process has no content: it is starting, or there never was a restock."""

    code, message = "not_ready", sentence("The hunt is being prepared. Please try again soon.")
    retry_after = 5


class InForce:
    """What this process plays with. Each replacement is one assignment, so readers need no lock.

    Read an attribute once and keep the value, so that one page does not mix two versions.
    """

    def __init__(self, content: Content | None = None, *, xp_period_seconds: int = 3600) -> None:
        self._content = content
        self.settings = HuntSettings()
        # -1: not read yet.
        self.settings_revision = -1
        self.xp_period_seconds = xp_period_seconds

    @property
    def is_loaded(self) -> bool:
        return self._content is not None

    @property
    def content(self) -> Content:
        """Raises :class:`NoContentYet`."""
        if self._content is None:
            raise NoContentYet
        return self._content

    def put(self, content: Content | None) -> None:
        self._content = content

    def put_settings(self, revision: int, settings: HuntSettings) -> None:
        """Ignores an older revision."""
        if revision >= self.settings_revision:
            self.settings, self.settings_revision = settings, revision
