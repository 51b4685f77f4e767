"""Restocks from the pages, as an organiser goes about them."""

from __future__ import annotations

import io
import json
import time
from typing import Any

from app.content.restock_job import latest_run
from app.ports import Ports
from tests.support.client import PageClient
from tests.support.environment import DEMO_HUNT
from tests.support.pages import parsed


def demo(**changes: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(DEMO_HUNT.read_text())
    for row in whole["tables"]["Puzzles"]:
        if row["fields"].get("Slug") == "postcard":
            row["fields"].update(changes)
    return whole


def upload(client: PageClient, body: bytes, name: str = "hunt.json") -> Any:
    reply = client.send_form("/admin/content/upload", {"file": (io.BytesIO(body), name)})
    # The test client writes a large form into a file of its own and leaves it open.
    reply.request.environ["wsgi.input"].close()
    return reply


def staged_page(ports: Ports) -> str:
    """The page of the latest restock."""
    run = latest_run(ports.database, ports.clock)
    assert run is not None
    return f"/admin/content/staged/{run.staged}"


def fields_below(page: str, action: str) -> dict[str, Any]:
    """What the form sends when its boxes are ticked."""
    form = parsed(page).select_one(f'form[action="{action}"]')
    assert form is not None
    return {field["name"]: field["value"] for field in form.select("input[name]") if field["name"] != "csrf_token"}


def put_live(client: PageClient, ports: Ports) -> Any:
    """Press the button below what was checked."""
    path = staged_page(ports)
    return client.send_form(path, fields_below(client.get(path).text, path))


def bring(client: PageClient, ports: Ports, body: bytes) -> None:
    """Upload, wait, and put live."""
    upload(client, body)
    assert finished(ports) == "checked"
    assert put_live(client, ports).status_code == 303


def finished(ports: Ports) -> str:
    """Wait for the restock that a page started; what it came to."""
    for _ in range(600):
        run = latest_run(ports.database, ports.clock)
        if run is not None and run.state != "running":
            return run.state
        time.sleep(0.05)
    raise AssertionError("the restock did not end")
