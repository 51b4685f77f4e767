"""The form of a broadcast."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField

from app.core.text import sentence
from app.web.forms import SiteForm


class BroadcastForm(SiteForm):
    kind = SelectField(sentence("What"), validate_choice=False)
    text = TextAreaField(sentence("Message"))
    audience = SelectField(sentence("To"), validate_choice=False)
    team = StringField(sentence("Team"))
