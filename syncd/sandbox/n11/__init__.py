"""A stand-in for N11's REST service of shipment packages.

N11's habits are kept: whatever is asked for too much (a window of more than 15 days, pages of more than 100) is cut
without a word, an unknown status is an empty list, and refusals come as JSON, text or HTML.
"""

from syncd.sandbox.n11.routes import app
from syncd.sandbox.n11.seed import seeded
from syncd.sandbox.n11.state import N11State

__all__ = ["N11State", "app", "seeded"]
