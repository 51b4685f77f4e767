"""What is written in the site: its own tables, their files, and patches of records that are written elsewhere."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class SiteRecord(Base):
    """``outline``: the short fields, for lists and links.

    ``revision`` detects concurrent edits.
    """

    __tablename__ = "site_records"

    table_name: Mapped[str] = mapped_column(String(16), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    place: Mapped[int] = mapped_column(Integer)
    fields: Mapped[dict[str, Any]]
    outline: Mapped[dict[str, Any]]
    revision: Mapped[int] = mapped_column(Integer, default=1)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(64), default="")


class SiteAsset(Base):
    """A picture or recording of the site's own tables, as a data URI. ``path`` is its address once it is in play."""

    __tablename__ = "site_assets"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    path: Mapped[str] = mapped_column(String(64), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int] = mapped_column(Integer)
    uri: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime]
    added_by: Mapped[str] = mapped_column(String(64), default="")


class Patch(Base):
    """A field of an outside source's record, set by hand.

    ``base``: the source's value at that time, ``fresh``: its newer value; JSON, None for an absent field.
    ``has_fresh``: an organiser must decide.
    """

    __tablename__ = "patches"
    __table_args__ = (UniqueConstraint("table_name", "record_id", "field"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    table_name: Mapped[str] = mapped_column(String(16))
    record_id: Mapped[str] = mapped_column(String(64))
    field: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(JSON)
    base: Mapped[Any] = mapped_column(JSON)
    fresh: Mapped[Any] = mapped_column(JSON)
    has_fresh: Mapped[bool] = mapped_column(default=False)
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(64), default="")
