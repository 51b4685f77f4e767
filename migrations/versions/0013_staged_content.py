"""Content that was checked from a page and waits to go live."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "staged_content",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("made_by", sa.String(length=64), nullable=False, server_default=""),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("base", sa.Integer(), nullable=True),
        sa.Column("records", sa.Text(), nullable=False),
        sa.Column("own", sa.Text(), nullable=False),
        sa.Column("warnings", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("live_by", sa.String(length=64), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staged_content")),
    )
    op.create_index(op.f("ix_staged_content_made_at"), "staged_content", ["made_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_staged_content_made_at"), table_name="staged_content")
    op.drop_table("staged_content")
