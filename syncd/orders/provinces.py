"""Turkey's 81 provinces by their plate code, which ISO 3166-2:TR and WooCommerce (`TR34`) use as well."""

from __future__ import annotations

import re

PROVINCES: tuple[str, ...] = (
    "Adana", "Adıyaman", "Afyonkarahisar", "Ağrı", "Amasya", "Ankara", "Antalya", "Artvin", "Aydın",
    "Balıkesir", "Bilecik", "Bingöl", "Bitlis", "Bolu", "Burdur", "Bursa", "Çanakkale", "Çankırı", "Çorum",
    "Denizli", "Diyarbakır", "Edirne", "Elazığ", "Erzincan", "Erzurum", "Eskişehir", "Gaziantep", "Giresun",
    "Gümüşhane", "Hakkari", "Hatay", "Isparta", "Mersin", "İstanbul", "İzmir", "Kars", "Kastamonu", "Kayseri",
    "Kırklareli", "Kırşehir", "Kocaeli", "Konya", "Kütahya", "Malatya", "Manisa", "Kahramanmaraş", "Mardin",
    "Muğla", "Muş", "Nevşehir", "Niğde", "Ordu", "Rize", "Sakarya", "Samsun", "Siirt", "Sinop", "Sivas",
    "Tekirdağ", "Tokat", "Trabzon", "Tunceli", "Şanlıurfa", "Uşak", "Van", "Yozgat", "Zonguldak", "Aksaray",
    "Bayburt", "Karaman", "Kırıkkale", "Batman", "Şırnak", "Bartın", "Ardahan", "Iğdır", "Yalova", "Karabük",
    "Kilis", "Osmaniye", "Düzce",
)  # fmt: skip
"""The names in the order of the plate codes: the first is 01, the last 81."""

_CODE = re.compile(r"(?:TR-?)(\d{1,2})", re.IGNORECASE)


def province(code: str) -> str:
    """The name for a state code: `TR34` or `TR-34` → `İstanbul`. Anything else comes back trimmed, unchanged."""
    match = _CODE.fullmatch(code.strip())
    if match and 1 <= int(match.group(1)) <= len(PROVINCES):
        return PROVINCES[int(match.group(1)) - 1]
    return code.strip()
