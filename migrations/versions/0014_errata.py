"""Corrections that teams are told of by themselves after a restock, each once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "errata",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False),
        sa.Column("settled_at", MOMENT, nullable=True),
        sa.Column("announcement_id", ROW_ID, nullable=True),
        sa.PrimaryKeyConstraint("version", "puzzle_id", name=op.f("pk_errata")),
    )


def downgrade() -> None:
    op.drop_table("errata")
