"""Which rounding profiles an answer of Paraşüt leaves possible."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from syncd.orders.amounts.figures import PricedLine, compute, stored_price
from syncd.orders.amounts.profile import RoundingProfile


@dataclass(frozen=True, slots=True)
class AnsweredLine:
    """A line's figures as they came back; None: not told. `net_total` includes VAT, as Paraşüt's field of that name."""

    net_total: Decimal | None = None
    vat: Decimal | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """An invoice's figures as they came back. `lines` stand in the order they were sent, or are left out altogether."""

    payable: Decimal
    before_taxes: Decimal
    vat: Decimal
    lines: tuple[AnsweredLine, ...] = ()


def learn(
    candidates: Sequence[RoundingProfile], sent: Sequence[PricedLine], answer: Answer
) -> tuple[RoundingProfile, ...]:
    """The candidates under which `sent` gives `answer`, in their order; none explains it → ().

    Totals, stored prices and discounts must fit. How an account shows VAT on a single line is its own affair, so the
    lines' own `vat` and `net_total` narrow the choice only while they leave one. ValueError when lines are missing.
    """
    if answer.lines and len(answer.lines) != len(sent):
        raise ValueError(f"{len(sent)} lines were sent, {len(answer.lines)} came back")
    explaining = [profile for profile in candidates if _explains(profile, sent, answer)]
    to_the_line = [profile for profile in explaining if _explains_lines(profile, sent, answer)]
    return tuple(to_the_line or explaining)


def _explains(profile: RoundingProfile, sent: Sequence[PricedLine], answer: Answer) -> bool:
    figures = compute(sent, profile)
    if (figures.payable, figures.before_taxes, figures.vat) != (answer.payable, answer.before_taxes, answer.vat):
        return False
    return all(_stored(profile, line, back) for line, back in zip(sent, answer.lines, strict=False))


def _stored(profile: RoundingProfile, line: PricedLine, back: AnsweredLine) -> bool:
    """Whether price and discount came back as this profile keeps them; a discount as sent, or as it counts."""
    if back.unit_price is not None and back.unit_price != stored_price(line.unit_price, profile.price_decimals):
        return False
    if back.discount is None:
        return True
    counted = line.discount if profile.discount == "line" else line.discount * line.quantity
    return back.discount in (line.discount, counted)


def _explains_lines(profile: RoundingProfile, sent: Sequence[PricedLine], answer: Answer) -> bool:
    return all(
        back.vat in (None, shown.vat) and back.net_total in (None, shown.gross)
        for shown, back in zip(compute(sent, profile).lines, answer.lines, strict=False)
    )
