"""Who may use a view, said at the view. A view that says nothing is for logged-in teams.

The middleware (:mod:`app.middleware.access`) enforces it before the view runs; a test walks the URL map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

ROLES = ("helper", "writer", "admin")


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """Who may use a view, and what its requests may carry.

    ``roles``: the only roles that may use it; empty: every logged-in team. ``most_body_bytes`` raises the limit of the
    request's body for those who may use the view.
    """

    is_public: bool = False
    roles: frozenset[str] = frozenset()
    is_open_in_archive: bool = False
    is_open_to_tokens: bool = False
    most_body_bytes: int | None = None

    def admits(self, role: str) -> bool:
        """Whether a logged-in account of this role may use the view."""
        return not self.roles or role in self.roles


def policy_of(view: Callable[..., Any] | None) -> ViewPolicy:
    """The policy that the view's decorators made; the default one for a view without any."""
    found: ViewPolicy = getattr(view, "policy", ViewPolicy())
    return found


def _with(**changes: Any) -> Callable[[View], View]:
    def mark(view: View) -> View:
        vars(view)["policy"] = replace(policy_of(view), **changes)
        return view

    return mark


def for_all(view: View) -> View:
    """Open to everybody, logged in or not."""
    return _with(is_public=True)(view)


def open_in_archive(view: View) -> View:
    """For logged-in teams; once the hunt is in its archive, for everybody."""
    return _with(is_open_in_archive=True)(view)


def role(*roles: str) -> Callable[[View], View]:
    """Open to accounts of these roles; an admin may do everything."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")
    return _with(roles=frozenset(roles) | {"admin"})


def open_to_tokens(view: View) -> View:
    """Answers a team's program that shows the team's token, too, as JSON. Only for GET and for what a team may read."""
    return _with(is_open_to_tokens=True)(view)


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """Raises the limit of the request's body for those who may use the view."""
    return _with(most_body_bytes=most_bytes)
