"""What a writer does in the site: open a form, type, save."""

from __future__ import annotations

import io
import time
from typing import Any

from app.content.restock_job import latest_run
from app.content.sources.site import read_site
from app.ports import Ports
from tests.support.client import JSON, PageClient
from tests.support.pages import parsed


def fields_of(ports: Ports, table: str, title: str = "") -> dict[str, Any]:
    """The stored fields of the record with this title, or of the only one."""
    found = [one for one in read_site(ports.database).records(table) if not title or one.fields.get("Title") == title]
    assert len(found) == 1, found
    return dict(found[0].fields)


def id_of(ports: Ports, table: str, title: str = "") -> str:
    return next(
        one.id for one in read_site(ports.database).records(table) if not title or one.fields.get("Title") == title
    )


def form_of(client: PageClient, path: str) -> dict[str, Any]:
    """What a browser would send back of a record's form if nothing was touched."""
    form = parsed(client.get(path).text).select_one("form[data-write]")
    assert form is not None
    found: dict[str, Any] = {}
    for box in form.select("input[name], textarea[name], select[name]"):
        name = str(box["name"])
        if name == "csrf_token" or (box.get("type") == "checkbox" and not box.has_attr("checked")):
            continue
        if box.name == "textarea":
            value = box.text.removeprefix("\n")
        elif box.name == "select":
            option = box.select_one("option[selected]")
            value = str(option["value"]) if option else ""
        else:
            value = str(box.get("value", "on"))
        found[name] = [*found.get(name, []), value] if name in found or box.get("type") == "checkbox" else value
    return found


def save(client: PageClient, path: str, **typed: Any) -> Any:
    """Open the form, type, save."""
    form = form_of(client, path) | {name.replace("__", "."): value for name, value in typed.items()}
    return client.send_form(path, {name: value for name, value in form.items() if value is not None})


def begin_with(client: PageClient, choice: str = "empty", **more: Any) -> Any:
    return client.send_form("/admin/write/begin", {"choice": choice, **more})


def new_puzzle(client: PageClient, ports: Ports, title: str, **typed: Any) -> str:
    reply = save(client, "/admin/write/puzzles/new", Title=title, **typed)
    assert reply.status_code == 303, reply.text
    return str(reply.location)


def form_of_reply(page: str) -> dict[str, Any]:
    class Kept:
        text = page

        def get(self, path: str) -> Any:
            return self

    return form_of(Kept(), "")  # type: ignore[arg-type]


def delete(client: PageClient, path: str) -> Any:
    form = parsed(client.get(f"{path}/delete").text).select_one(f'form[action="{path}/delete"]')
    assert form is not None
    return client.send_form(
        f"{path}/delete",
        {box["name"]: box["value"] for box in form.select("input[name]") if box["name"] != "csrf_token"},
    )


def upload(client: PageClient, body: bytes, name: str, **fields: str) -> Any:
    headers = {} if fields else {**JSON}
    token = client.token()
    return client.post(
        "/admin/write/files", data={"file": (io.BytesIO(body), name), "csrf_token": token, **fields}, headers=headers
    )


def wait_for_check(ports: Ports) -> None:
    """Until the check that a page started has ended."""
    for _ in range(600):
        run = latest_run(ports.database, ports.clock)
        if run is not None and run.state != "running":
            return
        time.sleep(0.05)
    raise AssertionError("the check did not end")
