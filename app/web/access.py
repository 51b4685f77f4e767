"""Access policies, set by decorators on views; the default is logged-in teams."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from app.core.model import Level, Puzzle
from app.core.roles import ROLES
from app.database.page_query import Mark
from app.errors import NotFound
from app.web.visit import Visit

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Keeping:
    """What the page reads beside what :mod:`app.web.kept_pages` lists; ``unread`` lists of the team come empty."""

    arguments: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    unread: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ViewPolicy:
    """Empty ``roles``: every logged-in team.

    ``most_body_bytes``: body limit for admitted accounts. ``file_fields`` take files, ``list_fields`` several texts.
    ``takes_answer``: an unreadable body is ``invalid_answer``. Without ``keeping`` the page is made for each request.
    """

    is_public: bool = False
    roles: frozenset[str] = frozenset()
    is_open_in_archive: bool = False
    is_open_to_tokens: bool = False
    most_body_bytes: int | None = None
    file_fields: tuple[str, ...] = ()
    list_fields: tuple[str, ...] = ()
    takes_answer: bool = False
    keeping: Keeping | None = None

    def admits(self, roles: Collection[str]) -> bool:
        return not self.roles or not self.roles.isdisjoint(roles)


def policy_of(view: Callable[..., Any] | None) -> ViewPolicy:
    found: ViewPolicy = getattr(view, "policy", ViewPolicy())
    return found


def _with(**changes: Any) -> Callable[[View], View]:
    def mark(view: View) -> View:
        vars(view)["policy"] = replace(policy_of(view), **changes)
        return view

    return mark


def for_all(view: View) -> View:
    return _with(is_public=True)(view)


def open_in_archive(view: View) -> View:
    """Logged-in teams, and everyone in the archive."""
    return _with(is_open_in_archive=True)(view)


def role(*roles: str) -> Callable[[View], View]:
    """Accounts with one of these roles, and admins."""
    unknown = set(roles) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")
    return _with(roles=frozenset(roles) | {"admin"})


def open_to_tokens(view: View) -> View:
    """Also GET with an API token, as JSON."""
    return _with(is_open_to_tokens=True)(view)


def takes_files(most_bytes: int, *fields: str) -> Callable[[View], View]:
    return _with(most_body_bytes=most_bytes, file_fields=fields)


def takes_lists(*fields: str) -> Callable[[View], View]:
    return _with(list_fields=fields)


def takes_answer(view: View) -> View:
    return _with(takes_answer=True)(view)


GUESS_TIMES = frozenset({"guess_times", "free_guess_times"})


def kept(
    *arguments: str, cookies: tuple[str, ...] = (), marks: tuple[Mark, ...] = (), reads_guess_times: bool = False
) -> Callable[[View], View]:
    """Kept while unchanged; not with other arguments than these."""
    unread = frozenset[str]() if reads_guess_times else GUESS_TIMES
    return _with(keeping=Keeping(arguments, cookies, marks, unread))


def open_puzzle(seen: Visit, key: str) -> Puzzle:
    """404 if locked or unknown."""
    puzzle = seen.content.puzzle(key)
    if puzzle is None or seen.is_nobody or not seen.game.is_puzzle_open(puzzle):
        raise NotFound
    return puzzle


def open_level(seen: Visit, key: str) -> Level:
    """404 as in :func:`open_puzzle`."""
    level = seen.content.level(key)
    if level is None or seen.is_nobody or not seen.game.is_level_open(level):
        raise NotFound
    return level


def may_see_any(seen: Visit, levels: Collection[str], puzzles: Collection[str]) -> bool:
    """Whether any record is open.

    Staff who prepare the hunt see all.
    """
    if seen.is_nobody or (seen.hunt_state == "before" and not seen.sees_early):
        return False
    if seen.settings.lockdown_puzzles and not seen.is_admin:
        return False
    if seen.sees_early:
        return True
    content, game = seen.content, seen.game
    known_levels = (content.levels_by_key[one] for one in levels if one in content.levels_by_key)
    known_puzzles = (content.puzzles_by_key[one] for one in puzzles if one in content.puzzles_by_key)
    return any(map(game.is_level_open, known_levels)) or any(map(game.is_puzzle_open, known_puzzles))
