"""An admin looks at the site through a team's eyes. Who did so, and at whom, is in the audit.

Only the beginning is here. That nothing can be written meanwhile is the middleware's and the database's doing: see
:func:`app.database.engine.forbid_writing`.
"""

from __future__ import annotations

from app.accounts.team_admin import find_team
from app.database import audit
from app.ports import Ports


def begin_seeing(ports: Ports, number: int, actor: str, address: str) -> str:
    """Note that ``actor`` now sees the site as this team; answers its display name. Raises TeamUnknown."""
    team = find_team(ports, number).team
    with ports.database.writing() as connection:
        audit.audit(connection, ports.clock.now(), actor, "see_as", team.name, address)
    return team.display_name
