"""What the daily summary says: yesterday's invoices, and how everything stands now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

from syncd.daemon.noticing import Due
from syncd.ledger.ledger import Ledger
from syncd.ledger.order_row import State
from syncd.sync.dates import stage_of


def summary_of(today: date, ledger: Ledger, due: Iterable[Due], zone: tzinfo) -> dict[str, Any]:
    """The document of the summary that is told on `today`, about the day before; `due` are all orders with a last day.

    Days begin at midnight in `zone`; sums are text, by platform and currency.
    """
    yesterday = today - timedelta(days=1)
    begin, end = (datetime.combine(day, time.min, zone) for day in (yesterday, today))
    counts: Counter[State] = Counter()
    for (_, state), count in ledger.orders.counts().items():
        counts[state] += count
    stages = Counter(stage_of(one.last_day, today) for one in due)
    return {
        "day": yesterday.isoformat(),
        "invoiced": [
            {
                "platform": one.platform,
                "currency": one.currency,
                "count": one.count,
                "total": f"{one.total:f}",
                "differing": one.differing,
                "difference": f"{one.difference:f}",
            }
            for one in ledger.notices.invoiced(begin, end)
        ],
        "now": {str(state): counts[state] for state in (State.HELD, State.DUE, State.WAITING)},
        "holds": ledger.orders.holds(),
        "past": stages["past"],
        "near": stages["near"],
    }
