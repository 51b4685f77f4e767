"""Registering a team: everything that is wrong is said at once, at its field, and nothing is stored until nothing is.

Called by the account views, which also see to it that registration is open.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import passwords
from app.accounts.profile import TAKEN, Profile, columns_of, profile_problems, refusing_taken_names
from app.core import names
from app.core.model import Content, Division
from app.core.text import sentence
from app.database import audit, teams
from app.errors import FieldsRefused
from app.ports import Ports

NO_DIVISION = sentence("Choose one of the divisions.")
NONE_OPEN = sentence("No division is open for registration. Please ask the organisers.")


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration form as typed. ``division`` is a division's code; empty is enough where there is only one."""

    name: str
    profile: Profile
    division: str
    password: str
    password_again: str


def public_divisions(content: Content) -> tuple[Division, ...]:
    """The divisions a team may choose from, in the organisers' order."""
    public = (found for found in content.divisions if found.is_public)
    return tuple(sorted(public, key=lambda division: (division.order, division.code)))


def register(ports: Ports, content: Content, registration: Registration, address: str) -> int:
    """Store a new team and answer its id; its epoch is 0.

    Raises FieldsRefused for what is wrong and for names that are taken, however many want the same one at once, and
    HashingBusy.
    """
    division = chosen_division(content, registration.division)
    problems = _problems(registration, content, division) or _taken(ports, registration)
    if problems or division is None:
        raise FieldsRefused(problems)
    hashed = passwords.hash_of(ports, registration.password)
    now = ports.clock.now()
    columns = columns_of(registration.profile) | {
        "name": names.tidy(registration.name),
        "name_key": names.name_key(registration.name),
        "division": division.code,
    }
    with refusing_taken_names(), ports.database.writing() as connection:
        team_id = teams.add(connection, **columns, password_hash=hashed, created_at=now)
        audit.log(connection, now, "registration", team_id, address=address, division=division.code)
    return team_id


def chosen_division(content: Content, code: str) -> Division | None:
    """The public division of this code; without a code the only one there is."""
    divisions = public_divisions(content)
    if not code and len(divisions) == 1:
        return divisions[0]
    return next((found for found in divisions if found.code == code), None)


def _problems(registration: Registration, content: Content, division: Division | None) -> dict[str, str]:
    name = names.check_name(registration.name)
    no_division = NO_DIVISION if public_divisions(content) else NONE_OPEN
    return {
        **({"name": name} if name else {}),
        **profile_problems(registration.profile),
        **({} if division else {"division": no_division}),
        **passwords.password_problems(registration.password, registration.password_again),
    }


def _taken(ports: Ports, registration: Registration) -> dict[str, str]:
    """Names that are taken, found before a hash is paid for; the database has the last word."""
    keys = names.name_key(registration.name), names.display_key(registration.profile.display_name)
    with ports.database.reading() as connection:
        return {field: TAKEN[field] for field in teams.taken_names(connection, *keys)}
