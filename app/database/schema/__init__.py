"""The tables."""

from __future__ import annotations

from app.database.schema.accounts import (
    DeskNotice,
    EndedSession,
    Identity,
    LoginFailure,
    MailTrigger,
    RecoveryCode,
    RegistrationBucket,
    ResetLink,
    SecondFactor,
    Team,
    TeamAddress,
    TeamHook,
    TeamToken,
)
from app.database.schema.base import Base, Moment, RowId
from app.database.schema.hunt import (
    ContentVersion,
    HuntState,
    JobRun,
    OutboxItem,
    Receiver,
    Setting,
    Snapshot,
    StagedContent,
)
from app.database.schema.journals import AuditEntry, LedgerEntry, LogEntry
from app.database.schema.pictures import Picture, PicturePiece
from app.database.schema.play import (
    AcceptedAnswer,
    Guess,
    HintMessage,
    HintRequest,
    HintTaken,
    ProblemReport,
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
    Erratum,
    MailRecipient,
    MailRefusal,
    MailRun,
)
from app.database.schema.testing import PuzzleRating, PuzzleTest, PuzzleTestGuess
from app.database.schema.writing import Patch, SiteAsset, SiteRecord

# Times are timestamptz on PostgreSQL and UTC text on SQLite (Moment), documents JSON text. Puzzles are named by record
# id. Totals on Team equal the sums of LedgerEntry; ``hunt audit`` checks it.
__all__ = [
    "AcceptedAnswer",
    "Announcement",
    "AuditEntry",
    "Base",
    "Broadcast",
    "BroadcastSeen",
    "ContentVersion",
    "DeskNotice",
    "EndedSession",
    "Erratum",
    "Guess",
    "HintMessage",
    "HintRequest",
    "HintTaken",
    "HuntState",
    "Identity",
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
    "Patch",
    "Picture",
    "PicturePiece",
    "ProblemReport",
    "PuzzleRating",
    "PuzzleTally",
    "PuzzleTest",
    "PuzzleTestGuess",
    "Receipt",
    "Receiver",
    "RecoveryCode",
    "RegistrationBucket",
    "ResetLink",
    "RowId",
    "SecondFactor",
    "Setting",
    "SiteAsset",
    "SiteRecord",
    "Skip",
    "Snapshot",
    "Solve",
    "StagedContent",
    "Team",
    "TeamAddress",
    "TeamHook",
    "TeamToken",
    "Unlock",
]
