"""What commands answer to programs, and what they never do: every one in a process of its own."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from factories import ROOT
from places import CONFIG, Place

Make = Callable[..., Place]
LINES = CONFIG.count("\n")


def answered(here: Place, *words: str) -> Any:
    done = here.syncd(*words, "--format", "json")
    assert done.code == 0, done.out + done.err
    return json.loads(done.out, parse_float=Decimal)


@pytest.fixture
def applied(place: Make) -> Place:
    """Three orders: two invoiced, one held because two products have its code."""
    here = place(orders=3)
    here.sandbox.parasut.add_product("Defter kopya", code="DFT-A5")
    here.sandbox.parasut.add_product("Defter kopya 2", code="DFT-A5")
    assert here.syncd("apply").code == 1
    return here


def test_status_for_programs_counts_states_holds_and_marks(applied: Place) -> None:
    status = answered(applied, "status")
    (rule,) = status["rules"]
    assert (rule["name"], rule["canary"], rule["paused"]) == ("site-hazirlanan", False, False)
    assert rule["orders"] == {
        "due": 0, "settling": 0, "waiting": 0, "held": 1, "invoiced": 2, "ended": 0, "ignored": 0, "left": 0,
    }  # fmt: skip
    assert set(status["without_rule"].values()) == {0}
    assert status["holds"] == {"product-code-ambiguous": 1}
    assert (status["paused_since"], status["configuration_problems"]) == (None, 0)
    assert status["parasut"] == {"failing": None}
    assert status["inexact"] == {"invoices": 0, "sum": 0}
    (platform,) = status["platforms"]
    shop = applied.sandbox.shop_url.removeprefix("http://")
    assert (platform["connector"], platform["account"]) == ("woocommerce", shop)
    assert platform["read_up_to"] <= platform["read_at"]
    assert len(status["rounding"]) >= 1
    assert applied.syncd("pause").code == 0
    assert answered(applied, "status")["paused_since"] is not None


def test_the_list_of_orders_for_programs(applied: Place) -> None:
    rows = {row["name"]: row for row in answered(applied, "orders", "list")}
    assert {name: (row["state"], row["hold_code"]) for name, row in rows.items()} == {
        "site/15": ("invoiced", None),
        "site/16": ("held", "product-code-ambiguous"),
        "site/17": ("invoiced", None),
    }
    assert rows["site/15"]["total"] == Decimal("1559.30")
    invoiced = [row["name"] for row in answered(applied, "orders", "list", "--state", "invoiced")]
    assert sorted(invoiced) == ["site/15", "site/17"]
    assert [row["name"] for row in answered(applied, "orders", "list", "--hold", "product-code-ambiguous")] == [
        "site/16"
    ]
    assert len(answered(applied, "orders", "list", "--limit", "1")) == 1
    unknown = applied.syncd("orders", "list", "--platform", "trendyol")
    assert (unknown.code, "There is no platform 'trendyol'" in unknown.err) == (2, True)


def test_one_order_for_programs_has_the_record_both_ways_and_every_step(applied: Place) -> None:
    shown = answered(applied, "orders", "show", "site/15")
    invoice = next(iter(applied.sandbox.parasut.invoices.values()))
    assert shown["raw"]["id"] == 15
    assert (shown["order"]["number"], shown["order"]["total"], shown["total"]) == ("15", "1559.30", Decimal("1559.30"))
    sale = next(step for step in shown["steps"] if step["identity"].startswith("sale "))
    assert (sale["state"], sale["method"], sale["remote_id"], sale["attempts"]) == ("done", "POST", invoice.id, 1)
    assert json.loads(sale["body"])["data"]["attributes"]["order_no"] == "15"
    assert sale["intended_at"] <= sale["finished_at"]
    texts = [entry["text"] for entry in shown["history"]]
    assert any(f"invoice {invoice.id} made" in text for text in texts), texts


def test_an_explanation_for_programs_names_the_origin_of_every_field(applied: Place) -> None:
    explained = answered(applied, "orders", "explain", "site/15")
    assert any("site-hazirlanan" in reason for reason in explained["reasons"])
    fields = {field["name"]: field for field in explained["fields"]}
    assert fields["invoice.order_no"]["value"] == "15"
    assert all(field["origin"] == "syncd" or ".yaml:" in field["origin"] for field in fields.values())
    held = answered(applied, "orders", "explain", "site/16")
    assert any("product-code-ambiguous" in reason for reason in held["reasons"])


def test_a_plan_of_a_thousand_orders_writes_nothing_and_counts_them(place: Make) -> None:
    config = CONFIG.replace("status: preparing", "status: awaiting_approval, if: order.total > 0")
    here = place(config=config + "    product: {use: KARGO}\n", orders=1000)
    del here.sandbox.parasut.products["300005"]  # the twin of a code
    for order in here.sandbox.shop.orders.values():
        order |= {"status": "processing", "refunds": []}
    wanted = [number for number, order in here.sandbox.shop.orders.items() if Decimal(order["total"]) > 0]
    books = here.sandbox.parasut
    before = (len(books.contacts), len(books.products), len(books.item_categories), len(books.invoices))
    planned = here.syncd("plan")
    assert planned.code == 0, planned.err
    rows = planned.out.splitlines()
    invoices = [row for row in rows if row.startswith("site/") and row.endswith(": invoice by rule site-hazirlanan")]
    assert 950 < len(invoices) == len(wanted)
    assert "site: 1000 orders read" in rows
    assert rows[-1].startswith(f"{len(wanted)} to invoice (total ")
    assert ", 0 held, 0 waiting; " in rows[-1]
    wrote = [exchange for exchange in here.sandbox.traffic if exchange.method != "GET"]
    assert [exchange.path for exchange in wrote] == ["/oauth/token"]
    assert {exchange.method for exchange in here.sandbox.shop_traffic} == {"GET"}
    assert (len(books.contacts), len(books.products), len(books.item_categories), len(books.invoices)) == before


def test_the_example_is_checked_in_a_blink(tmp_path: Path, place: Make) -> None:
    here = place()
    folder = tmp_path / "copied"
    folder.mkdir()
    shutil.copy(ROOT / "syncd.yaml.example", folder / "syncd.yaml")
    began = time.monotonic()
    checked = Place(folder, here.sandbox).syncd("check", "--without-secrets")
    took = time.monotonic() - began
    assert (checked.code, checked.out, checked.err) == (0, "syncd.yaml: no errors\n", "")
    assert took < 2, took
    assert list(folder.iterdir()) == [folder / "syncd.yaml"]


def test_a_wrong_path_in_a_condition_is_found_by_check_at_line_and_column(place: Make) -> None:
    config = CONFIG.replace("since: 2026-11-01", "since: 2026-11-01, if: order.biling.name == 'x'")
    here = place(config=config, orders=1)
    row = next(number for number, text in enumerate(config.splitlines(), 1) if "biling" in text)
    column = config.splitlines()[row - 1].index("biling") + 1
    checked = here.syncd("check")
    assert checked.code == 1
    assert checked.out == f"syncd.yaml:{row}:{column}: order has no 'biling' (did you mean billing?)\n"
    (problem,) = json.loads(here.syncd("check", "--format", "json").out)["problems"]
    assert problem == {
        "file": "syncd.yaml", "line": row, "column": column, "severity": "error",
        "message": "order has no 'biling'", "suggestion": "billing",
    }  # fmt: skip
    assert here.sandbox.traffic == []


@pytest.mark.parametrize(
    ("written", "place_of"),
    [
        ('contact:\n  name: "{{ order.biling.name }}"\n', (3, 19)),
        ("contact:\n  name: >-\n    {{ order.buyer.name }}\n    {{ order.biling.name }}\n", (5, 14)),
        ("kinds:\n  shipping: {name: '{{ order.biling.name }}'}\n", (3, 30)),
    ],
)
def test_a_wrong_path_in_a_mapping_of_ones_own_is_found_in_that_file(
    written: str, place_of: tuple[int, int], place: Make
) -> None:
    here = place(config=CONFIG.replace("mapping: satis-faturasi", "mapping: magazam"), orders=1)
    own = here.folder / "mappings" / "parasut" / "magazam.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("extends: satis-faturasi\n" + written, encoding="utf-8")
    row, column = place_of
    assert own.read_text(encoding="utf-8").splitlines()[row - 1][column - 1 :].startswith("biling")
    checked = here.syncd("check")
    assert checked.code == 1
    assert (
        checked.out == f"mappings/parasut/magazam.yaml:{row}:{column}: order has no 'biling' (did you mean billing?)\n"
    )


def test_an_override_with_a_wrong_path_is_found_in_the_rule(place: Make) -> None:
    config = CONFIG + '    override: {invoice.invoice_note: "{{ order.biling.name }}"}\n'
    here = place(config=config, orders=1)
    column = config.splitlines()[LINES].index("biling") + 1
    checked = here.syncd("check")
    assert checked.out == f"syncd.yaml:{LINES + 1}:{column}: order has no 'biling' (did you mean billing?)\n"


def test_what_rules_name_and_paraşüt_lacks_is_told_by_check_connect(place: Make) -> None:
    config = CONFIG.replace("{account: iyzico}", "{account: İyzico}").replace(
        "product: E-ticaret}", "product: E-ticaret, missing: error}"
    )
    here = place(config=config + "    product: {use: KLM-01}\n", orders=1)
    books = here.sandbox.parasut
    for name in ("Gelir", "Diğer"):
        books.add_category("Web Satışları", "SalesInvoice", parent=books.add_category(name, "SalesInvoice"))
    checked = here.syncd("check", "--connect")
    assert (checked.code, checked.err) == (1, "")
    failed = [row for row in checked.out.splitlines() if row.startswith("FAIL")]
    remedies = [row for row in checked.out.splitlines() if row.startswith("     what to do: ")]
    assert [row.split(": ")[1] for row in failed] == ["account", "category", "category", "category", "product"]
    for words in (
        "Paraşüt has no account 'İyzico'",
        "Paraşüt has 2 categories called 'Web Satışları': Gelir > Web Satışları, Diğer > Web Satışları.",
        "Paraşüt has no category 'Web Müşterileri' for Contact.",
        "Paraşüt has no category 'E-ticaret' for Product.",
        "Paraşüt has 2 products with the code 'KLM-01'",
    ):
        assert sum(words in row for row in failed) == 1, words
    assert len(remedies) == len(failed)
    assert "use one of: Garanti TL, Kasa, iyzico" in checked.out
    assert "ok   site: orders: orders can be read" in checked.out
    found = json.loads(here.syncd("check", "--connect", "--format", "json").out)["connections"]
    assert sum(1 for finding in found if not finding["ok"] and finding["remedy"]) == len(failed)


def test_a_company_of_somebody_else_is_told_by_check_connect(place: Make) -> None:
    here = place(config=CONFIG.replace("company_id: 115", "company_id: 116"), orders=1)
    checked = here.syncd("check", "--connect")
    assert checked.code == 1
    assert "ok   parasut: login" in checked.out
    assert "FAIL parasut: company: the user can't see company 116; visible: 115" in checked.out
    assert "what to do: Correct parasut.company_id (Müşteri ID)" in checked.out
