"""Nobody is a contact twice, and nobody gets another's invoice."""

from __future__ import annotations

from typing import Any

import pytest
from factories import KEY, TCKN, VKN, FakeKnowledge

from syncd.sync.contacts import Match, match_contact, usable_email, usable_tax_number
from syncd.sync.known import KnownContact
from syncd.sync.steps import Known

ALL_WAYS = ("tax_number", "email", "platform_customer")


def a_contact(id: str = "1", name: str = "Ayşe Yılmaz", **changes: Any) -> KnownContact:
    return KnownContact(Known(id), name, changes.pop("tax_number", ""), changes.pop("email", ""), **changes)


def match(knowledge: FakeKnowledge, ways: tuple[str, ...] = ALL_WAYS, customer: str = "", **buyer: str) -> Match | None:
    return match_contact({"name": "Ayşe Yılmaz", **buyer}, ways, KEY, customer, knowledge)


def found(result: Match | None) -> tuple[str, str] | None:
    return None if result is None else (result.contact.ref.id, result.by)  # type: ignore[union-attr]


def test_the_tax_number_comes_before_the_email() -> None:
    knowledge = FakeKnowledge(
        [a_contact("1", email="ayse@ornek.test"), a_contact("2", "Yılmaz Ltd. Şti.", tax_number=VKN)]
    )
    assert found(match(knowledge, tax_number=VKN, email="ayse@ornek.test")) == ("2", "tax_number")


def test_the_ways_are_tried_in_the_rules_own_order() -> None:
    knowledge = FakeKnowledge([a_contact("1", email="ayse@ornek.test"), a_contact("2", tax_number=TCKN)])
    ways = ("email", "tax_number")
    assert found(match(knowledge, ways, tax_number=TCKN, email="ayse@ornek.test")) == ("1", "email")
    assert match(knowledge, ("platform_customer",), tax_number=TCKN, email="ayse@ornek.test") is None


def test_an_email_matches_in_any_case_of_its_letters() -> None:
    knowledge = FakeKnowledge([a_contact(email="ayse@ornek.test")])
    assert found(match(knowledge, email=" Ayse@ORNEK.test")) == ("1", "email")


def test_a_different_tax_number_vetoes_an_email() -> None:
    knowledge = FakeKnowledge([a_contact(tax_number=TCKN, email="ortak@ornek.test")])
    assert match(knowledge, tax_number=VKN, email="ortak@ornek.test") is None


@pytest.mark.parametrize(
    ("name", "expected"), [("AYŞE  YILMAZ", ("1", "email")), ("Can Öz", None), ("Yılmaz Ltd. Şti.", None)]
)
def test_where_only_the_contact_has_a_number_the_names_must_agree(name: str, expected: tuple[str, str] | None) -> None:
    knowledge = FakeKnowledge([a_contact(tax_number=TCKN, email="ayse@ornek.test")])
    assert found(match(knowledge, name=name, email="ayse@ornek.test")) == expected


def test_where_only_the_order_has_a_number_the_names_must_agree() -> None:
    knowledge = FakeKnowledge([a_contact(email="ayse@ornek.test")])
    assert found(match(knowledge, tax_number=TCKN, email="ayse@ornek.test")) == ("1", "email")
    assert match(knowledge, name="Yılmaz Ltd. Şti.", tax_number=VKN, email="ayse@ornek.test") is None


def test_without_any_number_the_email_alone_decides() -> None:
    knowledge = FakeKnowledge([a_contact(name="A. Yılmaz", email="ayse@ornek.test")])
    assert found(match(knowledge, email="ayse@ornek.test")) == ("1", "email")


@pytest.mark.parametrize("filler", ["11111111111", "2222222222", "", "123", "12345678901"])
def test_fillers_and_wrong_numbers_never_match(filler: str) -> None:
    knowledge = FakeKnowledge([a_contact(tax_number=filler)])
    assert match(knowledge, tax_number=filler) is None
    assert usable_tax_number(filler) == ""


def test_a_leading_zero_is_part_of_the_number() -> None:
    assert usable_tax_number("0100000007") == "0100000007"


def test_a_relay_address_never_matches() -> None:
    relay = "pf+abc@trendyolmail.com"
    assert usable_email(relay) == ""
    assert match(FakeKnowledge([a_contact(email=relay)]), email=relay) is None


def test_the_platforms_customer_is_known_from_an_earlier_invoice() -> None:
    knowledge = FakeKnowledge(customers={"7": a_contact("3")})
    assert found(match(knowledge, customer="7")) == ("3", "platform_customer")


def test_the_platforms_customer_with_another_tax_number_is_somebody_else() -> None:
    knowledge = FakeKnowledge(customers={"7": a_contact("3", tax_number=TCKN)})
    assert match(knowledge, customer="7", tax_number=VKN) is None


def test_an_archived_contact_counts_but_a_live_one_is_preferred() -> None:
    archived = a_contact("1", tax_number=TCKN, archived=True)
    assert found(match(FakeKnowledge([archived]), tax_number=TCKN)) == ("1", "tax_number")
    both = match(FakeKnowledge([archived, a_contact("2", tax_number=TCKN)]), tax_number=TCKN)
    assert found(both) == ("2", "tax_number")
    assert both is not None
    assert "2 contacts have this tax number" in both.note
