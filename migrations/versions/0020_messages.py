"""One composer: pop-ups in the news, chosen teams, and messages that are withdrawn."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
NUMBER_SQLITE = "CAST(json_extract(payload, '$.id') AS INTEGER)"
NUMBER_POSTGRESQL = "CAST(payload ->> 'id' AS BIGINT)"


def upgrade() -> None:
    op.add_column("announcements", sa.Column("is_popup", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("announcements", sa.Column("withdrawn_at", MOMENT, nullable=True))
    op.add_column("announcements", sa.Column("outside_id", sa.String(length=64), nullable=True))
    op.create_table(
        "announcement_teams",
        sa.Column("announcement_id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"], ["announcements.id"], ondelete="CASCADE",
            name=op.f("fk_announcement_teams_announcement_id_announcements"),
        ),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], ondelete="CASCADE", name=op.f("fk_announcement_teams_team_id_teams")
        ),
        sa.PrimaryKeyConstraint("announcement_id", "team_id", name=op.f("pk_announcement_teams")),
    )  # fmt: skip
    op.add_column("broadcasts", sa.Column("announcement_id", ROW_ID, nullable=True))
    op.add_column("broadcasts", sa.Column("origin_id", ROW_ID, nullable=True))
    op.add_column("broadcasts", sa.Column("withdrawn_at", MOMENT, nullable=True))
    op.create_index("ix_broadcasts_announcement_id", "broadcasts", ["announcement_id"])
    op.create_index("ix_broadcasts_origin_id", "broadcasts", ["origin_id"])
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    number = NUMBER_SQLITE if is_sqlite else NUMBER_POSTGRESQL
    op.execute(f"UPDATE broadcasts SET announcement_id = {number} WHERE kind = 'announcement'")


def downgrade() -> None:
    op.drop_index("ix_broadcasts_origin_id", "broadcasts")
    op.drop_index("ix_broadcasts_announcement_id", "broadcasts")
    for column in ("withdrawn_at", "origin_id", "announcement_id"):
        op.drop_column("broadcasts", column)
    op.drop_table("announcement_teams")
    for column in ("outside_id", "withdrawn_at", "is_popup"):
        op.drop_column("announcements", column)
