"""Indexes for large hunts: guesses that are not wrong, and solves by time and by team.

Small ones, each made in less than a second for two million guesses.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

NOT_WRONG = sa.text("verdict <> 'wrong'")


def upgrade() -> None:
    op.create_index(
        "ix_guesses_verdict",
        "guesses",
        ["puzzle_id", "verdict", "guessed_at"],
        postgresql_where=NOT_WRONG,
        sqlite_where=NOT_WRONG,
    )
    op.create_index("ix_solves_time", "solves", ["solved_at"])
    op.create_index("ix_solves_team", "solves", ["team_id", "solved_at"])


def downgrade() -> None:
    op.drop_index("ix_solves_team", table_name="solves")
    op.drop_index("ix_solves_time", table_name="solves")
    op.drop_index("ix_guesses_verdict", table_name="guesses")
