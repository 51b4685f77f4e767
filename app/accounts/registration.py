"""Team registration; reports all problems at once."""

from __future__ import annotations

from dataclasses import dataclass

from app.accounts import passwords, registration_brake
from app.accounts.divisions import NO_DIVISION, NONE_OPEN, chosen_division, public_divisions
from app.accounts.profile import TAKEN, Profile, columns_of, profile_problems, refusing_taken_names
from app.core import names
from app.core.hunt_settings import HuntSettings
from app.core.model import Content, Division
from app.database import audit, teams
from app.database.engine import Database
from app.errors import FieldsRefused
from app.ports import LoginServices


@dataclass(frozen=True, slots=True)
class Registration:
    """``division`` may be empty if there is only one."""

    name: str
    profile: Profile
    division: str
    password: str
    password_again: str
    answer: str = ""


def register(
    services: LoginServices, settings: HuntSettings, content: Content, registration: Registration, address: str
) -> int:
    """Returns the new team's id.

    Raises HashingBusy, TooManyRegistrations, and FieldsRefused, also in a race.
    """
    division = chosen_division(content, registration.division)
    problems = _problems(registration, content, division) or _taken(services.database, registration)
    if problems or division is None:
        raise FieldsRefused(problems)
    registration_brake.check_answer(services, settings, registration.answer, address)
    with registration_brake.one_registration(services.database, services.clock, settings.registration_limit, address):
        return _store(services, registration, division, address)


def _store(services: LoginServices, registration: Registration, division: Division, address: str) -> int:
    hashed = passwords.hash_of(services.hasher, registration.password, passwords.REGISTRATION_LANE)
    now = services.clock.now()
    columns = columns_of(registration.profile) | {
        "name": names.tidy(registration.name),
        "name_key": names.name_key(registration.name),
        "division": division.code,
    }
    with refusing_taken_names(), services.database.writing() as connection:
        team_id = teams.add(connection, **columns, password_hash=hashed, created_at=now)
        audit.log(connection, now, "registration", team_id, address=address, division=division.code)
    return team_id


def _problems(registration: Registration, content: Content, division: Division | None) -> dict[str, str]:
    name = names.check_name(registration.name)
    no_division = NO_DIVISION if public_divisions(content) else NONE_OPEN
    return {
        **({"name": name} if name else {}),
        **profile_problems(registration.profile),
        **({} if division else {"division": no_division}),
        **passwords.password_problems(registration.password, registration.password_again),
    }


def _taken(database: Database, registration: Registration) -> dict[str, str]:
    """Early check; the constraint decides."""
    keys = names.name_key(registration.name), names.display_key(registration.profile.display_name)
    with database.reading() as connection:
        return {field: TAKEN[field] for field in teams.taken_names(connection, *keys)}
