"""Announcements by mail: runs, one row per address, and the addresses that want or take none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "mail_runs",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("announcement_id", ROW_ID, nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("filled_at", MOMENT, nullable=True),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("stopped_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_mail_runs_announcement_id_announcements"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_runs")),
        sa.UniqueConstraint("announcement_id", name=op.f("uq_mail_runs_announcement_id")),
    )
    op.create_table(
        "mail_recipients",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("run_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("address_key", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False, server_default="waiting"),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("tried_at", MOMENT, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("problem", sa.String(length=80), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(
            ["run_id"], ["mail_runs.id"], name=op.f("fk_mail_recipients_run_id_mail_runs"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_mail_recipients_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_recipients")),
        sa.UniqueConstraint("run_id", "address_key", name=op.f("uq_mail_recipients_run_id_address_key")),
    )
    op.create_index("ix_mail_recipients_state", "mail_recipients", ["run_id", "state", "due_at"])
    op.create_index("ix_mail_recipients_tried", "mail_recipients", ["tried_at"])
    op.create_table(
        "mail_refusals",
        sa.Column("address_key", sa.String(length=320), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_mail_refusals")),
    )


def downgrade() -> None:
    op.drop_table("mail_refusals")
    op.drop_index("ix_mail_recipients_tried", table_name="mail_recipients")
    op.drop_index("ix_mail_recipients_state", table_name="mail_recipients")
    op.drop_table("mail_recipients")
    op.drop_table("mail_runs")
