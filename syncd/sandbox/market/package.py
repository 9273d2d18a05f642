"""A shipment package as any marketplace has it, before it is written in that marketplace's own words.

Money is in lira, VAT included, as `Decimal`; moments are whole unix seconds; ids are positive integers that a
marketplace writes as it likes (as text, as a GUID: `market/ids.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum


class Stage(StrEnum):
    """Where a package is. The first five are the main way; in one of the others it is dead or on its way back."""

    UNPAID = "unpaid"
    """Payment or fraud check pending: masked (Trendyol), in a list of its own (Hepsiburada), not shown (N11)."""
    CREATED = "created"
    PREPARING = "preparing"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    UNSUPPLIED = "unsupplied"
    UNDELIVERED = "undelivered"
    RETURNED = "returned"
    """The undelivered parcel is back. (A return after delivery leaves the stage alone: `Package.claimed`.)"""
    UNPACKED = "unpacked"
    """Dead: its contents live on in packages that name it among their `origin_ids`."""


MAIN_WAY = (Stage.UNPAID, Stage.CREATED, Stage.PREPARING, Stage.SHIPPED, Stage.DELIVERED)


@dataclass(frozen=True)
class Address:
    """A postal address in Türkiye; `plate` is the province's number (34 is İstanbul)."""

    street: str
    neighbourhood: str
    district: str
    city: str
    plate: int
    postal_code: str

    @property
    def full(self) -> str:
        return f"{self.neighbourhood} {self.street} {self.district}/{self.city}"


@dataclass(frozen=True)
class MarketBuyer:
    """A customer of the marketplace, the same object (and `customer_id`) each time they come back.

    `company` is "" for a consumer. `tax_number` is a company's 10-digit VKN or a sole trader's 11-digit TCKN, "" for a
    consumer; `identity_number` is a consumer's TCKN, the filler `11111111111`, or "" when the marketplace tells none.
    `e_invoice` is whether a company takes e-Fatura. `alias` is the local part of the marketplace's own e-mail address
    ("" when it gives none); the shop's world never sees the real one.
    """

    customer_id: int
    first_name: str
    last_name: str
    address: Address
    company: str = ""
    tax_number: str = ""
    tax_office: str = ""
    identity_number: str = ""
    e_invoice: bool = False
    alias: str = ""
    phone: str = ""

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    @property
    def title(self) -> str:
        """Who the invoice is made out to."""
        return self.company or self.full_name

    @property
    def corporate(self) -> bool:
        return bool(self.company)


@dataclass(frozen=True)
class Article:
    """Something sold. `code` is the seller's own (stock code), `price` the usual one in lira with VAT."""

    article_id: int
    code: str
    name: str
    barcode: str
    vat_rate: int
    price: Decimal
    colour: str = ""
    size: str = ""


@dataclass(frozen=True)
class Unit:
    """One piece of a line. Discounts of the pieces of one line may differ by a kuruş; `unit_id` stays for good."""

    unit_id: int
    seller_discount: Decimal = Decimal("0.00")
    platform_discount: Decimal = Decimal("0.00")


@dataclass(frozen=True)
class MarketLine:
    """One line: an article, its gross price per piece before any discount, and its pieces.

    `order_number` is the order that it belongs to (one package may hold several). `line_id` stays when a package is
    repacked; whether it stays in a split is the market's trait `keeps_line_ids`. `unit_price` usually has two decimals,
    five in the kind `DECIMALS`.
    """

    line_id: int
    order_number: str
    article: Article
    unit_price: Decimal
    units: tuple[Unit, ...]

    @property
    def quantity(self) -> int:
        return len(self.units)

    @property
    def vat_rate(self) -> int:
        return self.article.vat_rate

    @property
    def seller_discounts(self) -> tuple[Decimal, ...]:
        """What the seller gives, per piece."""
        return tuple(unit.seller_discount for unit in self.units)

    @property
    def platform_discounts(self) -> tuple[Decimal, ...]:
        """What the marketplace gives, per piece."""
        return tuple(unit.platform_discount for unit in self.units)

    @property
    def gross(self) -> Decimal:
        """All pieces before discounts, not rounded."""
        return self.unit_price * self.quantity

    @property
    def seller_discount(self) -> Decimal:
        """All that the seller gives on the line."""
        return sum(self.seller_discounts, Decimal("0.00"))

    @property
    def platform_discount(self) -> Decimal:
        """All that the marketplace gives on the line."""
        return sum(self.platform_discounts, Decimal("0.00"))


