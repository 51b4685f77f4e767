"""Problem reports: free, and no request for help.

One open report a team and puzzle. Organisers settle it as correct as written or with an erratum, may revise that, and
the team is notified.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from app.core.model import Puzzle
from app.core.text import Text, sentence
from app.database import audit
from app.database.engine import Database
from app.errors import HuntError, NotFound
from app.guesses.desk_events import push_desk
from app.guesses.guards import locked_team, totals_of
from app.hints import report_queries
from app.hints.mail import key_of, mail_report
from app.hints.report_queries import OPEN, TeamReport
from app.hints.requests import LARGEST_ID, Staff, checked_text
from app.ports import HuntServices, Postman, Translate

CORRECT, ERRATUM = "correct", "erratum"
STATES: dict[str, Text] = {
    OPEN: sentence("open"), CORRECT: sentence("correct as written"), ERRATUM: sentence("erratum published"),
}  # fmt: skip
OUTCOMES: dict[str, Text] = {
    CORRECT: sentence("The organisers have looked into it: the puzzle is correct as written."),
    ERRATUM: sentence("The organisers have published an erratum."),
}


class NoSuchReport(NotFound):
    """There is no such report."""


class OutcomeUnknown(HuntError):
    """Neither correct as written nor an erratum."""

    code, message = "invalid_form", sentence("Choose what has become of the report.")


class ReportChanged(HuntError):
    """Settled by another organiser; ``state`` is the new one."""

    def __init__(self, state: str) -> None:
        words = sentence("Someone else settled this report: %(state)s. Nothing was changed.", state=STATES[state])
        super().__init__("conflict", words)
        self.state = state


def report(services: HuntServices, team_id: int, puzzle: Puzzle, problem: str, address: str = "") -> dict[str, Any]:
    """Report a problem with an open puzzle, solved or not; returns the JSON reply.

    Raises QuestionInvalid, ReportOpen, TeamGone.
    """
    text, now = checked_text(problem, "problem"), services.clock.now()
    with services.database.writing() as connection:
        team = locked_team(connection, team_id)
        number = report_queries.add(connection, team.id, puzzle.id, text, now)
        audit.log(connection, now, "problem report", team.id, puzzle.id, address, report=number)
    push_desk(services.broadcaster, "reported", number, puzzle.key)
    services.broadcaster.push(f"team:{team.id}", "report", {"puzzle": puzzle.key, "state": OPEN})
    return {"report": {"id": number, "state": OPEN}, **totals_of(services.in_force, team, now)}


def list_reports(
    database: Database, states: Collection[str], limit: int, offset: int = 0, about: Collection[str] | None = None
) -> tuple[TeamReport, ...]:
    return tuple(report_queries.read_list(database, states, limit, offset, about))


def count_reports(database: Database, about: Collection[str] | None = None) -> dict[str, int]:
    return report_queries.count(database, about)


def find_report(database: Database, report_id: int, about: Collection[str] | None = None) -> TeamReport:
    """Raises :class:`NoSuchReport`, also for another puzzle."""
    with database.reading() as connection:
        found = report_queries.find(connection, report_id) if 0 < report_id < LARGEST_ID else None
    if found is None or (about is not None and found.puzzle_id not in about):
        raise NoSuchReport
    return found


def settle(
    services: HuntServices, postman: Postman, translate: Translate, report_id: int, staff: Staff, state: str,
    *, before: str = OPEN, note: str = "",
) -> TeamReport:  # fmt: skip
    """Settle a report that is in the state ``before``; the note may be empty.

    Raises :class:`OutcomeUnknown`, QuestionInvalid for a long note, :class:`ReportChanged`, :class:`NoSuchReport`.
    """
    if state not in OUTCOMES:
        raise OutcomeUnknown
    words = checked_text(note, "message") if note.strip() else ""
    find_report(services.database, report_id)
    now = services.clock.now()
    with services.database.writing() as connection:
        is_settled = report_queries.settle(connection, report_id, before, state, words, staff.id, now)
        found = report_queries.find(connection, report_id)
        if found is None:
            raise NoSuchReport
        if not is_settled:
            raise ReportChanged(found.state)
        details = {"team": found.team_id, "puzzle": found.puzzle_id, "state": state}
        audit.audit(connection, now, staff.name, "settle problem report", str(report_id), staff.address, **details)
    key = key_of(services.in_force, found.puzzle_id)
    services.broadcaster.push(f"team:{found.team_id}", "report", {"puzzle": key, "state": state})
    push_desk(services.broadcaster, "settled", found.id, key)
    mail_report(services.in_force, postman, translate, found, OUTCOMES[state])
    return found
