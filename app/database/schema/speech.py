"""What the organisers say: announcements and broadcasts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class Announcement(Base):
    """Something organisers said to a hunt, a division, a team, or those who have a puzzle open and unsolved."""

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


class Broadcast(Base):
    """An event for everyone, a division or a team. Stored, then pushed: the row is the truth, the socket a nudge."""

    __tablename__ = "broadcasts"
    __table_args__ = (Index("ix_broadcasts_audience", "audience", "id"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    audience: Mapped[str] = mapped_column(String(80))
    payload: Mapped[dict[str, Any]]
    sent_at: Mapped[datetime]
    sent_by: Mapped[str] = mapped_column(String(64), default="")
    outside_id: Mapped[str | None] = mapped_column(String(64))


class BroadcastSeen(Base):
    """A team's page showed the broadcast."""

    __tablename__ = "broadcasts_seen"

    broadcast_id: Mapped[int] = mapped_column(ForeignKey("broadcasts.id", ondelete="CASCADE"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[datetime]
