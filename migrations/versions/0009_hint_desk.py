"""The hint desk: changes of questions are counted, teams report problems, organisers choose their notices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # The release before writes none of the new columns: their defaults are right for its rows.
    op.add_column("hint_requests", sa.Column("changes", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_hint_requests_puzzle", "hint_requests", ["puzzle_id", "state"])
    op.add_column("teams", sa.Column("own_notices", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "problem_reports",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", ROW_ID, nullable=True),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("open_key", sa.String(length=100), nullable=True),
        sa.Column("changes", sa.Integer(), nullable=False, server_default="0"),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_problem_reports_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_problem_reports")),
        sa.UniqueConstraint("open_key", name=op.f("uq_problem_reports_open_key")),
    )
    op.create_index("ix_problem_reports_list", "problem_reports", ["state", "reported_at"])
    op.create_index("ix_problem_reports_team", "problem_reports", ["team_id", "puzzle_id"])


def downgrade() -> None:
    op.drop_table("problem_reports")
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("own_notices")
    op.drop_index("ix_hint_requests_puzzle", "hint_requests")
    with op.batch_alter_table("hint_requests") as requests:
        requests.drop_column("changes")
