"""Mails to teams, in their language; English without a choice."""

from __future__ import annotations

from app.core.in_force import InForce
from app.core.text import sentence
from app.database.teams import Account
from app.ports import Translate


def reset_letter(in_force: InForce, translate: Translate, account: Account, link: str) -> tuple[str, str]:
    body = sentence(
        "Somebody, probably one of you, asked for a link to set a new password for the team “%(team)s”, which logs in"
        " as %(name)s.\n\n%(link)s\n\nIt works once, within 24 hours. If nobody of you wants it, leave it alone: the"
        " old password stays as it is.\n",
        team=account.display_name,
        name=account.name,
        link=link,
    )
    subject = sentence("%(hunt)s: a new password", hunt=in_force.settings.hunt_name)
    return translate(account.language, subject), translate(account.language, body)


def confirmation_letter(in_force: InForce, translate: Translate, language: str, link: str) -> tuple[str, str]:
    """Subject and text of the first mail to an address.

    It may be a stranger's, so it contains nothing that the team wrote.
    """
    name = in_force.settings.hunt_name
    body = sentence(
        "Somebody, probably you, gave this address for a team in %(hunt)s. Follow this link to get the organisers'"
        " answers and news there:\n\n%(link)s\n\nIf it was not you, do nothing: no news will come.\n",
        hunt=name,
        link=link,
    )
    subject = sentence("%(hunt)s: is this your address?", hunt=name)
    return translate(language, subject), translate(language, body)
