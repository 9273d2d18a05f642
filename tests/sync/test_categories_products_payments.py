"""Names and codes in the rule become records of Paraşüt, or a hold that says what is missing."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from factories import ISTANBUL, TODAY, FakeKnowledge, an_order

from syncd.config.settings import Missing, PaymentChoice, ProductPolicy
from syncd.errors import Hold
from syncd.orders.order import Payment
from syncd.orders.status import Status
from syncd.sync.categories import resolve_category
from syncd.sync.known import KnownAccount, KnownCategory, KnownProduct
from syncd.sync.payments import resolve_payment
from syncd.sync.products import resolve_product
from syncd.sync.steps import CreateCategory, CreateProduct, Known, Made, PaidFrom, Unseen

TREE = [
    KnownCategory(Known("1"), "SalesInvoice", ("Gelir",)),
    KnownCategory(Known("2"), "SalesInvoice", ("Gelir", "Web")),
    KnownCategory(Known("3"), "SalesInvoice", ("Gider", "Web")),
    KnownCategory(Known("4"), "SalesInvoice", ("Gelir", "Kapıda")),
    KnownCategory(Known("5"), "Contact", ("Perakende",)),
]


def category(text: str, missing: Missing = Missing.CREATE, **changes: Any) -> Any:
    return resolve_category(text, "SalesInvoice", missing, FakeKnowledge(category_list=TREE, **changes))


def test_a_path_names_one_category() -> None:
    assert category("Gelir > Web") == (Known("2"), ())
    assert category("Gider>Web") == (Known("3"), ())


def test_a_bare_name_may_stand_anywhere_if_it_stands_there_once() -> None:
    assert category("Kapıda") == (Known("4"), ())
    with pytest.raises(Hold, match=r"2 categories called 'Web': Gelir > Web, Gider > Web") as caught:
        category("Web")
    assert caught.value.code == "category-ambiguous"


def test_categories_of_another_type_do_not_count() -> None:
    reference, steps = category("Perakende")
    assert reference == Made("category SalesInvoice Perakende")
    assert [step.name for step in steps] == ["Perakende"]


def test_no_name_is_no_category() -> None:
    assert category("") == (None, ())


def test_a_missing_path_is_made_from_where_it_begins_to_be_missing() -> None:
    assert category("Gelir > Pazar > Trendyol") == (
        Made("category SalesInvoice Gelir > Pazar > Trendyol"),
        (
            CreateCategory("category SalesInvoice Gelir > Pazar", "SalesInvoice", "Pazar", Known("1")),
            CreateCategory(
                "category SalesInvoice Gelir > Pazar > Trendyol",
                "SalesInvoice",
                "Trendyol",
                Made("category SalesInvoice Gelir > Pazar"),
            ),
        ),
    )


def test_a_missing_category_is_an_error_when_the_rule_says_so() -> None:
    with pytest.raises(Hold, match="no category 'Yeni'") as caught:
        category("Yeni", Missing.ERROR)
    assert caught.value.code == "category-missing"


def test_what_was_not_read_is_not_missing() -> None:
    assert category("Yeni", Missing.ERROR, incomplete=frozenset({"item_categories"})) == (Unseen("Yeni"), ())


def product(
    products: list[KnownProduct], code: str = "TRM-500", policy: ProductPolicy | None = None, **changes: Any
) -> tuple[Any, CreateProduct | None]:
    knowledge = FakeKnowledge(products=products, **changes)
    return resolve_product(code, {"name": "Termos", "unit": "Adet"}, policy or ProductPolicy(), knowledge)


def test_a_product_is_found_by_its_code_alone() -> None:
    assert product([KnownProduct(Known("8"), "Anders", "TRM-500")]) == (Known("8"), None)


def test_a_code_that_two_products_have_is_never_a_choice() -> None:
    twins = [KnownProduct(Known("8"), "Termos", "TRM-500"), KnownProduct(Known("9"), "Termos eski", "TRM-500")]
    with pytest.raises(
        Hold, match=r"2 products with the code 'TRM-500': 'Termos' \(id 8\) and 'Termos eski' \(id 9\)"
    ) as caught:
        product(twins)
    assert caught.value.code == "product-code-ambiguous"


def test_a_retired_product_is_found_but_gives_way_to_a_live_one() -> None:
    retired = KnownProduct(Known("8"), "Termos", "TRM-500", archived=True)
    assert product([retired]) == (Known("8"), None)
    assert product([retired, KnownProduct(Known("9"), "Termos", "TRM-500")]) == (Known("9"), None)


def test_an_unknown_code_is_made_held_or_replaced_as_the_rule_says() -> None:
    step = CreateProduct("product TRM-500", {"name": "Termos", "unit": "Adet", "code": "TRM-500"}, None)
    assert product([]) == (Made("product TRM-500"), step)
    with pytest.raises(Hold, match="no product with the code 'TRM-500'") as caught:
        product([], policy=ProductPolicy(Missing.HOLD))
    assert caught.value.code == "product-missing"
    general = KnownProduct(Known("5"), "Genel", "GENEL")
    assert product([general], policy=ProductPolicy(use="GENEL")) == (Known("5"), None)


def test_a_line_without_a_code_needs_a_substitute() -> None:
    with pytest.raises(Hold) as caught:
        product([], code="")
    assert caught.value.code == "product-code-missing"
    general = KnownProduct(Known("5"), "Genel", "GENEL")
    assert product([general], code="", policy=ProductPolicy(use="GENEL")) == (Known("5"), None)


def test_a_substitute_that_is_missing_too_is_said() -> None:
    with pytest.raises(Hold, match="the rule's substitute"):
        product([], code="", policy=ProductPolicy(use="GENEL"))


CHOICES = {
    "cod": PaymentChoice(),
    "bacs": PaymentChoice("Garanti TL", "EFT/HAVALE"),
    "*": PaymentChoice("iyzico", "ODEMEARACISI", "iyzico"),
}
ACCOUNTS = [KnownAccount(Known("1"), "Garanti TL", "TRL"), KnownAccount(Known("2"), "iyzico", "TRL")]


def payment(method: str, choices: Any = None, accounts: Any = None, day: date = TODAY, **changes: Any) -> Any:
    order = an_order(
        payment=Payment(method, "Başlık", changes.pop("paid_at", datetime(2026, 11, 23, 21, 30, tzinfo=UTC)), "", "T1"),
        **changes,
    )
    knowledge = FakeKnowledge(account_list=ACCOUNTS if accounts is None else accounts)
    return resolve_payment(order, CHOICES if choices is None else choices, "TRL", day, ISTANBUL, knowledge)


def test_each_method_is_booked_to_its_account_on_the_day_it_was_paid_in_istanbul() -> None:
    assert payment("bacs")[0] == PaidFrom(Known("1"), date(2026, 11, 24), "Başlık T1")
    assert payment("paytr")[0] == PaidFrom(Known("2"), date(2026, 11, 24), "Başlık T1")


def test_an_invoice_is_not_paid_after_it_was_issued() -> None:
    assert payment("bacs", day=date(2026, 11, 20))[0].day == date(2026, 11, 20)


def test_cash_on_delivery_stays_open() -> None:
    assert payment("cod") == (None, "open: cod is collected later")


def test_a_rule_without_payments_leaves_all_open() -> None:
    assert payment("bacs", choices={})[0] is None


def test_a_transfer_that_has_not_come_is_not_booked() -> None:
    assert payment("bacs", paid_at=None, status=Status.AWAITING_APPROVAL)[0] is None
    assert payment("bacs", paid_at=None)[0] == PaidFrom(Known("1"), TODAY, "Başlık T1")


@pytest.mark.parametrize(
    ("method", "choices", "accounts", "code"),
    [
        ("paytr", {"bacs": PaymentChoice("Garanti TL")}, None, "payment-method-unknown"),
        ("bacs", None, [], "account-missing"),
        ("bacs", None, [ACCOUNTS[0], KnownAccount(Known("3"), "Garanti TL", "TRL")], "account-ambiguous"),
        ("bacs", None, [KnownAccount(Known("1"), "Garanti TL", "USD")], "account-currency"),
    ],
)
def test_what_cannot_be_booked_is_held(method: str, choices: Any, accounts: Any, code: str) -> None:
    with pytest.raises(Hold) as caught:
        payment(method, choices, accounts)
    assert caught.value.code == code
    assert caught.value.remedy


def test_an_order_without_a_payment_method_is_booked_by_the_empty_one_or_the_rest() -> None:
    assert payment("", {"": PaymentChoice(), "*": PaymentChoice("iyzico")}) == (
        None,
        "open: no method is collected later",
    )
    assert payment("", {"": PaymentChoice("Garanti TL"), "*": PaymentChoice()})[0].account == Known("1")
    assert payment("", {"*": PaymentChoice("Garanti TL")})[0].account == Known("1")


def test_an_order_without_a_payment_method_that_no_choice_is_for_is_held_and_the_key_to_add_is_shown() -> None:
    with pytest.raises(Hold) as caught:
        payment("", {"cod": PaymentChoice()})
    assert caught.value.code == "payment-method-unknown"
    assert caught.value.remedy.startswith('Add `""` or `"*"` to the rule\'s `payment`')
