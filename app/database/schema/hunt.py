"""The hunt: settings, content versions, shared snapshots and jobs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class HuntState(Base):
    """The one row of what is in force."""

    __tablename__ = "hunt_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    settings_revision: Mapped[int] = mapped_column(Integer, default=0)
    content_version: Mapped[int | None] = mapped_column(Integer)
    last_event: Mapped[int] = mapped_column(RowId, default=0)


class Setting(Base):
    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class ContentVersion(Base):
    __tablename__ = "content_versions"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64), default="")
    source: Mapped[str] = mapped_column(String(200))
    compiled: Mapped[str] = mapped_column(Text)
    records: Mapped[str] = mapped_column(Text)
    warnings: Mapped[list[Any]]
    puzzles: Mapped[int] = mapped_column(Integer, default=0)


class StagedContent(Base):
    """Checked content that waits to go live. ``base``: the version in force at the check.

    Once live, ``version`` is set and the content dropped.
    """

    __tablename__ = "staged_content"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    made_at: Mapped[datetime] = mapped_column(index=True)
    made_by: Mapped[str] = mapped_column(String(64), default="", server_default="")
    origin: Mapped[str] = mapped_column(String(200))
    base: Mapped[int | None] = mapped_column(Integer)
    records: Mapped[str] = mapped_column(Text)
    own: Mapped[str] = mapped_column(Text)
    warnings: Mapped[list[Any]]
    version: Mapped[int | None] = mapped_column(Integer)
    live_by: Mapped[str] = mapped_column(String(64), default="", server_default="")


class Snapshot(Base):
    __tablename__ = "snapshots"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    made_at: Mapped[datetime]
    body: Mapped[str] = mapped_column(Text)


class OutboxItem(Base):
    """A mail or webhook call, retried until ``attempts`` run out.

    ``fair_key``: whose turn; ``host``: receiver; lower ``urgency`` first. ``claimed_at``: being sent; ``handed_at``:
    text being sent.
    """

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
    urgency: Mapped[int] = mapped_column(Integer, default=5, server_default="5")
    fair_key: Mapped[str] = mapped_column(String(80), default="", server_default="")
    host: Mapped[str] = mapped_column(String(255), default="", server_default="")
    claimed_at: Mapped[datetime | None]
    handed_at: Mapped[datetime | None]


class Receiver(Base):
    """Last turn and pause of a host or hook."""

    __tablename__ = "receivers"

    name: Mapped[str] = mapped_column(String(270), primary_key=True)
    served_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    wait_until: Mapped[datetime | None]
    is_quick: Mapped[bool] = mapped_column(default=False)


class JobRun(Base):
    """A slot of a job: the process that inserts the row runs it."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    slot: Mapped[str] = mapped_column(String(40), primary_key=True)
    node: Mapped[str] = mapped_column(String(80))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(300), default="")
