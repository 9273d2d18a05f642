"""Turkish letters and provinces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syncd.orders.provinces import PROVINCES, province
from syncd.orders.turkish import ascii_fold, lower_tr, title_tr, upper_tr


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("AYŞE YILMAZ-ÖZ", "Ayşe Yılmaz-Öz"),
        ("ışıl inci", "Işıl İnci"),
        ("DEMİR GIDA SAN. VE TİC. LTD. ŞTİ.", "Demir Gıda San. ve Tic. Ltd. Şti."),
        ("ÖRNEK YAZILIM A.Ş.", "Örnek Yazılım A.Ş."),
        ("ÖRNEK YAZILIM AŞ", "Örnek Yazılım AŞ"),
        ("VE TİCARET", "Ve Ticaret"),
        ("İSTANBUL'UN SESİ", "İstanbul'un Sesi"),
        ("3M SANAYİ", "3M Sanayi"),
        ("", ""),
        ("I\u0307PEK", "İpek"),
    ],
)
def test_names_are_written_as_names(text: str, title: str) -> None:
    assert title_tr(text) == title


def test_dotted_and_dotless_i_keep_apart() -> None:
    assert upper_tr("ılık incir") == "ILIK İNCİR"
    assert lower_tr("ILIK İNCİR") == "ılık incir"
    assert ascii_fold("Kadıköy ŞİŞLİ") == "kadikoy sisli"


@given(st.text(alphabet="abcçdefgğhıijklmnoöprsştuüvyz ", max_size=30))
def test_turkish_capitals_go_back_to_the_same_small_letters(text: str) -> None:
    assert lower_tr(upper_tr(text)) == text
    assert lower_tr(title_tr(text)) == text


def test_every_plate_code_has_its_own_province() -> None:
    assert len(set(PROVINCES)) == 81
    assert [province(f"TR{code:02d}") for code in range(1, 82)] == list(PROVINCES)
    # Some by their plates, spread over the list, so that a slip by one is seen.
    plates = {
        6: "Ankara",
        7: "Antalya",
        16: "Bursa",
        27: "Gaziantep",
        34: "İstanbul",
        35: "İzmir",
        42: "Konya",
        55: "Samsun",
    }
    plates |= {61: "Trabzon", 63: "Şanlıurfa", 67: "Zonguldak", 71: "Kırıkkale", 76: "Iğdır", 77: "Yalova", 81: "Düzce"}
    assert {code: province(f"TR{code:02d}") for code in plates} == plates
