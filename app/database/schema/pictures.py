"""Pictures, shared by all nodes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base


class Picture(Base):
    """A picture or recording; without a digest not stored yet."""

    __tablename__ = "pictures"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(String(200), default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    media_type: Mapped[str] = mapped_column(String(40), default="")
    size: Mapped[int] = mapped_column(Integer, default=0)
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    fetched_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    problem: Mapped[str] = mapped_column(String(300), default="")
    claimed_until: Mapped[datetime | None]


class PicturePiece(Base):
    """Bytes in base64, so that a backup is text."""

    __tablename__ = "picture_pieces"

    picture_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    body: Mapped[str] = mapped_column(Text)


class LookFile(Base):
    # A picture of the site's own look, or a style sheet in a preview of it; the settings name those in force.

    __tablename__ = "look_files"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(String(40))
    body: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(index=True)
    added_by: Mapped[str] = mapped_column(String(64), default="")
