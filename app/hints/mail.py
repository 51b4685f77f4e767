"""Mails about answers and reports."""

from __future__ import annotations

from app.core.in_force import InForce
from app.core.text import Text, sentence
from app.hints.report_queries import TeamReport
from app.hints.request_queries import Request
from app.ports import Postman, Translate


def key_of(in_force: InForce, puzzle_id: str) -> str:
    """The puzzle's key; its id if it left the content."""
    puzzle = in_force.content.puzzle(puzzle_id)
    return puzzle.key if puzzle else puzzle_id


def mail_answer(in_force: InForce, postman: Postman, translate: Translate, request: Request, answer: str) -> None:
    puzzle = _title_of(in_force, request.puzzle_id)
    subject = sentence("%(hunt)s: reply about “%(puzzle)s”", hunt=in_force.settings.hunt_name, puzzle=puzzle)
    body = sentence(
        "The organisers replied to %(team)s’s question about “%(puzzle)s”:\n\n%(answer)s\n\nSee the whole conversation"
        " and reply on the puzzle’s page.\n",
        team=request.team_name,
        puzzle=puzzle,
        answer=answer,
    )
    _send(postman, translate, request, subject, body)


def mail_report(
    in_force: InForce, postman: Postman, translate: Translate, report: TeamReport, outcome: Text
) -> None:  # fmt: skip
    puzzle = _title_of(in_force, report.puzzle_id)
    subject = sentence("%(hunt)s: your report about “%(puzzle)s”", hunt=in_force.settings.hunt_name, puzzle=puzzle)
    body = sentence(
        "%(team)s reported a problem with “%(puzzle)s”:\n\n%(problem)s\n\n%(outcome)s\n\n%(note)s\n",
        team=report.team_name,
        puzzle=puzzle,
        problem=report.text,
        outcome=outcome,
        note=report.note,
    )
    _send(postman, translate, report, subject, body)


def _title_of(in_force: InForce, puzzle_id: str) -> str:
    puzzle = in_force.content.puzzle(puzzle_id)
    return " ".join((puzzle.title if puzzle else puzzle_id).split())


def _send(postman: Postman, translate: Translate, to: Request | TeamReport, subject: Text, body: Text) -> None:
    if to.emails and postman.is_set_up:
        postman.send(to.team_id, translate(to.language, subject), translate(to.language, body))
