"""The forms of announcements and messages."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, StringField, TextAreaField

from app.core.text import sentence
from app.web.forms import NO, SiteForm


class AnnouncementForm(SiteForm):
    """``team`` and ``puzzle`` count only for that audience."""

    audience = SelectField(sentence("To"), validate_choice=False)
    team = StringField(sentence("Team"))
    puzzle = SelectField(sentence("Puzzle"), validate_choice=False)
    body = TextAreaField(sentence("Message"))
    popup = BooleanField(sentence("Pop-up on open pages"), false_values=NO)
    title = StringField(sentence("Title"))
    kind = SelectField(sentence("Kind"), validate_choice=False)


class MessageForm(AnnouncementForm):
    news = BooleanField(sentence("In News"), false_values=NO)
    mail = BooleanField(sentence("Also by email"), false_values=NO)
