"""Events pushed to open pages, and their audiences. Pure.

An audience is also a room: ``all``, ``teams``, ``division:CODE``, ``team:ID`` or, never stored, ``staff`` and
``role:NAME``. Only the server assigns rooms.
"""

from __future__ import annotations

from collections.abc import Collection

from app.core.roles import STAFF

EVERYBODY = "all"
# Everybody who is logged in.
TEAMS = "teams"
ALERT, ANNOUNCEMENT, REFRESH = "alert", "announcement", "refresh"
STORED = frozenset({ALERT, ANNOUNCEMENT, REFRESH})
HELLO, HUNT, RELAY, DESK = "hello", "hunt", "relay", "desk"
# Not stored: a page that misses one of these shows the same when it is next read.
PASSING = frozenset({"solve", "unlock", "hint", "score", "guess", "report", DESK, HUNT})
# Not for pages: makes each process compare a team's sockets with the database.
RECHECK = "look_again"
PUSHABLE = PASSING | STORED | {RECHECK}
# What a page may send.
SEEN, CATCH_UP = "seen", "catch_up"
FROM_PAGES = frozenset({SEEN, CATCH_UP})
# The largest row id either database knows; a larger number from outside names nothing.
LARGEST_ID = 2**63 - 1


def audiences_of(team_id: int | None, division: str = "", roles: Collection[str] = ()) -> tuple[str, ...]:
    if team_id is None:
        return (EVERYBODY,)
    return (
        EVERYBODY,
        TEAMS,
        f"division:{division}",
        f"team:{team_id}",
        *(f"role:{role}" for role in sorted(roles)),
        *((STAFF,) if roles else ()),
    )
