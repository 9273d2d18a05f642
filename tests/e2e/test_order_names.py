"""Several packages under one order number: each is shown by a name of its own, and that name can be pasted."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from factories import NOW
from n11_served import DAY, Store
from places import Place

from syncd.ledger.ledger import open_ledger
from syncd.ledger.order_row import OrderRow, State
from syncd.sandbox.market.package import Stage

CONFIG = """\
version: 1
parasut:
  base_url: ${T_PARASUT}
  company_id: 115
  client_id: ${T_CLIENT_ID}
  client_secret: ${T_CLIENT_SECRET}
  username: ${T_USERNAME}
  password: ${T_PASSWORD}
  rate: {requests: 1000, seconds: 1}
ledger: sqlite:///ledger.db
platforms:
  n11:
    connector: n11
    base_url: ${T_N11}
    seller_id: 2000001
    app_key: ${T_N11_KEY}
    app_secret: ${T_N11_SECRET}
rules:
  - name: n11-hazirlanan
    platforms: [n11]
    trigger: {status: preparing, since: 2026-11-01}
    mapping: satis-faturasi
    product: {use: KARGO}
    payment: {"*": unpaid}
"""
FIRST, SECOND, ALONE = "n11/2040000000001#1", "n11/2040000000001#2", "n11/2040000000003#3"


@pytest.fixture
def town(place: Callable[..., Place]) -> Place:
    """Three packages that are being prepared, two of them under one number."""
    stands = frozenset({"parasut", "shop", "n11"})
    here = place(CONFIG, orders=0, market_orders=0, market_limits=False, stands=stands)
    store = Store()
    store.market = here.sandbox.market("n11")
    for package, number in ((1, 1), (2, 1), (3, 3)):
        order_number = str(2_040_000_000_000 + number)
        store.sell(package, store.market.now() - DAY, stage=Stage.PREPARING, order_number=order_number)
    return here


def run(here: Place, *words: str) -> tuple[int, str, str]:
    options = here.sandbox.options
    keys = {"T_N11": here.sandbox.n11_url, "T_N11_KEY": options.n11_app_key, "T_N11_SECRET": options.n11_app_secret}
    done = here.syncd(*words, **keys)
    return done.code, done.out, done.err


def heads(out: str) -> list[str]:
    """The names at the beginning of the lines."""
    return sorted(line.split(":")[0] for line in out.splitlines() if line.startswith("n11/"))


def test_packages_under_one_number_have_names_of_their_own_which_every_command_takes(town: Place) -> None:
    assert heads(run(town, "plan")[1]) == [FIRST, SECOND, ALONE]
    assert heads(run(town, "plan", "--order", SECOND)[1]) == [SECOND]

    code, _, err = run(town, "apply", "--order", "n11/2040000000001")
    assert (code, f"{FIRST}, {SECOND}" in err) == (2, True), err
    assert heads(run(town, "apply", "--order", FIRST)[1]) == [FIRST]
    assert len(town.sandbox.parasut.invoices) == 1
    assert heads(run(town, "apply")[1]) == [SECOND, ALONE]

    listed = json.loads(run(town, "orders", "list", "--format", "json")[1], parse_float=Decimal)
    assert sorted(row["name"] for row in listed) == [FIRST, SECOND, ALONE]
    code, _, err = run(town, "orders", "show", "n11/2040000000001")
    assert (code, f"{FIRST}, {SECOND}" in err) == (2, True), err
    assert run(town, "orders", "show", SECOND)[1].startswith(f"{SECOND} (n11/2000001/2)\n")
    for by_one_half in ("n11/2", "n11/2040000000003"):
        assert run(town, "orders", "show", by_one_half)[0] == 0
    code, _, err = run(town, "orders", "retry", SECOND)
    assert (code, f"{SECOND} is not held; it is invoiced." in err) == (2, True), err


def test_commands_take_an_order_as_the_mark_of_its_invoice_shows_it(town: Place) -> None:
    run(town, "apply")
    for by_its_key in ("n11/2000001/2", "n11/2000001/2#1", "[sale n11/2000001/2]"):
        assert run(town, "orders", "show", by_its_key)[1].startswith(f"{SECOND} (n11/2000001/2)\n")
        assert f"{SECOND} is not held" in run(town, "orders", "retry", by_its_key)[2]


def a_row(number: str, package: str) -> OrderRow:
    return OrderRow("woocommerce", "magaza.test", package, "site", number, "preparing", "f", NOW, NOW, State.HELD)


def test_a_name_says_the_id_only_where_it_is_not_the_number() -> None:
    assert a_row("1042", "1042").name == "site/1042"
    assert a_row("", "~0a1b").name == "site/~0a1b"
    assert a_row("WEB-7", "1042").name == "site/WEB-7#1042"


def test_a_name_finds_its_order_even_where_numbers_and_ids_are_mixed_up(tmp_path: Path) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path}/ledger.db", "api.parasut.com/115")
    rows = [a_row("16", "16"), a_row("16", "20"), a_row("#16", "21"), a_row("17", "#16")]
    ledger.orders.save((row, None) for row in rows)
    for row in rows:
        found = ledger.orders.named("site", row.whole_name.removeprefix("site/"))
        assert [one.whole_name for one in found] == [row.whole_name]
        assert row.is_called(row.whole_name.removeprefix("site/"))
    assert [row.name for row in ledger.orders.named("site", "16")] == ["site/16", "site/16#20"]
    assert [facts.name for facts in ledger.notices.open_orders()] == [row.name for row in rows]
    ledger.close()
