"""Proving the books, and reading the audit: every team's totals are the sums of its ledger, every act has its line.

Called by ``hunt audit``, the status page and the audit page.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.services.ports import Ports
from app.store import audits, ledger
from app.store.audits import Act, AuditFilter
from app.store.ledger import Difference

__all__ = ["Act", "AuditFilter", "Difference", "all_acts", "find_differences", "last_act", "list_actions", "read_acts"]


def find_differences(ports: Ports) -> list[Difference]:
    """Every total of points, XP or hint credits that is not the sum of its ledger rows; none is the proof."""
    return ledger.compare(ports.database)


def read_acts(
    ports: Ports, wanted: AuditFilter, limit: int, *, before: int | None = None, after: int | None = None
) -> list[Act]:
    """One page of the audit, newest first."""
    return audits.read_acts(ports.database, wanted, limit, before=before, after=after)


def all_acts(ports: Ports, wanted: AuditFilter) -> Iterator[Act]:
    """The whole audit, newest first, for an export."""
    return audits.all_acts(ports.database, wanted)


def list_actions(ports: Ports) -> list[str]:
    """The kinds of acts there have been, for the filter."""
    return audits.list_actions(ports.database)


def last_act(ports: Ports, action: str, subject: str) -> Act | None:
    """Who did this to this last."""
    found = audits.read_acts(ports.database, AuditFilter(action=action, subject=subject), 1)
    return found[0] if found else None
