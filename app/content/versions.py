"""Stored content versions, brought into memory, also those that an older release wrote in another shape.

A version keeps the records it was made from, so that it can always be
compiled again; its opening times are carried over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import partial

from app.clock import Clock
from app.content import queries as content_queries
from app.content.parse.parser import Seams, parse
from app.content.prefetch import Gathering, furnish_known
from app.content.serialise import FrozenOtherwise, from_json, to_json
from app.content.sources.json_file import read_text
from app.content.stylesheets import SheetFetcher
from app.core.model import Content
from app.core.text import sentence
from app.database.engine import Database
from app.errors import NotFound
from app.ports import ContentServices, Prox


class VersionUnknown(NotFound):
    """There is no content version of this number."""

    message = sentence("There is no such content version.")

    def __init__(self, version: int) -> None:
        super().__init__()
        self.version = version


def load(services: ContentServices, version: int) -> None:
    """Make a stored version the one this process plays. Raises :class:`VersionUnknown`."""
    content = read_version(services.database, services.clock, services.prox, version)
    if not services.in_force.is_loaded or services.in_force.content.version != version:
        services.in_force.put(content)


def read_version(database: Database, clock: Clock, prox: Prox | None, version: int) -> Content:
    """A stored version, compiled anew if it has to be. Raises :class:`VersionUnknown`, and what parsing raises."""
    # The column is a 32-bit number; a larger one names nothing.
    compiled = content_queries.read_compiled(database, version) if 0 < version < 2**31 else None
    if compiled is None:
        raise VersionUnknown(version)
    try:
        return from_json(compiled)
    except FrozenOtherwise:
        return _compiled_again(database, clock, prox, version, compiled)


def _compiled_again(database: Database, clock: Clock, prox: Prox | None, version: int, compiled: str) -> Content:
    records = content_queries.read_records(database, version) or ""
    source, gathering = read_text(records, f"content version {version}"), Gathering(prox)
    seen = seams(clock, prox, gathering, is_offline=True)
    content = parse(source, version=version, since=_since_in(compiled), seams=seen).content
    content = furnish_known(database, prox, content, gathering)
    with database.writing() as connection:
        content_queries.rewrite_compiled(connection, version, to_json(content))
    return content


def seams(clock: Clock, prox: Prox | None, gathering: Gathering | None = None, *, is_offline: bool = False) -> Seams:
    """What parsing needs of the outside: addresses for pictures, linked style sheets, and a pause now and then.

    The pictures are noted in ``gathering``. Offline, where nothing may depend on other people's servers, a style that
    is only linked to is left out.
    """
    breathe = partial(clock.sleep, 0)
    if prox is None:
        return Seams(breathe=breathe, fetch_css=_leave_out if is_offline else None)
    gathering = gathering or Gathering(prox)
    return Seams(
        picture_url=gathering.picture_url,
        attachment_url=gathering.attachment_url,
        may_be_plain=prox.may_be_plain,
        fetch_css=_leave_out if is_offline else SheetFetcher(prox.text, clock),
        breathe=breathe,
    )


def _leave_out(address: str) -> str:
    return ""


def _since_in(compiled: str) -> Mapping[str, datetime]:
    """The opening times in a text of whatever shape, if they can still be made out."""
    try:
        since = json.loads(compiled)["content"]["since"]
        return {str(puzzle): datetime.fromisoformat(at) for puzzle, at in since.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
