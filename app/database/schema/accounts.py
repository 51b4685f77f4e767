"""Accounts, and what keeps them safe."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database.schema.base import Base, RowId


class Team(Base):
    """An account. ``role`` is the highest role of ``roles`` (app/core/roles.py says why there are both).

    ``epoch`` counts up whenever its open sessions must end; ``guess_times`` is the sliding window of counted guesses,
    ``free_guess_times`` that of puzzles with free guesses. ``own_notices``: an organiser wants notices about puzzles
    of their own alone.
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
    """One failed login. ``name_key`` is a digest: what people type into a name field may be a password."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_address", "address", "failed_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    address: Mapped[str] = mapped_column(String(45))
    name_key: Mapped[str] = mapped_column(String(64))
    failed_at: Mapped[datetime]


class EndedSession(Base):
    """A session that was logged out before its time; without the row a copied cookie would go on until ``until``."""

    __tablename__ = "ended_sessions"
    __table_args__ = (Index("ix_ended_sessions_until", "until"),)

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    ended_at: Mapped[datetime]
    until: Mapped[datetime]


class RegistrationBucket(Base):
    """How far an address has used up its registrations: at ``full_at`` all of them are there again."""

    __tablename__ = "registration_buckets"

    address: Mapped[str] = mapped_column(String(64), primary_key=True)
    full_at: Mapped[datetime]


class TeamToken(Base):
    """A token with which a team's programs read; only its digest is kept. A team has up to ten, each with a name."""

    __tablename__ = "team_tokens"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(60), default="", server_default="")
    made_at: Mapped[datetime]


class TeamHook(Base):
    """Where a team wants its own news, sealed; what its hook was told; and how it fared. See the store's module."""

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


class SecondFactor(Base):
    """An account's authenticator. ``encrypted`` is its secret; ``last_step`` numbers the latest code that was used."""

    __tablename__ = "second_factors"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    encrypted: Mapped[str] = mapped_column(Text)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)
    made_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]


class RecoveryCode(Base):
    """A code that works once in place of the authenticator; only its digest is kept."""

    __tablename__ = "recovery_codes"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    used_at: Mapped[datetime | None]


class Identity(Base):
    """Who an account is to the organisation's log-in: the provider and its name for the person."""

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(255), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]


class ResetLink(Base):
    """A one-time link to set a password; only the digest of its token is kept."""

    __tablename__ = "reset_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class TeamAddress(Base):
    """What is known of a team's e-mail address beside ``Team.emails``, which says whether it is still in use.

    ``proved_at``: somebody has followed the link that was mailed there.
    """

    __tablename__ = "team_addresses"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    address: Mapped[str] = mapped_column(String(320), primary_key=True)
    asked_at: Mapped[datetime | None]
    proved_at: Mapped[datetime | None]


class MailTrigger(Base):
    """One mail that somebody set off, counted for a team, a mailbox (a digest) or the network address that asked."""

    __tablename__ = "mail_triggers"
    __table_args__ = (Index("ix_mail_triggers_subject", "subject", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]
