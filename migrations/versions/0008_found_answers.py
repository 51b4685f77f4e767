"""What teams found, encrypted, beside the solve; a window of its own for free guesses; several tokens a team."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # The program of the release before goes on adding teams and solves meanwhile, and knows neither column.
    op.add_column("solves", sa.Column("answer", sa.Text(), nullable=True))
    op.add_column("teams", sa.Column("free_guess_times", sa.JSON(), nullable=False, server_default="[]"))
    # It also goes on making one token a team, without a name.
    op.add_column("team_tokens", sa.Column("name", sa.String(length=60), nullable=False, server_default=""))
    _key_tokens_by("digest")
    op.create_index(op.f("ix_team_tokens_team_id"), "team_tokens", ["team_id"])


def _key_tokens_by(column: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("uq_team_tokens_digest"), "team_tokens", type_="unique")
        op.drop_constraint(op.f("pk_team_tokens"), "team_tokens", type_="primary")
        op.create_primary_key(op.f("pk_team_tokens"), "team_tokens", [column])
        return
    # SQLite cannot change a key: the table is made anew.
    op.rename_table("team_tokens", "team_tokens_before")
    op.create_table(
        "team_tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False, server_default=""),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_team_tokens_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint(column, name=op.f("pk_team_tokens")),
    )
    columns = "digest, team_id, name, made_at"
    op.execute(f"INSERT INTO team_tokens ({columns}) SELECT {columns} FROM team_tokens_before")
    op.drop_table("team_tokens_before")


def downgrade() -> None:
    # The release before knows one token a team: the newest stays.
    op.execute(
        "DELETE FROM team_tokens WHERE EXISTS (SELECT 1 FROM team_tokens newer WHERE newer.team_id ="
        " team_tokens.team_id AND (newer.made_at, newer.digest) > (team_tokens.made_at, team_tokens.digest))"
    )
    op.drop_index(op.f("ix_team_tokens_team_id"), "team_tokens")
    with op.batch_alter_table("team_tokens") as tokens:
        tokens.create_unique_constraint(op.f("uq_team_tokens_digest"), ["digest"])
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("pk_team_tokens"), "team_tokens", type_="primary")
        op.create_primary_key(op.f("pk_team_tokens"), "team_tokens", ["team_id"])
    with op.batch_alter_table("team_tokens") as tokens:
        tokens.drop_column("name")
    with op.batch_alter_table("teams") as teams:
        teams.drop_column("free_guess_times")
    with op.batch_alter_table("solves") as solves:
        solves.drop_column("answer")
