"""The hunt as a whole: settings, content versions, and what is worked out or run once for all processes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class HuntState(Base):
    """The one row that tells every process which settings and which content are in force."""

    __tablename__ = "hunt_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    settings_revision: Mapped[int] = mapped_column(Integer, default=0)
    content_version: Mapped[int | None] = mapped_column(Integer)
    last_event: Mapped[int] = mapped_column(RowId, default=0)


class Setting(Base):
    """A setting an organiser changed, as text; absent ones have their default."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ContentVersion(Base):
    """One immutable content version: compiled (what nodes load) and as the records it came from (what is exported)."""

    __tablename__ = "content_versions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64), default="")
    source: Mapped[str] = mapped_column(String(200))
    compiled: Mapped[str] = mapped_column(Text)
    records: Mapped[str] = mapped_column(Text)
    warnings: Mapped[list[Any]]
    puzzles: Mapped[int] = mapped_column(Integer, default=0)


class Snapshot(Base):
    """Something costly that was worked out once for all processes, such as a board."""

    __tablename__ = "snapshots"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class OutboxItem(Base):
    """A webhook call or a mail that waits to be sent; retried until ``attempts`` run out."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]]
    once_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    made_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    sent_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(300), default="")


class JobRun(Base):
    """One run of a periodic job for one slot of time: whoever inserts the row runs it, the others do not."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    node: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(300), default="")
