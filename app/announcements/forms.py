"""The announcement form."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField

from app.core.text import sentence
from app.web.forms import SiteForm


class AnnouncementForm(SiteForm):
    """``team`` and ``puzzle`` count only for that audience."""

    title = StringField(sentence("Title"))
    body = TextAreaField(sentence("Text"))
    kind = SelectField(sentence("Kind"), validate_choice=False)
    audience = SelectField(sentence("Who gets it"), validate_choice=False)
    team = StringField(sentence("Team"))
    puzzle = SelectField(sentence("Puzzle"), validate_choice=False)
