"""What is sold on the marketplaces. Everything is invented; the codes that the shop sells too are the shop's."""

from __future__ import annotations

from decimal import Decimal

from syncd.sandbox.market.ids import ean13
from syncd.sandbox.market.package import Article

_GOODS = (
    ("TRM-500", "Çelik Termos 500 ml", 20, "599.90", "Gri", "500 ml"),
    ("FST-250", "Antep Fıstığı 250 g", 1, "299.50", "", "250 g"),
    ("DFT-A5", 'Defter A5 "Kareli" & Çizgisiz', 10, "74.99", "Mavi", "A5"),
    ("SIS-033", "Cam Şişe 0,33 L", 20, "33.33", "", "0,33 L"),
    ("TSR-K-M", "Tişört - Kırmızı, M", 10, "249.95", "Kırmızı", "M"),
    ("UN-5", "Ekmeklik Un 5 kg", 1, "163.33", "", "5 kg"),
    ("KUPA-İĞ-1", "Kupa & Tabak Seti", 20, "349.90", "Beyaz", "Tek Ebat"),
    ("KLM-HB", "Kurşun Kalem HB", 10, "11.11", "Sarı", ""),
    ("LMB-07", "Masa Lambası Şamdan", 20, "1284.07", "Siyah", "Tek Ebat"),
    ("BAL-850", "Çiçek Balı 850 g", 1, "412.75", "", "850 g"),
    ("HVL-90", "Havlu 90x150 Ütüsüz", 10, "189.01", "Lacivert", "90x150"),
    ("KLF-XR", "Telefon Kılıfı", 20, "119.49", "Şeffaf", "XR"),
)

ARTICLES = tuple(
    Article(9000 + number, code, name, ean13(number), rate, Decimal(price), colour, size)
    for number, (code, name, rate, price, colour, size) in enumerate(_GOODS, start=1)
)
