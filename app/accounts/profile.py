"""A team's profile, e-mail addresses and password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email

from app.accounts import passwords, reset_link_queries
from app.accounts.divisions import NO_DIVISION, chosen_division
from app.accounts.login import WrongLogin, prove, refuse_too_many
from app.broadcast import stored
from app.core import names
from app.core.text import check_language, sentence
from app.database import audit, teams
from app.database.teams import Account, NameTaken
from app.errors import FieldsRefused
from app.ports import HuntServices, LoginServices, Pusher

# Ten addresses of maximum length, with separators.
LONGEST_EMAILS = 3_000
TAKEN = {
    "name": sentence("That username is taken."),
    "display_name": sentence("That team name is taken."),
}
NOT_THE_PRESENT_ONE = sentence("That isn’t your current password.")


@dataclass(frozen=True, slots=True)
class Profile:
    """``emails``: separated by commas, semicolons or white space.

    ``language``: empty follows the browser, None keeps. ``division``: None keeps.
    """

    display_name: str
    affiliation: str = ""
    emails: str = ""
    language: str | None = None
    division: str | None = None


def profile_problems(profile: Profile) -> dict[str, str]:
    """Problems by field, except taken names."""
    found = {
        "display_name": names.check_display_name(profile.display_name),
        "affiliation": names.check_affiliation(profile.affiliation),
        "emails": emails_problem(profile.emails),
        "language": check_language(profile.language or ""),
    }
    return {field: problem for field, problem in found.items() if problem}


def emails_problem(text: str) -> str | None:
    """Makes no network request."""
    if len(text) > LONGEST_EMAILS:
        return names.TOO_MANY_EMAILS
    addresses = names.split_emails(text)
    crowd = names.check_emails(addresses)
    return crowd or next((wrong for wrong in map(_address_problem, addresses) if wrong), None)


def _address_problem(address: str) -> str | None:
    try:
        _checked_address(address)
    except EmailNotValidError:
        shown = address if len(address) <= 60 else address[:59] + "…"
        return sentence("“%(address)s” isn’t an email address.", address=shown)
    return None


def _checked_address(address: str) -> str:
    # Allows addresses under .test, which are harmless; relaxes nothing else.
    return validate_email(address, check_deliverability=False, test_environment=True).normalized


def columns_of(profile: Profile) -> dict[str, Any]:
    chosen = {} if profile.language is None else {"language": profile.language}
    return chosen | {
        "display_name": names.tidy(profile.display_name),
        "display_key": names.display_key(profile.display_name),
        "affiliation": names.tidy(profile.affiliation),
        "emails": list(dict.fromkeys(map(_checked_address, names.split_emails(profile.emails)))),
    }


def save_profile(services: HuntServices, team_id: int, profile: Profile, address: str) -> None:
    """The division may change until the start. Raises :class:`FieldsRefused`."""
    problems = profile_problems(profile) | _division_problem(services, profile.division)
    if problems:
        raise FieldsRefused(problems)
    columns = columns_of(profile) | ({} if profile.division is None else {"division": profile.division})
    now = services.clock.now()
    with refusing_taken_names(), services.database.writing() as connection:
        teams.refuse_taken(connection, None, columns["display_key"], besides=team_id)
        teams.change(connection, team_id, **columns)
        chosen = {} if profile.division is None else {"division": profile.division}
        audit.log(connection, now, "profile", team_id, address=address, shown=columns["display_name"], **chosen)
    if profile.division is not None:
        # Open pages change to the room of the new division.
        stored.recheck_sockets(services.broadcaster, team_id)


def _division_problem(services: HuntServices, division: str | None) -> dict[str, str]:
    if division is None:
        return {}
    if services.in_force.settings.state_at(services.clock.now()) != "before":
        return {"division": sentence("The hunt has started. Only organisers can change your division now.")}
    found = chosen_division(services.in_force.content, division)
    return {} if found is not None and found.code == division else {"division": NO_DIVISION}


@contextmanager
def refusing_taken_names() -> Iterator[None]:
    """NameTaken, also from a race, becomes FieldsRefused."""
    try:
        yield
    except NameTaken as taken:
        raise FieldsRefused({field: TAKEN[field] for field in taken.fields}) from None


def change_password(
    services: LoginServices, broadcaster: Pusher, team_id: int, current: str, new: str, again: str, address: str
) -> int:
    """Set it and end all sessions; returns the new epoch for this one.

    Raises :class:`FieldsRefused`, :class:`app.accounts.login.TooManyFailures`.
    """
    problems = passwords.password_problems(new, again)
    if problems:
        raise FieldsRefused(problems)
    account = _proved(services, team_id, current, address)
    hashed = passwords.hash_of(services.hasher, new)
    with services.database.writing() as connection:
        epoch = teams.set_password(connection, team_id, hashed, old_hash=account.password_hash)
        if epoch is not None:
            reset_link_queries.forget_unused(connection, team_id)
            audit.log(connection, services.clock.now(), "password", team_id, address=address)
    if epoch is None:
        raise FieldsRefused({"current_password": NOT_THE_PRESENT_ONE})
    stored.recheck_sockets(broadcaster, team_id)
    return epoch


def _proved(services: LoginServices, team_id: int, current: str, address: str) -> Account:
    account = teams.find_by_id(services.database, team_id)
    try:
        if account is None or account.password_hash is None:
            raise WrongLogin
        refuse_too_many(services, account.name, address, team_id)
        prove(services, account, account.name, current, address, team_id)
    except WrongLogin:
        raise FieldsRefused({"current_password": NOT_THE_PRESENT_ONE}) from None
    return account
