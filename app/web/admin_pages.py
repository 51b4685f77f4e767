"""View models for admin navigation and pagination."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.text import sentence


@dataclass(frozen=True, slots=True)
class NavLink:
    """A link."""

    title: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """A group of links."""

    title: str
    links: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """The navigation; templates see it as ``admin``."""

    groups: tuple[NavGroup, ...]

    @property
    def here(self) -> str:
        """The current page's title, for the closed phone menu."""
        return next(
            (link.title for group in self.groups for link in group.links if link.is_here), sentence("All pages")
        )


@dataclass(frozen=True, slots=True)
class Paging:
    """Pagination links, newest first; empty if there is no such page."""

    newest_url: str = ""
    newer_url: str = ""
    older_url: str = ""
