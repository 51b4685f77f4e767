"""A checked draft: content that waits for an organiser to put it live, exactly as checked.

Two snapshots hold it: what is shown, and what would be put into play. The token names both.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from app.clock import Clock
from app.content.diff import KINDS, Change, Changes, Correction
from app.content.effects import Effects
from app.content.faults import Fault
from app.content.preparation import Prepared, TakesAway
from app.content.restock import Restocked, RestockOvertaken, put_live
from app.content.serialise import FrozenOtherwise, from_json, to_json
from app.core.text import sentence
from app.database import snapshots
from app.database.engine import Database
from app.errors import HuntError
from app.ports import ContentServices, Hasher

SHOWN, BODY = "restock:checked", "restock:draft"


class DraftGone(HuntError):
    """The draft has been put live, replaced or dropped."""

    code = "conflict"
    message = sentence("What you looked at is not there any more: somebody was faster. Look at the page anew.")


class DraftOvertaken(HuntError):
    """Another version came into play since the check."""

    code = "conflict"
    message = sentence("Another version has come into play since this was checked. Fetch and check it again.")


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft as pages show it. ``base``: the version that it was compared with."""

    token: str
    base: int | None
    changes: Changes
    effects: Effects
    corrections: tuple[Correction, ...] = ()


def keep(database: Database, clock: Clock, prepared: Prepared) -> Checked:
    body = json.dumps({"records": prepared.records, "own": to_json(prepared.own), "origin": prepared.origin})
    now = clock.now()
    token = hashlib.sha256(f"{prepared.base} {now.isoformat()} {body}".encode("utf-8", "surrogatepass")).hexdigest()
    changes = prepared.changes or Changes((), (), ())
    checked = Checked(token[:32], prepared.base, changes, prepared.effects, prepared.corrections)
    warnings = [asdict(one) for one in prepared.warnings]
    _write(database, clock, BODY, {"token": checked.token, "body": body, "warnings": warnings})
    _write_shown(database, clock, checked)
    return checked


def read(database: Database) -> Checked | None:
    found = _read(database, SHOWN)
    if found is None:
        return None
    parts = (tuple(_change(one) for one in found[part]) for part in ("added", "removed", "changed"))
    effects = Effects(*(tuple(Fault(**one) for one in found[part]) for part in ("taken", "noted")))
    corrections = tuple(Correction(**one) for one in found.get("corrections", ()))
    return Checked(found["token"], found["base"], Changes(*parts), effects, corrections)


def put_draft_live(
    services: ContentServices,
    hasher: Hasher,
    token: str,
    agreed: str,
    made_by: str,
    address: str,
    told: Collection[str] = (),
) -> Restocked:
    """Put the draft of this token into play. ``agreed``: digest of the losses that the organiser confirmed.

    ``told``: ids of the puzzles whose corrections teams are told of. Raises :class:`DraftGone`,
    :class:`DraftOvertaken`, and :class:`TakesAway` if teams would now lose something else; the draft then shows it.
    """
    checked, found = read(services.database), _read(services.database, BODY)
    if checked is None or found is None or not token == checked.token == found["token"]:
        raise DraftGone
    prepared = _prepared(found, checked.base)
    try:
        done = put_live(
            services,
            hasher,
            prepared,
            made_by,
            address,
            lambda effects: effects.digest == agreed,
            only_on_base=True,
            is_told=lambda one: one.puzzle_id in told,
        )
    except RestockOvertaken:
        raise DraftOvertaken from None
    except TakesAway as losses:
        _write_shown(services.database, services.clock, replace(checked, effects=losses.effects))
        raise
    drop(services.database)
    return done


def drop(database: Database) -> None:
    for name in (SHOWN, BODY):
        snapshots.drop(database, name)


def _prepared(found: dict[str, Any], base: int | None) -> Prepared:
    body = json.loads(found["body"])
    try:
        own = from_json(body["own"])
    except FrozenOtherwise:
        # Another release checked it, with other rules.
        raise DraftGone from None
    warnings = tuple(Fault(**one) for one in found["warnings"])
    return Prepared(body["origin"], body["records"], own, own, warnings, base)


def _write_shown(database: Database, clock: Clock, checked: Checked) -> None:
    changes, effects = checked.changes, checked.effects
    shown: dict[str, Any] = {"token": checked.token, "base": checked.base}
    for part in ("added", "removed", "changed"):
        shown[part] = _plain(getattr(changes, part))
    for part in ("taken", "noted"):
        shown[part] = _plain(getattr(effects, part))
    shown["corrections"] = _plain(checked.corrections)
    _write(database, clock, SHOWN, shown)


def _plain(found: Iterable[Change | Fault | Correction]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def _change(one: dict[str, Any]) -> Change:
    return Change(KINDS.get(one["kind"], one["kind"]), one["id"], one["title"], tuple(one["columns"]))


def _write(database: Database, clock: Clock, name: str, value: dict[str, Any]) -> None:
    with snapshots.building(database, name) as building:
        building.keep(clock.now(), json.dumps(value))


def _read(database: Database, name: str) -> dict[str, Any] | None:
    kept = snapshots.read(database, name)
    found: dict[str, Any] | None = json.loads(kept.body) if kept is not None else None
    return found
