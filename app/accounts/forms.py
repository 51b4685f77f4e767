"""The account's forms: fields, labels, and what is kept of what was typed. What is right is the services' question.

A service that refuses names the fields and says why (FieldsRefused); :meth:`refuse` puts
the words where they belong. Passwords never come back in a page.
"""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField, TextAreaField

from app.accounts.profile import Profile
from app.accounts.registration import Registration
from app.core.languages import LANGUAGES
from app.core.model import Division
from app.core.text import sentence
from app.web.forms import NO, SiteForm
from app.web.languages import told

AS_ASKED = sentence("What each browser asks for")
NEW_PASSWORD = sentence("New password")


class RegisterForm(SiteForm):
    """A new team."""

    name = StringField(sentence("Team name"))
    display_name = StringField(sentence("Display name"))
    division = SelectField(sentence("Division"), validate_choice=False)
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("E-mail addresses"))
    password = PasswordField(sentence("Password"))
    password_again = PasswordField(sentence("Password again"))

    def offer(self, divisions: Iterable[Division]) -> RegisterForm:
        """Let the visitor choose one of these divisions."""
        self.division.choices = [(division.code, division.name) for division in divisions]
        return self

    def registration(self) -> Registration:
        """What was typed."""
        return Registration(
            name=self.name.data or "",
            profile=Profile(self.display_name.data or "", self.affiliation.data or "", self.emails.data or ""),
            division=self.division.data or "",
            password=self.password.data or "",
            password_again=self.password_again.data or "",
        )


class LoginForm(SiteForm):
    """Name and password; ``next`` is where the visitor wanted to go."""

    name = StringField(sentence("Team name"))
    password = PasswordField(sentence("Password"))
    remember = BooleanField(sentence("Stay logged in on this device for 48 hours"), false_values=NO)
    next = HiddenField()


class ProfileForm(SiteForm):
    """What others see of a team, and where it gets mail. A field that was not sent keeps what it had."""

    display_name = StringField(sentence("Display name"))
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("E-mail addresses"))
    language = SelectField(sentence("Language"), validate_choice=False)

    def offer(self) -> ProfileForm:
        """Let the team choose one of the site's languages, or none."""
        self.language.choices = [("", told(AS_ASKED)), *LANGUAGES.items()]
        return self

    def profile(self) -> Profile:
        """What was typed."""
        return Profile(
            self.display_name.data or "", self.affiliation.data or "", self.emails.data or "", self.language.data or ""
        )


class HookForm(SiteForm):
    """Where the team's own news go."""

    url = StringField(sentence("Webhook address"))


class PasswordForm(SiteForm):
    """A new password, allowed by the present one."""

    current_password = PasswordField(sentence("Present password"))
    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("New password again"))


class ForgotForm(SiteForm):
    """Who has forgotten the password."""

    name = StringField(sentence("Team name or e-mail address"))


class ResetForm(SiteForm):
    """A new password, allowed by a one-time link."""

    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("New password again"))
