"""What the stand-in company has in its books at the start: a small firm, with the oddities of real ones."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from syncd.sandbox.options import SandboxOptions
from syncd.sandbox.parasut.state import ParasutState


def seeded_parasut(options: SandboxOptions, clock: Callable[[], float] = time.time) -> ParasutState:
    """Accounts, categories (some nested), contacts and products, among them archived and ambiguous ones.

    One contact has the e-mail of the shop's buyer Mehmet Demir but another tax number; two products share the code
    `KLM-01`; the product `ESK-90` is archived.
    """
    state = ParasutState(options, clock)
    state.add_account("Kasa", "cash")
    state.add_account("Garanti TL", "bank", iban="TR000000000000000000000000", bank_identifier="ORNEKBANK")
    state.add_account("iyzico", "bank")
    state.add_account("Eski Banka", "bank", archived=True)

    sales = state.add_category("Satış", "SalesInvoice")
    shop = state.add_category("Web Sitesi", "SalesInvoice", parent=sales)
    state.add_category("Kapıda Ödeme", "SalesInvoice", parent=shop)
    buyers = state.add_category("Müşteriler", "Contact")
    state.add_category("Perakende", "Contact", parent=buyers)
    goods = state.add_category("Mutfak", "Product")
    state.add_category("Kırtasiye", "Product")
    state.add_category("Termos", "Product", parent=goods)

    def contact(name: str, **attributes: Any) -> None:
        state.add_contact(name, **{"city": "İstanbul", "district": "Kadıköy", **attributes})

    contact(
        "Bilge Kırtasiye A.Ş.",
        tax_number="0100000007",
        tax_office="Kadıköy",
        email="bilgi@bilge.test",
        phone="+902160000001",
    )
    contact("Nehir Toptan Ltd. Şti.", account_type="supplier", tax_number="1000000018", email="satis@nehir.test")
    contact("Perakende Müşteri", contact_type="person", tax_number="11111111111")
    contact("Demir Eski Unvan", tax_number="1000000026", email="muhasebe@demir.test")
    contact("Kapanan Bakkal", tax_number="1000000034", email="bakkal@kapanan.test", archived=True)

    def product(name: str, code: str | None, vat_rate: int, **attributes: Any) -> None:
        state.add_product(name, code=code, vat_rate=Decimal(vat_rate), unit="Adet", **attributes)

    product("Çelik Termos 500 ml", "TRM-500", 20, list_price=Decimal("499.916667"), category=goods.id)
    product("Antep Fıstığı 250 g", "FST-250", 1, list_price=Decimal("296.534653"))
    product("Kargo Bedeli", "KARGO", 20, inventory_tracking=False)
    product("Kurşun Kalem", "KLM-01", 10, list_price=Decimal("10"))
    product("Kurşun Kalem (eski kayıt)", "KLM-01", 10, list_price=Decimal("9"))
    product("Eski Matara", "ESK-90", 20, archived=True)
    product("Kodsuz Hizmet", None, 20, inventory_tracking=False)
    for kind in ("accounts", "item_categories", "contacts", "products"):
        for record in state.table(kind).values():
            record.made_at = 0.0  # long before anything, however late lists show what is new
    return state
