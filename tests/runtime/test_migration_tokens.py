"""The step to several tokens a team: what the release before stored stays, there and back, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.environment import ROOT, environment
from tests.support.postgres import Cluster

BEFORE, STEP = "0007", "0008"
TEAM = (
    "INSERT INTO teams (name, name_key, display_name, display_key, affiliation, emails, division, language, role,"
    " is_banned, epoch, created_at, score, xp, xp_periods, hint_credits, guess_times)"
    " VALUES ('Owls', 'owls', 'Owls', 'owls', '', '[]', 'open', '', 'team', false, 0, '2027-01-01', 0, 0, 0, 0, '[]')"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    if request.param == "sqlite":
        yield sa.create_engine(f"sqlite:///{tmp_path}/before.db", poolclass=sa.NullPool)
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    url = cluster.create("before_tokens").replace("postgresql://", "postgresql+psycopg2://")
    yield sa.create_engine(url, poolclass=sa.NullPool)
    cluster.drop("before_tokens")


def migrate(engine: sa.Engine, verb: str, to: str) -> None:
    url = engine.url.render_as_string(hide_password=False).replace("+psycopg2", "")
    run = [sys.executable, "-W", "ignore", "-m", "flask", "--app", "wsgi", "db", verb, to]
    done = subprocess.run(run, cwd=ROOT, env=environment(url), capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr


def test_tokens_stay_there_and_back(engine: sa.Engine) -> None:
    migrate(engine, "upgrade", BEFORE)
    token = "INSERT INTO team_tokens (team_id, digest, made_at) VALUES (1, :digest, :at)"
    with engine.begin() as connection:
        connection.execute(sa.text(TEAM))
        connection.execute(sa.text(token), {"digest": "a" * 64, "at": "2027-01-01"})
    migrate(engine, "upgrade", STEP)
    with engine.begin() as connection:
        # As the release before goes on doing meanwhile.
        connection.execute(sa.text(token), {"digest": "b" * 64, "at": "2027-01-02"})
        found = connection.execute(sa.text("SELECT team_id, digest, name FROM team_tokens ORDER BY digest")).all()
    assert [tuple(row) for row in found] == [(1, "a" * 64, ""), (1, "b" * 64, "")]
    migrate(engine, "downgrade", BEFORE)
    with engine.begin() as connection:
        assert connection.execute(sa.text("SELECT digest FROM team_tokens")).scalars().all() == ["b" * 64]
    assert sa.inspect(engine).get_pk_constraint("team_tokens")["constrained_columns"] == (
        ["team_id"] if engine.dialect.name == "postgresql" else ["digest"]
    )
