"""The connection test: the records that rules name, looked up at Paraşüt over real HTTP."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace

import pytest
from factories import a_rule, template
from worlds import World

from syncd.config.settings import Categories, Missing, PaymentChoice, ProductPolicy, Secret, Settings
from syncd.sandbox.faults import Fault
from syncd.sync.company import open_workshop
from syncd.sync.connection import Finding, try_connections

Make = Callable[..., World]


def findings(world: World, settings: Settings | None = None) -> list[Finding]:
    with ExitStack() as stack:
        workshop = stack.enter_context(open_workshop(settings or world.settings(), clock=lambda: world.now))
        return list(try_connections(workshop))


def failures(world: World) -> list[Finding]:
    return [finding for finding in findings(world) if not finding.ok]


def of(found: list[Finding], what: str) -> list[tuple[bool, str]]:
    return [(finding.ok, finding.message) for finding in found if (finding.service, finding.what) == ("parasut", what)]


def test_a_company_a_shop_and_everything_that_rules_name_are_found(world: Make) -> None:
    rule = a_rule(
        payment={"cod": PaymentChoice(), "*": PaymentChoice("iyzico")},
        categories=Categories(template("Satış > Web Sitesi"), template("Perakende"), template("Yeni Ürünler")),
        product=ProductPolicy(use="KARGO"),
    )
    here = world(orders=1, rules=(rule,))
    found = findings(here)
    assert [finding for finding in found if not finding.ok] == []
    assert of(found, "category") == [
        (True, "Satış > Web Sitesi (SalesInvoice): found"),
        (True, "Perakende (Contact): found"),
        (True, "Yeni Ürünler (Product): will be made"),
    ]
    assert of(found, "product") == [(True, "KARGO: Kargo Bedeli")]
    assert {finding.service for finding in found} == {"parasut", "site"}
    assert here.writes() == []


@pytest.mark.parametrize("name", ["Iyzico", "Eski Banka"])
def test_an_account_that_is_missing_or_archived_is_named_beside_those_there_are(world: Make, name: str) -> None:
    here = world(orders=1, rules=(a_rule(payment={"*": PaymentChoice(name)}),))
    assert failures(here) == [
        Finding(
            "parasut",
            "account",
            False,
            f"rule site-hazirlanan, payment '*': Paraşüt has no account {name!r}",
            "Make it in Paraşüt or use one of: Garanti TL, Kasa, iyzico.",
        )
    ]


def test_every_rule_and_method_with_a_missing_account_is_told(world: Make) -> None:
    rules = (
        a_rule(payment={"bacs": PaymentChoice("Yok 1"), "cod": PaymentChoice(), "*": PaymentChoice("iyzico")}),
        a_rule(name="kalan", payment={"*": PaymentChoice("Yok 2")}, otherwise=True),
    )
    here = world(orders=1, rules=rules)
    assert [finding.message for finding in failures(here)] == [
        "rule site-hazirlanan, payment 'bacs': Paraşüt has no account 'Yok 1'",
        "rule kalan, payment '*': Paraşüt has no account 'Yok 2'",
    ]


def test_categories_that_may_not_be_made_must_be_there(world: Make) -> None:
    rule = a_rule(
        categories=Categories(template("Web Satışları"), template("Perakende"), template("E-ticaret"), Missing.ERROR)
    )
    here = world(orders=1, rules=(rule,))
    assert [(finding.what, finding.message) for finding in failures(here)] == [
        ("category", "rule site-hazirlanan: Paraşüt has no category 'Web Satışları' for SalesInvoice."),
        ("category", "rule site-hazirlanan: Paraşüt has no category 'E-ticaret' for Product."),
    ]
    assert {finding.remedy for finding in failures(here)} == {
        "Make it in Paraşüt, correct the rule's `categories`, or set `missing: create`."
    }


def test_a_category_of_another_kind_does_not_count(world: Make) -> None:
    here = world(orders=1, rules=(a_rule(categories=Categories(template("Perakende"), missing=Missing.ERROR)),))
    assert [finding.message for finding in failures(here)] == [
        "rule site-hazirlanan: Paraşüt has no category 'Perakende' for SalesInvoice."
    ]


@pytest.mark.parametrize("missing", [Missing.CREATE, Missing.ERROR])
def test_a_category_name_that_stands_twice_in_the_tree_is_ambiguous(world: Make, missing: Missing) -> None:
    here = world(orders=1, rules=(a_rule(categories=Categories(template("Perakende"), missing=missing)),))
    books = here.sandbox.parasut
    tops = [books.add_category(name, "SalesInvoice") for name in ("Gelir", "Diğer")]
    for top in tops:
        books.add_category("Perakende", "SalesInvoice", parent=top)
    (finding,) = failures(here)
    assert (finding.what, finding.ok) == ("category", False)
    assert "Paraşüt has 2 categories called 'Perakende'" in finding.message
    assert "Gelir > Perakende" in finding.message
    assert "Diğer > Perakende" in finding.message
    assert finding.remedy == "Write the whole path in the rule's `categories`, or rename one in Paraşüt."
    here.rules = (a_rule(categories=Categories(template("Gelir > Perakende"), missing=missing)),)
    assert failures(here) == []


def test_a_templated_category_is_left_to_its_orders(world: Make) -> None:
    named = Categories(template("{{ platform.title }} Satışları"), missing=Missing.ERROR)
    here = world(orders=1, rules=(a_rule(categories=named),))
    found = findings(here)
    assert of(found, "category") == []
    assert all(finding.ok for finding in found)


@pytest.mark.parametrize(
    ("code", "words"),
    [("YOK-1", "no product with the code 'YOK-1'"), ("KLM-01", "2 products with the code 'KLM-01'")],
)
def test_a_substitute_must_be_exactly_one_product(world: Make, code: str, words: str) -> None:
    here = world(orders=1, rules=(a_rule(product=ProductPolicy(use=code)),))
    assert failures(here) == [
        Finding(
            "parasut",
            "product",
            False,
            f"rule site-hazirlanan: Paraşüt has {words}",
            "Make it in Paraşüt, with a code of its own, or correct `product: {use: …}`.",
        )
    ]


def test_a_company_the_user_cannot_see_is_told_with_those_it_can(world: Make) -> None:
    here = world(orders=1)
    settings = here.settings()
    wrong = replace(settings, parasut=replace(settings.parasut, company_id=116))
    found = findings(here, wrong)
    assert [finding for finding in found if not finding.ok] == [
        Finding(
            "parasut",
            "company",
            False,
            "the user can't see company 116; visible: 115",
            "Correct parasut.company_id (Müşteri ID), or invite the user to the company in Paraşüt.",
        )
    ]
    assert of(found, "rights") == []
    assert [exchange.path for exchange in here.sandbox.traffic] == ["/oauth/token", "/v4/me"]


def test_all_is_told_at_once(world: Make) -> None:
    rule = a_rule(
        payment={"*": PaymentChoice("Yok")},
        categories=Categories(template("Yok"), missing=Missing.ERROR),
        product=ProductPolicy(use="YOK"),
    )
    here = world(orders=1, rules=(rule,))
    assert [finding.what for finding in failures(here)] == ["account", "category", "product"]


def test_lists_that_can_not_be_read_are_a_finding_and_the_shop_is_tested_all_the_same(world: Make) -> None:
    here = world(orders=1)
    here.sandbox.faults.add(Fault("402", "GET", "item_categories", nth=0))
    found = findings(here)
    failed = [finding for finding in found if not finding.ok]
    assert [(finding.service, finding.what, finding.unreachable) for finding in failed] == [("parasut", "lists", False)]
    assert "HTTP 402" in failed[0].message
    assert failed[0].remedy
    assert [finding.what for finding in found if finding.service == "site"][:1] == ["orders"]


def test_wrong_credentials_are_told_also_when_a_login_is_kept_and_that_login_stays(world: Make) -> None:
    here = world(orders=1)
    here.apply()
    settings = here.settings()
    wrong = replace(settings, parasut=replace(settings.parasut, password=Secret("wrong")))

    def login() -> object:
        with ExitStack() as stack:
            return here.open(stack, network=False).ledger.company.tokens()

    kept = login()
    assert kept is not None
    assert [finding.ok for finding in findings(here, wrong) if finding.what == "login"] == [False]
    assert login() == kept
    assert [finding.ok for finding in findings(here) if finding.what == "login"] == [True]
