"""Write, publish, correct and withdraw announcements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.announcements import draft_queries, mail_run_queries, mail_runs
from app.announcements.announcements import MOST_BODY_CHARACTERS, MOST_TITLE_CHARACTERS
from app.announcements.draft_queries import Draft
from app.announcements.mail_text import as_plain_text
from app.broadcast import message_queries, stored
from app.broadcast.audience import Audience, AudienceInvalid, choose
from app.broadcast.queries import OfMessage
from app.broadcast.stored import BroadcastInvalid
from app.clock import Clock
from app.content.organiser_text import rendered
from app.core.clean_text import has_visible, is_plain, is_storable
from app.core.in_force import InForce
from app.core.text import sentence
from app.database import announcements as announcement_queries
from app.database import audit
from app.database.engine import Database
from app.errors import FieldsRefused, NotFound
from app.ports import ContentServices, HuntServices, Prox

__all__ = ["Draft", "DraftChanged", "DraftUnknown", "Written", "checked", "correct", "discard", "find_draft",
           "list_drafts", "popup_text", "publish", "save_draft", "withdraw"]  # fmt: skip

KINDS = ("announcement", "erratum")
SHOWN = 200


class DraftUnknown(NotFound):
    """No such announcement."""


class DraftChanged(Exception):
    """Changed, published or discarded by another; nothing was stored."""


@dataclass(frozen=True, slots=True)
class Written:
    title: str
    body: str
    kind: str = "announcement"
    audience: str = "all"
    team: str = ""
    puzzle_id: str = ""
    team_ids: tuple[int, ...] = ()
    is_popup: bool = False


def list_drafts(database: Database) -> tuple[Draft, ...]:
    return tuple(draft_queries.read_newest(database, SHOWN))


def find_draft(database: Database, number: int) -> Draft:
    """Raises :class:`DraftUnknown`."""
    found = draft_queries.find(database, number)
    if found is None:
        raise DraftUnknown
    return found


def save_draft(
    services: ContentServices, number: int | None, revision: int, written: Written, actor: str, address: str = ""
) -> int:  # fmt: skip
    """Add or change; returns the id. Raises FieldsRefused, :class:`DraftChanged`."""
    columns, audience = checked(services, written)
    now = services.clock.now()
    with services.database.writing() as connection:
        if number is None:
            number = announcement_queries.add(connection, **columns, puzzle_id=audience.puzzle_id, written_at=now)
        elif not draft_queries.change(connection, number, revision, **columns, puzzle_id=audience.puzzle_id):
            raise DraftChanged(number)
        announcement_queries.choose_teams(connection, number, audience.team_ids)
        details = {"title": columns["title"], "audience": audience.code}
        audit.audit(connection, now, actor, "announcement.draft", str(number), address, **details)
    return number


def checked(services: ContentServices, written: Written) -> tuple[dict[str, Any], Audience]:
    """Raises FieldsRefused."""
    problems, audience = _problems(services.database, services.in_force, services.clock, written)
    if problems or audience is None:
        raise FieldsRefused(problems)
    html = rendered(services.prox, written.body)
    columns = {"title": _tidy(written.title), "source": written.body, "html": html, "kind": written.kind}
    return columns | {"audience": audience.code, "is_popup": written.is_popup}, audience


def publish(
    services: HuntServices, number: int, revision: int, actor: str, address: str = "", *, is_mailed: bool = False
) -> Draft:
    """Publish and push; ``is_mailed``: a job mails it.

    Raises :class:`DraftChanged`, :class:`DraftUnknown`.
    """
    draft, now = find_draft(services.database, number), services.clock.now()
    if draft.published_at is not None or draft.revision != revision:
        raise DraftChanged(number)
    with services.database.writing() as connection:
        if not draft_queries.change(connection, number, revision, published_at=now):
            raise DraftChanged(number)
        details = {"title": draft.title, "audience": draft.audience}
        audit.audit(connection, now, actor, "announcement.publish", str(number), address, **details)
        if is_mailed:
            mail_runs.add_run(connection, number, services.clock, actor, address)
    stored.announce(services, number, actor, address, popup_text=popup_text(draft.source) if draft.is_popup else "")
    return draft


def correct(
    services: HuntServices, prox: Prox | None, number: int, revision: int, title: str, body: str, actor: str,
    address: str = "", *, is_told: bool = False,
) -> None:  # fmt: skip
    """Change a published text; ``is_told`` pushes it again. Raises as :func:`save_draft`, and DraftUnknown."""
    now, before = services.clock.now(), find_draft(services.database, number)
    problems = _text_problems(title, body) | (_popup_problems(body) if before.is_popup else {})
    if problems:
        raise FieldsRefused(problems)
    columns = {"title": _tidy(title), "source": body, "html": rendered(prox, body), "edited_at": now}
    with services.database.writing() as connection:
        is_out = before.published_at is not None and before.withdrawn_at is None
        if not is_out or not draft_queries.change(connection, number, revision, **columns):
            raise DraftChanged(number)
        if before.is_popup:
            message_queries.change_alerts(connection, OfMessage(number), popup_text(body))
        details = {"before": before.title, "after": columns["title"], "revision": revision + 1}
        audit.audit(connection, now, actor, "announcement.edit", str(number), address, **details)
    if is_told:
        stored.announce(services, number, actor, address, popup_text=popup_text(body) if before.is_popup else "")


def withdraw(
    database: Database, clock: Clock, number: int, revision: int, actor: str, address: str = ""
) -> None:  # fmt: skip
    """Raises :class:`DraftChanged`, :class:`DraftUnknown`."""
    now, before = clock.now(), find_draft(database, number)
    with database.writing() as connection:
        is_out = before.published_at is not None and before.withdrawn_at is None
        if not is_out or not draft_queries.change(connection, number, revision, withdrawn_at=now):
            raise DraftChanged(number)
        message_queries.withdraw(connection, OfMessage(number), now)
        mail_run_queries.stop(connection, number, now)
        audit.audit(connection, now, actor, "announcement.withdraw", str(number), address, title=before.title)


def popup_text(body: str) -> str:
    return as_plain_text(body, "")


def discard(database: Database, clock: Clock, number: int, revision: int, actor: str, address: str = "") -> None:
    """Raises :class:`DraftChanged`."""
    with database.writing() as connection:
        if not draft_queries.discard(connection, number, revision):
            raise DraftChanged(number)
        audit.audit(connection, clock.now(), actor, "announcement.discard", str(number), address)


def _problems(
    database: Database, in_force: InForce, clock: Clock, written: Written
) -> tuple[dict[str, str], Audience | None]:
    problems, audience = _text_problems(written.title, written.body), None
    if written.is_popup:
        problems |= _popup_problems(written.body)
    if written.kind not in KINDS:
        problems["kind"] = sentence("Choose the kind.")
    try:
        names = (written.audience, written.team, written.puzzle_id)
        audience = choose(database, in_force, clock, *names, team_ids=written.team_ids)
    except AudienceInvalid as why:
        problems[why.field] = str(why)
    return problems, audience


def _popup_problems(body: str) -> dict[str, str]:
    try:
        stored.checked_text(popup_text(body))
    except BroadcastInvalid as why:
        return {"body": str(why)}
    return {}


def _text_problems(title: str, body: str) -> dict[str, str]:
    problems: dict[str, str] = {}
    title = _tidy(title)
    if not 1 <= len(title) <= MOST_TITLE_CHARACTERS or not is_plain(title) or not has_visible(title):
        problems["title"] = sentence(
            "The title must be plain text of 1 to %(most)s characters.", most=MOST_TITLE_CHARACTERS
        )
    if not body.strip() or len(body) > MOST_BODY_CHARACTERS or not is_storable(body):
        problems["body"] = sentence("The text must have 1 to %(most)s characters.", most=MOST_BODY_CHARACTERS)
    return problems


def _tidy(title: str) -> str:
    return " ".join(title.split())
