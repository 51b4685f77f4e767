"""Turns and paces for the outbox, proved e-mail addresses, and a count of the mails that people set off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # The program of the release before goes on putting things in and taking them out, and does not know the columns.
    op.add_column("outbox", sa.Column("urgency", sa.Integer(), nullable=False, server_default="5"))
    op.add_column("outbox", sa.Column("fair_key", sa.String(length=80), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("host", sa.String(length=255), nullable=False, server_default=""))
    op.add_column("outbox", sa.Column("claimed_at", MOMENT, nullable=True))
    op.add_column("outbox", sa.Column("handed_at", MOMENT, nullable=True))
    op.create_table(
        "receivers",
        sa.Column("name", sa.String(length=270), nullable=False),
        sa.Column("served_at", MOMENT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("wait_until", MOMENT, nullable=True),
        sa.Column("is_quick", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_receivers")),
    )
    op.create_table(
        "team_addresses",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=True),
        sa.Column("proved_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_team_addresses_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "address", name=op.f("pk_team_addresses")),
    )
    op.create_table(
        "mail_triggers",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("subject", sa.String(length=100), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_triggers")),
    )
    op.create_index("ix_mail_triggers_subject", "mail_triggers", ["subject", "at"])


def downgrade() -> None:
    op.drop_index("ix_mail_triggers_subject", table_name="mail_triggers")
    for table in ("mail_triggers", "team_addresses", "receivers"):
        op.drop_table(table)
    with op.batch_alter_table("outbox") as outbox:
        for column in ("handed_at", "claimed_at", "host", "fair_key", "urgency"):
            outbox.drop_column(column)
