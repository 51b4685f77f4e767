"""A stand-in for Airtable over real HTTP, for the real pyairtable: routes, paging, limits, and faults on demand.

In a test::

    with AirtableStandIn.serving(tables) as airtable:
        airtable.fail("500", on="Puzzles")
        fetch(AirtableSettings(airtable.token, airtable.base.id, airtable.url))

For other programs: ``python -m tests.standins.airtable [FILE] [--port N]`` serves the tables of a content file and
prints the environment to use. Not imitated: formulas, webhooks, comments, cell formats.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote, urlsplit

from tests.standins.airtable_base import NO_MODEL, AirtableBase, Refused, Table

TOKEN = "patStandIn.0123456789abcdef"
RATE_LIMITED = {"errors": [{"error": "RATE_LIMIT_REACHED", "message": "Rate limit exceeded. Please try again later"}]}
BILLING = {
    "errors": [
        {
            "error": "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
            "message": "The API calls of this workspace are used up this month.",
        }
    ]
}
HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad gateway</h1></body></html>"


@dataclass(frozen=True)
class Asked:
    """One line of the request log."""

    method: str
    path: str
    query: dict[str, str]
    status: int
    at: float


@dataclass
class Fault:
    """A planned fault: ``kind`` for the next ``times`` requests whose path contains ``on``."""

    kind: str
    on: str
    times: int
    skip: int
    value: str


@dataclass
class AirtableStandIn:
    """The server's state. ``per_second`` 0 switches the rate limit off; ``penalty`` is how long it then refuses."""

    base: AirtableBase = field(default_factory=AirtableBase)
    token: str = TOKEN
    per_second: int = 5
    penalty: float = 30
    attachments_live: float = 7200
    clock: Callable[[], float] = time.monotonic
    url: str = ""
    log: list[Asked] = field(default_factory=list)
    forbidden: set[str] = field(default_factory=set)
    _faults: list[Fault] = field(default_factory=list)
    _recent: deque[float] = field(default_factory=deque)
    _refusing_until: float = 0
    _files: dict[str, tuple[bytes, str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    KINDS: ClassVar = frozenset(
        {
            "429",
            "billing",
            "403",
            "500",
            "502",
            "503",
            "slow",
            "cut",
            "nonsense",
            "shape",
            "repeat",
            "stale",
            "endless",
            "huge",
        }
    )

    @classmethod
    @contextmanager
    def serving(
        cls, tables: Mapping[str, Any] | None = None, *, port: int = 0, **settings: Any
    ) -> Iterator[AirtableStandIn]:
        """A running stand-in with these tables, on a free port of loopback."""
        stand_in = cls(**settings)
        stand_in.base.load(tables or {})
        handler = type("Handler", (_Handler,), {"stand_in": stand_in})
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        server.daemon_threads = True
        stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield stand_in
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def fail(self, kind: str, *, on: str = "", times: int = 1, skip: int = 0, value: str = "") -> None:
        """Plan a fault. ``skip``: how many fitting requests go well before; ``value``: Retry-After, seconds, a body."""
        assert kind in self.KINDS, kind
        self._faults.append(Fault(kind, on, times, skip, value))

    def add_view(self, table: str, name: str, condition: Any) -> None:
        """A view that shows the records for which ``condition(fields)`` holds."""
        self.base.table(table).views[name] = lambda row: bool(condition(row["fields"]))

    def attach(self, filename: str, content: bytes, media_type: str) -> dict[str, Any]:
        """An attachment cell's object; its address answers 410 when its time is over."""
        number = len(self._files) + 1
        self._files[str(number)] = (content, media_type, self.clock() + self.attachments_live)
        url = f"{self.url}/attachments/{number}/{filename}"
        return {"id": f"att{number:014}", "url": url, "filename": filename, "size": len(content), "type": media_type}

    def take_fault(self, path: str) -> Fault | None:
        """The fault planned for this request, if any."""
        with self._lock:
            for fault in self._faults:
                if fault.on in path and fault.times > 0:
                    if fault.skip > 0:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    return fault
        return None

    def is_too_fast(self) -> bool:
        """Count this request; whether it is one too many, or falls into the time of the penalty."""
        with self._lock:
            now = self.clock()
            while self._recent and self._recent[0] <= now - 1:
                self._recent.popleft()
            self._recent.append(now)
            if self.per_second and len(self._recent) > self.per_second:
                self._refusing_until = now + self.penalty
            return now < self._refusing_until

    def file(self, path: str) -> tuple[int, bytes, str]:
        """An attachment's bytes."""
        found = self._files.get(path.split("/")[2])
        if found is None:
            return 404, b"", "text/plain"
        return (200, found[0], found[1]) if self.clock() < found[2] else (410, b"", "text/plain")


class _Handler(BaseHTTPRequestHandler):
    stand_in: AirtableStandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *args: Any) -> None:
        """Requests are logged in the stand-in."""

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = parse_qsl(parts.query, keep_blank_values=True)
        length = int(self.headers.get("Content-Length") or 0)
        raw = self.rfile.read(length)
        self._asked = (self.command, unquote(parts.path), dict(query))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._answer(unquote(parts.path), parts.path, query, raw)

    def send_response(self, code: int, message: str | None = None) -> None:
        """Log before answering: whoever has the answer may look for it in the log at once."""
        self.stand_in.log.append(Asked(*self._asked, code, time.monotonic()))
        super().send_response(code, message)

    def _answer(self, path: str, quoted: str, query: list[tuple[str, str]], raw: bytes) -> int:
        if path.startswith("/attachments/"):
            return self._send(*self.stand_in.file(path))
        if self.headers.get("Authorization") != f"Bearer {self.stand_in.token}":
            return self._json(401, {"error": {"type": "AUTHENTICATION_REQUIRED", "message": "Authentication required"}})
        fault = self.stand_in.take_fault(path)
        if self.stand_in.is_too_fast():
            return self._json(429, RATE_LIMITED)
        if fault and (answered := self._fail_at_once(fault)):
            return answered
        try:
            words = [unquote(word) for word in quoted.split("/")[2:]]
            answer = route(self.stand_in, self.command, words, query, json.loads(raw or b"{}"))
        except Refused as refusal:
            return self._json(refusal.status, refusal.body)
        except ValueError:
            return self._json(
                422, {"error": {"type": "INVALID_REQUEST_BODY", "message": "Could not parse request body"}}
            )
        return self._fail_in_answer(fault, answer) if fault else self._json(200, answer)

    def _fail_at_once(self, fault: Fault) -> int:
        """Faults that need no answer; 0 for those that spoil one."""
        plain = {"429": (429, RATE_LIMITED), "billing": (429, BILLING), "500": (500, {"error": "SERVER_ERROR"})}
        if fault.kind in plain:
            status, body = plain[fault.kind]
            return self._json(status, body, {"Retry-After": fault.value} if fault.value else {})
        if fault.kind == "403":
            return self._json(403, {"error": {"type": fault.value or "INVALID_PERMISSIONS", "message": NO_MODEL}})
        if fault.kind == "502":
            return self._send(502, HTML, "text/html")
        if fault.kind == "503":
            return self._send(503, b"", "text/plain")
        if fault.kind == "stale":
            kind = "LIST_RECORDS_ITERATOR_NOT_AVAILABLE"
            return self._json(422, {"error": {"type": kind, "message": "gone"}} if not fault.value else {"error": kind})
        return 0

    def _fail_in_answer(self, fault: Fault, answer: Any) -> int:
        if fault.kind == "slow":
            time.sleep(float(fault.value or 1))
        if fault.kind == "nonsense":
            return self._send(200, b'{"records": [{"id": "rec', "application/json")
        if fault.kind == "shape":
            return self._send(200, fault.value.encode(), "application/json")
        if fault.kind == "cut":
            return self._cut(json.dumps(answer).encode())
        if fault.kind == "huge":
            return self._pour()
        if fault.kind in ("repeat", "endless"):
            answer = {**answer, "offset": "itrAgain/recAgain"}
            self.stand_in.base.listings["itrAgain/recAgain"] = list(answer["records"]) if fault.kind == "repeat" else []
            self.stand_in.fail(fault.kind, on=fault.on, times=1)
        return self._json(200, answer)

    def _cut(self, body: bytes) -> int:
        """Half of what was promised, then the end of the line."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])
        self.close_connection = True
        return 200

    def _pour(self) -> int:
        """A body without end, until the client has had enough."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(b" " * 65536)

    def _json(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> int:
        return self._send(status, json.dumps(body).encode(), "application/json; charset=utf-8", headers)

    def _send(self, status: int, body: bytes, media_type: str, headers: Mapping[str, str] | None = None) -> int:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        return status


def route(stand_in: AirtableStandIn, method: str, words: list[str], query: list[tuple[str, str]], body: Any) -> Any:
    """What Airtable answers to this request. Raises Refused."""
    match words:
        case ["meta", "whoami"]:
            return {
                "id": "usrStandIn0000000",
                "scopes": ["data.records:read", "schema.bases:read", "schema.bases:write"],
            }
        case ["meta", "bases"]:
            return {"bases": [{"id": stand_in.base.id, "name": "Hunt", "permissionLevel": "create"}]}
        case ["meta", "bases", base_id, "tables", *rest]:
            _check_base(stand_in, base_id)
            return _route_schema(stand_in.base, method, rest, body)
        case [base_id, table, *rest]:
            _check_base(stand_in, base_id)
            if table in stand_in.forbidden:
                raise Refused(403, "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND", NO_MODEL)
            return _route_records(stand_in.base, method, table, rest, query, body)
    raise Refused(404, "NOT_FOUND")


def _check_base(stand_in: AirtableStandIn, base_id: str) -> None:
    if base_id != stand_in.base.id:
        raise Refused(404, "NOT_FOUND")


def _route_schema(base: AirtableBase, method: str, rest: list[str], body: Any) -> Any:
    match method, rest:
        case "GET", []:
            return {"tables": [table.schema for table in base.tables]}
        case "POST", []:
            return base.make_table(body).schema
        case "PATCH", [table]:
            found: Table = base.table(table)
            found.name = body.get("name", found.name)
            return found.schema
        case "POST", [table, "fields"]:
            return base.make_field(table, body)
        case "PATCH", [table, "fields", name]:
            one = base.table(table).field_named(name)
            one["name"] = body.get("name", one["name"])
            return one
    raise Refused(404, "NOT_FOUND")


def _route_records(
    base: AirtableBase, method: str, table: str, rest: list[str], query: list[tuple[str, str]], body: Any
) -> Any:
    match method, rest:
        case "GET", []:
            return base.list_page(table, _options(query))
        case "POST", ["listRecords"]:
            sort = [(one["field"], one.get("direction") == "desc") for one in body.get("sort", [])]
            return base.list_page(table, {**body, "sort": sort})
        case "POST", []:
            if "records" in body:
                return base.write(table, body["records"], is_new=True)
            return base.write(table, [body], is_new=True)["records"][0]
        case (("PATCH" | "PUT"), []):
            return base.write(table, body.get("records"), is_new=False, replaces=method == "PUT")
        case "DELETE", []:
            return base.delete(table, [value for name, value in query if name in ("records[]", "records")])
        case _, [record_id]:
            return _route_record(base, method, table, record_id, body)
    raise Refused(404, "NOT_FOUND")


def _route_record(base: AirtableBase, method: str, table: str, record_id: str, body: Any) -> Any:
    if method == "GET":
        return base.row(table, record_id)
    if method == "DELETE":
        return base.delete(table, [record_id])["records"][0]
    return base.write(table, [{**body, "id": record_id}], is_new=False, replaces=method == "PUT")["records"][0]


def _options(query: list[tuple[str, str]]) -> dict[str, Any]:
    plain = dict(query)
    sort = []
    while (name := plain.get(f"sort[{len(sort)}][field]")) is not None:
        sort.append((name, plain.get(f"sort[{len(sort)}][direction]") == "desc"))
    fields = [value for name, value in query if name in ("fields[]", "fields")]
    by_id = plain.get("returnFieldsByFieldId") in ("1", "true")
    return {**plain, "sort": sort, "fields": fields, "returnFieldsByFieldId": by_id}


def main() -> None:
    """Serve a content file's tables until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for Airtable on loopback.")
    parser.add_argument("file", nargs="?", default="data/demo_hunt.json", help="a content file to load the base from")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--per-second", type=int, default=5, help="0 for no limit")
    chosen = parser.parse_args()
    tables = json.loads(Path(chosen.file).read_text())["tables"]
    with AirtableStandIn.serving(tables, port=chosen.port, per_second=chosen.per_second) as stand_in:
        print(f"AIRTABLE_ENDPOINT_URL={stand_in.url}", f"AIRTABLE_API_KEY={stand_in.token}", sep="\n")
        print(f"AIRTABLE_BASE_ID={stand_in.base.id}", flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
