"""Mails to teams, in their language; English without a choice."""

from __future__ import annotations

from app.core.in_force import InForce
from app.core.text import sentence
from app.database.teams import Account
from app.ports import Translate


def reset_mail(in_force: InForce, translate: Translate, account: Account, link: str) -> tuple[str, str]:
    body = sentence(
        "Someone asked to reset the password for the team “%(team)s” (username: %(name)s).\n\n%(link)s\n\nThe link"
        " works once and expires in 24 hours. If you didn’t ask for it, ignore this email.\n",
        team=account.display_name,
        name=account.name,
        link=link,
    )
    subject = sentence("%(hunt)s: reset your password", hunt=in_force.settings.hunt_name)
    return translate(account.language, subject), translate(account.language, body)


def confirmation_mail(in_force: InForce, translate: Translate, language: str, link: str) -> tuple[str, str]:
    """Subject and text of the first mail to an address.

    It may be a stranger's, so it contains nothing that the team wrote.
    """
    name = in_force.settings.hunt_name
    body = sentence(
        "Someone entered this address for a team in %(hunt)s. To get answers and news from the organisers here,"
        " confirm it:\n\n%(link)s\n\nIf that wasn’t you, ignore this email.\n",
        hunt=name,
        link=link,
    )
    subject = sentence("%(hunt)s: confirm your email address", hunt=name)
    return translate(language, subject), translate(language, body)
