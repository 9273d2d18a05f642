"""Tax numbers and e-mail addresses of buyers."""

from __future__ import annotations

import pytest

from syncd.orders.identity import is_filler, is_relay_email, is_tckn, is_vkn, normalise_email, normalise_tax_number


@pytest.mark.parametrize("number", ["1234567890", "0123456789"])
def test_a_vkn_has_ten_digits_whose_last_one_checks_the_others(number: str) -> None:
    assert is_vkn(number)
    assert not is_vkn(number[:-1] + str((int(number[-1]) + 1) % 10))
    assert not is_vkn(number[:-1])
    assert not is_vkn(number + "0")


def test_a_tckn_has_eleven_digits_no_leading_zero_and_two_check_digits() -> None:
    assert is_tckn("10000000146")
    assert not is_tckn("10000000147")
    assert not is_tckn("1000000014")
    assert not is_tckn("00000000000")


@pytest.mark.parametrize("text", ["", " ", "abc", "1234 567890", "12345678९0", "1000000014६"])
def test_what_is_not_digits_alone_is_neither(text: str) -> None:
    assert not is_vkn(text)
    assert not is_tckn(text)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (" 012 345 67 89 ", "0123456789"),
        ("TR0123456789", "0123456789"),
        ("10000000146", "10000000146"),
        ("VKN: 123-456-7890", "1234567890"),
        ("yok", ""),
        ("", ""),
        ("１２３", "123"),
    ],
)
def test_a_tax_number_is_its_digits_with_the_leading_zeros(text: str, digits: str) -> None:
    assert normalise_tax_number(text) == digits


@pytest.mark.parametrize("number", ["11111111111", "2222222222", "99999999999", "0000000000"])
def test_one_digit_throughout_stands_for_no_number(number: str) -> None:
    assert is_filler(number)


@pytest.mark.parametrize("number", ["", "11111111110", "1234567890"])
def test_other_numbers_stand_for_themselves(number: str) -> None:
    assert not is_filler(number)


@pytest.mark.parametrize(
    "email",
    [
        "pf+j2jm8x99@trendyolmail.com",
        "PF+J2JM8X99@TRENDYOLMAIL.COM",
        "abc@mail.hepsiburada.com",
        "abc@n11.com",
        "x1@marketplace.amazon.com.tr",
        "x1@privaterelay.appleid.com",
        "",
        "  ",
        "yok",
        "ayse@",
        "@ornek.test",
        "ayse@localhost",
        "ayse@ornek.test, mehmet@ornek.test",
        "ayse ornek@ornek.test",
    ],
)
def test_an_address_that_is_an_alias_or_none_does_not_tell_the_buyer(email: str) -> None:
    assert is_relay_email(email)


@pytest.mark.parametrize(
    "email", ["ayse@ornek.test", " Ayse.Yilmaz+siparis@Posta.Ornek.TEST ", "a@notn11.com", "n11.com@ornek.test"]
)
def test_an_address_of_the_buyers_own_tells_the_buyer(email: str) -> None:
    assert not is_relay_email(email)


def test_an_email_is_lowered_in_ascii_only() -> None:
    assert normalise_email(" INFO@ORNEK.TEST\n") == "info@ornek.test"
    assert normalise_email("Iİıi@ornek.test") == "iİıi@ornek.test"
