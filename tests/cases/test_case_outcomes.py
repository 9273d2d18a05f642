"""What comes of the order of a case, and what of it is compared."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from case_places import a_place, one_case
from places import CONFIG

from syncd.cases.compare import ABSENT, Difference, differences
from syncd.cases.run import CaseResult
from syncd.cases.words import closing_lines, result_lines

VKN = "1000000018"


def only(folder: Path, expect: str, *keys: str, config: str = CONFIG) -> CaseResult:
    run = a_place(folder, one_case(expect, *keys), config).run()
    assert run.problems == []
    (result,) = run.results
    return result


@pytest.mark.parametrize(
    ("keys", "expect"),
    [
        (["change: {status: shipped}"], "{rule: site-hazirlanan, fires: true, hold: null, left: null, waits: null}"),
        (["change: {status: unpaid}"], "{fires: false, waits: waits for preparing; is unpaid}"),
        (["change: {status: cancelled}"], "{fires: false, ended: cancelled before it was invoiced}"),
        (
            ["change: {ordered_at: 2026-10-01T10:00:00Z}"],
            "{rule: null, left: 'site-hazirlanan: ordered on 2026-10-01, before `since: 2026-11-01`'}",
        ),
        (["change: {export.micro: true}"], "{rule: site-hazirlanan, fires: true, hold: export-order}"),
        (
            ["change: {currency: JPY}"],
            "{hold: {code: currency-unsupported, message: Paraşüt has no invoices in 'JPY'.}}",
        ),
        (["knows: {accounts: [Garanti TL]}"], "{hold: account-missing}"),
        (["knows: {accounts: [{name: iyzico, currency: EUR}]}"], "{hold: account-currency}"),
        (["knows: {accounts: [iyzico, iyzico]}"], "{hold: account-ambiguous}"),
        (["knows: {accounts: [iyzico]}"], "{payment: {account: iyzico, day: 2026-11-23, description: Kredi kartı}}"),
        (["change: {payment.method: cod}"], "{payment: unpaid}"),
        (["knows: {products: [KUPA, KUPA]}"], "{hold: product-code-ambiguous}"),
        (["knows: {products: [{code: KUPA, id: '77'}]}"], "{lines: [{product: {id: '77'}}, {code: KARGO}]}"),
        (["knows: {invoiced: [{order: '1041', lines: ['2']}]}"], "{hold: already-invoiced}"),
        (
            ["change: {origin_ids: ['7']}", "knows: {invoiced: [{order: '1041', packages: ['7']}]}"],
            "{hold: already-invoiced}",
        ),
        (["today: 2026-12-31"], "{issue_date: 2026-12-31, due_date: 2026-12-31, ordered_on: 2026-11-23}"),
        (["change: {shipped_at: 2026-11-25T08:00:00Z}"], "{issue_date: 2026-11-25, last_legal_day: 2026-12-02}"),
        (
            [],
            "{currency: TRL, totals: {order: 178.8, difference: 0, exact: true, net: 149, vat: '29.80', gross: 178.80,"
            " by_rate: {'20': {vat: 29.8}}}, invoice: {order_no: '1042'}, notes: []}",
        ),
        (["change: {lines.0.vat_rate: 1}"], "{totals: {by_rate: {'1': {gross: 118.80}, '20': {gross: 60}}}}"),
        (["knows: {rounding: line-exact-6-line}"], "{totals: {payable: 178.80}}"),
    ],
)
def test_an_order_comes_to_what_the_planner_makes_of_it(tmp_path: Path, keys: list[str], expect: str) -> None:
    result = only(tmp_path, expect, *keys)
    assert list(result_lines(result))[1:] == []
    assert result.ending == "passed"


@pytest.mark.parametrize(
    ("contact", "change", "match"),
    [
        (f"{{id: '501', name: Demir, tax_number: '{VKN}'}}", f"buyer.tax_number: '{VKN}'", "found by tax number"),
        ("{id: '501', name: Ayşe Yılmaz, email: AYSE@ornek.test}", "note: x", "found by email"),
        ("{id: '501', name: Ayşe Yılmaz, customer: '7'}", "customer_id: '7'", "found by platform customer"),
    ],
)
def test_a_contact_that_paraşüt_knows_is_found(tmp_path: Path, contact: str, change: str, match: str) -> None:
    expect = f"{{contact: {{match: {match}, id: '501'}}}}"
    assert only(tmp_path, expect, f"change: {{{change}}}", f"knows: {{contacts: [{contact}]}}").ending == "passed"


def test_what_is_known_completely_is_made_when_it_is_missing(tmp_path: Path) -> None:
    knows = "knows: {contacts: [], products: [KARGO], categories: {invoice: [], contact: [Web Müşterileri]}}"
    expect = (
        "{contact: {match: new}, makes: [category SalesInvoice Web Satışları, contact Ayşe Yılmaz,"
        " category Product E-ticaret, product KUPA]}"
    )
    assert only(tmp_path, expect, knows).ending == "passed"


def test_a_category_with_a_path_has_its_parents(tmp_path: Path) -> None:
    config = CONFIG.replace("invoice: Web Satışları", "invoice: Satış > Web")
    result = only(
        tmp_path,
        "{makes: [category SalesInvoice Satış > Web]}",
        "knows: {contacts: [{name: Ayşe Yılmaz, email: ayse@ornek.test}], products: [KUPA, KARGO],"
        " categories: {invoice: [Satış > Pazaryeri]}}",
        config=config,
    )
    assert result.ending == "passed"


def test_a_failure_says_what_differs_where_and_who_made_it(tmp_path: Path) -> None:
    config = CONFIG + "    override: {kinds.shipping.code: KARGO-01}\n"
    result = only(tmp_path, "{lines: [{gross: 118.8}, {code: KARGO}], payment: unpaid}", config=config)
    file = tmp_path / "cases" / "site.cases.yaml"
    assert list(result_lines(result)) == [
        f"{file}:2:5: kartla",
        f"  lines.1.code ({file}:15:45)",
        "    expected  KARGO",
        "    got       KARGO-01",
        f"    made by   {tmp_path}/syncd.yaml:27:37",
        f"  payment ({file}:15:63)",
        "    expected  unpaid",
        "    got       {account: iyzico, day: 2026-11-23, description: Kredi kartı}",
        f"    made by   {tmp_path}/syncd.yaml:26:7",
        "  what happens: it is invoiced by site-hazirlanan",
    ]


def test_an_order_that_is_held_tells_so_instead_of_its_lines(tmp_path: Path) -> None:
    lines = list(result_lines(only(tmp_path, "{lines: [{code: KUPA}]}", "change: {export.micro: true}")))
    assert lines[2:4] == ["    expected  [{code: KUPA}]", "    got       nothing"]
    assert lines[-1].startswith("  what happens: it is held (export-order): Order 1042 is a micro-export")


def test_a_rule_that_no_case_fires_is_named(tmp_path: Path) -> None:
    second = """\
  - name: site-kalan
    platforms: [site]
    trigger: {status: preparing, since: 2026-11-01}
    otherwise: true
    mapping: satis-faturasi
