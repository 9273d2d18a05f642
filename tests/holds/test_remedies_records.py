"""What the page about holds says to do where the mapping or Paraşüt's own records are the trouble, done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from held_cases import Held, each_remedy
from hold_desk import Desk, Ending, Invoiced, Remedy, StillHeld

RETRY = "orders retry site/15"
TWINS = "KLM-01"  # a code that two products have


def nothing(desk: Desk) -> None:
    """The rule and Paraşüt hold what it takes."""


def edited(**keys: Any) -> Remedy:
    """Change the rule in `syncd.yaml`, then `retry`."""

    def remedy(desk: Desk) -> Ending:
        desk.edit(**keys)
        desk.syncd(RETRY)
        return Invoiced()

    return remedy


def done(act: Callable[[Desk], object]) -> Remedy:
    """Put it right in the shop or in Paraşüt, then `retry`."""

    def remedy(desk: Desk) -> Ending:
        act(desk)
        desk.syncd(RETRY)
        return Invoiced()

    return remedy


def seen(act: Callable[[Desk], object]) -> Callable[[Desk], None]:
    """Put it right in the shop and save the order there."""

    def saved(desk: Desk) -> None:
        act(desk)
        desk.sandbox.shop.touch(15)

    return saved


def buyer_is(first: str, last: str) -> Callable[[Desk], None]:
    def change(desk: Desk) -> None:
        desk.order()["billing"] |= {"first_name": first, "last_name": last}

    return change


def in_the_right_words(desk: Desk) -> Ending:
    """A mapping of one's own, as the page writes it."""
    folder = desk.folder / "mappings" / "parasut"
    folder.mkdir(parents=True)
    text = "extends: satis-faturasi\ninvoice:\n  invoice_note: \"{{ order.shipped_at | date | default('-', true) }}\"\n"
    (folder / "magazam.yaml").write_text(text, encoding="utf-8")
    desk.edit(mapping="magazam", override=None)
    desk.syncd(RETRY)
    return Invoiced()


def twin_category(desk: Desk) -> None:
    """`Web Sitesi` stands under Satış and under Gelir."""
    gelir = desk.enter("item_categories", name="Gelir", category_type="SalesInvoice")
    desk.enter("item_categories", name="Web Sitesi", category_type="SalesInvoice", parent_id=int(gelir))


def id_of(desk: Desk, table: str, name: str) -> str:
    """The newest record of Paraşüt with that name."""
    return next(one.id for one in reversed(desk.sandbox.parasut.table(table).values()) if one["name"] == name)


def rename(table: str, name: str, new: str) -> Callable[[Desk], None]:
    return lambda desk: desk.correct(table, id_of(desk, table, name), name=new)


def code_is(code: str) -> Callable[[Desk], None]:
    """The code of the product in the shop, which WooCommerce shows in the order."""

    def change(desk: Desk) -> None:
        desk.order()["line_items"][0] |= {"sku": code, "global_unique_id": ""}

    return change


def without_saving_the_order(desk: Desk) -> Ending:
    """A product that gets a code makes no order newer: the daily reading is the first to see it."""
    desk.later(hours=6)
    desk.copy(21)
    desk.apply()
    code_is("TRM-500")(desk)
    desk.syncd(RETRY)
    desk.apply()
    assert desk.row("site/15").hold_code == "product-code-missing"
    desk.later(days=1)
    desk.apply()
    desk.syncd(RETRY)
    return Invoiced()


def another_code(desk: Desk) -> None:
    desk.correct("products", id_of(desk, "products", "Kurşun Kalem (eski kayıt)"), code="KLM-ESKI")


def make_product(code: str) -> Callable[[Desk], str]:
    return lambda desk: desk.enter("products", name="Yeni ürün", code=code, vat_rate=20)


def make_account(name: str, **more: Any) -> Callable[[Desk], str]:
    return lambda desk: desk.enter("accounts", name=name, account_type="bank", **more)


def paid_to(account: str) -> Mapping[str, Any]:
    return {"payment": {"*": {"account": account}}}


def twin_account(desk: Desk) -> None:
    make_account("iyzico")(desk)


def in_dollars(desk: Desk) -> None:
    desk.at_shop(currency="USD")


def a_dollar_account(desk: Desk) -> Ending:
    make_account("Garanti USD", currency="USD")(desk)
    desk.edit(**paid_to("Garanti USD"))
    desk.syncd(RETRY)
    return Invoiced()


