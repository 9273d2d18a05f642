"""How an account of Paraşüt rounds: not published, so it is one of 36 possibilities until the answers tell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Literal

VatRounding = Literal["line", "rate", "invoice"]
NetRounding = Literal["rounded", "exact"]
PriceDecimals = Literal[2, 4, 6]
DiscountMeaning = Literal["line", "unit"]

_VAT: tuple[VatRounding, ...] = ("line", "rate", "invoice")
_LINE_NET: tuple[NetRounding, ...] = ("rounded", "exact")
_PRICE_DECIMALS: tuple[PriceDecimals, ...] = (6, 4, 2)
_DISCOUNT: tuple[DiscountMeaning, ...] = ("line", "unit")


@dataclass(frozen=True, slots=True)
class RoundingProfile:
    """One way to recompute an invoice from quantities, unit prices, discounts and VAT rates. Always half up.

    `vat`             where VAT is rounded to the kuruş: on every line, on the sum of each rate, or once
    `line_net`        whether a line's net is rounded to the kuruş before anything else is made of it
    `price_decimals`  how many decimals of a unit price are kept
    `discount`        whether an `amount` discount is taken once from the line or from every unit
    """

    vat: VatRounding
    line_net: NetRounding
    price_decimals: PriceDecimals
    discount: DiscountMeaning

    @property
    def key(self) -> str:
        """The profile as one word for ledgers and messages: `line-rounded-6-line`."""
        return f"{self.vat}-{self.line_net}-{self.price_decimals}-{self.discount}"

    def __str__(self) -> str:
        return self.key

    @classmethod
    def from_key(cls, key: str) -> RoundingProfile:
        """The profile that `key` came from; ValueError when it is none."""
        try:
            return _BY_KEY[key]
        except KeyError:
            raise ValueError(f"{key!r} is no rounding profile; one reads like {ALL_PROFILES[0].key!r}") from None


def _in_order_of_plausibility() -> tuple[RoundingProfile, ...]:
    """The fewer departures from the likely way (VAT per line, nets rounded, 6 decimals, once per line), the earlier."""
    ranked = sorted(
        product(enumerate(_VAT), enumerate(_LINE_NET), enumerate(_PRICE_DECIMALS), enumerate(_DISCOUNT)),
        key=lambda choice: sum(rank for rank, _ in choice),
    )
    return tuple(
        RoundingProfile(vat, net, decimals, discount) for (_, vat), (_, net), (_, decimals), (_, discount) in ranked
    )


ALL_PROFILES: tuple[RoundingProfile, ...] = _in_order_of_plausibility()
_BY_KEY = {profile.key: profile for profile in ALL_PROFILES}