"""
    config = CONFIG.replace("since: 2026-11-01}", "since: 2026-11-01, if: order.total > 500}") + second
    run = a_place(tmp_path, one_case("{rule: site-kalan}"), config).run()
    assert run.untested == ("site-hazirlanan",)
    assert list(closing_lines(run)) == ["1 case: 1 passed", "rules that no case fires: site-hazirlanan"]


def test_a_condition_that_cannot_be_told_is_held(tmp_path: Path) -> None:
    config = CONFIG.replace("since: 2026-11-01}", "since: 2026-11-01, if: 'order.lines[7].total > 0'}")
    assert only(tmp_path, "{rule: null, fires: false, hold: template-failed}", config=config).ending == "passed"


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        (Decimal("118.8"), Decimal("118.80"), True),
        ("118.8", Decimal("118.80"), True),
        (2, Decimal("2.000"), True),
        ("abc", Decimal(2), False),
        (118, Decimal("118.80"), False),
        ("0123", "123", False),
        (501, "501", True),
        (True, "true", False),
        (True, Decimal(1), False),
        (1, True, False),
        (None, ABSENT, True),
        (None, "", False),
        ("", ABSENT, False),
        ("x", {"y": 1}, False),
        ({"y": 1}, "x", False),
        ([1, 2], [Decimal(1)], False),
        ([], [], True),
    ],
)
def test_values_are_compared_by_what_they_mean(expected: Any, actual: Any, same: bool) -> None:
    assert list(differences(expected, actual)) == ([] if same else [Difference((), expected, actual)])
