"""Test-solves by organisers, and teams' ratings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class PuzzleTest(Base):
    """``digest``: of the puzzle as tested. ``spoiled``: author, tested, knew or empty.

    ``result``: open, solved, stopped. ``tester_id`` None: deleted.
    """

    __tablename__ = "puzzle_tests"
    __table_args__ = (
        Index("ix_puzzle_tests_puzzle", "puzzle_id", "started_at"),
        Index("ix_puzzle_tests_tester", "tester_id", "puzzle_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))
    tester_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="SET NULL"))
    spoiled: Mapped[str] = mapped_column(String(8), default="")
    result: Mapped[str] = mapped_column(String(8))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    hints: Mapped[list[Any]] = mapped_column(default=list)
    guess_times: Mapped[list[Any]] = mapped_column(default=list)
    minutes: Mapped[int | None] = mapped_column(Integer)
    fun: Mapped[int | None] = mapped_column(Integer)
    difficulty: Mapped[int | None] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(Text, default="")
    # Set to "account:puzzle" while the test is open, so that the database itself allows one at a time.
    open_key: Mapped[str | None] = mapped_column(String(100), unique=True)


class PuzzleTestGuess(Base):
    __tablename__ = "puzzle_test_guesses"
    __table_args__ = (Index("ix_puzzle_test_guesses_test", "test_id", "digest"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    test_id: Mapped[int] = mapped_column(ForeignKey("puzzle_tests.id", ondelete="CASCADE"))
    guessed_at: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(String(8))
    text: Mapped[str | None] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    message_html: Mapped[str] = mapped_column(Text, default="")


class PuzzleRating(Base):
    __tablename__ = "puzzle_ratings"
    __table_args__ = (Index("ix_puzzle_ratings_puzzle", "puzzle_id"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fun: Mapped[int] = mapped_column(Integer)
    difficulty: Mapped[int] = mapped_column(Integer)
    comment: Mapped[str] = mapped_column(Text, default="")
    rated_at: Mapped[datetime]
