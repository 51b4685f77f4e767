"""A job announces corrections that a restock stored with its version: each once, even after a crash in between."""

from __future__ import annotations

from app.announcements.announcements import MOST_TITLE_CHARACTERS
from app.broadcast import stored
from app.broadcast.stored import Sent
from app.broadcast.working_teams import teams_at_work
from app.content import queries as content_queries
from app.content import refresh
from app.content.diff import digest_of
from app.content.queries import DueErratum
from app.core.model import Puzzle, playable
from app.database import announcements as announcement_queries
from app.database import audit
from app.ports import HuntServices


def announce_errata(services: HuntServices) -> int:
    due = content_queries.read_due_errata(services.database)
    if not due:
        return 0
    refresh.catch_up(services.database, services.in_force)
    return sum(_announce(services, one) for one in due)


def _announce(services: HuntServices, one: DueErratum) -> bool:
    puzzle, now = _still_corrected(services, one), services.clock.now()
    # Worked out before the transaction: a team that solves it in between reads one word too many.
    teams = teams_at_work(services.database, services.in_force, services.clock, one.puzzle_id) if puzzle else ()
    sent: tuple[Sent, ...] = ()
    with services.database.writing() as connection:
        stored.lock_sending(connection)
        if not content_queries.settle_erratum(connection, one, now):
            return False
        if puzzle is None or content_queries.last_announced(connection, one.puzzle_id, one.kind) == one.digest:
            return False
        html = puzzle.erratum_html if one.kind == "erratum" else ""
        title = puzzle.title[:MOST_TITLE_CHARACTERS]
        row = {"title": title, "source": html, "html": html, "kind": "erratum", "audience": "puzzle"}
        row |= {"puzzle_id": puzzle.id}
        number = announcement_queries.add(connection, **row, written_at=now, published_at=now)
        content_queries.note_erratum(connection, one, number)
        audit.audit(connection, now, one.made_by, "announce", str(number), title=title, audience=f"{len(teams)} teams")
        payload = {"announcement": number, "title": title, "kind": "erratum", "puzzle": puzzle.key}
        sent = stored.store_announcement(connection, payload, [f"team:{team}" for team in teams], one.made_by, now)
    stored.push_sent(services.broadcaster, sent)
    return True


def _still_corrected(services: HuntServices, one: DueErratum) -> Puzzle | None:
    """None if no team can have seen it, or it says something else by now."""
    content = services.in_force.content
    puzzle = next((found for found in playable(content) if found.id == one.puzzle_id), None)
    if puzzle is None or services.in_force.settings.state_at(services.clock.now()) == "before":
        return None
    return puzzle if digest_of(puzzle, "erratum" if one.kind == "erratum" else "text") == one.digest else None
