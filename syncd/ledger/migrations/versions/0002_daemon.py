"""What the daemon remembers: commands for it, what it told people, when a platform was read again from further back.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the first ledger."""
    op.add_column("orders", sa.Column("updated_at", sa.Text(), nullable=True))
    op.create_index("ix_orders_updated_at", "orders", ["connector", "account", "updated_at"], unique=False)
    op.create_index("ix_orders_changed_at", "orders", ["changed_at"], unique=False)
    op.create_index("ix_orders_same_number", "orders", ["connector", "account", "number"], unique=False)
    op.add_column("marks", sa.Column("rescanned_at", sa.Text(), nullable=True))
    op.add_column("marks", sa.Column("doubted_since", sa.Text(), nullable=True))
    op.create_table(
        "commands",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arguments", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.Text(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commands")),
    )
    op.create_index("ix_commands_finished_at", "commands", ["finished_at"], unique=False)
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("noticed_at", sa.Text(), nullable=False),
        sa.Column("told_at", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_notices")),
    )


def downgrade() -> None:
    """Back to the first ledger."""
    op.drop_table("notices")
    op.drop_table("commands")
    op.drop_column("marks", "doubted_since")
    op.drop_column("marks", "rescanned_at")
    op.drop_index("ix_orders_changed_at", "orders")
    op.drop_index("ix_orders_same_number", "orders")
    op.drop_index("ix_orders_updated_at", "orders")
    op.drop_column("orders", "updated_at")
