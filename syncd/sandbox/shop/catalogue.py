"""What is sold and who buys it in generated orders. Everybody and everything here is invented."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from syncd.sandbox.shop.identity import tckn, vkn


@dataclass(frozen=True)
class Article:
    """Something sold. `price` is in lira with VAT; `variation_id` is 0 for a simple product."""

    product_id: int
    name: str
    sku: str
    rate: int
    price: Decimal
    variation_id: int = 0
    parent_name: str | None = None


@dataclass(frozen=True)
class Buyer:
    """A person, or a company when `company` is set. `meta` are the order's meta data as a shop plugin writes them."""

    first_name: str
    last_name: str
    email: str
    city: str
    state: str
    company: str = ""
    tax_number: str | None = None
    meta: tuple[tuple[str, str], ...] = ()


ARTICLES = (
    Article(11, "Çelik Termos 500 ml", "TRM-500", 20, Decimal("599.90")),
    Article(12, "Antep Fıstığı 250 g", "FST-250", 1, Decimal("299.50")),
    Article(13, 'Defter A5 "Kareli" &amp; Çizgisiz', "DFT-A5", 10, Decimal("74.99")),
    Article(21, "Kupa &amp; Tabak Seti", "KUPA-İĞ-1", 20, Decimal("349.90")),
    Article(22, "Çocuk Kitabı", "KTP-0", 0, Decimal("120.00")),
    Article(23, "Ekmeklik Un 5 kg", "UN-5", 1, Decimal("163.33")),
    Article(24, "Tişört - Kırmızı, M", "TSR-K-M", 10, Decimal("249.95"), 241, "Tişört"),
    Article(25, "Kurşun Kalem", "KLM-01", 10, Decimal("11.11")),
    Article(26, "Eski Matara", "ESK-90", 20, Decimal("89.90")),
    Article(27, "Cam Şişe 0,33 L", "SIS-033", 20, Decimal("33.33")),
    Article(28, "Kodsuz Kart", "", 20, Decimal("15.00")),
)

_TCKN, _VKN = (
    [tckn(serial) for serial in range(11, 20)],
    [vkn(serial) for serial in (10_000_000, 200_000_001, 300_000_001)],
)

BUYERS = (
    Buyer("Zeynep", "Çağlar", "zeynep@caglar.test", "Kadıköy", "TR34", "", _TCKN[0], (("_billing_tc", _TCKN[0]),)),
    Buyer(
        "Bilge",
        "Sönmez",
        "bilgi@bilge.test",
        "Kadıköy",
        "TR34",
        "Bilge Kırtasiye A.Ş.",
        _VKN[0],
        (("_billing_vergi_no", _VKN[0]), ("_billing_vergi_dairesi", "Kadıköy")),
    ),
    Buyer("Ömer", "Iğdır", "omer@igdir.test", "Bornova", "TR35", "", None, ()),
    Buyer("Hülya", "Şen", "hulya@sen.test", "Nilüfer", "TR16", "", _TCKN[1], (("billing_tc_kimlik_no", _TCKN[1]),)),
    Buyer(
        "Kaan",
        "Uçar",
        "satinalma@ucar.test",
        "Çankaya",
        "TR06",
        "Uçar Yazılım Ltd. Şti.",
        _VKN[1],
        (
            ("_billing_hez_invoice_type", "company"),
            ("_billing_hez_tax_number", _VKN[1]),
            ("_billing_hez_tax_office", "Çankaya"),
        ),
    ),
    Buyer(
        "Elif",
        "Güneş",
        "elif@gunes.test",
        "Seyhan",
        "TR01",
        "",
        None,
        (("_billing_tc_kimlik_no_vergi_no", "11111111111"),),
    ),
    Buyer(
        "Deniz",
        "Öztürk",
        "deniz@ozturk.test",
        "Muratpaşa",
        "TR07",
        "Öztürk Turizm A.Ş.",
        _VKN[2],
        (("_billing_vkn", _VKN[2]), ("_billing_tax_office", "Antalya Kurumlar")),
    ),
    Buyer("Yağmur", "Işık", "yagmur@isik.test", "Meram", "TR42", "", _TCKN[2], (("_billing_tckn", _TCKN[2]),)),
)
