"""What the tests of templates share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from syncd.mapping.document import scope
from syncd.resources import SCHEMAS


@pytest.fixture(scope="session")
def order_schema() -> Mapping[str, Any]:
    """The content of schemas/order.schema.json."""
    schema: Mapping[str, Any] = json.loads((SCHEMAS / "order.schema.json").read_text(encoding="utf-8"))
    return schema


@pytest.fixture(scope="session")
def order_scope(order_schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """What templates of a line see, which is everything."""
    return scope("line", order_schema)
