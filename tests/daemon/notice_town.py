"""A small town for the tests of notices: a ledger with orders, a clock, signs of life, and channels that write down."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path
from typing import Any

from factories import ISTANBUL, NOW, an_order

from syncd.config.settings import Channel, Command, Notify
from syncd.daemon.channels.failure import NotDelivered
from syncd.daemon.messages import Message
from syncd.daemon.notices import Notices
from syncd.daemon.vitals import Vitals
from syncd.ledger.ledger import Ledger, Mark, open_ledger
from syncd.ledger.order_row import OrderKey, OrderRow, State
from syncd.orders.json import order_to_json

MAIL = Channel("mail", Command(("mail",)))
ONLY_MAIL = Notify(channels=(MAIL,))


@dataclass
class Town:
    """Everything that notices see. `turn` is a run of the daemon that ends, with all messages delivered."""

    folder: Path
    notify: Notify | None = ONLY_MAIL
    zone: tzinfo = ISTANBUL
    now: datetime = NOW
    sent: list[tuple[str, Message]] = field(default_factory=list)
    broken: dict[str, NotDelivered | Exception] = field(default_factory=dict)
    vitals: Vitals = field(default_factory=Vitals)

    def __post_init__(self) -> None:
        self.ledger: Ledger = open_ledger(f"sqlite:///{self.folder}/ledger.db", "api.parasut.com/115")
        self.notices = self._opened()

    def _opened(self, send: Callable[[Channel, Message], None] | None = None) -> Notices:
        return Notices(self.notify, self.ledger, self.vitals, lambda: self.now, self.zone, send=send or self._send)

    def _send(self, channel: Channel, message: Message) -> None:
        if channel.name in self.broken:
            raise self.broken[channel.name]
        self.sent.append((channel.name, message))

    def turn(self) -> list[Message]:
        """What was told when a run has ended now."""
        before = len(self.sent)
        self.notices.after_run()
        self.delivered()
        self.notices.tick()
        return [message for _, message in self.sent[before:]]

    def delivered(self) -> None:
        for thread in threading.enumerate():
            if thread.name.startswith("notice-"):
                thread.join(10)

    def later(self, **time: float) -> list[Message]:
        """The next turn, after some time."""
        self.now += timedelta(**time)
        return self.turn()

    def restart(self, *, send: Callable[[Channel, Message], None] | None = None) -> None:
        """syncd ends and starts again."""
        self.notices.close()
        self.ledger.close()
        self.vitals = Vitals(clock=lambda: self.now, started_at=self.now)
        self.ledger = open_ledger(f"sqlite:///{self.folder}/ledger.db", "api.parasut.com/115")
        self.notices = self._opened(send)

    def reload(self, notify: Notify) -> None:
        """A new configuration is in force."""
        self.notices.close()
        self.notify = notify
        self.notices = self._opened()

    def row(self, number: int | str, state: State, **changes: Any) -> OrderRow:
        order = changes.pop("order", an_order())
        values: dict[str, Any] = {
            "connector": "woocommerce",
            "account": "magaza.test",
            "package": str(number),
            "platform": "site",
            "number": str(number),
            "status": str(order.status),
            "fingerprint": "f",
            "seen_at": self.now,
            "changed_at": self.now,
            "state": state,
            "total": Decimal("120.00"),
            "currency": "TRY",
            "document": order_to_json(order),
            "rule": "site-hazirlanan",
            **changes,
        }
        return OrderRow(**values)

    def put(self, number: int | str, state: State, **changes: Any) -> OrderRow:
        """An order as a platform showed it."""
        self.ledger.orders.save([(self.row(number, state, **changes), None)])
        return self.ledger.orders.many([OrderKey("woocommerce", "magaza.test", str(number))]).popitem()[1]

    def hold(self, number: int | str, code: str = "totals-differ", **changes: Any) -> OrderRow:
        """An order that a run held."""
        return self.held(self.put(number, State.DUE, **changes), code)

    def held(self, row: OrderRow, code: str = "totals-differ") -> OrderRow:
        return self.ledger.orders.change(
            row, f"held ({code}): x", self.now, state="held", hold_code=code, reason="x", remedy="y"
        )

    def change(self, row: OrderRow, text: str, **values: Any) -> OrderRow:
        return self.ledger.orders.change(row, text, self.now, **values)

    def read(self, **changes: Any) -> None:
        """The platform was read to its end."""
        mark = Mark("woocommerce", "magaza.test", self.now, NOW, "r", self.now, **changes)
        self.ledger.set_mark(mark)
