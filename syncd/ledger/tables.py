"""What syncd remembers, as tables.

An order is identified by connector, account at the platform and package id; a step by its identity, which says kind,
order and which one of its kind. Both are unique in the database itself, so that two processes can't disagree.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text

from syncd.ledger.columns import Json, Moment, Money

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TO_JUDGE = "+state IN ('left', 'waiting', 'due') AND +invoice_id IS NULL AND +pruned_at IS NULL"
"""The orders that other rules may still change. In these very words SQLite knows its index again, and the plus signs
keep it from taking another one, which would lead it through all orders that no rule wants."""

orders = Table(
    "orders",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("connector", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("package", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("status_text", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("ordered_at", Moment),
    Column("updated_at", Moment),
    Column("total", Money),
    Column("currency", Text, nullable=False),
    Column("document", Json),
    Column("raw", Json),
    Column("fingerprint", Text, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Column("rule", Text),
    Column("judged_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("hold_code", Text),
    Column("remedy", Text, nullable=False),
    Column("contact_id", Text),
    Column("invoice_id", Text),
    Column("issue_date", Text),
    Column("payable", Money),
    Column("difference", Money),
    Column("invoiced_at", Moment),
    Column("pruned_at", Moment),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", Moment),
    Column("released_at", Moment),
    Column("doubtful", Boolean, nullable=False, server_default="0"),
    UniqueConstraint("connector", "account", "package"),
    Index("ix_orders_state_rule", "state", "rule"),
    Index("ix_orders_customer", "connector", "account", "customer"),
    Index("ix_orders_number", "platform", "number"),
    Index("ix_orders_account", "connector", "account", "platform"),
    Index("ix_orders_updated_at", "connector", "account", "updated_at"),
    Index("ix_orders_same_number", "connector", "account", "number"),
    Index("ix_orders_changed_at", "changed_at"),
    Index("ix_orders_next_at", "next_at"),
    Index("ix_orders_invoice_id", "invoice_id"),
    Index("ix_orders_not_pruned", "changed_at", sqlite_where=text("pruned_at IS NULL")),
    Index("ix_orders_to_judge", "judged_by", sqlite_where=text(TO_JUDGE)),
)

claims = Table(
    "claims",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("value", Text, primary_key=True),
    Column("order_id", Integer, ForeignKey("orders.id"), nullable=False),
)

steps = Table(
    "steps",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("identity", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("order_id", Integer, ForeignKey("orders.id")),
    Column("state", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("query", Json, nullable=False),
    Column("body", Text, nullable=False),
    Column("fence", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("intended_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("remote_id", Text),
    Column("answer", Text, nullable=False),
    Column("lost", Integer, nullable=False, server_default="0"),
    Column("deadline_at", Moment),
    Column("look_at", Moment),
    Column("looked", Text, nullable=False, server_default=""),
    Column("doubted_at", Moment),
    Column("second_look_at", Moment),
    UniqueConstraint("identity"),
    Index("ix_steps_order_id", "order_id"),
    Index("ix_steps_state", "state"),
    Index("ix_steps_second_look_at", "second_look_at"),
    Index("ix_steps_remote_id", "remote_id"),
)

invoices = Table(
    "invoices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("marker", Text, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("order_date", Text),
    Column("contact_id", Text, nullable=False),
    Column("issue_date", Text),
    Column("payable", Money, nullable=False),
    Column("currency", Text, nullable=False),
    Column("read_at", Moment, nullable=False),
    Index("ix_invoices_marker", "marker"),
    Index("ix_invoices_order_no", "order_no"),
    Index("ix_invoices_buyer", "contact_id", "issue_date"),
)

history = Table(
    "history",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("order_id", Integer, ForeignKey("orders.id"), nullable=False),
    Column("at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Index("ix_history_order_id", "order_id"),
)

marks = Table(
    "marks",
    metadata,
    Column("connector", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("mark", Moment, nullable=False),
    Column("since", Moment, nullable=False),
    Column("reader", Text, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("rescanned_at", Moment),
    Column("doubted_since", Moment),
)

rules = Table(
    "rules",
    metadata,
    Column("name", Text, primary_key=True),
    Column("approved", Boolean, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("first_invoice_at", Moment),
)

tokens = Table(
    "tokens",
    metadata,
    Column("company", Text, primary_key=True),
    Column("access_token", Text, nullable=False),
    Column("refresh_token", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)

budgets = Table(
    "budgets",
    metadata,
    Column("company", Text, primary_key=True),
    Column("sent", Json, nullable=False),
    Column("margin", Float, nullable=False),
    Column("blocked_until", Float, nullable=False),
)

rounding = Table(
    "rounding",
    metadata,
    Column("company", Text, primary_key=True),
    Column("candidates", Json, nullable=False),
    Column("learned_at", Moment, nullable=False),
)

mirror = Table(
    "mirror",
    metadata,
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("remote_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("archived", Boolean, nullable=False),
    Column("document", Json, nullable=False),
    Index("ix_mirror_key", "company", "kind", "key"),
    Index("ix_mirror_email", "company", "kind", "email"),
)

mirror_state = Table(
    "mirror_state",
    metadata,
    Column("company", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("complete", Boolean, nullable=False),
    Column("highest_id", Integer, nullable=False),
    Column("read_at", Moment, nullable=False),
    Column("completed_at", Moment),
)

settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

commands = Table(
    "commands",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("arguments", Json, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("taken_at", Moment),
    Column("finished_at", Moment),
    Column("answer", Json),
    Index("ix_commands_finished_at", "finished_at"),
)

notices = Table(
    "notices",
    metadata,
    Column("key", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("document", Json, nullable=False),
    Column("noticed_at", Moment, nullable=False),
    Column("told_at", Moment),
)
