"""compose.managed.yaml and its guide: a site without a database of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT

COMPOSE = ROOT / "deploy" / "compose"
GUIDE = (ROOT / "docs" / "managed-postgresql.md").read_text()
GIVEN = {
    "SECRET_KEY": "x",
    "SITE_URL": "http://hunt.example",
    "DATABASE_PASSWORD": "secret",
    "DATABASE_HOST": "db.example.org",
    "DATABASE_AUTHORITY": "/authorities/rds.pem",
}


def resolved(**more: str) -> dict[str, Any]:
    """The services that ``docker compose up`` would start, as Compose itself understands the files."""
    program = Path(sys.executable).parent / "docker-compose"
    if not program.exists():
        pytest.skip("requirements-dev.txt brings docker-compose for x86-64 alone")
    files = [word for name in ("compose.yaml", "compose.managed.yaml") for word in ("-f", name)]
    env = {"PATH": os.environ["PATH"], **GIVEN, **more}
    words = [program, *files, "config", "--format", "json"]
    done = subprocess.run(words, cwd=COMPOSE, env=env, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)["services"]  # type: ignore[no-any-return]


def test_no_database_is_started_and_nobody_waits_for_one() -> None:
    services = resolved()
    assert set(services) == {"pgbouncer", "redis", "web", "gateway"}
    waited_for = {
        name: {other for other, how in service.get("depends_on", {}).items() if how.get("required", True)}
        for name, service in services.items()
    }
    assert waited_for == {"web": {"pgbouncer", "redis"}, "pgbouncer": set(), "redis": set(), "gateway": set()}


def test_the_way_to_the_database_is_checked_unless_somebody_says_otherwise() -> None:
    services = resolved()
    web, pooler = services["web"]["environment"], services["pgbouncer"]["environment"]
    assert web["DATABASE_URL"] == "postgresql://infinity:secret@pgbouncer:6432/infinity"
    assert web["DATABASE_DIRECT_URL"] == (
        "postgresql://infinity:secret@db.example.org:5432/infinity?sslmode=verify-full&sslrootcert=/authorities/rds.pem"
    )
    assert (pooler["DATABASE_HOST"], pooler["DATABASE_TLS"]) == ("db.example.org", "verify-full")
    assert pooler["DATABASE_AUTHORITY"] == "/authorities/rds.pem"
    for name in ("web", "pgbouncer"):
        mounted = {one["target"]: one.get("read_only") for one in services[name]["volumes"]}
        assert mounted["/authorities"] is True, name


def test_googles_proxy_comes_by_a_profile_and_is_kept_within_bounds() -> None:
    services = resolved(COMPOSE_PROFILES="cloudsql", CLOUD_SQL_INSTANCE="project:region:name")
    proxy = services["cloud-sql-proxy"]
    assert "project:region:name" in proxy["command"]
    assert proxy["logging"]["options"] == {"max-size": "20m", "max-file": "5"}
    assert (proxy["read_only"], proxy["cap_drop"]) == (True, ["ALL"])
    assert proxy["security_opt"] == ["no-new-privileges:true"]
    assert int(proxy["mem_limit"]) > 0
    assert "ports" not in proxy, "what it serves is not encrypted any more"


def test_a_site_without_a_host_is_told_what_is_missing() -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        resolved(DATABASE_HOST="")
    assert "docs/managed-postgresql.md" in refused.value.stderr


def test_every_name_of_the_guide_is_read_by_something() -> None:
    files = "".join(
        (ROOT / name).read_text()
        for name in ("config.py", "deploy/compose/compose.managed.yaml", "deploy/pgbouncer/start.sh")
    )
    named = set(re.findall(r"\b([A-Z]+_[A-Z_]+)\b", re.sub(r"``.*?``", "", GUIDE))) - {
        "COMPOSE_FILE",
        "COMPOSE_PROFILES",
    }
    assert {"DATABASE_HOST", "DATABASE_TLS", "DATABASE_AUTHORITY", "CLOUD_SQL_INSTANCE"} <= named
    assert {name for name in named if name not in files} == set()


def test_the_files_and_pages_that_the_guide_names_are_there() -> None:
    for name in ("compose.managed.yaml", "compose.yaml"):
        assert (COMPOSE / name).exists()
    for target in re.findall(r"\]\(([a-z-]+\.md)", GUIDE):
        assert (ROOT / "docs" / target).exists(), target
    assert "managed-postgresql.md" in (ROOT / "docs/deploy.md").read_text()
