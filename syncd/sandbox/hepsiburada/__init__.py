"""A stand-in for Hepsiburada's order service (OMS): a list for each state, and the order detail by number.

Its habits are kept: zone-less Istanbul times, names in changing case, package numbers that change, a window of packages
that is cut without a word, and refusals in every shape. It is strict where the real service is at best unpredictable: a
limit above the maximum, an offset without a limit and unknown parameters are refused.
"""

from syncd.sandbox.hepsiburada.routes import app
from syncd.sandbox.hepsiburada.seed import seeded
from syncd.sandbox.hepsiburada.state import HepsiburadaState

__all__ = ["HepsiburadaState", "app", "seeded"]
