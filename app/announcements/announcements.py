"""Publish announcements and list those a reader may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from app.announcements import mail_runs
from app.clock import Clock
from app.content.organiser_text import rendered
from app.core.clean_text import has_visible, is_plain, is_storable
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.database import audit
from app.database.announcements import Published
from app.database.engine import Database
from app.ports import ContentServices

Kind = Literal["announcement", "erratum"]
MOST_TITLE_CHARACTERS = 200
MOST_BODY_CHARACTERS = 20_000


class AnnouncementInvalid(ValueError):
    """The message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Announced:
    """``html`` is sanitised."""

    id: int
    title: str
    html: str
    at: datetime
    kind: Kind
    puzzle_id: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """``is_concerned``: whether the team had the puzzle open and unsolved then; in the archive, whether it is open."""

    team_id: int | None = None
    division: str = ""
    is_staff: bool = False
    is_concerned: Callable[[str, datetime], bool] = lambda puzzle, at: False

    @property
    def audiences(self) -> tuple[str, ...] | None:
        """None: all (staff)."""
        if self.is_staff:
            return None
        if self.team_id is None:
            return ("all", "puzzle")
        return ("all", "teams", f"division:{self.division}", f"team:{self.team_id}", "puzzle")


def list_announcements(database: Database, clock: Clock, reader: Reader, after: int = 0) -> tuple[Announced, ...]:
    found = announcement_queries.read_published(database, clock.now(), reader.audiences, after)
    return tuple(_announced(one) for one in found if _is_for(one, reader))


def find_announcement(database: Database, clock: Clock, reader: Reader, number: int) -> Announced | None:
    found = announcement_queries.find_published(database, clock.now(), reader.audiences, number)
    return _announced(found) if found and _is_for(found, reader) else None


def publish(
    services: ContentServices, title: str, body: str, actor: str, audience: str = "all", kind: Kind = "announcement",
    puzzle_id: str | None = None, address: str = "", *, is_mailed: bool = False,
) -> int:  # fmt: skip
    """Publish Markdown, without a push; returns the id. ``is_mailed``: a job mails it.

    Raises :class:`AnnouncementInvalid`.
    """
    title = " ".join(title.split())
    _check(services.in_force, title, body, audience, puzzle_id)
    html, now = rendered(services.prox, body, puzzle_id or ""), services.clock.now()
    with services.database.writing() as connection:
        row = {"title": title, "source": body, "html": html, "kind": kind, "audience": audience, "puzzle_id": puzzle_id}
        number = announcement_queries.add(connection, **row, written_at=now, published_at=now)
        audit.audit(connection, now, actor, "announce", str(number), address, title=title, audience=audience)
        if is_mailed:
            mail_runs.add_run(connection, number, services.clock, actor, address)
    return number


def _check(in_force: InForce, title: str, body: str, audience: str, puzzle_id: str | None) -> None:
    if not 1 <= len(title) <= MOST_TITLE_CHARACTERS or not is_plain(title) or not has_visible(title):
        raise AnnouncementInvalid(
            sentence("The title must be plain text of 1 to %(most)s characters.", most=MOST_TITLE_CHARACTERS)
        )
    if not body.strip() or len(body) > MOST_BODY_CHARACTERS or not is_storable(body):
        raise AnnouncementInvalid(f"The text must have 1 to {MOST_BODY_CHARACTERS} characters.")
    kind, _, which = audience.partition(":")
    content = in_force.content if in_force.is_loaded else None
    if kind == "division" and (content is None or content.division(which) is None):
        raise AnnouncementInvalid(f"There is no division with the code {which!r}.")
    if kind == "puzzle" and (content is None or content.puzzle(puzzle_id or "") is None):
        raise AnnouncementInvalid(f"There is no puzzle {puzzle_id!r}.")


def _is_for(found: Published, reader: Reader) -> bool:
    if found.audience != "puzzle" or reader.is_staff:
        return True
    return found.puzzle_id is not None and reader.is_concerned(found.puzzle_id, found.published_at)


def _announced(found: Published) -> Announced:
    return Announced(found.id, found.title, found.html, found.published_at, cast(Kind, found.kind), found.puzzle_id)
