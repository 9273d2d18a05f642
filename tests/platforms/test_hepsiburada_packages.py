from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hepsiburada_orders import A, B, C, X, detail, line, orders, platform, records, sample

from syncd.orders.status import Status
from syncd.platforms.readers.hepsiburada_packages import order_numbers, packages

FIRST, SECOND = "4099000101", "4099000102"


def shape(*details: dict[str, Any]) -> dict[str, tuple[str, str, list[str]]]:
    """Id's last letter → status word, total, last letters of the lines."""
    return {
        id_: (order.status_text, str(order.total), [one.id[-1] for one in order.lines])
        for id_, order in orders(*details).items()
    }


def test_an_open_order_is_one_record() -> None:
    assert shape(detail(FIRST, line(A), line(B))) == {"a": ("Open", "240.00", ["a", "b"])}


def test_an_order_that_is_packed_whole_stays_the_same_record() -> None:
    packed = detail(FIRST, line(A, "Packaged", "P1"), line(B, "Packaged", "P1"))
    assert shape(packed) == {"a": ("Packaged", "240.00", ["a", "b"])}


def test_two_packages_of_an_order_are_two_records() -> None:
    apart = detail(FIRST, line(A, "Packaged", "P1"), line(B, "InTransit", "P2", "80"))
    assert shape(apart) == {"a": ("Packaged", "120.00", ["a"]), "b": ("InTransit", "80.00", ["b"])}


def test_lines_that_are_not_packed_yet_are_a_record_of_their_own() -> None:
    some = detail(FIRST, line(A), line(B, "Packaged", "P1", "80"))
    assert shape(some) == {"a": ("Open", "120.00", ["a"]), "b": ("Packaged", "80.00", ["b"])}


def test_a_new_package_number_changes_no_identity() -> None:
    assert shape(detail(FIRST, line(A, "Packaged", "P1"))) == shape(detail(FIRST, line(A, "Packaged", "P9")))


def test_a_package_of_two_orders_is_one_record_and_the_other_orders_own_one_ends() -> None:
    details = (detail(FIRST, line(X, "Packaged", "P1")), detail(SECOND, line(A, "Packaged", "P1", "250")))
    found = orders(*details)
    assert shape(*details) == {"a": ("Packaged", "370.00", ["d", "a"]), "d": ("MergedInto", "0", [])}
    assert (found["a"].number, found["d"].number) == (FIRST, FIRST)
    assert found["d"].status is Status.OTHER
    stub = records(*details)[1]
    assert stub["mergedInto"] == {"id": A, "orderNumbers": [FIRST, SECOND]}


def test_the_rest_of_an_order_that_went_into_anothers_package_leaves_a_stub() -> None:
    first = detail(FIRST, line(B, "Packaged", "P1"), line(C, "Packaged", "P2"))
    second = detail(SECOND, line(A, "Packaged", "P2"))
    assert shape(first, second) == {
        "a": ("Packaged", "240.00", ["c", "a"]),
        "b": ("Packaged", "120.00", ["b"]),
        "c": ("MergedInto", "0", []),
    }


def test_unpacked_lines_are_one_record_of_their_order_again() -> None:
    broken = detail(FIRST, line(A, "Unpacked"), line(B, "Unpacked"))
    assert shape(broken) == {"a": ("Unpacked", "240.00", ["a", "b"]), "b": ("MergedInto", "0", [])}


def test_cancelled_lines_leave_the_package_and_its_total() -> None:
    part = detail(FIRST, line(A, "Packaged", "P1"), line(B, "CancelledByCustomer", "", "80"))
    assert shape(part) == {"a": ("Packaged", "120.00", ["a"]), "b": ("CancelledByCustomer", "80.00", ["b"])}


def test_when_the_line_that_named_the_record_is_cancelled_its_record_is_cancelled() -> None:
    part = detail(FIRST, line(A, "CancelledByMerchant"), line(B, "Packaged", "P1", "80"))
    found = orders(part)
    assert (found["a"].status, found["b"].status) == (Status.CANCELLED, Status.PREPARING)
    assert found["b"].total == Decimal(80)


def test_when_all_is_cancelled_every_record_that_there_may_be_is_cancelled() -> None:
    found = orders(detail(FIRST, line(A, "CancelledBySap"), line(B, "CancelledBySap", "P2")))
    assert {id_: order.status for id_, order in found.items()} == {"a": Status.CANCELLED, "b": Status.CANCELLED}
    assert found["a"].total == Decimal(240)


