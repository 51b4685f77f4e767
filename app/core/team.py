"""The team as requests and transactions see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(slots=True)
class TeamState:
    """The team's own row. ``guess_times`` is the stored sliding window; totals equal the ledger's sums.

    A move changes it beside the row, under the row's lock.
    """

    id: int
    name: str
    display_name: str
    affiliation: str
    emails: tuple[str, ...]
    language: str
    division: str
    role: str
    is_banned: bool
    epoch: int
    created_at: datetime
    score: int
    xp: int
    xp_periods: int
    hint_credits: int
    first_guess_at: datetime | None
    guess_times: tuple[datetime, ...]


# The columns of the team's row that make a TeamState, in its order.
TEAM_COLUMNS = tuple(field.name for field in fields(TeamState))
