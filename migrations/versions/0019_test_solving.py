"""Test-solves by organisers, and ratings by teams after the hunt."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_tests()
    op.create_table(
        "puzzle_ratings",
        sa.Column("team_id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("fun", sa.Integer(), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("rated_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["team_id"], ["teams.id"], name=op.f("fk_puzzle_ratings_team_id_teams"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("team_id", "puzzle_id", name=op.f("pk_puzzle_ratings")),
    )
    op.create_index("ix_puzzle_ratings_puzzle", "puzzle_ratings", ["puzzle_id"])


def _create_tests() -> None:
    op.create_table(
        "puzzle_tests",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("puzzle_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("tester_id", ROW_ID, nullable=True),
        sa.Column("spoiled", sa.String(length=8), nullable=False),
        sa.Column("result", sa.String(length=8), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("hints", sa.JSON(), nullable=False),
        sa.Column("guess_times", sa.JSON(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("fun", sa.Integer(), nullable=True),
        sa.Column("difficulty", sa.Integer(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("open_key", sa.String(length=100), nullable=True),
        sa.ForeignKeyConstraint(
            ["tester_id"], ["teams.id"], name=op.f("fk_puzzle_tests_tester_id_teams"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_puzzle_tests")),
        sa.UniqueConstraint("open_key", name=op.f("uq_puzzle_tests_open_key")),
    )
    op.create_index("ix_puzzle_tests_puzzle", "puzzle_tests", ["puzzle_id", "started_at"])
    op.create_index("ix_puzzle_tests_tester", "puzzle_tests", ["tester_id", "puzzle_id"])
    op.create_table(
        "puzzle_test_guesses",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("test_id", ROW_ID, nullable=False),
        sa.Column("guessed_at", MOMENT, nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("text", sa.String(length=200), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("message_html", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["test_id"],
            ["puzzle_tests.id"],
            name=op.f("fk_puzzle_test_guesses_test_id_puzzle_tests"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_puzzle_test_guesses")),
    )
    op.create_index("ix_puzzle_test_guesses_test", "puzzle_test_guesses", ["test_id", "digest"])


def downgrade() -> None:
    op.drop_table("puzzle_ratings")
    op.drop_table("puzzle_test_guesses")
    op.drop_table("puzzle_tests")