def test_the_mixed_sample_is_a_shipped_package_and_a_cancelled_line() -> None:
    shipped, cancelled = (platform().read(record) for record in records(sample("hepsiburada_mixed.json")))
    assert (shipped.status, shipped.total) == (Status.SHIPPED, Decimal("240.00"))
    assert cancelled.status is Status.CANCELLED


def test_a_detail_in_an_array_is_the_same() -> None:
    found = detail(FIRST, line(A, "Packaged", "P1"))
    assert packages({FIRST: [found]}) == packages({FIRST: found})


def test_an_id_of_hepsiburadas_in_capitals_is_the_same() -> None:
    (record,) = records(detail(FIRST, line(A.upper())))
    assert record["id"] == A


def test_a_line_in_two_packages_is_two_doubted_records() -> None:
    found = records(detail(FIRST, line(A, "Packaged", "P1"), line(A, "Packaged", "P2")))
    assert [record["id"] for record in found] == [A, f"{A}~P2"]
    assert all(platform().read(record).doubts[0].hold_code == "identity-unclear" for record in found)


def test_lines_without_an_id_are_doubted() -> None:
    found = records(detail(FIRST, line("", "Packaged", "P1")))
    assert [record["id"] for record in found] == [f"{FIRST}~P1"]
    assert platform().read(found[0]).doubts[0].hold_code == "identity-unclear"


def test_a_package_of_which_an_order_is_not_told_is_doubted() -> None:
    known = detail(FIRST, line(A, "Packaged", "P1"))
    entry = {"orderNumbers": [FIRST, SECOND], "packageNumber": "P1", "status": "Open"}
    (record,) = packages({FIRST: known, SECOND: None}, [{"list": "missing-invoice", "record": entry}])
    (doubt,) = platform().read(record).doubts
    assert (doubt.hold_code, SECOND in doubt.message) == ("amount-unclear", True)


def test_a_package_that_no_entry_names_is_left_to_its_own_lists() -> None:
    """An open line names its order only; whether that order's packed lines share their package is not known."""
    found = {FIRST: detail(FIRST, line(A, "Packaged", "P1"), line(B))}
    entry = {"list": "open", "record": {"orderNumber": FIRST, "packageNumber": "", "id": B}}
    assert [record["id"] for record in packages(found, [entry])] == [B]
    own = {"list": "packages", "record": {"packageNumber": "P1", "items": [{"orderNumber": FIRST}]}}
    assert [record["id"] for record in packages(found, [entry, own])] == [A, B]


def test_of_an_order_with_a_cancelled_line_every_package_is_told() -> None:
    found = {FIRST: detail(FIRST, line(A, "Packaged", "P1"), line(B, "CancelledByCustomer"))}
    entry = {"list": "cancelled", "record": {"orderNumber": FIRST, "lineItemId": B}}
    assert [record["id"] for record in packages(found, [entry])] == [A, B]


def test_orders_of_one_package_for_different_buyers_are_doubted() -> None:
    other = detail(SECOND, line(B, "Packaged", "P1"))
    other["items"][0]["invoice"] = {
        "taxNumber": "1000000018",
        "taxOffice": "Bornova",
        "address": {"name": "Örnek A.Ş."},
    }
    record, *_ = records(detail(FIRST, line(A, "Packaged", "P1")), other)
    assert [doubt.hold_code for doubt in platform().read(record).doubts] == ["buyers-differ"]


def test_an_order_that_hepsiburada_does_not_tell_gives_nothing() -> None:
    assert packages({FIRST: None}, [{"list": "open", "record": {"orderNumber": FIRST}}]) == []


@pytest.mark.parametrize(
    ("entry", "numbers"),
    [
        ({"orderNumber": "1", "packageNumber": ""}, ["1"]),
        ({"OrderNumber": "1", "OrderNumbers": ["1", "2"], "PackageNumber": "9"}, ["1", "2"]),
        ({"orderNumbers": ["2", "1"], "packageNumber": "9"}, ["2", "1"]),
        (
            {"packageNumber": "9", "items": [{"orderNumber": "1"}, {"orderNumber": "2"}, {"orderNumber": "1"}]},
            ["1", "2"],
        ),
        ({"packageNumber": "9", "barcode": "1"}, []),
    ],
)
def test_an_entry_of_any_list_names_its_orders(entry: dict[str, Any], numbers: list[str]) -> None:
    assert order_numbers(entry) == numbers
