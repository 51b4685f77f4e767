"""A test mail to one address."""

from __future__ import annotations

import math
from datetime import timedelta

from email_validator import EmailNotValidError, validate_email

from app.announcements import mail_runs
from app.announcements.mail_runs import MailServices
from app.core.text import sentence
from app.database import audit
from app.database.mail_limits import MailLimit, count_mail
from app.errors import FieldsRefused, HuntError, NotFound
from app.notifications import outbox_queries

# Each organiser's trials in an hour.
TRIALS, HOUR = 20, timedelta(hours=1)


class TooManyTrials(HuntError):
    """``retry_after``: whole seconds."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        words = sentence("Too many test mails. Try again in %(seconds)s s.", seconds=retry_after)
        super().__init__(message=words, retry_after=retry_after)


def send_trial(
    services: MailServices, announcement_id: int, typed: str, language: str, actor: str, network: str = ""
) -> str:  # fmt: skip
    """Marked as a test; returns the address.

    Raises FieldsRefused, NotFound, :class:`TooManyTrials`.
    """
    try:
        address = validate_email(typed.strip()[:320], check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise FieldsRefused({"to": sentence("That isn’t an email address.")}) from None
    mail = mail_runs.write_mail(services, announcement_id, address, language)
    if mail is None:
        raise NotFound
    mail["subject"] = services.translate(language, sentence("Test: %(subject)s", subject=mail["subject"]))
    now = services.clock.now()
    with services.database.writing() as connection:
        free_at = count_mail(connection, [MailLimit(f"trials of {actor}"[:100], TRIALS, HOUR)], now)
        if free_at is None:
            sealed = outbox_queries.encrypted(services.encryption, mail)
            outbox_queries.add(
                connection, outbox_queries.MAIL, sealed, now, fair_key=f"trial:{actor}", urgency=outbox_queries.AT_ONCE
            )
            audit.audit(connection, now, actor, "announcement.mail_trial", str(announcement_id), network)
    if free_at is not None:
        raise TooManyTrials(math.ceil((free_at - now).total_seconds()))
    return address
