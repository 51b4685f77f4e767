"""What a banned account may still do."""

from __future__ import annotations

import io
from typing import Any

import pytest
from flask import Flask

from app.accounts import roles
from app.middleware.body_limits import MAX_BODY_BYTES
from app.ports import Ports
from tests.support.accounts import ids, in_play
from tests.support.client import JSON, PageClient
from tests.support.organisers import enter


@pytest.fixture
def world(app: Flask) -> Ports:
    return in_play(app)


def test_a_banned_team_may_log_out_and_is_then_a_visitor(app: Flask, world: Ports) -> None:
    team: PageClient = app.test_client()  # type: ignore[assignment]
    team.register("Owls")
    token = team.token()
    roles.ban(world.database, world.clock, world.broadcaster, ids(world)["Owls"], "test")
    assert team.get("/leaderboard").status_code == 403
    assert team.post("/account/logout", data={"csrf_token": token}).status_code == 303
    assert team.get("/leaderboard").status_code == 200


def upload(staff: PageClient, token: str) -> tuple[int, str]:
    """The status and code of the refusal of a file that is larger than other bodies may be."""
    form: dict[str, Any] = {"list": (io.BytesIO(b"x" * (MAX_BODY_BYTES + 1)), "teams.csv")}
    reply = staff.post("/admin/teams/import/look", data=form, headers={**JSON, "X-CSRFToken": token})
    return reply.status_code, (reply.get_json(silent=True) or {}).get("error", {}).get("code", "")


def test_a_banned_organisers_large_body_is_not_read(app: Flask, world: Ports) -> None:
    enter(app, "Chief", "admin")
    staff = enter(app, "Deputy", "admin")
    token = staff.token()
    assert upload(staff, token)[0] != 413
    roles.ban(world.database, world.clock, world.broadcaster, ids(world)["Deputy"], "test")
    assert upload(staff, token) == (413, "too_large")
