"""Guesses, solves, skips, unlocks, hints."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class Solve(Base):
    """One row for a team and puzzle.

    ``answer``: encrypted; None if not kept.
    """

    __tablename__ = "solves"
    __table_args__ = (
        UniqueConstraint("team_id", "puzzle_id"),
        Index("ix_solves_puzzle", "puzzle_id", "solved_at"),
        Index("ix_solves_team", "team_id", "solved_at"),
        Index("ix_solves_time", "solved_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    puzzle_id: Mapped[str] = mapped_column(String(64))
    solved_at: Mapped[datetime]
    points: Mapped[int] = mapped_column(Integer)
    is_late: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[str | None] = mapped_column(Text)


class Skip(Base):
    """A power-up's pass: opens locks, earns nothing."""

    __tablename__ = "skips"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    skipped_at: Mapped[datetime]


class Unlock(Base):
    """When it opened, and was first viewed."""

    __tablename__ = "unlocks"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    unlocked_at: Mapped[datetime]
    viewed_at: Mapped[datetime | None]


class Guess(Base):
    """``text`` is None for a right one, also if accepted later; ``digest`` is keyed."""

    __tablename__ = "guesses"
    __table_args__ = (
        Index("ix_guesses_team", "team_id", "puzzle_id", "digest"),
        # The last three are for the signs of cheating, which read no rows then.
        Index("ix_guesses_digest", "puzzle_id", "digest", "team_id", "guessed_at", "verdict"),
        Index("ix_guesses_time", "guessed_at"),
        # Few are not wrong, and they are looked for among many that are.
        Index(
            "ix_guesses_verdict", "puzzle_id", "verdict", "guessed_at",
            postgresql_where=text("verdict <> 'wrong'"), sqlite_where=text("verdict <> 'wrong'"),
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    puzzle_id: Mapped[str] = mapped_column(String(64))
    guessed_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    message_html: Mapped[str] = mapped_column(Text, default="")
    address: Mapped[str] = mapped_column(String(45), default="")


class Receipt(Base):
    """An idempotency key, reserved and then with its reply."""

    __tablename__ = "receipts"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    once: Mapped[str] = mapped_column(String(64), primary_key=True)
    reserved_at: Mapped[datetime] = mapped_column(index=True)
    holder: Mapped[str] = mapped_column(String(32))
    reply: Mapped[str | None] = mapped_column(Text)


class PuzzleTally(Base):
    """Solvers, without staff. Its row lock orders concurrent solves."""

    __tablename__ = "puzzle_tallies"

    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    solves: Mapped[int] = mapped_column(Integer, default=0)


class AcceptedAnswer(Base):
    """Accepted afterwards, by keyed digest."""

    __tablename__ = "accepted_answers"

    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(64), default="")


class HintTaken(Base):
    """``paid``: credit, points, xp or free."""

    __tablename__ = "hints_taken"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    hint_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    taken_at: Mapped[datetime]
    paid: Mapped[str] = mapped_column(String(8))
    price: Mapped[int] = mapped_column(Integer, default=0)


class HintRequest(Base):
    __tablename__ = "hint_requests"
    __table_args__ = (
        Index("ix_hint_requests_queue", "state", "asked_at"),
        Index("ix_hint_requests_team", "team_id", "puzzle_id"),
        Index("ix_hint_requests_puzzle", "puzzle_id", "state"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    puzzle_id: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    asked_at: Mapped[datetime]
    claimed_by: Mapped[int | None] = mapped_column(RowId)
    claimed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    # Set to "team:puzzle" while the request is open, so that the database itself allows one at a time.
    open_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    # Counts up with every change, whatever the clocks of the nodes say.
    changes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class HintMessage(Base):
    """``author_id`` None: organisers as a whole."""

    __tablename__ = "hint_messages"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("hint_requests.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(RowId)
    is_staff: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class ProblemReport(Base):
    """``state``: open, correct (as written) or erratum."""

    __tablename__ = "problem_reports"
    __table_args__ = (
        Index("ix_problem_reports_list", "state", "reported_at"),
        Index("ix_problem_reports_team", "team_id", "puzzle_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    puzzle_id: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(10))
    reported_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(RowId)
    note: Mapped[str] = mapped_column(Text, default="", server_default="")
    # As in a hint request.
    open_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    changes: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
