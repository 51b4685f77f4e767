"""A hunt that comes from outside: records, files, answers in clear, and what has no place here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.clock import Clock
from app.content.assets import AssetFaulty, asset_from
from app.content.faults import ContentFaulty, Fault, Findings
from app.content.fields import FIELDS, HASHED
from app.content.imports.columns import ForeignColumn, ForeignSheet
from app.content.imports.hashing import Place, TellHashed, ToHash, hash_all
from app.content.parse.parser import Seams, examine
from app.content.sources.tables import MAX_RECORDS, TABLES, Source, to_records
from app.content.writing.answers import HashedText, answer_problems
from app.content.writing.checks import SOME_HASH
from app.content.writing.pictures import MOST_BYTES_IN_ALL, asset_name
from app.core.spelling import is_empty
from app.core.text import sentence
from app.guesses.answer_hashes import MOST_ANSWERS
from app.ports import Hasher

# Signatures cost a hash a letter; beyond so many letters an import would take minutes.
MOST_SIGNED_IN_ALL = 500
_ESCAPE = re.compile(r"\\([^A-Za-z0-9])")
_ONLY_PLAIN = re.compile(r"(?:[^\\.^$*+?()\[\]{}|]|\\[^A-Za-z0-9])+")
_SIGNS = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
ANSWER_FIELDS = tuple(one.name for one in FIELDS["Puzzles"] if one.kind in HASHED)


@dataclass
class Incoming:
    """``answers``: in clear, by place; never stored, shown or logged. ``places``: where a record stood, in words."""

    origin: str
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {name: [] for name in TABLES})
    assets: dict[str, str] = field(default_factory=dict)
    answers: dict[Place, str] = field(default_factory=dict, repr=False)
    places: dict[Place, str] = field(default_factory=dict)
    findings: Findings = field(default_factory=Findings)
    asset_paths: dict[str, str] = field(default_factory=dict)
    foreign_sheets: list[ForeignSheet] = field(default_factory=list)
    foreign_columns: list[ForeignColumn] = field(default_factory=list)

    def add(self, table: str, record_id: str, fields: Mapping[str, Any]) -> None:
        kept = {name: value for name, value in fields.items() if not is_empty(value)}
        self.tables[table].append({"id": record_id, "fields": kept})

    def no_place(self, what: str, message: str, table: str = "", title: str = "") -> None:
        self.findings.warn(Fault(table, "", title[:80], what[:80], message))

    def add_file(self, name: str, content: bytes) -> str:
        """Its name here; empty if no browser shows such a file, which is noted."""
        try:
            uri, asset = asset_from(content)
        except AssetFaulty as why:
            self.no_place(name, str(why), "assets")
            return ""
        if asset.path in self.asset_paths:
            return self.asset_paths[asset.path]
        if sum(map(len, self.assets.values())) + len(uri) > MOST_BYTES_IN_ALL * 4 // 3:
            most = MOST_BYTES_IN_ALL // 1024 // 1024
            self.no_place(name, sentence("All files together may have %(most)s MB.", most=most), "assets")
            return ""
        known = asset_name(name.rpartition("/")[2], asset, self.assets)
        self.assets[known], self.asset_paths[asset.path] = uri, known
        return known

    def source(self) -> Source:
        tables = {name: to_records(rows) for name, rows in self.tables.items() if rows or name in TABLES[:3]}
        return Source(tables, self.assets, self.origin, warnings=tuple(self.findings.warnings))


@dataclass(frozen=True, slots=True)
class Checked:
    """``source`` has stand-ins for answers. ``noted``: warnings, and what has no place."""

    source: Source
    faults: tuple[Fault, ...]
    noted: tuple[Fault, ...]

    @property
    def counts(self) -> dict[str, int]:
        return {name: len(rows) for name, rows in self.source.tables.items() if rows}


def check(incoming: Incoming, breathe: Callable[[], None] = lambda: None) -> Checked:
    """Every fault, where it stands in the file. Hashes nothing."""
    findings = incoming.findings
    for place, text in incoming.answers.items():
        for problem in answer_problems(text):
            findings.fault(_at(incoming, Fault(place[0], place[1], _title(incoming, place), place[2], problem)))
    if sum(map(len, incoming.tables.values())) > MAX_RECORDS:
        words = sentence("There are more than %(most)s records in it.", most=MAX_RECORDS)
        findings.fault(Fault("", "", "", "", words))
        return Checked(incoming.source(), tuple(findings.faults), tuple(findings.warnings))
    source = _with_hashes(incoming, _stand_ins(incoming.answers))
    _, found = examine(source, Seams(breathe=breathe))
    for fault in found.faults:
        # A draft may lack its answer.
        is_draft = fault.field == "Solution" and (fault.table, fault.record_id, "Solution") not in incoming.answers
        (findings.warn if is_draft else findings.fault)(_at(incoming, fault))
    for warning in found.warnings:
        findings.warn(_at(incoming, warning))
    return Checked(source, tuple(findings.faults), tuple(findings.warnings))


def _stand_ins(answers: Mapping[Place, str]) -> dict[Place, HashedText]:
    # Equal for equal answers, so that one which is right and close at once is found.
    numbers: dict[str, int] = {}
    made = {}
    for place, text in answers.items():
        words = [line.strip().casefold() for line in text.splitlines() if line.strip()]
        made[place] = HashedText(tuple(_stand_in(numbers.setdefault(word, len(numbers))) for word in words))
    return made


def _stand_in(number: int) -> str:
    end = "".join(_SIGNS[number // 64**power % 64] for power in range(4))
    return SOME_HASH[: -len(end)] + end


def hashed(incoming: Incoming, hasher: Hasher, clock: Clock, tell: TellHashed = lambda done, total: None) -> Source:
    """The records with hashes in place of answers. Raises ContentFaulty for what :func:`check` lists."""
    checked = check(incoming)
    if checked.faults:
        raise ContentFaulty(checked.faults, checked.noted)
    return with_answers_hashed(incoming, hasher, clock, tell)


def with_answers_hashed(incoming: Incoming, hasher: Hasher, clock: Clock, tell: TellHashed) -> Source:
    """After :func:`check`. Raises what ``tell`` raises, and HashingBusy."""
    made = hash_all(hasher, clock, list(_to_hash(incoming)), tell)
    incoming.answers.clear()
    return _with_hashes(incoming, made)


def _to_hash(incoming: Incoming) -> Iterator[ToHash]:
    left = MOST_SIGNED_IN_ALL
    for place, text in incoming.answers.items():
        signs = place[2] == "Solution" and len(text) <= left
        left -= len(text) if signs else 0
        yield ToHash(place, text, signs)
        if place[2] == "Solution" and not signs:
            words = sentence(
                "It has no signature for typing slips: that would have taken too long. Type the answer again to add it."
            )
            fault = Fault(place[0], place[1], _title(incoming, place), "Near", words)
            incoming.findings.warn(_at(incoming, fault))


def _with_hashes(incoming: Incoming, made: Mapping[Place, HashedText]) -> Source:
    tables: dict[str, list[dict[str, Any]]] = {}
    for table, rows in incoming.tables.items():
        tables[table] = []
        for row in rows:
            fields = dict(row["fields"])
            for name in ANSWER_FIELDS if table == "Puzzles" else ():
                found = made.get((table, row["id"], name))
                fields |= {name: "\n".join(found.hashes)} if found else {}
                fields |= {"Near": found.near} if found and name == "Solution" else {}
            tables[table].append({**row, "fields": {name: value for name, value in fields.items() if value != ""}})
    return replace(incoming, tables=tables).source()


def _title(incoming: Incoming, place: Place) -> str:
    rows = incoming.tables.get(place[0], [])
    return next((str(row["fields"].get("Title", ""))[:80] for row in rows if row["id"] == place[1]), "")


def _at(incoming: Incoming, fault: Fault) -> Fault:
    exact = incoming.places.get((fault.table, fault.record_id, fault.field))
    row = incoming.places.get((fault.table, fault.record_id, ""))
    return replace(fault, record_id=exact or row or fault.record_id)


def word_of(pattern: str) -> str:
    """The only word that fits, whatever its case; or ""."""
    text = pattern.removeprefix("(?i)").removeprefix("^").removeprefix("(?i)").removesuffix("$")
    plain = _ESCAPE.sub(r"\1", text)
    return plain if _ONLY_PLAIN.fullmatch(text) else ""


def split_answers(texts: Iterable[str]) -> str:
    """One a line, each once, as many as are hashed at once."""
    return "\n".join(list(dict.fromkeys(one.strip() for one in texts if one.strip()))[:MOST_ANSWERS])
