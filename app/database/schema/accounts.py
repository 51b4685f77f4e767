"""Accounts and their security."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class Team(Base):
    """``role``: the highest of ``roles`` (see app/core/roles.py).

    ``epoch`` is incremented to end sessions; ``guess_times``, ``free_guess_times``: sliding windows. ``own_notices``:
    notices about own puzzles only.
    """

    __tablename__ = "teams"
    __table_args__ = (Index("ix_teams_board", "division", "role", "is_banned"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    name: Mapped[str] = mapped_column(String(64))
    name_key: Mapped[str] = mapped_column(String(255), unique=True)
    display_name: Mapped[str] = mapped_column(String(80))
    display_key: Mapped[str] = mapped_column(String(400), unique=True)
    affiliation: Mapped[str] = mapped_column(String(120), default="")
    emails: Mapped[list[Any]] = mapped_column(default=list)
    division: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(8), default="", server_default="")
    password_hash: Mapped[str | None] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16), default="team")
    roles: Mapped[str] = mapped_column(String(40), default="", server_default="")
    is_banned: Mapped[bool] = mapped_column(default=False)
    epoch: Mapped[int] = mapped_column(Integer, default=0)
    created_at: Mapped[datetime]
    score: Mapped[int] = mapped_column(Integer, default=0)
    xp: Mapped[int] = mapped_column(Integer, default=0)
    xp_periods: Mapped[int] = mapped_column(Integer, default=0)
    hint_credits: Mapped[int] = mapped_column(Integer, default=0)
    first_guess_at: Mapped[datetime | None]
    last_points_at: Mapped[datetime | None]
    guess_times: Mapped[list[Any]] = mapped_column(default=list)
    free_guess_times: Mapped[list[Any]] = mapped_column(default=list, server_default="[]")
    own_notices: Mapped[bool] = mapped_column(default=False, server_default=false())


class LoginFailure(Base):
    """``name_key`` is a digest: people type passwords into name fields."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_address", "address", "failed_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    address: Mapped[str] = mapped_column(String(45))
    name_key: Mapped[str] = mapped_column(String(64))
    failed_at: Mapped[datetime]


class EndedSession(Base):
    """A logged-out session; without the row a copied cookie would work until ``until``."""

    __tablename__ = "ended_sessions"
    __table_args__ = (Index("ix_ended_sessions_until", "until"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    ended_at: Mapped[datetime]
    until: Mapped[datetime]


class RegistrationBucket(Base):
    """A token bucket by address, full again at ``full_at``."""

    __tablename__ = "registration_buckets"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    full_at: Mapped[datetime]


class TeamToken(Base):
    __tablename__ = "team_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    made_at: Mapped[datetime]


class TeamHook(Base):
    __tablename__ = "team_hooks"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(String(255))
    serial: Mapped[int] = mapped_column(Integer)
    set_at: Mapped[datetime]
    looks: Mapped[int] = mapped_column(Integer, default=0)
    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    told_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(Integer, default=0)
    problem: Mapped[str] = mapped_column(String(80), default="")
    off_at: Mapped[datetime | None]


class DeskNotice(Base):
    """``told``: what was mailed and still waits."""

    __tablename__ = "desk_notices"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime]
    told: Mapped[list[Any]] = mapped_column(default=list)
    told_at: Mapped[datetime | None]
    looks: Mapped[int] = mapped_column(Integer, default=0)


class SecondFactor(Base):
    """``encrypted``: the secret; ``last_step``: of the last used code."""

    __tablename__ = "second_factors"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    encrypted: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    __tablename__ = "recovery_codes"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None]


class Identity(Base):
    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]


class ResetLink(Base):
    __tablename__ = "reset_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TeamAddress(Base):
    """Proof of an address; ``Team.emails`` says whether it is in use.

    ``proved_at``: the mailed link was followed.
    """

    __tablename__ = "team_addresses"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    asked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]


class MailTrigger(Base):
    __tablename__ = "mail_triggers"
    __table_args__ = (Index("ix_mail_triggers_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
