"""What surrounds an organisers' page: the navigation, and the ways through a long list.

The pages themselves show the values of the services; a template prints no hash and no secret of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.text import sentence


@dataclass(frozen=True, slots=True)
class NavLink:
    """One page in the navigation."""

    title: str
    url: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Pages that belong together."""

    title: str
    links: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class AdminFrame:
    """The navigation around an organisers' page. In every such template as ``admin``."""

    groups: tuple[NavGroup, ...]

    @property
    def here(self) -> str:
        """The title of the page one is on, for the closed menu of a phone."""
        return next(
            (link.title for group in self.groups for link in group.links if link.is_here), sentence("All pages")
        )


@dataclass(frozen=True, slots=True)
class Paging:
    """The ways through a long list, newest first; an empty address is a way that ends here."""

    newest_url: str = ""
    newer_url: str = ""
    older_url: str = ""