class Kind(StrEnum):
    """What an order of the generator is there to show. Which kinds a marketplace has: `TRAITS` (`market/seed.py`)."""

    CONSUMER = "a consumer with an identity number"
    COMPANY = "a company that takes e-Fatura, several VAT rates"
    UNEVEN = "a seller's discount that differs by a kuruş from piece to piece"
    UNPAID = "never paid, at last cancelled"
    SPLIT = "split into two packages"
    CANCELLED = "cancelled while it is prepared"
    PLATFORM_DISCOUNT = "a discount that the marketplace gives a consumer"
    EXPORT = "micro export"
    PLACEHOLDER = "the filler identity number"
    PART_CANCELLED = "some pieces cancelled: a new package with the others"
    SOLE_TRADER = "a sole trader: eleven digits where a company has ten"
    UNDELIVERED = "shipped, not delivered, back at the seller"
    REPACKED = "packed again under a new package number"
    COMPANY_DISCOUNT = "a discount that the marketplace gives a company"
    NO_IDENTITY = "no number, no e-mail, no telephone"
    UNSUPPLIED = "the seller has none left"
    COMPANY_PAPER = "a company without e-Fatura"
    INTERMEDIATED = "sold abroad through the marketplace's own company"
    TRANSFERRED = "handed over by another seller"
    JUMP = "created to delivered within a minute"
    LATE_PAID = "paid a few hours after it was ordered"
    PICK_UP = "to a pick-up point"
    CLAIMED = "delivered, then the customer gives it back"
    MANY = "twelve pieces of one and a few of others"
    BOTH_DISCOUNTS = "discounts of seller and marketplace on the same line"
    CONTRADICTORY = "a total that its lines don't come to"
    DECIMALS = "unit prices with five decimals"
    TWO_ORDERS = "two order numbers in one package"
    REPLACEMENT = "a replacement after an exchange: invoiced already"
    NO_PACKAGE_ID = "the marketplace tells no package id"


@dataclass(frozen=True)
class Package:
    """One package of the market. `root_id` is the first package of its family (its own id without split or repacking).

    `origin_ids` are the packages that it came from, the last one last; `created_by` is `order`, `cancel` (a part was
    cancelled), `split`, `repack` or `transfer`. `history` holds every stage with its moment, the oldest first; a child
    inherits its parent's. `modified` is the moment of the last change of any kind. `ship_to` is the pick-up point or
    other delivery address, None when it goes to the buyer's own. `shipment_number` and `tracking` are the carrier's.
    """

    package_id: int
    root_id: int
    order_number: str
    kind: Kind
    buyer: MarketBuyer
    lines: tuple[MarketLine, ...]
    ordered_at: int
    stage: Stage
    modified: int
    history: tuple[tuple[Stage, int], ...]
    origin_ids: tuple[int, ...] = ()
    created_by: str = "order"
    ship_to: Address | None = None
    payment_method: str = "Kredi Kartı"
    shipment_number: int = 0
    tracking: int = 0
    cancelled_by: str = ""
    """`customer`, `seller` or "" (not cancelled)."""
    cancelled_units: tuple[tuple[int, int], ...] = field(default=())
    """Of a package whose part was cancelled: (line id, how many pieces)."""
    claimed: bool = False
    """The customer has asked to give it back after delivery."""

    @property
    def order_numbers(self) -> tuple[str, ...]:
        """All orders that the package holds lines of, its own first."""
        return tuple(dict.fromkeys([self.order_number, *(line.order_number for line in self.lines)]))

    def lines_of(self, order_number: str) -> tuple[MarketLine, ...]:
        return tuple(line for line in self.lines if line.order_number == order_number)

    @property
    def masked(self) -> bool:
        """Whether buyer and ids are hidden: not paid yet."""
        return self.stage is Stage.UNPAID

    @property
    def corporate(self) -> bool:
        """Whether an invoice for a company was asked for."""
        return self.buyer.corporate

    @property
    def micro_export(self) -> bool:
        return self.kind is Kind.EXPORT

    @property
    def intermediated(self) -> bool:
        """Sold abroad through the marketplace's own company, which is the `buyer` then."""
        return self.kind is Kind.INTERMEDIATED

    @property
    def replacement(self) -> bool:
        return self.kind is Kind.REPLACEMENT

    @property
    def contradictory(self) -> bool:
        """Whether the marketplace writes a package total that is 5.00 above what the lines come to."""
        return self.kind is Kind.CONTRADICTORY

    @property
    def id_hidden(self) -> bool:
        """Whether the marketplace writes no package id."""
        return self.kind is Kind.NO_PACKAGE_ID

    def reached(self, stage: Stage) -> int | None:
        """When it was first in that stage; None when it never was."""
        return next((moment for one, moment in self.history if one is stage), None)
