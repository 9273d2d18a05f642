"""What a log never shows, and what it must show all the same."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.tr import tckimlik, vkn

from syncd.masking import HIDDEN, Mask

VKN = "1000000018"
TCKN = "10000000146"
SHOP = Mask((), ["site", "trendyol", "hepsiburada", "n11"])


def vkns() -> st.SearchStrategy[str]:
    return st.from_regex(r"[0-9]{9}", fullmatch=True).map(lambda nine: nine + vkn.calc_check_digit(nine))


def tckns() -> st.SearchStrategy[str]:
    return st.from_regex(r"[1-9][0-9]{8}", fullmatch=True).map(lambda nine: nine + tckimlik.calc_check_digits(nine))


AROUND = [
    *(
        "{} ",
        "no {}.",
        "({}),",
        "TR{}",
        "tax:{};",
        "filter[tax_number]={}&x=1",
        "a\n{}\nb",
        "-{}-",
        "#{}",
        "'{}'",
        "{}.00",
    ),
    *("Çankaya/{}", "kadikoy/{}", "V.D./{}"),
]


@given(st.one_of(vkns(), tckns()), st.sampled_from(AROUND))
def test_no_tax_number_is_ever_shown(number: str, around: str) -> None:
    assert number not in SHOP(around.format(number))


@pytest.mark.parametrize("text", ["100 000 00 18", "100 000 001 46", "4 1000000018", "100\u00a0000\u00a0001\u00a046"])
def test_a_tax_number_in_groups_is_hidden(text: str) -> None:
    hidden = SHOP(f"the buyer gave {text} as number")
    assert HIDDEN in hidden
    assert "0018" not in hidden.replace(" ", "")
    assert "46" not in hidden


@pytest.mark.parametrize("word", ["tax_number", "VKN", "TCKN", "vergi no", "T.C. kimlik no", "identityNumber"])
def test_after_a_word_that_announces_it_even_a_mistyped_number_is_hidden(word: str) -> None:
    assert not vkn.is_valid("1000000019")
    assert SHOP(f"{word}: 1000000019 is none") == f"{word}: {HIDDEN} is none"
    assert SHOP(f"{word} '10000000147'") == f"{word} '{HIDDEN}'"


@pytest.mark.parametrize(
    "text",
    [
        "trendyol/99000000001 is held",
        f"trendyol/{VKN} is held",  # an order number that happens to check as a VKN
        f"trendyol/107703/{VKN}: outcome unknown",
        f"n11/204012345#{VKN}: held; package {VKN} waits",
        f"hepsiburada/4012345678#0c9e{VKN}-4f1b is held",
        f"site/{TCKN}: made; order {TCKN} goes on",
        "package 9000000002, order 99000000001",
        "n11/201234567890, hepsiburada/4012345678",
        "id 3141592653, epoch 1764064800123, modified 1764064800123-1764064900123",
        "2026-11-24 09:30:00 to 2026-11-24 10:30:00",
        "GET /v4/115/sales_invoices/400123: 200 in 512 ms",
        "page 1 of 10, 100 orders, total 12345678.90, step 0.1000000018",
    ],
)
def test_order_numbers_packages_ids_and_moments_are_shown(text: str) -> None:
    assert SHOP(text) == text


def test_an_order_bound_to_the_event_is_shown_although_it_looks_like_a_tax_number() -> None:
    assert SHOP(f"package {VKN} was split", order=f"trendyol/{VKN}") == f"package {VKN} was split"
    assert SHOP(f"package {VKN} was split") == f"package {HIDDEN} was split"


@pytest.mark.parametrize(
    "text",
    [
        "ayse@ornek.test",
        "Ayse.Yilmaz+syncd@posta.ornek.test",
        "<ayse@ornek.test>",
        "email=ayse%40ornek.test&x",
        "mailto:ayse@ornek.test",
        "ayşe@örnek.test",
    ],
)
def test_an_email_address_is_hidden(text: str) -> None:
    hidden = SHOP(f"the buyer {text} has none")
    assert "rnek" not in hidden
    assert hidden.startswith("the buyer ")
    assert hidden.endswith(" has none")


@pytest.mark.parametrize("text", ["+90 532 000 00 00", "05320000000", "0 (532) 000 00 00", "+905320000000"])
def test_a_telephone_number_is_hidden(text: str) -> None:
    assert SHOP(f"call {text}, please") == f"call {HIDDEN}, please"


@pytest.mark.parametrize("secret", ["s3cret/+ &=", 'quo"ted\\', "parola-çğş", "cs_0123456789abcdef"])
@pytest.mark.parametrize("user", ["u", "us", "use", "ck_0123456789abcdef"])
def test_a_secret_is_hidden_in_every_form_it_travels_in(secret: str, user: str) -> None:
    masked = Mask([secret])
    in_basic = base64.b64encode(f"{user}:{secret}".encode()).decode()
    for form in (secret, quote(secret, safe=""), quote(secret, safe="").lower(), repr(secret), f"x{secret}y"):
        assert secret not in masked(form)
        assert HIDDEN in masked(form), form
    left = masked(f"Authorization header {in_basic} sent")
    assert in_basic not in left
    assert HIDDEN in left
    assert in_basic[-8:] not in left


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer eyJ0.aBc-DEF_123",
        "{'Authorization': 'Bearer eyJ0.aBc-DEF_123'}",
        '{"authorization": "Basic eyJ0.aBc-DEF_123"}',
        "Proxy-Authorization: eyJ0.aBc-DEF_123",
        "bearer eyJ0.aBc-DEF_123",
        "access_token=eyJ0.aBc-DEF_123&grant_type=x",
        '{"access_token": "eyJ0.aBc-DEF_123", "expires_in": 7200}',
        '{\\"refresh_token\\": \\"eyJ0.aBc-DEF_123\\"}',
        "refresh_token: eyJ0.aBc-DEF_123",
        "?consumer_secret=eyJ0.aBc-DEF_123&page=1",
        "oauth_signature=eyJ0.aBc-DEF_123",
        "appKey: eyJ0.aBc-DEF_123",
        "appsecret=eyJ0.aBc-DEF_123",
        'password="eyJ0.aBc-DEF_123"',
        "client_secret='eyJ0.aBc-DEF_123'",
    ],
)
def test_a_login_that_is_no_secret_of_the_configuration_is_hidden_too(text: str) -> None:
    hidden = Mask()(text)
    assert "eyJ0" not in hidden
    assert "DEF_123" not in hidden


@pytest.mark.parametrize(
    "text",
    [
        "syncd.yaml:7:13: parasut.password: the credential parasut_password can't be read",
        "Check parasut.client_id, client_secret, username and password, and that the user signs in",
        "the shop wants Basic authentication, or a bearer token.",
        "the credential trendyol_api_key does not exist",
    ],
)
def test_words_about_secrets_are_readable(text: str) -> None:
    assert Mask()(text) == text


def test_a_long_text_is_masked_in_no_time() -> None:
    masked = Mask([f"secret-{number}" for number in range(40)], ["site"])
    text = "@" + "a.b-" * 50_000 + " 123" * 20_000 + "0" * 50_000
    assert masked(text) == text  # the test's time-out is what it must keep


def test_short_values_are_no_secrets() -> None:
    assert Mask(["", "a", "115"])("a company 115") == "a company 115"