def a_rule_of_its_own(desk: Desk) -> Ending:
    """It is for the orders to come: this one stays with the rule that took it."""
    make_account("Garanti USD", currency="USD")(desk)
    dollars = {**desk.rule, "name": "dolar", **paid_to("Garanti USD")}
    dollars["trigger"] = {**dollars["trigger"], "if": 'order.currency == "USD"'}
    desk.edit(trigger={**desk.rule["trigger"], "if": 'order.currency != "USD"'})
    desk.more_rules.append(dollars)
    desk.copy(21)
    desk.apply()
    Invoiced().see(desk, "site/21")
    assert desk.row("site/21").rule == "dolar"
    desk.syncd(RETRY)
    return StillHeld("account-currency")


NOTE = {"override": {"invoice.invoice_note": "{{ order.shipped_at.year }}"}}
NO_NAMES = {"first_name": "", "last_name": "", "company": ""}


def nobody(desk: Desk) -> None:
    desk.order()["billing"] |= NO_NAMES


CASES = (
    Held(
        "template-failed",
        nothing,
        {
            "a way out": edited(override={"invoice.invoice_note": "{{ order.shipped_at.year if order.shipped_at }}"}),
            "in a mapping": in_the_right_words,
        },
        rule=NOTE,
    ),
    Held(
        "template-failed",
        nothing,
        {"of the rule's if": edited(trigger={"status": "preparing", "since": "2026-11-01", "if": "order.total > 0"})},
        rule={"trigger": {"status": "preparing", "since": "2026-11-01", "if": "order.shipped_at.year > 2000"}},
    ),
    Held(
        "template-failed",
        nothing,
        {"of a category": edited(categories={"invoice": "Web Sitesi"})},
        rule={"categories": {"invoice": "{{ order.shipped_at.year }}"}},
    ),
    Held(
        "contact-name-missing",
        nobody,
        {
            "enter it in the shop": done(seen(buyer_is("Ayşe", "Yılmaz"))),
            "another source": edited(
                override={"contact.name": "{{ order.buyer.company or order.buyer.name or order.shipping.name }}"}
            ),
        },
    ),
    Held(
        "category-ambiguous",
        twin_category,
        {
            "the whole path": edited(categories={"invoice": "Gelir > Web Sitesi"}),
            "rename one": done(rename("item_categories", "Web Sitesi", "Eski site")),
        },
        rule={"categories": {"invoice": "Web Sitesi"}},
    ),
    Held(
        "category-missing",
        nothing,
        {
            "make it": done(lambda desk: desk.enter("item_categories", name="Pazaryeri", category_type="SalesInvoice")),
            "correct its name": edited(categories={"invoice": "Web Sitesi", "missing": "error"}),
            "create": edited(categories={"invoice": "Pazaryeri", "missing": "create"}),
        },
        rule={"categories": {"invoice": "Pazaryeri", "missing": "error"}},
    ),
    Held(
        "product-code-missing",
        code_is(""),
        {
            "give it a code and save the order": done(seen(code_is("TRM-500"))),
            "give it a code": without_saving_the_order,
            "a stand-in": edited(product={"use": "KARGO"}),
            "a code in the mapping": edited(override={"line.code": '{{ line.code or line.barcode or "GENEL" }}'}),
        },
    ),
    Held("product-code-ambiguous", code_is(TWINS), {"change one": done(another_code)}),
    Held(
        "product-missing",
        code_is("YENI-01"),
        {"make it": done(make_product("YENI-01")), "create": edited(product={"missing": "create"})},
        rule={"product": {"missing": "hold"}},
    ),
    Held(
        "product-missing",
        code_is("YENI-01"),
        {"correct use": edited(product={"use": "KARGO"}), "make the substitute": done(make_product("GENEL"))},
        rule={"product": {"use": "GENEL"}},
    ),
    Held(
        "payment-method-unknown",
        nothing,
        {
            "add the method": edited(payment={"cod": "unpaid", "bacs": {"account": "Garanti TL"}}),
            "add *": edited(payment={"cod": "unpaid", "*": "unpaid"}),
        },
        rule={"payment": {"cod": "unpaid"}},
    ),
    Held(
        "account-missing",
        nothing,
        {"make it": done(make_account("Ziraat")), "correct its name": edited(**paid_to("Garanti TL"))},
        rule=paid_to("Ziraat"),
    ),
    Held(
        "account-ambiguous",
        twin_account,
        {"rename one": done(rename("accounts", "iyzico", "iyzico eski"))},
        rule=paid_to("iyzico"),
    ),
    Held(
        "account-currency",
        in_dollars,
        {
            "an account in dollars": a_dollar_account,
            "unpaid": edited(payment={"*": "unpaid"}),
            "a rule of its own": a_rule_of_its_own,
        },
        rule=paid_to("iyzico"),
    ),
)


@pytest.mark.parametrize(("case", "remedy"), each_remedy(CASES))
def test_what_the_page_says_to_do_about_mapping_and_records_works(
    case: Held, remedy: Remedy, played: Callable[[Held, Remedy], None]
) -> None:
    played(case, remedy)
