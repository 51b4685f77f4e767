"""What is wrong with a hunt, said so that its writer can mend it: table, record, field, and what to do.

A fault keeps the old version in play; a warning does not. Collected while reading, so that one restock names them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.core.clean_text import clean_text, one_line

MOST_LISTED = 1000  # of each kind; a broken import would otherwise fill the page, and the log, with the same sentence


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to mend, and where it stands. ``record_title`` and ``field`` may be empty."""

    table: str
    record_id: str
    record_title: str
    field: str
    message: str

    def __str__(self) -> str:
        name = f"“{self.record_title}” ({self.record_id})" if self.record_title else self.record_id
        return " › ".join(part for part in (self.table, name, self.field) if part) + f": {self.message}"


class ContentFaulty(Exception):
    """These records make no hunt that could be played. ``faults`` lists everything to mend, ``warnings`` the rest."""

    def __init__(self, faults: Sequence[Fault], warnings: Sequence[Fault] = ()) -> None:
        super().__init__(f"{len(faults)} faults, the first: {faults[0]}")
        self.faults = tuple(faults)
        self.warnings = tuple(warnings)


@dataclass
class Findings:
    """Collects faults and warnings, each said once."""

    faults: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)

    def fault(self, found: Fault) -> None:
        """Something that keeps this content from being played."""
        _note(found, self.faults)

    def warn(self, found: Fault) -> None:
        """Something that its writer should look at."""
        _note(found, self.warnings)

    def raise_if_faulty(self) -> None:
        """Raises :class:`ContentFaulty` if there is any fault."""
        if self.faults:
            raise ContentFaulty(self.faults, self.warnings)


def _note(found: Fault, among: list[Fault]) -> None:
    """Messages may quote a cell, so they are cleaned as every text is: they go to pages, logs and the database."""
    clean = replace(found, message=one_line(clean_text(found.message)))
    if clean not in among and len(among) < MOST_LISTED:
        among.append(clean)
