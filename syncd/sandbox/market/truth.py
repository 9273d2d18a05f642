"""What is known about a package without reading any answer: what the seller must invoice, whether, and from when on.

All arithmetic is the sandbox's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from syncd.sandbox.figures import half_up
from syncd.sandbox.market.package import MAIN_WAY, MarketLine, Package, Stage


class Billing(StrEnum):
    """Which discounts the seller's invoice to the buyer leaves out. The seller's own always are; the platform's:"""

    SELLER_PRICE = "never: the buyer's invoice is above what they paid"
    BUYER_PAYS = "always: the marketplace is billed for its share"
    BY_BUYER = "for companies only; a consumer's invoice is above what they paid"


class Reason(StrEnum):
    """Why a package must not be invoiced by itself. The last three are for a person to look at."""

    NONE = ""
    UNPAID = "unpaid"
    CANCELLED = "cancelled"
    UNSUPPLIED = "unsupplied"
    UNPACKED = "unpacked"
    EXPORT = "export"
    REPLACEMENT = "replacement"
    CONTRADICTORY = "contradictory"


@dataclass(frozen=True)
class MarketTruth:
    """The truth about one package now. `total` and its parts are lira, VAT included, to the kuruş.

    `by_line` maps line id → what its line comes to; `by_rate` maps VAT percent → sum. `buyer_pays` is what the buyer
    gives for it. `reached` maps each stage of the main way that it has been in (a skipped one included) → since when.
    """

    package_id: int
    root_id: int
    order_number: str
    stage: Stage
    telling: str
    total: Decimal
    by_line: Mapping[int, Decimal]
    by_rate: Mapping[int, Decimal]
    buyer_pays: Decimal
    company: bool
    tax_number: str
    reason: Reason
    reached: Mapping[Stage, int]

    def due(self, trigger: Stage) -> int | None:
        """From when on its invoice must exist for a rule with that trigger; None: there must be none (yet)."""
        return None if self.reason is not Reason.NONE else self.reached.get(trigger)


def truth_of(package: Package, billing: Billing) -> MarketTruth:
    """Work it out from the package as it is now."""
    by_line = {line.line_id: line_total(line, package, billing) for line in package.lines}
    by_rate: dict[int, Decimal] = {}
    for line in package.lines:
        by_rate[line.vat_rate] = by_rate.get(line.vat_rate, Decimal("0.00")) + by_line[line.line_id]
    pays = (half_up(line.gross - line.seller_discount - line.platform_discount) for line in package.lines)
    return MarketTruth(
        package_id=package.package_id,
        root_id=package.root_id,
        order_number=package.order_number,
        stage=package.stage,
        telling=package.kind.value,
        total=sum(by_line.values(), Decimal("0.00")),
        by_line=by_line,
        by_rate=by_rate,
        buyer_pays=sum(pays, Decimal("0.00")),
        company=package.corporate,
        tax_number=package.buyer.tax_number or package.buyer.identity_number,
        reason=_reason(package),
        reached=_reached(package),
    )


def line_total(line: MarketLine, package: Package, billing: Billing) -> Decimal:
    """What the seller invoices for a line, to the kuruş."""
    total = line.gross - line.seller_discount
    if billing is Billing.BUYER_PAYS or (billing is Billing.BY_BUYER and package.corporate):
        total -= line.platform_discount
    return half_up(total)


def _reason(package: Package) -> Reason:
    dead = {
        Stage.UNPAID: Reason.UNPAID,
        Stage.CANCELLED: Reason.CANCELLED,
        Stage.UNSUPPLIED: Reason.UNSUPPLIED,
        Stage.UNPACKED: Reason.UNPACKED,
    }
    if package.stage in dead:
        return dead[package.stage]
    if package.micro_export or package.intermediated:
        return Reason.EXPORT
    if package.replacement:
        return Reason.REPLACEMENT
    return Reason.CONTRADICTORY if package.contradictory else Reason.NONE


def _reached(package: Package) -> dict[Stage, int]:
    reached: dict[Stage, int] = {}
    for stage, moment in package.history:
        if stage in MAIN_WAY:
            for passed in MAIN_WAY[1 : MAIN_WAY.index(stage) + 1]:
                reached.setdefault(passed, moment)
    return reached
