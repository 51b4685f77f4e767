"""The environment that tests give to the program: nothing of the developer's own, cheap hashes, its own secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DEMO_HUNT = ROOT / "data" / "demo_hunt.json"
SECRET_KEY = "b9c1f0a7e2d84356-for-tests-only-81f7d6c5"
# What the operating system needs to run a Python; everything else of the caller's environment stays outside.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "VIRTUAL_ENV", "SYSTEMROOT", "COVERAGE_PROCESS_START")


def settings(database_url: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The variables of the program alone, as ``Config.from_env`` takes them."""
    return {
        "SECRET_KEY": SECRET_KEY,
        "DATABASE_URL": database_url,
        "CONTENT_FILE": str(DEMO_HUNT),
        "PASSWORD_COST": "4",
        "ANSWER_COST": "4",
        "HOST": "127.0.0.1",
        **(more or {}),
    }


def environment(database_url: str, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """A whole environment for a process: the program's variables and the few that a process needs anyway.

    ``FLASK_SKIP_DOTENV`` keeps the developer's own .env out.
    """
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {**inherited, "FLASK_SKIP_DOTENV": "1", "PYTHONUNBUFFERED": "1", **settings(database_url, more)}
