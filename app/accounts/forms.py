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
AS_ASKED = sentence("What each browser asks for")
NEW_PASSWORD = sentence("New password")


class RegisterForm(SiteForm):
    name = StringField(sentence("Team name"))
    display_name = StringField(sentence("Display name"))
    division = SelectField(sentence("Division"), validate_choice=False)
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("E-mail addresses"))
    password = PasswordField(sentence("Password"))
    password_again = PasswordField(sentence("Password again"))
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
    """``next``: path after login."""

    name = StringField(sentence("Team name"))
    password = PasswordField(sentence("Password"))
    remember = BooleanField(sentence("Stay logged in on this device for 48 hours"), false_values=NO)
    next = HiddenField()


class ProfileForm(SiteForm):
    """Fields not sent keep their values."""

    display_name = StringField(sentence("Display name"))
    affiliation = StringField(sentence("Affiliation"))
    emails = TextAreaField(sentence("E-mail addresses"))
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

    current_password = PasswordField(sentence("Present password"))
    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("New password again"))


class CodeForm(SiteForm):
    """An authenticator's code, or a recovery code where allowed."""

    code = StringField(sentence("Code"))


class TurnOffForm(CodeForm):
    current_password = PasswordField(sentence("Present password"))


class ForgotForm(SiteForm):
    name = StringField(sentence("Team name or e-mail address"))


class ResetForm(SiteForm):
    password = PasswordField(NEW_PASSWORD)
    password_again = PasswordField(sentence("New password again"))
