"""Which statements take long: each is a line in the log, with the statement as the program wrote it.

Never with its parameters: those are what people typed, answers and secrets among them. Installed by the factory.
"""

from __future__ import annotations

import logging
from typing import Any

from prometheus_client import Counter
from sqlalchemy import Connection, Engine, event

from app.clock import Clock

# Enough to recognise a statement by.
LONGEST_TEXT = 600
SLOW = Counter("infinity_database_slow_statements", "Statements that took longer than SLOW_QUERY_MS")
logger = logging.getLogger("infinity.database")


def watch(engine: Engine, clock: Clock, threshold_ms: int) -> None:
    """Log every statement of this engine that takes ``threshold_ms`` or longer; 0 logs none."""
    if not threshold_ms:
        return

    def begin(_connection: Connection, _cursor: Any, _statement: str, _given: Any, context: Any, _many: bool) -> None:
        context.infinity_began = clock.monotonic()

    def end(_connection: Connection, _cursor: Any, statement: str, _given: Any, context: Any, _many: bool) -> None:
        milliseconds = (clock.monotonic() - context.infinity_began) * 1000
        if milliseconds >= threshold_ms:
            _tell(statement, milliseconds, threshold_ms)

    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)


def _tell(statement: str, milliseconds: float, threshold_ms: int) -> None:
    SLOW.inc()
    text = " ".join(statement.split())[:LONGEST_TEXT]
    fields = {"ms": round(milliseconds, 1), "threshold_ms": threshold_ms, "statement": text}
    logger.warning("a statement took %s ms", fields["ms"], extra=fields)
