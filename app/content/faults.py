"""Faults of a hunt for its writer: table, record, field, remedy.

A fault keeps the old version in play, a warning does not. All are collected in one pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.core.clean_text import clean_text, one_line

MOST_LISTED = 1000  # of each kind; a broken import would otherwise fill the page, and the log, with the same sentence


@dataclass(frozen=True, slots=True)
class Fault:
    """``record_title`` and ``field`` may be empty."""

    table: str
    record_id: str
    record_title: str
    field: str
    message: str

    @property
    def asks_for_a_hash(self) -> bool:
        return "hash generator" in self.message

    def __str__(self) -> str:
        name = f"“{self.record_title}” ({self.record_id})" if self.record_title else self.record_id
        place = " › ".join(part for part in (self.table, name, self.field) if part)
        return f"{place}: {self.message}" if place else self.message


class ContentFaulty(Exception):
    """``faults`` must be mended, ``warnings`` may be."""

    def __init__(self, faults: Sequence[Fault], warnings: Sequence[Fault] = ()) -> None:
        super().__init__(f"{len(faults)} faults, the first: {faults[0]}")
        self.faults = tuple(faults)
        self.warnings = tuple(warnings)


@dataclass
class Findings:
    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    _noted: set[tuple[bool, Fault]] = field(default_factory=set)

    def fault(self, found: Fault) -> None:
        self._note(found, self.faults)

    def warn(self, found: Fault) -> None:
        self._note(found, self.warnings)

    def raise_if_faulty(self) -> None:
        if self.faults:
            raise ContentFaulty(self.faults, self.warnings)

    def _note(self, found: Fault, among: list[Fault]) -> None:
        if len(among) >= MOST_LISTED:
            return
        clean = replace(found, message=one_line(clean_text(found.message)))
        if (among is self.faults, clean) not in self._noted:
            self._noted.add((among is self.faults, clean))
            among.append(clean)
