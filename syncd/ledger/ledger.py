"""The ledger as one thing to open and hand around."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert as upsert

from syncd.errors import LedgerError
from syncd.ledger import tables
from syncd.ledger.company import CompanyStore
from syncd.ledger.database import Database, open_database
from syncd.ledger.mirror import Mirror
from syncd.ledger.orders import OrderBook
from syncd.ledger.steps import StepLog

_OWNER = "company"


@dataclass(frozen=True, slots=True)
class RuleState:
    """What a person and the first run said of a rule."""

    approved: bool = False
    paused: bool = False
    first_invoice_at: datetime | None = None


class Ledger:
    """Everything syncd remembers of one company."""

    def __init__(self, database: Database, company: str) -> None:
        self._database = database
        self.orders = OrderBook(database)
        self.steps = StepLog(database)
        self.mirror = Mirror(database, company)
        self.company = CompanyStore(database, company)

    def mark(self, connector: str, account: str) -> datetime | None:
        """Up to which moment a platform was read completely."""
        table = tables.marks
        query = select(table.c.mark).where(table.c.connector == connector, table.c.account == account)
        with self._database.read() as connection:
            return connection.execute(query).scalar()

    def marks(self) -> list[tuple[str, str, datetime, datetime]]:
        """Connector, account, mark and when it was read, of every platform."""
        table = tables.marks
        query = select(table.c.connector, table.c.account, table.c.mark, table.c.read_at)
        with self._database.read() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def set_mark(self, connector: str, account: str, mark: datetime, at: datetime) -> None:
        """A whole window of a platform was read and stored."""
        values = {"connector": connector, "account": account, "mark": mark, "read_at": at}
        with self._database.write() as connection:
            statement = upsert(tables.marks).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["connector", "account"], set_=values))

    def rule(self, name: str) -> RuleState:
        """The state of a rule; a new rule is neither approved nor paused."""
        table = tables.rules
        query = select(table.c.approved, table.c.paused, table.c.first_invoice_at).where(table.c.name == name)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return RuleState() if row is None else RuleState(*row)

    def set_rule(self, name: str, state: RuleState) -> None:
        """Store the state of a rule."""
        values = {
            "name": name,
            "approved": state.approved,
            "paused": state.paused,
            "first_invoice_at": state.first_invoice_at,
        }
        with self._database.write() as connection:
            statement = upsert(tables.rules).values(**values)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))

    def setting(self, name: str) -> str | None:
        """A remembered switch, such as the emergency stop."""
        table = tables.settings
        with self._database.read() as connection:
            return connection.execute(select(table.c.value).where(table.c.name == name)).scalar()

    def set_setting(self, name: str, value: str | None) -> None:
        """Remember a switch; None forgets it."""
        table = tables.settings
        with self._database.write() as connection:
            if value is None:
                connection.execute(table.delete().where(table.c.name == name))
                return
            statement = upsert(table).values(name=name, value=value)
            connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def close(self) -> None:
        """Give the file back."""
        self._database.close()


def open_ledger(url: str, company: str) -> Ledger:
    """Open the ledger at `url` for the company with that key (host and company id).

    A ledger belongs to the first company it was opened for; raises LedgerError for another one, and as open_database.
    """
    ledger = Ledger(open_database(url), company)
    owner = ledger.setting(_OWNER)
    if owner is None:
        ledger.set_setting(_OWNER, company)
    elif owner != company:
        ledger.close()
        raise LedgerError(
            f"This ledger belongs to the company {owner}, the configuration names {company}.",
            "Give each company a ledger file of its own with `ledger:`.",
        )
    return ledger
