"""Column types that keep money exact and moments in UTC on every database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import simplejson
from sqlalchemy import Dialect, Text
from sqlalchemy.types import TypeDecorator

from syncd.ledger.trouble import unreadable_value


class Money(TypeDecorator[Decimal]):
    """A Decimal as text: no binary float ever touches it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{value:f}"

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        try:
            return None if value is None else Decimal(value)
        except (InvalidOperation, TypeError, ValueError) as error:
            raise unreadable_value("amount") from error


class Moment(TypeDecorator[datetime]):
    """An aware datetime as sortable UTC text, to the microsecond."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:
        try:
            return None if value is None else datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
        except (TypeError, ValueError) as error:
            raise unreadable_value("moment") from error


class Json(TypeDecorator[Any]):
    """A document as text: letters kept as they are, money exact, days and moments as ISO text."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return (
            None
            if value is None
            else simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"), default=_plain)
        )

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        try:
            return None if value is None else simplejson.loads(value, use_decimal=True)
        except (TypeError, ValueError) as error:
            raise unreadable_value("document") from error


def _plain(value: object) -> Any:
    if isinstance(value, date):  # datetime, too
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
