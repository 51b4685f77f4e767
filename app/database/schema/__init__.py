"""The tables. Only :mod:`app.store` and the migrations look here.

Two databases, one schema: times are ``timestamptz`` on PostgreSQL and UTC text on SQLite (:class:`Moment`), documents
are JSON text. Puzzles are named by their record id, which no restock changes. Totals kept on :class:`Team` (score, xp,
hint credits) are always the sums of its :class:`LedgerEntry` rows; ``hunt audit`` proves it.
"""

from __future__ import annotations

from app.database.schema.accounts import LoginFailure, MailTrigger, ResetLink, Team, TeamAddress, TeamHook, TeamToken
from app.database.schema.base import Base, Moment, RowId
from app.database.schema.hunt import ContentVersion, HuntState, JobRun, OutboxItem, Receiver, Setting, Snapshot
from app.database.schema.journals import AuditEntry, LedgerEntry, LogEntry
from app.database.schema.pictures import Picture, PicturePiece
from app.database.schema.play import (
    AcceptedAnswer,
    Guess,
    HintMessage,
    HintRequest,
    HintTaken,
    PuzzleTally,
    Receipt,
    Skip,
    Solve,
    Unlock,
)
from app.database.schema.speech import (
    Announcement,
    Broadcast,
    BroadcastSeen,
    MailRecipient,
    MailRefusal,
    MailRun,
)

__all__ = [
    "AcceptedAnswer",
    "Announcement",
    "AuditEntry",
    "Base",
    "Broadcast",
    "BroadcastSeen",
    "ContentVersion",
    "Guess",
    "HintMessage",
    "HintRequest",
    "HintTaken",
    "HuntState",
    "JobRun",
    "LedgerEntry",
    "LogEntry",
    "LoginFailure",
    "MailRecipient",
    "MailRefusal",
    "MailRun",
    "MailTrigger",
    "Moment",
    "OutboxItem",
    "Picture",
    "PicturePiece",
    "PuzzleTally",
    "Receipt",
    "Receiver",
    "ResetLink",
    "RowId",
    "Setting",
    "Skip",
    "Snapshot",
    "Solve",
    "Team",
    "TeamAddress",
    "TeamHook",
    "TeamToken",
    "Unlock",
]
