"""What teams found: the right guess beside its solve, encrypted; and a window of its own for free guesses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The program of the release before goes on adding teams and solves meanwhile, and knows neither column.
    op.add_column("solves", sa.Column("answer", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("free_guess_times", sa.JSON(), nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("free_guess_times")
    with op.batch_alter_table("solves") as solves:
        solves.drop_column("answer")
