"""Who buys on the marketplaces. Everybody is invented; tax and identity numbers have valid check digits."""

from __future__ import annotations

import random

from syncd.sandbox.market.package import Address, MarketBuyer
from syncd.sandbox.shop.identity import tckn, vkn

PLACEHOLDER = "11111111111"

_FIRST = (
    "Ayşe",
    "Çağrı",
    "Gülşah",
    "İpek",
    "Ömer",
    "Şule",
    "Uğur",
    "Yiğit",
    "Nilüfer",
    "Tuğçe",
    "Işıl",
    "Halil İbrahim",
)
_LAST = (
    "Çelik",
    "Öztürk",
    "Şahin",
    "Yıldız",
    "Güneş",
    "Aydın",
    "Kılıç",
    "Ünal",
    "Çağlayan",
    "Iğdır",
    "Söğüt",
    "Demirağ",
)
_TRADES = ("Gıda", "İnşaat", "Tekstil", "Yazılım", "Kırtasiye", "Turizm", "Otomotiv", "Ambalaj")
_FORMS = ("Ltd. Şti.", "A.Ş.", "San. ve Tic. Ltd. Şti.")
_STREETS = ("Papatya Sk. No:4 D:2", "Çınar Cad. No:118", "Şehit Örnek Sk. No:7/A", "Gül Bulvarı No:23 Kat:3")
_PLACES = (
    ("Caferağa Mah.", "Kadıköy", "İstanbul", 34, "34710"),
    ("Kızılay Mah.", "Çankaya", "Ankara", 6, "06420"),
    ("Kazımdirik Mah.", "Bornova", "İzmir", 35, "35100"),
    ("Görükle Mah.", "Nilüfer", "Bursa", 16, "16285"),
    ("Şirinyalı Mah.", "Muratpaşa", "Antalya", 7, "07160"),
    ("Yeni Mah.", "Iğdır Merkez", "Iğdır", 76, "76000"),
)
_OFFICES = ("Kadıköy", "Çankaya", "Bornova", "Nilüfer", "Muratpaşa")


def intermediary(serial: int) -> MarketBuyer:
    """The marketplace's own company, which is invoiced for what goes abroad through it."""
    return MarketBuyer(
        serial,
        "Aracı",
        "İhracat",
        Address("Liman Yolu No:1", "Merkez Mah.", "Şişli", "İstanbul", 34, "34360"),
        company="Pazaryeri Aracılık A.Ş.",
        tax_number=vkn(810_000_001),
        tax_office="Büyük Mükellefler",
        e_invoice=True,
        alias=f"araci{serial}",
        phone="2120000000",
    )


PICK_UP_POINT = Address("İstasyon Meydanı No:2 (teslimat noktası)", "Merkez Mah.", "Seyhan", "Adana", 1, "01060")


class People:
    """Makes buyers, each time the same for the same chance; `customer_id` counts up from `first`."""

    def __init__(self, chance: random.Random, first: int) -> None:
        self._chance = chance
        self._first = first
        self._made = 0

    def consumer(self, identity: str = "real", silent: bool = False) -> MarketBuyer:
        """A person whose number is `real`, the `placeholder` or `none`; `silent`: without e-mail and telephone."""
        buyer = self._person(silent)
        number = {"real": tckn(self._serial), "placeholder": PLACEHOLDER, "none": ""}[identity]
        return MarketBuyer(**{**vars(buyer), "identity_number": number})

    def company(self, e_invoice: bool) -> MarketBuyer:
        """A company with a valid VKN; one in eight begins with a zero."""
        buyer = self._person()
        serial = self._serial + (0 if self._serial % 8 == 0 else 400_000_000)
        return self._trading(buyer, vkn(serial), self._chance.choice(_FORMS), e_invoice)

    def sole_trader(self) -> MarketBuyer:
        """A trader who is a person: a TCKN where a company has its VKN."""
        buyer = self._person()
        return self._trading(buyer, tckn(self._serial), "Ticaret", False)

    @property
    def _serial(self) -> int:
        return (self._first + self._made) % 90_000_000

    def _person(self, silent: bool = False) -> MarketBuyer:
        self._made += 1
        place = self._chance.choice(_PLACES)
        address = Address(self._chance.choice(_STREETS), *place)
        number = self._first + self._made
        return MarketBuyer(
            number,
            self._chance.choice(_FIRST),
            self._chance.choice(_LAST),
            address,
            alias="" if silent else f"m{number}",
            phone="" if silent else f"5{self._chance.randrange(10**9):09d}",
        )

    def _trading(self, buyer: MarketBuyer, number: str, form: str, e_invoice: bool) -> MarketBuyer:
        company = f"{buyer.last_name} {self._chance.choice(_TRADES)} {form}"
        office = self._chance.choice(_OFFICES)
        changes = {"company": company, "tax_number": number, "tax_office": office, "e_invoice": e_invoice}
        return MarketBuyer(**{**vars(buyer), **changes})
