"""The ledger in several threads at once: nothing is lost, nothing is locked, nobody waits long."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.ledger.order_row import OrderKey, OrderRow, State

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
THREADS, TIMES = 8, 12


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.test/115")
    yield ledger
    ledger.close()


def a_row(package: str, **changes: object) -> OrderRow:
    row = OrderRow(
        connector="small", account="a", package=package, platform="small", number=package, status="preparing",
        fingerprint="f", seen_at=NOW, changed_at=NOW, state=State.WAITING,
    )  # fmt: skip
    return replace(row, **changes)  # type: ignore[arg-type]


def all_at_once(work: Callable[[int], None]) -> None:
    """Do it in every thread, begun together; raises what one of them raised."""
    raised: list[BaseException] = []
    together = threading.Barrier(THREADS)

    def one(number: int) -> None:
        try:
            together.wait(30)
            work(number)
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=one, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if raised:
        raise raised[0]


def test_threads_write_and_read_at_the_same_time_and_nothing_is_lost(ledger: Ledger) -> None:
    def work(number: int) -> None:
        for time in range(TIMES):
            ledger.orders.save([(a_row(f"{number}-{time}"), {"id": time})])
            ledger.set_mark(Mark(f"connector-{number}", "a", NOW, NOW, "r", NOW))
            assert (
                len(ledger.orders.many([OrderKey("small", "a", f"{number}-{one}") for one in range(time + 1)]))
                == time + 1
            )
            assert ledger.mark(f"connector-{number}", "a") is not None

    all_at_once(work)
    assert ledger.orders.counts() == {(None, State.WAITING): THREADS * TIMES}
    assert len(ledger.marks()) == THREADS


def test_a_change_of_what_all_threads_share_counts_each_of_them(ledger: Ledger) -> None:
    def work(_number: int) -> None:
        for _ in range(TIMES):
            ledger.company.with_budget(lambda state: (replace(state, sent=(*state.sent, 1.0)), None))

    all_at_once(work)
    assert len(ledger.company.budget().sent) == THREADS * TIMES


def test_whoever_reads_decides_and_saves_alone_loses_nobodys_change(ledger: Ledger) -> None:
    ledger.orders.save([(a_row("1", reason="0"), None)])
    key = OrderKey("small", "a", "1")

    def work(_number: int) -> None:
        for _ in range(TIMES):
            with ledger.orders.alone:
                row = ledger.orders.get(key)
                assert row is not None
                ledger.orders.save([(replace(row, reason=str(int(row.reason) + 1)), None)])

    all_at_once(work)
    row = ledger.orders.get(key)
    assert row is not None
    assert row.reason == str(THREADS * TIMES)


def test_nobody_writes_between_what_one_thread_reads_and_what_it_saves(ledger: Ledger) -> None:
    ledger.orders.save([(a_row("1"), None)])
    key = OrderKey("small", "a", "1")
    begun = threading.Event()

    def invoice() -> None:
        row = ledger.orders.get(key)
        assert row is not None
        begun.set()
        ledger.orders.change(row, "invoiced", NOW, invoice_id="400", state=State.INVOICED.value)

    other = threading.Thread(target=invoice)
    with ledger.orders.alone:
        row = ledger.orders.get(key)
        assert row is not None
        other.start()
        assert begun.wait(30)
        other.join(0.1)
        ledger.orders.save([(replace(row, status="shipped"), None)])
    other.join(30)
    row = ledger.orders.get(key)
    assert row is not None
    assert (row.status, row.invoice_id) == ("shipped", "400")
