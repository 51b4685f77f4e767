"""Announcements and broadcasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class Announcement(Base):
    """``is_popup``: pushed as an alert. ``outside_id``: of its form."""

    __tablename__ = "announcements"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(String(16), default="announcement")
    audience: Mapped[str] = mapped_column(String(80), default="all")
    puzzle_id: Mapped[str | None] = mapped_column(String(64))
    written_at: Mapped[datetime]
    published_at: Mapped[datetime | None] = mapped_column(index=True)
    edited_at: Mapped[datetime | None]
    revision: Mapped[int] = mapped_column(Integer, default=0)
    is_popup: Mapped[bool] = mapped_column(default=False, server_default=false())
    withdrawn_at: Mapped[datetime | None]
    outside_id: Mapped[str | None] = mapped_column(String(64))


class AnnouncementTeam(Base):
    __tablename__ = "announcement_teams"

    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)


class Erratum(Base):
    """``kind``: ``erratum`` or ``text``. ``settled_at``: announced, or nothing to announce."""

    __tablename__ = "errata"

    version: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    digest: Mapped[str] = mapped_column(String(64))
    made_by: Mapped[str] = mapped_column(String(64), default="")
    settled_at: Mapped[datetime | None]
    announcement_id: Mapped[int | None] = mapped_column(RowId)


class Broadcast(Base):
    """Stored, then pushed: the row is the truth. ``origin_id``: the first of the same message."""

    __tablename__ = "broadcasts"
    __table_args__ = (Index("ix_broadcasts_audience", "audience", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str] = mapped_column(String(64), default="")
    outside_id: Mapped[str | None] = mapped_column(String(64))
    announcement_id: Mapped[int | None] = mapped_column(RowId, index=True)
    origin_id: Mapped[int | None] = mapped_column(RowId, index=True)
    withdrawn_at: Mapped[datetime | None]


class BroadcastSeen(Base):
    __tablename__ = "broadcasts_seen"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime]


class MailRun(Base):
    """An announcement by mail. ``filled_at``: recipients are stored."""

    __tablename__ = "mail_runs"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    announcement_id: Mapped[int] = mapped_column(ForeignKey("announcements.id", ondelete="CASCADE"), unique=True)
    made_at: Mapped[datetime]
    filled_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]


class MailRecipient(Base):
    __tablename__ = "mail_recipients"
    __table_args__ = (
        UniqueConstraint("run_id", "address_key"),
        Index("ix_mail_recipients_state", "run_id", "state", "due_at"),
        Index("ix_mail_recipients_tried", "tried_at"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("mail_runs.id", ondelete="CASCADE"))
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    address: Mapped[str] = mapped_column(String(320))
    address_key: Mapped[str] = mapped_column(String(320))
    state: Mapped[str] = mapped_column(String(12), default="waiting", server_default="waiting")
    due_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    problem: Mapped[str] = mapped_column(String(80), default="", server_default="")


class MailRefusal(Base):
    """``unsubscribed`` or ``bounced``."""

    __tablename__ = "mail_refusals"

    address_key: Mapped[str] = mapped_column(String(320), primary_key=True)
    reason: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
