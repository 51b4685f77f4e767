"""Import of a team list: checked row by row, then all or none.

New teams get one-time links instead of passwords. Only digests are stored; the links follow from the import's key.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.accounts import reset_link_queries
from app.accounts.divisions import public_divisions
from app.accounts.password_reset import digest_of_link
from app.accounts.profile import TAKEN, Profile, columns_of, profile_problems
from app.accounts.team_list import ListedTeam, ListUnreadable, read_list
from app.clock import Clock
from app.core import names
from app.core.csv_text import MARK, as_csv
from app.core.model import Content
from app.core.text import sentence
from app.database import audit, team_lists
from app.database.engine import Database
from app.database.teams import NameTaken

__all__ = ["Imported", "ListHasFaults", "ListUnreadable", "Look", "import_teams", "links_of", "look_through"]

# Longer than for a forgotten password: lists are taken in days before people look at their mail.
LINK_LIFE = timedelta(days=14)
# Rows between yields.
ROWS_IN_ONE_GO = 25


class ListHasFaults(Exception):
    """Nothing was imported; ``look`` says why."""

    def __init__(self, look: Look) -> None:
        super().__init__(f"{look.faults} rows")
        self.look = look


@dataclass(frozen=True, slots=True)
class ImportRow:
    line: int
    name: str
    display_name: str
    division: str
    emails: int
    problems: tuple[str, ...]
    columns: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Look:
    """A checked list, importable if ``faults`` is 0.

    ``notes``: unread or renamed columns.
    """

    rows: tuple[ImportRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def faults(self) -> int:
        return sum(bool(row.problems) for row in self.rows)

    @property
    def divisions(self) -> dict[str, int]:
        return dict(Counter(row.division for row in self.rows))


@dataclass(frozen=True, slots=True)
class Imported:
    """``key``, a secret, yields the links."""

    count: int
    key: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    name: str
    display_name: str
    emails: tuple[str, ...]
    path: str


def look_through(database: Database, clock: Clock, content: Content, raw: bytes) -> Look:
    """A dry run. Raises :class:`ListUnreadable`."""
    listed = read_list(raw)
    checked = list(_checked(clock, content, listed.rows))
    name_keys = [names.name_key(row.name) for row in checked if not row.problems]
    display_keys = [names.display_key(row.display_name) for row in checked if not row.problems]
    taken = team_lists.taken_keys(database, name_keys, display_keys)
    return Look(tuple(_compared(checked, *taken)), listed.columns.notes)


def import_teams(
    database: Database, clock: Clock, content: Content, raw: bytes, actor: str, address: str = ""
) -> Imported:
    """All or none.

    Raises :class:`ListUnreadable`, and :class:`ListHasFaults`, also in a race for a name.
    """
    look = look_through(database, clock, content, raw)
    if look.faults:
        raise ListHasFaults(look)
    key, now = secrets.token_urlsafe(32), clock.now()
    rows = [{**row.columns, "created_at": now} for row in look.rows]
    try:
        with database.writing() as connection:
            ids = team_lists.add_all(connection, rows)
            made = zip(ids, (_token(key, row["name_key"]) for row in rows), strict=True)
            reset_link_queries.add_all(connection, [(digest_of_link(token), number) for number, token in made],
                                now, now + LINK_LIFE)  # fmt: skip
            audit.audit(connection, now, actor, "team.import", f"{len(ids)} teams", address, divisions=look.divisions)
    except NameTaken:
        raise ListHasFaults(look_through(database, clock, content, raw)) from None
    return Imported(len(ids), key, now)


def links_of(database: Database, key: str, made_at: datetime) -> tuple[Invitation, ...]:
    """The import's unused links, from its key."""
    found = team_lists.read_unused_links(database, made_at)
    named = [(team, _token(key, names.name_key(team.name)), digest) for team, digest in found]
    return tuple(
        Invitation(team.name, team.display_name, team.emails, f"/account/reset/{token}")
        for team, token, digest in named
        if hmac.compare_digest(digest_of_link(token), digest)
    )


def links_as_csv(invitations: Iterable[Invitation], site_url: str) -> Iterator[str]:
    """``site_url``: without path."""
    site = site_url.rstrip("/")
    rows = ((one.name, one.display_name, " ".join(one.emails), site + one.path) for one in invitations)
    yield MARK
    yield from as_csv(("name", "display_name", "emails", "link"), rows)


def _token(key: str, name_key: str) -> str:
    return hmac.new(key.encode(), name_key.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# --- looking through -------------------------------------------------------------------------------------------------


def _checked(clock: Clock, content: Content, listed: Sequence[ListedTeam]) -> Iterator[ImportRow]:
    """Each row alone, by the rules of registration; yields, since addresses take time."""
    codes = {found.code for found in content.divisions if not found.is_closed}
    public = public_divisions(content)
    only = public[0].code if len(public) == 1 else ""
    for count, one in enumerate(listed):
        if count % ROWS_IN_ONE_GO == 0:
            clock.sleep(0)
        profile = Profile(one["display_name"] or one["name"], one["affiliation"], one["emails"])
        division = one["division"] or only
        problems = [one.problem] if one.problem else _problems(one["name"], profile, division, codes)
        yield _row(one, profile, division, problems)


def _twice(field_name: str, line: int) -> str:
    if field_name == "name":
        return sentence("This name stands in line %(line)s already.", line=line)
    return sentence("This display name stands in line %(line)s already.", line=line)


def _problems(name: str, profile: Profile, division: str, codes: set[str]) -> list[str]:
    wrong = names.check_name(name)
    by_field = profile_problems(profile)
    if wrong and profile.display_name == name:
        by_field.pop("display_name", None)
    found = [*([wrong] if wrong else []), *by_field.values()]
    if division not in codes:
        found.append(
            sentence("There is no division “%(division)s”.", division=division[:40])
            if division
            else sentence("The division is missing.")
        )
    return found


def _row(one: ListedTeam, profile: Profile, division: str, problems: list[str]) -> ImportRow:
    columns: dict[str, Any] = {}
    if not problems:
        columns = columns_of(profile) | {
            "name": names.tidy(one["name"]),
            "name_key": names.name_key(one["name"]),
            "division": division,
            "password_hash": None,
            "guess_times": [],
        }
    emails = len(names.split_emails(profile.emails))
    return ImportRow(
        one.line, one["name"][:80], profile.display_name[:120], division[:64], emails, tuple(problems), columns
    )


def _compared(rows: Sequence[ImportRow], taken_names: set[str], taken_displays: set[str]) -> Iterator[ImportRow]:
    seen: dict[str, dict[str, int]] = {"name_key": {}, "display_key": {}}
    taken = {"name_key": taken_names, "display_key": taken_displays}
    for row in rows:
        problems = list(row.problems)
        for column, field_name in (("name_key", "name"), ("display_key", "display_name")):
            key = row.columns.get(column)
            if key is None:
                continue
            first = seen[column].setdefault(key, row.line)
            if first != row.line:
                problems.append(_twice(field_name, first))
            elif key in taken[column]:
                problems.append(TAKEN[field_name])
        yield ImportRow(row.line, row.name, row.display_name, row.division, row.emails, tuple(problems), row.columns)
