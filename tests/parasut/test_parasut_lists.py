from __future__ import annotations

import httpx
import pytest

from syncd.errors import ParasutError
from syncd.parasut import lookups

TWENTY_FIVE = [str(number) for number in range(1, 26)]


@pytest.fixture(autouse=True)
def rows(record):
    return lambda ids: [record("contacts", record_id, {"name": "Ayşe Yılmaz"}) for record_id in ids]


def queries(stand_in) -> list[dict[str, str]]:
    return [dict(request.url.params) for request in stand_in.work]


def ids(pages) -> list[list[str]]:
    return [[resource.id for resource in page] for page in pages]


def test_a_list_is_walked_by_id_in_pages_of_25_as_far_as_the_answer_says(client, stand_in, page, rows) -> None:
    stand_in.will(page(rows(TWENTY_FIVE), total_pages=2, total_count=26), page(rows(["26"]), total_pages=2))
    assert ids(client.pages("contacts", (("filter[city]", "Bursa"),))) == [TWENTY_FIVE, ["26"]]
    paging = {"filter[city]": "Bursa", "sort": "id", "page[size]": "25"}
    assert queries(stand_in) == [{**paging, "page[number]": "1"}, {**paging, "page[number]": "2"}]


def test_the_size_of_the_whole_list_comes_with_a_page(client, stand_in, page, rows) -> None:
    stand_in.will(page(rows(["1"]), total_pages=9, total_count=201))
    assert next(client.pages("contacts")).total_count == 201
    assert len(stand_in.work) == 1


def test_a_list_without_meta_ends_with_a_page_that_is_not_full(client, stand_in, page, rows) -> None:
    stand_in.will(page(rows(TWENTY_FIVE)), page(rows(["26"])))
    found = list(client.pages("contacts"))
    assert ids(found) == [TWENTY_FIVE, ["26"]]
    assert found[0].total_count is None


def test_smaller_pages_than_asked_for_do_not_end_the_walk(client, stand_in, page, rows) -> None:
    stand_in.will(page(rows(["1"]), total_pages=2), page(rows(["2"]), total_pages=2))
    assert ids(client.pages("contacts")) == [["1"], ["2"]]


def test_an_empty_page_ends_the_walk_whatever_the_answer_promises(client, stand_in, page) -> None:
    stand_in.will(page([], total_pages=7))
    assert ids(client.pages("contacts")) == [[]]


def test_a_record_that_shifts_to_the_next_page_while_reading_comes_once(client, stand_in, page, rows) -> None:
    stand_in.will(page(rows(["3", "2"]), total_pages=2), page(rows(["2", "1"]), total_pages=2))
    assert ids(client.pages("contacts", newest_first=True)) == [["3", "2"], ["1"]]
    assert queries(stand_in)[0]["sort"] == "-id"


def test_one_record_where_a_list_belongs_is_an_error(client, stand_in, record) -> None:
    stand_in.will(httpx.Response(200, json={"data": record("contacts", "1")}))
    with pytest.raises(ParasutError, match="list"):
        next(client.pages("contacts"))


def product(record, record_id: str, code: str | None, archived: bool = False):
    return record("products", record_id, {"code": code, "name": "Kupa", "archived": archived})


def contact(record, record_id: str, **attributes):
    return record("contacts", record_id, {"name": "Ayşe Yılmaz", "account_type": "customer", **attributes})


def test_a_retired_product_code_is_found_among_the_archived(client, stand_in, page, record) -> None:
    stand_in.will(page([]), page([product(record, "9", "KUPA-1", archived=True)]))
    found = lookups.find_products_by_code(client, "KUPA-1")
    assert [(item.id, item.archived) for item in found] == [("9", True)]
    assert [query.get("filter[archived]") for query in queries(stand_in)] == [None, "true"]
    assert [query["filter[code]"] for query in queries(stand_in)] == ["KUPA-1"] * 2


def test_a_live_product_code_costs_one_call(client, stand_in, page, record) -> None:
    stand_in.will(page([product(record, "9", "KUPA-1")]))
    assert [item.id for item in lookups.find_products_by_code(client, "KUPA-1")] == ["9"]
    assert len(stand_in.work) == 1


def test_a_product_code_that_is_only_similar_is_no_match(client, stand_in, page, record) -> None:
    others = [product(record, "1", "kupa-1"), product(record, "2", "KUPA-10"), product(record, "3", None)]
    stand_in.will(page(others), page([]))
    assert lookups.find_products_by_code(client, "KUPA-1") == []


def test_space_around_a_product_code_does_not_count(client, stand_in, page, record) -> None:
    stand_in.will(page([product(record, "1", " KUPA-1")]))
    assert [item.id for item in lookups.find_products_by_code(client, "KUPA-1 ")] == ["1"]


def test_a_product_code_that_two_products_share_shows_both(client, stand_in, page, record) -> None:
    stand_in.will(page([product(record, "1", "KUPA-1"), product(record, "2", "KUPA-1")]))
    assert [item.id for item in lookups.find_products_by_code(client, "KUPA-1")] == ["1", "2"]


def test_a_tax_number_is_compared_with_its_leading_zeros(client, stand_in, page, record) -> None:
    stand_in.will(page([contact(record, "1", tax_number="123456789"), contact(record, "2", tax_number="0123456789 ")]))
    assert [found.id for found in lookups.find_contacts_by_tax_number(client, "0123456789")] == ["2"]


def test_an_archived_contact_is_found_when_no_live_one_fits(client, stand_in, page, record) -> None:
    stand_in.will(
        page([contact(record, "1", email="ayse@ornek.test.tr")]),
        page([contact(record, "2", email="Ayse@Ornek.Test", archived=True)]),
    )
    found = lookups.find_contacts_by_email(client, "AYSE@ornek.test")
    assert [(item.id, item.archived) for item in found] == [("2", True)]


def test_turkish_letters_in_an_email_are_not_folded_into_others(client, stand_in, page, record) -> None:
    stand_in.will(page([contact(record, "1", email="İlk@ornek.test")]), page([]))
    assert lookups.find_contacts_by_email(client, "ilk@ornek.test") == []


def test_categories_come_with_their_parents_and_only_of_the_type_asked_for(client, stand_in, page, record) -> None:
    stand_in.will(
        page(
            [
                record(
                    "item_categories", "1", {"name": "Gelir", "category_type": "SalesInvoice"}, parent_category=None
                ),
                record(
                    "item_categories",
                    "2",
                    {"name": "Web", "category_type": "SalesInvoice"},
                    parent_category={"id": "1", "type": "item_categories"},
                ),
                record("item_categories", "3", {"name": "Web", "category_type": "Product"}),
            ]
        )
    )
    found = lookups.categories(client, "SalesInvoice")
    assert [(item.name, item.parent_id) for item in found] == [("Gelir", None), ("Web", "1")]
    assert queries(stand_in)[0]["filter[category_type]"] == "SalesInvoice"


def test_accounts_are_listed(client, stand_in, page, record) -> None:
    stand_in.will(page([record("accounts", "7", {"name": "Kasa", "currency": "TRL", "account_type": "cash"})]))
    assert lookups.accounts(client) == [lookups.Account("7", "Kasa", "TRL", "cash", archived=False)]
