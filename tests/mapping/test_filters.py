"""What the filters do beyond the examples of their page."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.mapping.cuts import truncate_bytes
from syncd.mapping.failure import FilterError
from syncd.mapping.filters import (
    date_of,
    default,
    digits,
    epoch_ms,
    find,
    host,
    is_tckn,
    is_vkn,
    join,
    moment,
    moment_mistake,
    money,
    province,
    round_half_up,
    tckn,
    to_decimal,
    to_int,
    truncate,
    vkn,
)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("1559.30", "1559.30"),
        ("1559,30", "1559.30"),
        ("1.559,30", "1559.30"),
        ("1,559.30", "1559.30"),
        ("1.234.559", "1234559"),
        (" 12 500,5 ", "12500.5"),
        ("-0.5", "-0.5"),
        (7, "7"),
        (0.1, "0.1"),
        (Decimal("2.50"), "2.50"),
    ],
)
def test_decimal_reads_what_people_and_platforms_write(value: Any, number: str) -> None:
    assert to_decimal(value) == Decimal(number)


@pytest.mark.parametrize("value", ["", None, "abc", "12 TL", "NaN", "Infinity", True, "1e999999"])
def test_decimal_refuses_what_is_no_number(value: Any) -> None:
    with pytest.raises(FilterError):
        to_decimal(value)


def test_a_default_stands_in_for_text_without_a_number() -> None:
    assert to_decimal("", Decimal(0)) == 0
    assert to_int("abc") == 0
    assert to_int("12,9") == 12
    assert to_int(Decimal("-12.9")) == -12


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("1234567.891", "TRY", "1.234.567,89 TL"),
        ("0.005", "TL", "0,01 TL"),
        ("-1500", "EUR", "-1.500,00 EUR"),
        ("999.999", "", "1.000,00"),
    ],
)
def test_money_is_written_the_turkish_way(value: str, currency: str, text: str) -> None:
    assert money(value, currency) == text


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=5), st.integers(0, 4))
def test_rounding_is_half_away_from_zero(number: Decimal, precision: int) -> None:
    step = Decimal(1).scaleb(-precision)
    rounded = round_half_up(number, precision)
    assert abs(rounded - number) <= step / 2
    assert rounded % step == 0
    if abs(rounded - number) == step / 2:
        assert abs(rounded) > abs(number)


def test_an_unknown_rounding_is_refused() -> None:
    with pytest.raises(FilterError, match="common, ceil or floor"):
        round_half_up(1, 0, "bankers")


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (datetime(2026, 11, 23, 20, 59, 59, tzinfo=UTC), "2026-11-23"),
        (datetime(2026, 11, 23, 21, 0, tzinfo=UTC), "2026-11-24"),
        (datetime(2026, 11, 23, 21, 0), "2026-11-23"),  # noqa: DTZ001 - a wall clock without a zone stays as it is
        (date(2026, 1, 2), "2026-01-02"),
        ("2026-11-23", "2026-11-23"),
        ("2026-11-23T22:00:00Z", "2026-11-24"),
        ("", ""),
        (None, ""),
    ],
)
def test_the_day_is_that_in_turkey(value: Any, day: str) -> None:
    assert date_of(value) == day


@pytest.mark.parametrize("value", ["yesterday", "2026-13-01", 5])
def test_what_is_no_date_is_refused(value: Any) -> None:
    with pytest.raises(FilterError, match="not a date"):
        date_of(value)


def test_text_becomes_a_moment_of_its_zone() -> None:
    assert moment("2026-11-23T20:02:09", "Europe/Istanbul") == datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC)
    assert moment("2026-11-23T20:02:09+03:00") == datetime(2026, 11, 23, 17, 2, 9, tzinfo=UTC)
    assert moment("") is None
    with pytest.raises(FilterError, match="no time zone"):
        moment("2026-11-23", "Europe/Ankara")


def test_text_that_is_not_written_as_iso_says_is_read_by_its_pattern() -> None:
    pattern = "%d.%m.%Y %H:%M:%S"
    assert moment("24.11.2026 13:05:00", "Europe/Istanbul", pattern) == datetime(2026, 11, 24, 10, 5, tzinfo=UTC)
    assert moment("24.11.2026", pattern="%d.%m.%Y") == datetime(2026, 11, 24, tzinfo=UTC)
    assert moment("24/11/26 13:05 +0300", "UTC", "%d/%m/%y %H:%M %z") == datetime(2026, 11, 24, 10, 5, tzinfo=UTC)
    assert moment("", "Europe/Istanbul", pattern) is None
    assert moment(None, "Europe/Istanbul", pattern) is None
    for text in ("24.13.2026 13:05:00", "24.11.2026", "2026-11-24T13:05:00"):
        with pytest.raises(FilterError, match="not a date written as '%d"):
            moment(text, "Europe/Istanbul", pattern)
    with pytest.raises(FilterError, match="needs its pattern, such as moment"):
        moment("24.11.2026 13:05:00", "Europe/Istanbul")


@pytest.mark.parametrize("pattern", ["%d.%m", "%d.%d.%Y", "%Y-%Q", "%Y%"])
def test_a_pattern_that_can_read_nothing_is_refused(pattern: str) -> None:
    assert moment_mistake("UTC", pattern)
    with pytest.raises(FilterError):
        moment("24.11.2026", "UTC", pattern)


@given(st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001 - hypothesis wants naive bounds
def test_milliseconds_and_moments_go_both_ways(naive: datetime) -> None:
    exact = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    number = epoch_ms(exact)
    assert isinstance(number, int)
    assert epoch_ms(number) == exact
    assert epoch_ms(str(number)) == exact


def test_no_milliseconds_are_no_moment() -> None:
    assert epoch_ms(None) is None
    assert epoch_ms("") is None
    with pytest.raises(FilterError, match="no moment"):
        epoch_ms(10**30)


def test_identity_numbers_are_cleaned_and_checked() -> None:
    assert vkn("100.000 00-18") in {"1000000018"}
    assert vkn("1000000019") == ""
    assert tckn(" 100 000 001 46 ") == "10000000146"
    assert tckn("11111111111") == ""
    assert is_vkn("1000000018")
    assert not is_vkn("10000000146")
    assert is_tckn("10000000146")
    assert not is_tckn(None)


@pytest.mark.parametrize(
    ("code", "name"),
    [("TR06", "Ankara"), ("tr-81", "Düzce"), ("TR99", "TR99"), (" İzmir ", "İzmir"), ("", ""), ("34", "34")],
)
def test_a_state_code_becomes_its_province(code: str, name: str) -> None:
    assert province(code) == name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://WWW.Ornek.test/a?b", "www.ornek.test"),
        ("ornek.test:8080", "ornek.test"),
        ("", ""),
        ("http://[::1]:80/", "::1"),
    ],
)
def test_the_host_of_a_url(url: str, name: str) -> None:
    assert host(url) == name


def test_a_broken_url_is_refused() -> None:
    with pytest.raises(FilterError, match="not a URL"):
        host("http://[::1")


def test_find_compares_numbers_and_text_by_what_they_read_like() -> None:
    records = [{"id": 6}, {"id": 7, "v": "a"}, {"id": "7", "v": "b"}]
    assert find(records, "id", "7") == {"id": 7, "v": "a"}
    assert find(records, "id", 8) is None
    assert find(None, "id", 8) is None
    assert find([SimpleNamespace(kind="fee", total=1)], "kind", "fee").total == 1
    assert find([{"on": False}, {"on": True}], "on") == {"on": True}


def test_join_takes_parts_of_parts_and_refuses_missing_ones() -> None:
    records = [{"a": {"b": Decimal("1.50")}}, {"a": {"b": 2}}]
    assert join(records, "+", "a.b") == "1.50+2"
    with pytest.raises(FilterError, match="an element has no c"):
        join(records, "+", "a.c")
    with pytest.raises(FilterError, match="private"):
        join(records, "+", "__class__")


def test_small_things_about_text() -> None:
    assert digits("٣4") == "4"
    assert truncate("abcdef", 3, "") == "abc"
    assert truncate("abc", 3) == "abc"
    assert default("", "d") == ""
    assert default("", "d", True) == "d"


@given(st.text(max_size=40), st.integers(0, 60), st.sampled_from(["", "…", "..."]))
def test_a_cut_text_fits_and_is_the_beginning(text: str, length: int, end: str) -> None:
    cut = truncate_bytes(text, length, end)
    assert len(cut.encode()) <= length
    if len(text.encode()) <= length:
        assert cut == text
    else:
        assert text.startswith((cut.removesuffix(end), cut))


@given(st.text(alphabet="aşİ̇\u0301\u0327e👩\u200d👧🏽", max_size=20), st.integers(0, 40))
def test_no_accent_is_parted_from_its_letter(text: str, length: int) -> None:
    cut = truncate_bytes(text, length)
    rest = text[len(cut) :]
    assert not rest or not unicodedata.combining(rest[0]) or cut == ""
    assert not cut.endswith("\u200d") or cut == text


def test_a_joined_sign_is_cut_as_a_whole() -> None:
    family = "👩\u200d👧"
    assert truncate_bytes("a" + family, 8) == "a"
    assert truncate_bytes("e\u0301", 2) == ""
