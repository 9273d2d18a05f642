"""When an order's personal data was removed.

Revision ID: 0003
Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the ledger of the daemon."""
    op.add_column("orders", sa.Column("pruned_at", sa.Text(), nullable=True))
    op.create_index(
        "ix_orders_not_pruned", "orders", ["changed_at"], unique=False, sqlite_where=sa.text("pruned_at IS NULL")
    )


def downgrade() -> None:
    """Back to the ledger of the daemon."""
    op.drop_index("ix_orders_not_pruned", "orders")
    op.drop_column("orders", "pruned_at")
