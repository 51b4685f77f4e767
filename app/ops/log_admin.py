"""The pages of the activity log and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flask import Response

from app.core.csv_text import as_csv
from app.core.text import sentence
from app.database.pagination import as_json, cut
from app.ops import activity_log, audit_log
from app.ops.activity_log import GUESS, LogFilter
from app.ops.audit_log import AuditFilter
from app.web.access import role
from app.web.admin_blueprint import admin
from app.web.admin_frame import puzzle_options, render_admin
from app.web.filters import (
    argument,
    download,
    in_words,
    moment_argument,
    moment_kind,
    number_argument,
    paging_of,
    place_argument,
    place_text,
)
from app.web.languages import told
from app.web.visit import Visit, ports, visit

# The log is kept in English, for programs too; these are the words that the page shows in the reader's language.
KINDS = (
    sentence("guess"), sentence("hint request"), sentence("login"), sentence("logout everywhere"),
    sentence("password"), sentence("password reset"), sentence("powerup"), sentence("problem report"),
    sentence("profile"), sentence("registration"), sentence("reset link"), sentence("token made"),
    sentence("token revoked"), sentence("webhook off"), sentence("webhook removed"), sentence("webhook set"),
)  # fmt: skip
VERDICTS = (sentence("correct"), sentence("close"), sentence("wrong"))
ACTS_A_PAGE = 100
LOG_HEADS = ("at", "team_id", "team", "kind", "puzzle_id", "verdict", "text", "details", "address")
AUDIT_HEADS = ("id", "at", "actor", "action", "subject", "details", "address")
TYPED = ("team", "puzzle", "kind", "verdict", "actor", "action", "since", "until")
CSV = "text/csv; charset=utf-8"


# --- the log ---------------------------------------------------------------------------------------------------------


@admin.get("/log")
@role("helper")
def log() -> str:
    seen = visit()
    wanted, problems = _log_filter(seen)
    found = activity_log.read_page(ports().database, wanted, place_argument("before"), place_argument("after"))
    typed = _typed(puzzle=wanted.puzzle_id)
    return render_admin(
        "ops/log.html",
        rows=found.rows,
        typed=typed,
        problems=problems,
        moment_kind=moment_kind(problems, argument("since"), argument("until")),
        paging=paging_of("log", typed, found, lambda entry: place_text(entry.place)),
        puzzles=puzzle_options(),
        kinds=_pairs((GUESS, *activity_log.list_kinds(ports().database))),
        verdicts=_pairs(VERDICTS),
        shows_addresses=seen.is_admin,
        in_words=in_words,
    )


@admin.get("/log.csv")
@role("helper")
def export_log_csv() -> Response:
    rows = ([row[head] for head in LOG_HEADS] for row in _log_lines(visit()))
    return download(as_csv(LOG_HEADS, rows), CSV, "log.csv")


@admin.get("/log.json")
@role("helper")
def export_log_json() -> Response:
    return download(as_json("entries", _log_lines(visit())), "application/json", "log.json")


def _log_filter(seen: Visit) -> tuple[LogFilter, list[str]]:
    problems: list[str] = []
    team, puzzle = argument("team"), argument("puzzle")
    known = seen.content.puzzle(puzzle)
    wanted = LogFilter(
        team_ids=activity_log.find_teams(ports().database, team) if team else None,
        puzzle_id=known.id if known else puzzle,
        kind=argument("kind"),
        verdict=argument("verdict"),
        since=moment_argument(seen, "since", problems),
        until=moment_argument(seen, "until", problems),
    )
    if wanted.team_ids == ():
        problems.append(sentence("No team has “%(words)s” in its name.", words=team))
    return wanted, problems


def _typed(**known: str) -> dict[str, str]:
    typed = {name: argument(name) for name in TYPED} | known
    return {name: value for name, value in typed.items() if value}


def _pairs(words: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((word, told(word)) for word in words)


def _log_lines(seen: Visit) -> Iterator[dict[str, Any]]:
    wanted, world, has_addresses = _log_filter(seen)[0], ports(), seen.is_admin
    for entry in activity_log.all_entries(world.database, wanted):
        yield {
            "at": entry.at.isoformat(), "team_id": entry.team_id, "team": entry.team_name, "kind": entry.kind,
            "puzzle_id": entry.puzzle_id, "verdict": entry.verdict, "text": entry.text,
            "details": in_words(entry.details), "address": entry.address if has_addresses else "",
        }  # fmt: skip


# --- the audit -------------------------------------------------------------------------------------------------------


@admin.get("/audit")
@role("admin")
def audit() -> str:
    wanted, problems = _audit_filter(visit())
    before, after = number_argument("before"), number_argument("after")
    acts = audit_log.read_acts(ports().database, wanted, ACTS_A_PAGE + 1, before=before, after=after)
    found = cut(acts, ACTS_A_PAGE, is_after=after is not None, is_before=before is not None)
    typed = _typed()
    return render_admin(
        "ops/audit.html",
        rows=found.rows,
        typed=typed,
        problems=problems,
        moment_kind=moment_kind(problems, argument("since"), argument("until")),
        paging=paging_of("audit", typed, found, lambda act: str(act.id)),
        actions=_pairs(tuple(audit_log.list_actions(ports().database))),
        in_words=in_words,
    )


@admin.get("/audit.csv")
@role("admin")
def export_audit_csv() -> Response:
    rows = ([row[head] for head in AUDIT_HEADS] for row in _audit_lines(visit()))
    return download(as_csv(AUDIT_HEADS, rows), CSV, "audit.csv")


@admin.get("/audit.json")
@role("admin")
def export_audit_json() -> Response:
    return download(as_json("acts", _audit_lines(visit())), "application/json", "audit.json")


def _audit_filter(seen: Visit) -> tuple[AuditFilter, list[str]]:
    problems: list[str] = []
    since, until = moment_argument(seen, "since", problems), moment_argument(seen, "until", problems)
    return AuditFilter(actor=argument("actor"), action=argument("action"), since=since, until=until), problems


def _audit_lines(seen: Visit) -> Iterator[dict[str, Any]]:
    wanted, world = _audit_filter(seen)[0], ports()
    for act in audit_log.all_acts(world.database, wanted):
        yield {
            "id": act.id, "at": act.at.isoformat(), "actor": act.actor, "action": act.action, "subject": act.subject,
            "details": in_words(act.details), "address": act.address,
        }  # fmt: skip
