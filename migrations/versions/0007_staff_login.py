"""How staff log in: second factors with their recovery codes, and accounts known by the organisation's log-in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # The release before does not look at these tables, and lets staff in by password alone until it is gone.
    op.create_table(
        "second_factors",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("encrypted", sa.Text(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        _of_team("second_factors"),
        sa.PrimaryKeyConstraint("team_id", name=op.f("pk_second_factors")),
    )
    op.create_table(
        "recovery_codes",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        _of_team("recovery_codes"),
        sa.PrimaryKeyConstraint("team_id", "digest", name=op.f("pk_recovery_codes")),
    )
    op.create_table(
        "identities",
        sa.Column("issuer", sa.String(length=255), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        _of_team("identities"),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identities")),
    )


def _of_team(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_team_id_teams")
    return sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=name, ondelete="CASCADE")


def downgrade() -> None:
    for table in ("identities", "recovery_codes", "second_factors"):
        op.drop_table(table)
