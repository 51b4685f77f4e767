"""A team's state during a request or transaction."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(slots=True)
class TeamState:
    """Totals equal the ledger's sums. Update both together, under the row lock."""

    id: int
    name: str
    display_name: str
    affiliation: str
    emails: tuple[str, ...]
    language: str
    division: str
    role: str
    roles: frozenset[str]
    is_banned: bool
    epoch: int
    created_at: datetime
    score: int
    xp: int
    xp_periods: int
    hint_credits: int
    first_guess_at: datetime | None
    guess_times: tuple[datetime, ...]
    free_guess_times: tuple[datetime, ...] = ()
    own_notices: bool = False


# The columns of TeamState, in field order.
TEAM_COLUMNS = tuple(field.name for field in fields(TeamState))
