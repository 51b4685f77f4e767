"""Forms of the organisers' pages about teams and about speaking to them. What is right is the services' question."""

from __future__ import annotations

from wtforms import BooleanField, SelectField, StringField, TextAreaField

from app.rules.wording import sentence
from app.services.managing_teams import TeamEdit
from app.services.profiles import Profile
from app.views.forms import NO, SiteForm


class TeamForm(SiteForm):
    """What an organiser may change about a team."""

    display_name = StringField(sentence("Display name"))
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("E-mail addresses"))
    division = SelectField(sentence("Division"), validate_choice=False)

    def edit(self) -> TeamEdit:
        """What was typed."""
        profile = Profile(self.display_name.data or "", self.affiliation.data or "", self.emails.data or "")
        return TeamEdit(profile, self.division.data or "")


class AnnouncementForm(SiteForm):
    """An announcement or erratum. ``team`` and ``puzzle`` count only for the audience of that kind."""

    title = StringField(sentence("Title"))
    body = TextAreaField(sentence("Text"))
    kind = SelectField(sentence("Kind"), validate_choice=False)
    audience = SelectField(sentence("Who gets it"), validate_choice=False)
    team = StringField(sentence("Team"))
    puzzle = SelectField(sentence("Puzzle"), validate_choice=False)


class BroadcastForm(SiteForm):
    """An alert, or the wish that pages load again."""

    kind = SelectField(sentence("What"), validate_choice=False)
    text = TextAreaField(sentence("Message"))
    audience = SelectField(sentence("Who gets it"), validate_choice=False)
    team = StringField(sentence("Team"))


class HashForm(SiteForm):
    """Answers to be hashed."""

    answers = TextAreaField(sentence("Answers"))
    near = BooleanField(sentence("Make the signature for Near, too"), false_values=NO)
