"""Prices, discounts and VAT: what Paraşüt will make of an invoice, and how to make it come to the order's total."""

from __future__ import annotations

from syncd.orders.amounts.figures import Figures, LineFigures, PricedLine, compute
from syncd.orders.amounts.learning import Answer, AnsweredLine, learn
from syncd.orders.amounts.probing import probe_lines
from syncd.orders.amounts.profile import ALL_PROFILES, RoundingProfile
from syncd.orders.amounts.solving import GrossLine, Solution, solve

__all__ = [
    "ALL_PROFILES",
    "Answer",
    "AnsweredLine",
    "Figures",
    "GrossLine",
    "LineFigures",
    "PricedLine",
    "RoundingProfile",
    "Solution",
    "compute",
    "learn",
    "probe_lines",
    "solve",
]
