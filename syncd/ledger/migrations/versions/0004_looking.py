"""What looking after lost answers, waiting and adopting need to remember.

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add to the ledger."""
    op.add_column("orders", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("orders", sa.Column("next_at", sa.Text(), nullable=True))
    op.add_column("orders", sa.Column("released_at", sa.Text(), nullable=True))
    op.create_index("ix_orders_next_at", "orders", ["next_at"], unique=False)
    op.add_column("orders", sa.Column("doubtful", sa.Boolean(), nullable=False, server_default="0"))
    op.create_index("ix_orders_invoice_id", "orders", ["invoice_id"], unique=False)
    op.add_column("steps", sa.Column("lost", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("steps", sa.Column("deadline_at", sa.Text(), nullable=True))
    op.add_column("steps", sa.Column("look_at", sa.Text(), nullable=True))
    op.add_column("steps", sa.Column("looked", sa.Text(), nullable=False, server_default=""))
    op.add_column("steps", sa.Column("doubted_at", sa.Text(), nullable=True))
    op.add_column("steps", sa.Column("second_look_at", sa.Text(), nullable=True))
    op.create_index("ix_steps_second_look_at", "steps", ["second_look_at"], unique=False)
    op.create_index("ix_steps_remote_id", "steps", ["remote_id"], unique=False)
    op.create_index(
        "ix_orders_to_judge",
        "orders",
        ["judged_by"],
        unique=False,
        sqlite_where=sa.text("+state IN ('left', 'waiting', 'due') AND +invoice_id IS NULL AND +pruned_at IS NULL"),
    )
    op.create_table(
        "invoices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("marker", sa.Text(), nullable=False),
        sa.Column("order_no", sa.Text(), nullable=False),
        sa.Column("order_date", sa.Text(), nullable=True),
        sa.Column("contact_id", sa.Text(), nullable=False),
        sa.Column("issue_date", sa.Text(), nullable=True),
        sa.Column("payable", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("read_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoices")),
    )
    op.create_index("ix_invoices_marker", "invoices", ["marker"], unique=False)
    op.create_index("ix_invoices_order_no", "invoices", ["order_no"], unique=False)
    op.create_index("ix_invoices_buyer", "invoices", ["contact_id", "issue_date"], unique=False)


def downgrade() -> None:
    """Back to the ledger before."""
    op.drop_table("invoices")
    op.drop_index("ix_orders_to_judge", "orders")
    op.drop_index("ix_steps_remote_id", "steps")
    op.drop_index("ix_steps_second_look_at", "steps")
    for column in ("lost", "deadline_at", "look_at", "looked", "doubted_at", "second_look_at"):
        op.drop_column("steps", column)
    op.drop_index("ix_orders_invoice_id", "orders")
    for column in ("attempts", "next_at", "released_at", "doubtful"):
        op.drop_column("orders", column)
