"""Page values for navigation and pagination."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.text import sentence


@dataclass(frozen=True, slots=True)
class NavLink:
    title: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    title: str
    links: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """In templates: ``admin``."""

    groups: tuple[NavGroup, ...]

    @property
    def here(self) -> str:
        return next(
            (link.title for group in self.groups for link in group.links if link.is_here), sentence("All pages")
        )


@dataclass(frozen=True, slots=True)
class Paging:
    newest_url: str = ""
    newer_url: str = ""
    older_url: str = ""
