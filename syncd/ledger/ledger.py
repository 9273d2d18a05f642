"""The ledger as one thing to open and hand around."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.errors import LedgerError
from syncd.ledger import tables
from syncd.ledger.commands import CommandQueue
from syncd.ledger.company import CompanyStore
from syncd.ledger.database import Database, open_database
from syncd.ledger.invoices import InvoiceBook
from syncd.ledger.mirror import Mirror
from syncd.ledger.notices import NoticeBook
from syncd.ledger.orders import OrderBook
from syncd.ledger.overview import Overview
from syncd.ledger.pruning import Pruning
from syncd.ledger.steps import StepLog

_OWNER = "company"
BEGAN = "began"  # when this ledger was made, in ISO form; ledgers of old versions don't know it


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a person and the first run said of a rule."""

    approved: bool = False
    paused: bool = False
    first_invoice_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Mark:
    """A platform was read completely up to `mark`, from `since` on, by the settings that `reader` is a digest of.

    `rescanned_at` is when it was last read again from further back. `doubted_since` is when its answers began to show
    much less than the ledger knows; then `mark` stays where it is.
    """

    connector: str
    account: str
    mark: datetime
    since: datetime
    reader: str
    read_at: datetime
    rescanned_at: datetime | None = None
    doubted_since: datetime | None = None


_MARK = tuple(field.name for field in fields(Mark))
_RULES = tables.rules.c
_RULE = select(_RULES.approved, _RULES.paused, _RULES.first_invoice_at).where(_RULES.name == bindparam("sought"))
_SETTING = select(tables.settings.c.value).where(tables.settings.c.name == bindparam("sought"))


class Ledger:
    """Everything syncd remembers of one company."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self.orders = OrderBook(database)
        self.steps = StepLog(database)
        self.invoices = InvoiceBook(database)
        self.mirror = Mirror(database, company)
        self.company = CompanyStore(database, company)
        self.overview = Overview(database)
        self.notices = NoticeBook(database)
        self.commands = CommandQueue(database)
        self.pruning = Pruning(database)

    def mark(self, connector: str, account: str) -> Mark | None:
        """Up to where a platform was read completely."""
        return next((mark for mark in self.marks() if (mark.connector, mark.account) == (connector, account)), None)

    def marks(self) -> list[Mark]:
        """How far each platform was read."""
        with self._database.read() as connection:
            return [Mark(*row) for row in connection.execute(select(*(tables.marks.c[name] for name in _MARK)))]

    def set_mark(self, mark: Mark) -> None:
        """A whole window of a platform was read and stored."""
        values = asdict(mark)
        with self._database.write() as connection:
            statement = upsert(tables.marks).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["connector", "account"], set_=values))

    def rule(self, name: str) -> RuleState:
        """The state of a rule; a new rule is neither approved nor paused."""
        with self._database.read() as connection:
            row = connection.execute(_RULE, {"sought": name}).one_or_none()
        return RuleState() if row is None else RuleState(*row)

    def set_rule(self, name: str, **said: bool) -> None:
        """Store what a person said of a rule: `approved`, `paused`. The rest of its state stays."""
        values = {"approved": False, "paused": False, **said}
        with self._database.write() as connection:
            statement = upsert(tables.rules).values(name=name, **values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=said))

    def setting(self, name: str) -> str | None:
        """A remembered switch, such as the emergency stop."""
        with self._database.read() as connection:
            return connection.execute(_SETTING, {"sought": name}).scalar()

    def set_setting(self, name: str, value: str | None) -> None:
        """Remember a switch; None forgets it."""
        table = tables.settings
        with self._database.write() as connection:
            if value is None:
                connection.execute(table.delete().where(table.c.name == name))
                return
            statement = upsert(table).values(name=name, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything inside as it is at one moment; nothing may be written meanwhile by this thread."""
        return self._database.snapshot()

    def together(self) -> AbstractContextManager[None]:
        """Write everything inside at once, or nothing of it; on disk at the end. Others wait meanwhile."""
        return self._database.together()

    def close(self) -> None:
        """Give the file back."""
        self._database.close()


def open_ledger(url: str, company: str, now: datetime | None = None) -> Ledger:
    """Open the ledger at `url` for the company with that key (host and company id). A new one begins `now`.

    A ledger belongs to the first company it was opened for; raises LedgerError for another one, and as open_database.
    """
    ledger = Ledger(open_database(url), company)
    owner = ledger.setting(_OWNER)
    if owner is None:
        ledger.set_setting(BEGAN, (now or datetime.now(UTC)).isoformat())
        ledger.set_setting(_OWNER, company)
    elif owner != company:
        ledger.close()
        raise LedgerError(
            f"This ledger belongs to the company {owner}, the configuration names {company}.",
            "Give each company a ledger file of its own with `ledger:`.",
        )
    return ledger
