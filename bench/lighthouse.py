"""What Lighthouse says of the pages that teams see most, on the phone and the slow network that it supposes.

Needs Node's npm, which fetches Lighthouse itself, and Chromium, which the tests bring. A figure is what is missing to
100 points; the puzzle page is weighed as well, without the pictures that belong to it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from bench import ground
from bench.ground import Ground
from bench.tables import Row, Table
from tests.support.databases import PostgresShelf
from tests.support.postgres import postgres_cluster
from tests.support.server import node

LIGHTHOUSE = "lighthouse@12.8.2"
PAGES = {"home": "/", "level": "/game/quay", "puzzle": ground.PAGE, "board": "/leaderboard/teams"}
FOR_VISITORS = {"login": "/account/login"}
CATEGORIES = ("performance", "accessibility", "best-practices")
MOST_MISSING = 5.0
MOST_KILOBYTES = 150.0
CHROME = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
TRIES = 3


class NoInspector(RuntimeError):
    """There is no npm here, or Lighthouse came to no result; the message says which."""


def measure() -> Table:
    """The table of the inspector's marks."""
    with postgres_cluster() as cluster, PostgresShelf(lambda: cluster).fresh() as url, node(url) as server:
        place = Ground(url, server, 1)
        ground.settle_teams(place)
        cookie = place.cookie(place.team_ids()[0])
        reports = {name: inspect(server.url + path, cookie) for name, path in PAGES.items()}
        reports |= {name: inspect(server.url + path) for name, path in FOR_VISITORS.items()}
    rows = [
        Row(f"{name}, {category}: missing to 100", _missing(report, category), "", MOST_MISSING, 0)
        for name, report in reports.items()
        for category in CATEGORIES
    ]
    weight = Row("puzzle page, all but its pictures", _kilobytes(reports["puzzle"]), "kB", MOST_KILOBYTES, 0)
    return Table("What Lighthouse says", (*rows, weight))


def inspect(address: str, cookie: str = "") -> dict[str, Any]:
    """Lighthouse's report on a page. Raises :class:`NoInspector`."""
    if shutil.which("npm") is None:
        raise NoInspector("npm is not installed; Debian's package is of the same name")
    for _ in range(TRIES):
        report = _report(address, cookie)
        # Now and then the browser fails to record anything at all.
        if "runtimeError" not in report:
            return report
    raise NoInspector(f"{address}: {report['runtimeError'].get('message')}")


def _report(address: str, cookie: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="infinity-lighthouse-") as folder:
        headers, said = Path(folder, "headers.json"), Path(folder, "report.json")
        headers.write_text(json.dumps({"Cookie": cookie} if cookie else {}))
        command = [
            "npm", "exec", "--yes", f"--package={LIGHTHOUSE}", "--", "lighthouse", address, "--quiet", "--output=json",
            f"--output-path={said}", f"--only-categories={','.join(CATEGORIES)}", f"--extra-headers={headers}",
            f"--chrome-flags={CHROME}",
        ]  # fmt: skip
        env = {**os.environ, "CHROME_PATH": shutil.which("chromium") or ""}
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=False)
        if not said.exists():
            raise NoInspector(done.stderr[-2000:])
        report: dict[str, Any] = json.loads(said.read_text())
        return report


def _missing(report: dict[str, Any], category: str) -> float:
    return 100 - 100 * float(report["categories"][category]["score"] or 0)


def _kilobytes(report: dict[str, Any]) -> float:
    """What came over the wire, without what the proxy or the content sent."""
    items = report["audits"]["network-requests"]["details"]["items"]
    return sum(item["transferSize"] for item in items if item["resourceType"] != "Image") / 1000
