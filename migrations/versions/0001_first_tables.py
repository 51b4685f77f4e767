"""The first tables, and the row that says which settings and content are in force."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite counts its rows by itself only in a column that is called INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accepted_answers",
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("puzzle_id", "digest", name=op.f("pk_accepted_answers")),
    )
    op.create_table(
        "announcements",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=80), nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index("ix_announcements_published_at", "announcements", ["published_at"])
    op.create_table(
        "audit",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "broadcasts",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("audience", sa.String(length=80), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("outside_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broadcasts")),
    )
    op.create_index("ix_broadcasts_audience", "broadcasts", ["audience", "id"])
    op.create_table(
        "content_versions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("compiled", sa.Text(), nullable=False),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("puzzles", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_content_versions")),
    )
    op.create_table(
        "hunt_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("settings_revision", sa.Integer(), nullable=False),
        sa.Column("content_version", sa.Integer(), nullable=True),
        sa.Column("last_event", ROW_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hunt_state")),
    )
    op.create_table(
        "job_runs",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("slot", sa.String(length=40), nullable=False),
        sa.Column("node", sa.String(length=80), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("name", "slot", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "login_failures",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("name_key", sa.String(length=64), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login_failures")),
    )
    op.create_index("ix_login_failures_address", "login_failures", ["address", "failed_at"])
    op.create_table(
        "outbox",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("once_key", sa.String(length=200), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.String(length=300), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("once_key", name=op.f("uq_outbox_once_key")),
    )
    op.create_index("ix_outbox_due_at", "outbox", ["due_at"])
    op.create_table(
        "puzzle_tallies",
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("solves", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("puzzle_id", name=op.f("pk_puzzle_tallies")),
    )
    op.create_table(
        "settings",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_settings")),
    )
    op.create_table(
        "snapshots",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_snapshots")),
    )
    op.create_table(
        "teams",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("name_key", sa.String(length=255), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("display_key", sa.String(length=400), nullable=False),
        sa.Column("affiliation", sa.String(length=120), nullable=False),
        sa.Column("emails", sa.JSON(), nullable=False),
        sa.Column("division", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=100), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("is_banned", sa.Boolean(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("xp", sa.Integer(), nullable=False),
        sa.Column("xp_periods", sa.Integer(), nullable=False),
        sa.Column("hint_credits", sa.Integer(), nullable=False),
        sa.Column("first_guess_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_points_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("guess_times", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("display_key", name=op.f("uq_teams_display_key")),
        sa.UniqueConstraint("name_key", name=op.f("uq_teams_name_key")),
    )
    op.create_index("ix_teams_board", "teams", ["division", "role", "is_banned"])
    op.create_table(
        "broadcasts_seen",
        sa.Column("broadcast_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["broadcast_id"],
            ["broadcasts.id"],
            name=op.f("fk_broadcasts_seen_broadcast_id_broadcasts"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_broadcasts_seen_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("broadcast_id", "team_id", name=op.f("pk_broadcasts_seen")),
    )
    op.create_table(
        "guesses",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("guessed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_html", sa.Text(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_guesses_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guesses")),
    )
    op.create_index("ix_guesses_puzzle", "guesses", ["puzzle_id", "digest"])
    op.create_index("ix_guesses_team", "guesses", ["team_id", "puzzle_id", "digest"])
    op.create_index("ix_guesses_time", "guesses", ["guessed_at"])
    op.create_table(
        "hint_requests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_by", ROW_ID, nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("open_key", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_hint_requests_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint_requests")),
        sa.UniqueConstraint("open_key", name=op.f("uq_hint_requests_open_key")),
    )
    op.create_index("ix_hint_requests_queue", "hint_requests", ["state", "asked_at"])
    op.create_index("ix_hint_requests_team", "hint_requests", ["team_id", "puzzle_id"])
    op.create_table(
        "hints_taken",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("hint_id", sa.String(length=64), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid", sa.String(length=8), nullable=False),
        sa.Column("price", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_hints_taken_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "puzzle_id", "hint_id", name=op.f("pk_hints_taken")),
    )
    op.create_table(
        "ledger",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("once_key", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_ledger_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger")),
        sa.UniqueConstraint("once_key", name=op.f("uq_ledger_once_key")),
    )
    op.create_index("ix_ledger_team", "ledger", ["team_id", "kind", "at"])
    op.create_table(
        "log",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=True),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_log_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log")),
    )
    op.create_index("ix_log_at", "log", ["at"])
    op.create_index("ix_log_team", "log", ["team_id", "at"])
    op.create_table(
        "receipts",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("once", sa.String(length=64), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(length=32), nullable=False),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_receipts_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "puzzle_id", "once", name=op.f("pk_receipts")),
    )
    op.create_index("ix_receipts_reserved_at", "receipts", ["reserved_at"])
    op.create_table(
        "reset_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_reset_links_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_reset_links")),
    )
    op.create_table(
        "skips",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("skipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_skips_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "puzzle_id", name=op.f("pk_skips")),
    )
    op.create_table(
        "solves",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("solved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("is_late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_solves_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_solves")),
        sa.UniqueConstraint("team_id", "puzzle_id", name=op.f("uq_solves_team_id_puzzle_id")),
    )
    op.create_index("ix_solves_puzzle", "solves", ["puzzle_id", "solved_at"])
    op.create_table(
        "unlocks",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("unlocked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("viewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_unlocks_team_id_teams"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("team_id", "puzzle_id", name=op.f("pk_unlocks")),
    )
    op.create_table(
        "hint_messages",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("request_id", ROW_ID, nullable=False),
        sa.Column("author_id", ROW_ID, nullable=True),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"],
            ["hint_requests.id"],
            name=op.f("fk_hint_messages_request_id_hint_requests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hint_messages")),
    )
    op.create_index("ix_hint_messages_request_id", "hint_messages", ["request_id"])
    op.execute("INSERT INTO hunt_state (id, settings_revision, last_event) VALUES (1, 0, 0)")


def downgrade() -> None:
    for table in (
        "hint_messages",
        "unlocks",
        "solves",
        "skips",
        "reset_links",
        "receipts",
        "log",
        "ledger",
        "hints_taken",
        "hint_requests",
        "guesses",
        "broadcasts_seen",
        "teams",
        "snapshots",
        "settings",
        "puzzle_tallies",
        "outbox",
        "login_failures",
        "job_runs",
        "hunt_state",
        "content_versions",
        "broadcasts",
        "audit",
        "announcements",
        "accepted_answers",
    ):
        op.drop_table(table)
