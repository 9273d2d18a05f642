"""How many requests Paraşüt takes in a window of time, as arithmetic without a clock of its own.

Paraşüt allows 10 requests in any 10 seconds, calls to the token endpoint included, and answers 429 beyond that. Bursts
are fine. Requests are counted here at the moment they leave; the network may squeeze two bursts together on their way,
so a margin is added to the window. It doubles on every 429 and shrinks with every request that is sent.
All moments are seconds of one clock that all users of a window share, across processes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

SMALLEST_MARGIN: Final = 0.15
LARGEST_MARGIN: Final = 2.0
LONGEST_PAUSE_SECONDS: Final = 60

_GROWTH: Final = 2.0
# Slow: at 0.98 the margin forgets a 429 within a few windows and earns the next one (2.8 % of the calls with 0.3 s of
# network jitter, against 0.15 % here).
_SHRINKAGE: Final = 0.999
# A float of seconds since 1970 has steps of a quarter microsecond: a smaller wait might never move the clock.
_SHORTEST_WAIT: Final = 0.001


def wait_seconds(sent: Sequence[float], now: float, requests: int, seconds: float, margin: float) -> float:
    """Given the moments of past requests in any order, return the seconds until another one may leave; 0 means now.

    `requests` may leave in any `seconds`, and `margin` is added to that window. Moments further ahead than one window
    were written before the clock was set back; they are passed over, so that no correction of the clock stops the work.
    """
    window = seconds + margin
    counted = sorted(moment for moment in sent if moment <= now + window)
    if len(counted) < requests:
        return 0.0
    free_at = counted[-requests] + window
    return 0.0 if now >= free_at else max(free_at - now, _SHORTEST_WAIT)


def grown(margin: float) -> float:
    """Return the margin (seconds) after a 429: it grows, up to LARGEST_MARGIN."""
    return min(max(margin, SMALLEST_MARGIN) * _GROWTH, LARGEST_MARGIN)


def shrunk(margin: float) -> float:
    """Return the margin (seconds) after a request was sent: it shrinks slowly, down to SMALLEST_MARGIN."""
    return max(margin * _SHRINKAGE, SMALLEST_MARGIN)


@dataclass(frozen=True, slots=True)
class Window:
    """What one company has sent lately: the moments that still matter, the margin, the end of a pause after a 429."""

    sent: tuple[float, ...] = ()
    margin: float = SMALLEST_MARGIN
    blocked_until: float = 0.0

    def take(self, now: float, requests: int, seconds: float) -> tuple[float, Window]:
        """Return the seconds to wait and the window afterwards; 0 means that a place was taken at `now`."""
        pause = self.blocked_until - now
        if pause > LONGEST_PAUSE_SECONDS:  # no 429 asks for that: the clock was set back
            pause = 0.0
        wait = max(wait_seconds(self.sent, now, requests, seconds, self.margin), pause)
        if wait > 0:
            return max(wait, _SHORTEST_WAIT), self
        kept = sorted(moment for moment in self.sent if moment <= now + seconds + LARGEST_MARGIN)
        return 0.0, replace(self, sent=(*kept, now)[-requests:], margin=shrunk(self.margin))

    def throttled(self, now: float, retry_after_seconds: int) -> Window:
        """Return the window after a 429: nothing leaves for that long (at most a minute), and the margin has grown."""
        until = now + min(retry_after_seconds, LONGEST_PAUSE_SECONDS)
        previous = self.blocked_until if self.blocked_until - now <= LONGEST_PAUSE_SECONDS else 0.0
        return replace(self, margin=grown(self.margin), blocked_until=max(until, previous))
