"""A draft of the site's own tables: the check of all of it, and what one record's texts look like."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from app.content.faults import ContentFaulty, Fault, Findings
from app.content.fields import FIELDS
from app.content.hash_speed import step_seconds
from app.content.html.css import LEVEL_SCOPE, PUZZLE_SCOPE, classes_in
from app.content.html.elements import prefix_of
from app.content.html.sanitise import Renderer
from app.content.html.selectors import Reach
from app.content.parse.parser import parse
from app.content.parse.records import TEXTS_ON_SHEET, Tools
from app.content.parse.row import Links, Row
from app.content.sources.site import read_site
from app.content.sources.tables import Record
from app.content.versions import seams
from app.ports import ContentServices, Hasher

AssetPath = Callable[[str], str | None]


@dataclass(frozen=True, slots=True)
class HuntCheck:
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    puzzles: int = 0


@dataclass(frozen=True, slots=True)
class TextPreview:
    texts: Mapping[str, str]
    css: str


def check_all(services: ContentServices, hasher: Hasher) -> HuntCheck:
    """All records; contacts no other server."""
    offline = seams(services.clock, hasher, services.prox, is_offline=True)
    offline = replace(offline, step_seconds=partial(step_seconds, services.clock, hasher))
    try:
        parsed = parse(read_site(services.database), version=0, seams=offline)
    except ContentFaulty as faulty:
        return HuntCheck(faulty.faults, faulty.warnings)
    return HuntCheck((), parsed.warnings, len(parsed.content.puzzles))


def preview(
    table: str, record_id: str, fields: Mapping[str, Any], asset_path: AssetPath, picture_url: Callable[[str, str], str]
) -> TextPreview:
    row = Row(table, Record(record_id, fields), Findings())
    tools = Tools(Renderer(asset_path, picture_url), Links({}, None), asset_path)
    css = _sheet(row, table, tools)
    names = [one.name for one in FIELDS[table] if one.kind in ("markdown", "message")]
    return TextPreview({name: tools.block(row, name, classes_in(css)) for name in names if row.has(name)}, css)


def _sheet(row: Row, table: str, tools: Tools) -> str:
    if not row.has("CustomCSS"):
        return ""
    if table == "Levels":
        reach = Reach((prefix_of(row.id, "Description"),), tuple(field.lower() for field in TEXTS_ON_SHEET))
        return tools.sheet(row, LEVEL_SCOPE, reach)
    return tools.sheet(row, PUZZLE_SCOPE, Reach(tuple(prefix_of(row.id, field) for field in TEXTS_ON_SHEET)))
