"""The language that a team has chosen for the site's own texts; empty: whatever each browser asks for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The program of the release before goes on adding teams meanwhile, and does not know the column.
    op.add_column("teams", sa.Column("language", sa.String(length=8), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("language")
