"""The content version and the settings in force in this process."""

from __future__ import annotations

from typing import NoReturn

from app.core.hunt_settings import HuntSettings
from app.core.model import Content
from app.core.text import sentence
from app.errors import HuntError


class NoContentYet(HuntError):
    """This process has no content."""

    code, message = "not_ready", sentence("We’re getting the hunt ready. Please try again soon.")
    retry_after = 5


class InForce:
    """Each replacement is one assignment, so readers need no lock.

    Read an attribute once, so a page does not mix versions.
    """

    content: Content

    def __init__(self, content: Content | None = None, *, xp_period_seconds: int = 3600) -> None:
        self.put(content)
        self.settings = HuntSettings()
        # -1: not read yet.
        self.settings_revision = -1
        self.xp_period_seconds = xp_period_seconds

    def __getattr__(self, name: str) -> NoReturn:
        """``content`` before there is any: raises :class:`NoContentYet`."""
        if name == "content":
            raise NoContentYet
        raise AttributeError(name)

    def put(self, content: Content | None) -> None:
        if content is None:
            vars(self).pop("content", None)
        else:
            self.content = content
        self.is_loaded = content is not None

    def is_at(self, revision: int, version: int | None) -> bool:
        """Whether settings and content are these; a missing ``version`` is nothing to load."""
        is_newest = version is None or (self.is_loaded and self.content.version == version)
        return is_newest and revision == self.settings_revision

    def put_settings(self, revision: int, settings: HuntSettings) -> None:
        """Ignores an older revision."""
        if revision >= self.settings_revision:
            self.settings, self.settings_revision = settings, revision
