"""The mails that teams get, in each team's own language. Where they go out is :mod:`app.services.mailing`' business.

A mail has no reader at hand whose browser could be asked: a team that has chosen no language gets English.
"""

from __future__ import annotations

from app.rules.wording import sentence
from app.services.ports import Ports
from app.store.hint_requests import Request
from app.store.teams import Account


def reset_letter(ports: Ports, account: Account, link: str) -> tuple[str, str]:
    """Subject and text of the mail with the one-time link with which a team sets a new password."""
    body = sentence(
        "Somebody, probably one of you, asked for a link to set a new password for the team “%(team)s”, which logs in"
        " as %(name)s.\n\n%(link)s\n\nIt works once, within 24 hours. If nobody of you wants it, leave it alone: the"
        " old password stays as it is.\n",
        team=account.display_name,
        name=account.name,
        link=link,
    )
    subject = sentence("%(hunt)s: a new password", hunt=ports.hunt.hunt_name)
    return ports.translate(account.language, subject), ports.translate(account.language, body)


def mail_answer(ports: Ports, request: Request, answer: str) -> None:
    """What the organisers have answered to the team's question, if it wants mail at all."""
    if not request.emails or not ports.postman.is_set_up:
        return
    puzzle = ports.content.current().puzzle(request.puzzle_id)
    title = " ".join((puzzle.title if puzzle else request.puzzle_id).split())
    subject = sentence("%(hunt)s: an answer about “%(puzzle)s”", hunt=ports.hunt.hunt_name, puzzle=title)
    body = sentence(
        "The organisers have answered %(team)s's question about “%(puzzle)s”:\n\n%(answer)s\n\nThe whole conversation"
        " is on the puzzle's page, where you can also ask further.\n",
        team=request.team_name,
        puzzle=title,
        answer=answer,
    )
    ports.postman.send(
        request.emails, ports.translate(request.language, subject), ports.translate(request.language, body)
    )
