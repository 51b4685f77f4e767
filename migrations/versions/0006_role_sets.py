"""Roles become a set: ``role`` keeps the highest one, ``roles`` holds all of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The release before reads and writes `role` alone. A row whose two columns contradict each other, the empty set
    # of one that was never written included, has the role of `role`; so nothing is to be copied.
    op.add_column("teams", sa.Column("roles", sa.String(length=40), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("roles")
