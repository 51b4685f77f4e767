"""Account forms. Services validate; pages never echo passwords."""

from __future__ import annotations

from collections.abc import Iterable

from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField, TextAreaField

from app.accounts.profile import Profile
from app.accounts.registration import Registration
from app.core.model import Division
from app.core.text import LANGUAGES, sentence
from app.web.forms import NO, SiteForm
from app.web.languages import told

CHOOSE = sentence("Choose …")
AS_ASKED = sentence("Browser default")
NEW_PASSWORD = sentence("New password")


class RegisterForm(SiteForm):
    name = StringField(sentence("Username"))
    display_name = StringField(sentence("Team name"))
    division = SelectField(sentence("Division"), validate_choice=False)
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("Email addresses"))
    password = PasswordField(sentence("Password"))
    password_again = PasswordField(sentence("Confirm password"))
    answer = StringField(sentence("The organisers’ question"))

    def offer(self, divisions: Iterable[Division]) -> RegisterForm:
        offered = [(division.code, division.name) for division in divisions]
        # Nothing is chosen beforehand, or half of the teams would be where they do not belong.
        self.division.choices = offered if len(offered) == 1 else [("", told(CHOOSE)), *offered]
        return self

    def ask(self, question: str) -> RegisterForm:
        """The organisers' question; without one there is no answer field."""
        if question:
            self.answer.label.text = question
        else:
            del self.answer
        return self

    def registration(self) -> Registration:
        return Registration(
            name=self.name.data or "",
            profile=Profile(self.display_name.data or "", self.affiliation.data or "", self.emails.data or ""),
            division=self.division.data or "",
            password=self.password.data or "",
            password_again=self.password_again.data or "",
            answer=(self.answer.data or "") if "answer" in self else "",
        )


class LoginForm(SiteForm):
    name = StringField(sentence("Username"))
    password = PasswordField(sentence("Password"))
    remember = BooleanField(sentence("Stay logged in for 48 hours"), false_values=NO)
    next = HiddenField()


class ProfileForm(SiteForm):
    """Fields not sent keep their values."""

    display_name = StringField(sentence("Team name"))
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("Email addresses"))
    language = SelectField(sentence("Language"), validate_choice=False)
    division = SelectField(sentence("Division"), validate_choice=False)

    def offer(self, divisions: Iterable[Division]) -> ProfileForm:
        self.language.choices = [("", told(AS_ASKED)), *LANGUAGES.items()]
        self.division.choices = [(division.code, division.name) for division in divisions]
        return self

    def profile(self, division: str) -> Profile:
        wanted = self.division.data or ""
        return Profile(
            self.display_name.data or "", self.affiliation.data or "", self.emails.data or "",
            self.language.data or "", None if wanted in ("", division) else wanted,
        )  # fmt: skip


class HookForm(SiteForm):
    url = StringField(sentence("Webhook address"))


class PasswordForm(SiteForm):
    """Requires the present password."""

    current_password = PasswordField(sentence("Current password"))
    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("Confirm new password"))


class CodeForm(SiteForm):
    """An authenticator's code, or a recovery code where allowed."""

    code = StringField(sentence("Code"))


class TurnOffForm(CodeForm):
    current_password = PasswordField(sentence("Current password"))


class ForgotForm(SiteForm):
    name = StringField(sentence("Username or email address"))


class ResetForm(SiteForm):
    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("Confirm new password"))
