"""A stand-in for Trendyol's order services: the stream that connectors poll, and the paged list beside it."""

from __future__ import annotations

from syncd.sandbox.trendyol.routes import app
from syncd.sandbox.trendyol.seed import seeded

__all__ = ["app", "seeded"]
