"""Pages for the import: check, import, download links once."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from flask import Response, request, session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.admin import division_name
from app.accounts.team_import import (
    ListHasFaults,
    ListUnreadable,
    Look,
    import_teams,
    links_as_csv,
    links_of,
    look_through,
)
from app.accounts.team_list import MOST_BYTES, MOST_ROWS
from app.core.text import sentence
from app.errors import HuntError
from app.web.access import role, takes_files
from app.web.admin_blueprint import admin
from app.web.admin_frame import done, render_admin
from app.web.header_values import file_disposition
from app.web.site_address import site_url
from app.web.visit import our_team, ports, visit

# The second step sends the file in base64 (4/3 of its size) inside a form.
LARGEST_BODY = MOST_BYTES * 3 // 2
ROWS_SHOWN = 200
Answer = str | BaseResponse | tuple[str, int]


@admin.get("/teams/import")
@role("admin")
def team_import() -> str:
    return _show()


@admin.post("/teams/import/look")
@takes_files(LARGEST_BODY, "list")
@role("admin")
def look_through_import() -> Answer:
    raw = _uploaded()
    if not raw:
        return _show(problem=sentence("Choose a file first: that one was empty.")), 400
    try:
        look = look_through(ports().database, ports().clock, visit().content, raw)
    except ListUnreadable as why:
        return _show(problem=str(why)), 400
    return _show(look, raw), 400 if look.faults else 200


def _uploaded() -> bytes:
    """Reads at most one byte over the limit."""
    file = request.files.get("list")
    if file is None:
        return b""
    with file.stream as stream:
        return bytes(stream.read(MOST_BYTES + 1))


@admin.post("/teams/import")
@takes_files(LARGEST_BODY)
@role("admin")
def take_in_teams() -> Answer:
    try:
        raw = base64.b64decode(request.form.get("packed", ""), validate=True)
        imported = import_teams(ports().database, ports().clock, visit().content, raw, our_team().name, visit().address)
    except ValueError:  # its length, or a character that is none of base64
        return _show(problem=sentence("The file was lost on the way. Choose it again.")), 400
    except ListUnreadable as why:
        return _show(problem=why.message), 400
    except ListHasFaults as no:
        return _show(no.look, raw), 409
    session["links"] = {"key": imported.key, "at": imported.made_at.isoformat(), "count": imported.count}
    return done(sentence("%(count)s teams imported.", count=imported.count), "import_links")


@admin.get("/teams/import/links")
@role("admin")
def import_links() -> str:
    kept = _kept()
    made_at = datetime.fromisoformat(str(kept["at"])) if kept else None
    return render_admin("accounts/import_links.html", "teams", count=kept.get("count", 0), made_at=made_at)


@admin.post("/teams/import/links")
@role("admin")
def download_links() -> Response:
    """Once; then delete the key."""
    kept = _kept()
    if not kept:
        raise HuntError(
            "conflict", sentence("These links have been downloaded already. Make a new one on the team’s page.")
        )
    found = links_of(ports().database, str(kept["key"]), datetime.fromisoformat(str(kept["at"])))
    del session["links"]
    disposition = {"Content-Disposition": file_disposition("team-links", "csv")}
    return Response("".join(links_as_csv(found, site_url())), mimetype="text/csv", headers=disposition)


def _kept() -> dict[str, Any]:
    found = session.get("links")
    return found if isinstance(found, dict) and {"key", "at", "count"} <= found.keys() else {}


def _show(look: Look | None = None, raw: bytes = b"", *, problem: str = "") -> str:
    rows, divisions = (look.rows, look.divisions) if look else ((), {})
    return render_admin(
        "accounts/import.html",
        "teams",
        problem=problem,
        look=look,
        rows=sorted(rows, key=lambda row: not row.problems)[:ROWS_SHOWN],
        divisions=[(division_name(code), count) for code, count in sorted(divisions.items())],
        packed=base64.b64encode(raw).decode(),
        most_teams=MOST_ROWS,
    )
