"""The form of the hash generator."""

from __future__ import annotations

from wtforms import BooleanField, TextAreaField

from app.core.text import sentence
from app.web.forms import NO, SiteForm


class HashForm(SiteForm):
    answers = TextAreaField(sentence("Answers"))
    near = BooleanField(sentence("Also create typo signature"), false_values=NO)
