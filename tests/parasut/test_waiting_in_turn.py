"""Threads that wait for a place in the budget."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import httpx

from syncd.parasut.transport import PacedTransport

THREADS = 6


class OneASecond:
    """A budget with a place each second; counts how often it is asked."""

    def __init__(self) -> None:
        self.next = 0.0
        self.asked = 0

    def reserve(self, now: float) -> float:
        self.asked += 1
        if now < self.next:
            return self.next - now
        self.next = now + 1
        return 0.0

    def throttled(self, now: float, retry_after_seconds: int) -> None:
        raise AssertionError("nothing is sent")


class Clock:
    """Stands still until somebody sleeps; who sleeps lets the others run."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        threading.Event().wait(0.01)
        self.now = max(self.now, until)


def test_one_thread_waits_for_the_next_place_and_not_all_for_the_same_one() -> None:
    budget, clock = OneASecond(), Clock()
    transport = PacedTransport(
        httpx.MockTransport(lambda _: httpx.Response(200)), budget, clock=clock, sleep=clock.sleep
    )
    together = threading.Barrier(THREADS)

    def wait() -> None:
        together.wait(30)
        transport.reserve(5.0, lambda: nullcontext(lambda: None))

    threads = [threading.Thread(target=wait) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert budget.asked == 2 * THREADS - 1  # each but the first once in vain, and once when its place is free
