"""Who may use a view, said at the view. A view that says nothing is for logged-in teams.

The middleware (:mod:`app.middleware.access`) enforces it before the view runs; a test walks the URL map.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

EVERYBODY = "all"
TEAM = "team"
ROLES = ("helper", "writer", "admin")


def for_all(view: View) -> View:
    """Open to everybody, logged in or not."""
    view.access = EVERYBODY  # type: ignore[attr-defined]
    return view


def open_in_archive(view: View) -> View:
    """For logged-in teams; once the hunt is in its archive, for everybody."""
    view.is_open_in_archive = True  # type: ignore[attr-defined]
    return view


def role(*roles: str) -> Callable[[View], View]:
    """Open to accounts of these roles; an admin may do everything."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")

    def mark(view: View) -> View:
        view.access = frozenset(roles) | {"admin"}  # type: ignore[attr-defined]
        return view

    return mark


def open_to_tokens(view: View) -> View:
    """Answers a team's program that shows the team's token, too, as JSON. Only for GET and for what a team may read."""
    view.is_open_to_tokens = True  # type: ignore[attr-defined]
    return view


def is_open_to_tokens(view: Callable[..., Any] | None) -> bool:
    """Whether the view said so."""
    return bool(getattr(view, "is_open_to_tokens", False))


def access_of(view: Callable[..., Any] | None) -> Any:
    """What the view said about itself."""
    return getattr(view, "access", TEAM)


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """This view takes a body of so many bytes, from those whom it admits; everybody else's is bounded as ever."""

    def mark(view: View) -> View:
        view.most_body_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark
