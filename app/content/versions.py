"""Stored content versions, also of older formats: those are compiled again from their records, with their opening
times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from app.clock import Clock
from app.content import queries as content_queries
from app.content.hash_speed import step_seconds
from app.content.parse.parser import Seams, parse
from app.content.prefetch import Gathering, furnish_known
from app.content.serialise import FrozenOtherwise, from_json, to_json
from app.content.sources.json_file import read_text
from app.content.stylesheets import SheetFetcher
from app.core.model import Content, Division
from app.core.text import sentence
from app.database.engine import Database
from app.errors import NotFound
from app.ports import ContentServices, Hasher, Prox


class VersionUnknown(NotFound):
    message = sentence("There is no such content version.")

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


def load(services: ContentServices, hasher: Hasher, version: int) -> None:
    """Make a stored version current in this process. Raises :class:`VersionUnknown`."""
    content = read_version(services.database, services.clock, hasher, services.prox, version)
    if not services.in_force.is_loaded or services.in_force.content.version != version:
        services.in_force.put(content)


def read_version(database: Database, clock: Clock, hasher: Hasher, prox: Prox | None, version: int) -> Content:
    """Compile it again if needed. Raises :class:`VersionUnknown` and what parsing raises."""
    # The column is a 32-bit number; a larger one names nothing.
    compiled = content_queries.read_compiled(database, version) if 0 < version < 2**31 else None
    if compiled is None:
        raise VersionUnknown(version)
    try:
        return from_json(compiled)
    except FrozenOtherwise:
        return _compiled_again(database, clock, hasher, prox, version, compiled)


def _compiled_again(
    database: Database, clock: Clock, hasher: Hasher, prox: Prox | None, version: int, compiled: str
) -> Content:
    records = content_queries.read_records(database, version) or ""
    source, gathering = read_text(records, f"content version {version}"), Gathering(prox)
    seen = seams(clock, hasher, prox, gathering, is_offline=True)
    content = parse(source, version=version, since=_since_in(compiled), seams=seen).content
    content = replace(content, divisions=(*content.divisions, *_closed_in(compiled, content)))
    content = furnish_known(database, prox, content, gathering)
    with database.writing() as connection:
        content_queries.rewrite_compiled(connection, version, to_json(content))
    return content


def seams(
    clock: Clock, hasher: Hasher, prox: Prox | None, gathering: Gathering | None = None, *, is_offline: bool = False
) -> Seams:
    """The parser's callbacks; pictures are noted in ``gathering``.

    Offline, linked style sheets are left out.
    """
    breathe = partial(clock.sleep, 0)
    # Content that was checked elsewhere is accepted on a slower machine.
    speed = None if is_offline else partial(step_seconds, clock, hasher)
    if prox is None:
        return Seams(breathe=breathe, fetch_css=_leave_out if is_offline else None, step_seconds=speed)
    gathering = gathering or Gathering(prox)
    return Seams(
        picture_url=gathering.picture_url,
        attachment_url=gathering.attachment_url,
        may_be_plain=prox.may_be_plain,
        fetch_css=_leave_out if is_offline else SheetFetcher(prox.text, clock),
        breathe=breathe,
        step_seconds=speed,
    )


def _closed_in(compiled: str, content: Content) -> list[Division]:
    found = []
    try:
        for one in json.loads(compiled)["content"]["divisions"]:
            if one.get("is_closed") and content.division(str(one["code"])) is None:
                known = {name: one[name] for name in Division.__dataclass_fields__ if name in one}
                found.append(Division(**known))
    except (ValueError, KeyError, TypeError, AttributeError):
        return []
    return found


def _leave_out(address: str) -> str:
    return ""


def _since_in(compiled: str) -> Mapping[str, datetime]:
    try:
        since = json.loads(compiled)["content"]["since"]
        return {str(puzzle): datetime.fromisoformat(at) for puzzle, at in since.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
