"""Proving the books: every team's totals are the sums of its ledger. Called by ``hunt audit`` and the status page."""

from __future__ import annotations

from app.services.ports import Ports
from app.store import ledger
from app.store.ledger import Difference

__all__ = ["Difference", "find_differences"]


def find_differences(ports: Ports) -> list[Difference]:
    """Every total of points, XP or hint credits that is not the sum of its ledger rows; none is the proof."""
    return ledger.compare(ports.database)
