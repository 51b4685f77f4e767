"""Access policies, set by decorators on views; the default is logged-in teams.

:mod:`app.middleware.access` enforces them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.core.roles import ROLES

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """An access policy; empty ``roles`` admits every logged-in team.

    ``most_body_bytes`` raises the body limit only for accounts that the policy admits.
    """

    is_public: bool = False
    roles: frozenset[str] = frozenset()
    is_open_in_archive: bool = False
    is_open_to_tokens: bool = False
    most_body_bytes: int | None = None

    def admits(self, roles: Collection[str]) -> bool:
        return not self.roles or not self.roles.isdisjoint(roles)


def policy_of(view: Callable[..., Any] | None) -> ViewPolicy:
    """Return the view's policy, or the default."""
    found: ViewPolicy = getattr(view, "policy", ViewPolicy())
    return found


def _with(**changes: Any) -> Callable[[View], View]:
    def mark(view: View) -> View:
        vars(view)["policy"] = replace(policy_of(view), **changes)
        return view

    return mark


def for_all(view: View) -> View:
    """Allow everyone, logged in or not."""
    return _with(is_public=True)(view)


def open_in_archive(view: View) -> View:
    """Allow logged-in teams, and everyone in the archive."""
    return _with(is_open_in_archive=True)(view)


def role(*roles: str) -> Callable[[View], View]:
    """Allow accounts with one of these roles, and admins."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")
    return _with(roles=frozenset(roles) | {"admin"})


def open_to_tokens(view: View) -> View:
    """Also allow GET with an API token; the response is JSON."""
    return _with(is_open_to_tokens=True)(view)


def takes_files(most_bytes: int) -> Callable[[View], View]:
    """Raise the body limit."""
    return _with(most_body_bytes=most_bytes)
