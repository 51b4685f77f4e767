"""On SQLite no write transaction lets another request run: such a one would stop the whole server."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.support.environment import ROOT, environment


def test_no_write_transaction_yields_while_teams_play(sqlite_database: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runtime.yielding_program"],
        cwd=ROOT,
        env=environment(sqlite_database, {"DB_POOL_SIZE": "20"}),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    seen = json.loads(done.stdout.splitlines()[-1])
    assert seen["said"] == [[303, 200, 200, 200, 200, 200, 200, 303, 400, 303]] * len(seen["said"])
    assert seen["noted"] == []
    assert len(seen["on_purpose"]) == 1, "the watch works"
    assert "yield_on_purpose" not in seen["noted"]
