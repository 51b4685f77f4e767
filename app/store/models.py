"""The tables. Only :mod:`app.store` and the migrations look here.

Two databases, one schema: times are ``timestamptz`` on PostgreSQL and UTC text on SQLite (:class:`Moment`), documents
are JSON text. Puzzles are named by their record id, which no restock changes. Totals kept on :class:`Team` (score, xp,
hint credits) are always the sums of its :class:`LedgerEntry` rows; ``hunt audit`` proves it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, ForeignKey, Index, Integer, MetaData, String, Text, UniqueConstraint
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite counts its rows by itself only in a column that is called INTEGER.
RowId = BigInteger().with_variant(Integer, "sqlite")


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, on both databases. A naive one is a bug and is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone cannot be stored")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The declarative base that Flask-SQLAlchemy builds its models on."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {datetime: Moment(), dict[str, Any]: JSON(), list[Any]: JSON()}


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


class Team(Base):
    """An account. ``epoch`` counts up whenever its open sessions must end; ``guess_times`` is the sliding window."""

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
    password_hash: Mapped[str | None] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(16), default="team")
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


class Solve(Base):
    """The fact that a team solved a puzzle: exactly one row, however many right guesses arrive at once."""

    __tablename__ = "solves"
    __table_args__ = (UniqueConstraint("team_id", "puzzle_id"), Index("ix_solves_puzzle", "puzzle_id", "solved_at"))

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    puzzle_id: Mapped[str] = mapped_column(String(64))
    solved_at: Mapped[datetime]
    points: Mapped[int] = mapped_column(Integer)
    is_late: Mapped[bool] = mapped_column(default=False)


class Skip(Base):
    """A puzzle that a team passed by the power-up: it opens locks and earns nothing."""

    __tablename__ = "skips"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    skipped_at: Mapped[datetime]


class Unlock(Base):
    """When a puzzle opened for a team, and when one of the team first looked at it."""

    __tablename__ = "unlocks"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    unlocked_at: Mapped[datetime]
    viewed_at: Mapped[datetime | None]


class Guess(Base):
    """One judged guess. ``text`` is None for a right one; ``digest`` is keyed with the server's secret."""

    __tablename__ = "guesses"
    __table_args__ = (
        Index("ix_guesses_team", "team_id", "puzzle_id", "digest"),
        Index("ix_guesses_puzzle", "puzzle_id", "digest"),
        Index("ix_guesses_time", "guessed_at"),
    )

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
    """A guess that carried a key: reserved before it is judged, answered with the same reply ever after."""

    __tablename__ = "receipts"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    once: Mapped[str] = mapped_column(String(64), primary_key=True)
    reserved_at: Mapped[datetime] = mapped_column(index=True)
    holder: Mapped[str] = mapped_column(String(32))
    reply: Mapped[str | None] = mapped_column(Text)


class PuzzleTally(Base):
    """How many teams (not staff) solved a puzzle. Its row lock makes the order of parallel solvers exact."""

    __tablename__ = "puzzle_tallies"

    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    solves: Mapped[int] = mapped_column(Integer, default=0)


class AcceptedAnswer(Base):
    """An answer that an organiser found fair after the fact: right from then on, known by its keyed digest."""

    __tablename__ = "accepted_answers"

    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    accepted_at: Mapped[datetime]
    accepted_by: Mapped[str] = mapped_column(String(64), default="")


class HintTaken(Base):
    """A hint that a team has. ``paid`` says with what: credit, points, xp or nothing (free)."""

    __tablename__ = "hints_taken"

    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"), primary_key=True)
    puzzle_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    hint_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    taken_at: Mapped[datetime]
    paid: Mapped[str] = mapped_column(String(8))
    price: Mapped[int] = mapped_column(Integer, default=0)


class HintRequest(Base):
    """A team's question to the organisers about one puzzle, with its state; the texts are in its messages."""

    __tablename__ = "hint_requests"
    __table_args__ = (Index("ix_hint_requests_queue", "state", "asked_at"), Index("ix_hint_requests_team", "team_id", "puzzle_id"))

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


class HintMessage(Base):
    """One message in the thread of a hint request; ``author_id`` None is a message by the organisers as a whole."""

    __tablename__ = "hint_messages"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    request_id: Mapped[int] = mapped_column(ForeignKey("hint_requests.id", ondelete="CASCADE"), index=True)
    author_id: Mapped[int | None] = mapped_column(RowId)
    is_staff: Mapped[bool]
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime]


class LedgerEntry(Base):
    """One change of a team's points, XP or hint credits, with its reason. Never updated, never deleted."""

    __tablename__ = "ledger"
    __table_args__ = (Index("ix_ledger_team", "team_id", "kind", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(8))
    amount: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(String(200))
    puzzle_id: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(64), default="")
    # A grant that must happen once however many nodes run carries a key, such as "schedule:3:team:17".
    once_key: Mapped[str | None] = mapped_column(String(100), unique=True)


class AuditEntry(Base):
    """One act of an organiser: who, what, on what, when, from where. ``details`` never holds a secret."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(200), default="")
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(String(45), default="")


class LogEntry(Base):
    """One thing a team did other than a guess: login, registration, hint, power-up, password change."""

    __tablename__ = "log"
    __table_args__ = (Index("ix_log_team", "team_id", "at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    team_id: Mapped[int | None] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    puzzle_id: Mapped[str | None] = mapped_column(String(64))
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    address: Mapped[str] = mapped_column(String(45), default="")


class LoginFailure(Base):
    """One failed login. ``name_key`` is a digest: what people type into a name field may be a password."""

    __tablename__ = "login_failures"
    __table_args__ = (Index("ix_login_failures_address", "address", "failed_at"),)

    id: Mapped[int] = mapped_column(RowId, primary_key=True)
    address: Mapped[str] = mapped_column(String(45))
    name_key: Mapped[str] = mapped_column(String(64))
    failed_at: Mapped[datetime]


class ResetLink(Base):
    """A one-time link to set a password; only the digest of its token is kept."""

    __tablename__ = "reset_links"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id", ondelete="CASCADE"))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


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
    """An event for everyone, a division or a team: stored first, pushed second. The row is the truth, the socket a nudge."""

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
