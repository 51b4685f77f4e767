"""Team forms for organisers; services validate."""

from __future__ import annotations

from wtforms import SelectField, StringField, TextAreaField

from app.accounts.profile import Profile
from app.accounts.team_admin import TeamEdit
from app.core.text import sentence
from app.web.forms import SiteForm


class TeamForm(SiteForm):
    display_name = StringField(sentence("Team name"))
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("Email addresses"))
    division = SelectField(sentence("Division"), validate_choice=False)

    def edit(self) -> TeamEdit:
        profile = Profile(self.display_name.data or "", self.affiliation.data or "", self.emails.data or "")
        return TeamEdit(profile, self.division.data or "")
