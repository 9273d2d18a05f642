"""What of an order is to be invoiced: its lines without the empty, the negative and the refunded ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from syncd.errors import Hold
from syncd.orders.order import Line, Order, Return

_KURUS = Decimal("0.01")
_PRICE = Decimal("0.000001")

# Platforms round their lines one by one; more than this is no rounding.
_TOLERATED_KURUS = 2


@dataclass(slots=True)
class _Remaining:
    """What is left of a line while things are taken off it; `total` in kuruş."""

    line: Line
    total: int
    quantity: Decimal


def invoiceable(order: Order, refunded_before: Literal["subtract", "hold", "full"]) -> Order:
    """The order with the lines and the total that an invoice of it must have; every line's total is positive.

    Empty lines are dropped. Negative ones (a discount given as a fee) are spread over the lines of their VAT rate in
    proportion to their totals. Parts refunded so far are subtracted, or ignored (`full`): returned lines lose quantity
    and amount, an amount without lines is spread over all that is left. `returns` is empty afterwards when they were
    subtracted. A difference of at most 0.02 to the order's total goes to the largest line. An order of nothing has no
    lines and total 0.

    Holds: `refunded-before-invoice`, `fully-refunded`, `quantity-not-positive`, `negative-line` (no line of its rate
    can take it) and `order-sums-differ`.
    """
    returns = order.returns if refunded_before != "full" else ()
    refunded = _kurus(sum((item.total for item in returns), Decimal(0)))
    if refunded and refunded_before == "hold":
        raise Hold(
            "refunded-before-invoice",
            f"Order {order.number}: {_lira(refunded)} {order.currency} were refunded before it was invoiced.",
            "Make the invoice by hand and ignore the order, or set the rule's refunded_before to subtract or full.",
        )
    target = _kurus(order.total) - refunded
    if refunded and target <= 0:
        raise _fully_refunded(order)

    for line in order.lines:
        if line.quantity <= 0 and line.total > 0:
            raise Hold(
                "quantity-not-positive",
                f"Order {order.number}: the line {line.name!r} costs {line.total} for a quantity of {line.quantity}.",
                "Correct the order at the platform, or invoice it by hand and ignore it.",
            )
    remaining = _in_whole_kurus(order.lines)
    unassigned = sum(_take_returned(order, item, remaining) for item in returns)
    _spread_negative(order, remaining)
    if unassigned > 0:
        _spread(remaining, min(unassigned, sum(left.total for left in remaining)))
    remaining = [left for left in remaining if left.total]
    if refunded and not remaining and abs(target) <= _TOLERATED_KURUS:
        raise _fully_refunded(order)
    _meet(order, remaining, target, refunded)
    return replace(
        order,
        lines=tuple(_changed(left) for left in remaining),
        total=_lira(target),
        returns=() if refunded else order.returns,
    )


def _in_whole_kurus(lines: Sequence[Line]) -> list[_Remaining]:
    """The lines' totals in kuruş; what rounding adds or loses in all goes to those nearest to the next kuruş."""
    exact = [line.total * 100 for line in lines]
    floors = [int(total // 1) - (total < 0 and total % 1 != 0) for total in exact]
    lacking = int(sum(exact, Decimal(0)).to_integral_value(ROUND_HALF_UP)) - sum(floors)
    by_remainder = sorted(range(len(lines)), key=lambda number: floors[number] - exact[number])
    for number in by_remainder[:lacking]:
        floors[number] += 1
    return [_Remaining(line, total, line.quantity) for line, total in zip(lines, floors, strict=True)]


def _take_returned(order: Order, item: Return, remaining: Sequence[_Remaining]) -> int:
    """Takes the returned lines off; gives what the return has beyond its lines, in kuruş."""
    by_id = {left.line.id: left for left in reversed(remaining)}
    assigned = 0
    for returned in item.lines:
        left = by_id.get(returned.line_id)
        if left is None:
            raise Hold(
                "refunded-before-invoice",
                f"Order {order.number}: return {item.id} is of line {returned.line_id}, which the order doesn't have.",
                "Make the invoice by hand and ignore the order, or set the rule's refunded_before to full.",
            )
        amount = _kurus(returned.total)
        assigned += amount
        left.total = max(left.total - amount, 0) if left.total > 0 else left.total + amount
        if returned.quantity < left.quantity:
            # Units that came back while something of their price was kept leave the line its quantity.
            left.quantity -= returned.quantity
    unassigned = _kurus(item.total) - assigned
    return unassigned if not item.lines or unassigned > _TOLERATED_KURUS else 0


def _spread_negative(order: Order, remaining: Sequence[_Remaining]) -> None:
    """Takes negative lines off the positive ones of their VAT rate."""
    for rate in {left.line.vat_rate for left in remaining if left.total < 0}:
        negative = [left for left in remaining if left.line.vat_rate == rate and left.total < 0]
        positive = [left for left in remaining if left.line.vat_rate == rate and left.total > 0]
        amount = -sum(left.total for left in negative)
        available = sum(left.total for left in positive)
        if amount > available:
            raise Hold(
                "negative-line",
                f"Order {order.number}: the line {negative[0].line.name!r} takes {_lira(amount)} {order.currency} off, "
                f"but the other lines with {rate} % VAT come to {_lira(available)} only.",
                "Give the discount the VAT rate of the goods at the platform and retry, or make the invoice by hand "
                "and ignore the order.",
            )
        _spread(positive, amount)
        for left in negative:
            left.total = 0


def _spread(remaining: Sequence[_Remaining], amount: int) -> None:
    """Takes `amount` kuruş off the lines in proportion to their totals, whole kuruş by the largest remainders."""
    whole = sum(left.total for left in remaining)
    if not whole:
        return
    shares = [divmod(amount * left.total, whole) for left in remaining]
    lacking = amount - sum(share for share, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda number: -shares[number][1])
    for left, (share, _) in zip(remaining, shares, strict=True):
        left.total -= share
    for number in by_remainder[:lacking]:
        remaining[number].total -= 1


def _meet(order: Order, remaining: Sequence[_Remaining], target: int, refunded: int) -> None:
    """Makes the lines add up to `target` kuruş, where rounding alone keeps them from it."""
    total = sum(left.total for left in remaining)
    largest = max(remaining, key=lambda left: left.total, default=None)
    difference = target - total
    if not difference:
        return
    if abs(difference) > _TOLERATED_KURUS or largest is None or largest.total + difference <= 0:
        less = f" less {_lira(refunded)} refunded" if refunded else ""
        raise Hold(
            "order-sums-differ",
            f"Order {order.number}: its lines come to {_lira(total)} {order.currency}, its total{less} is "
            f"{_lira(target)}.",
            "Look the order up at the platform: a line, a fee or a discount is missing or counted twice. Correct it "
            "there and retry, or make the invoice by hand and ignore the order.",
        )
    largest.total += difference


def _changed(left: _Remaining) -> Line:
    """The line with its new total and quantity; in a changed one unit price × quantity − discount = total."""
    line, total = left.line, _lira(left.total)
    if line.total == total and line.quantity == left.quantity:
        return line
    full_price = (line.unit_price * left.quantity).quantize(_KURUS, ROUND_HALF_UP)
    if full_price >= total:
        return replace(line, quantity=left.quantity, total=total, discount=full_price - total)
    unit_price = (total / left.quantity).quantize(_PRICE, ROUND_HALF_UP) if line.unit_price else line.unit_price
    return replace(line, quantity=left.quantity, total=total, unit_price=unit_price, discount=Decimal(0))


def _fully_refunded(order: Order) -> Hold:
    return Hold(
        "fully-refunded",
        f"Order {order.number}: all of it was refunded before it was invoiced.",
        "Ignore the order if no invoice is wanted; for an invoice and its refund set the rule's refunded_before "
        "to full.",
    )


def _kurus(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value(ROUND_HALF_UP))


def _lira(kurus: int) -> Decimal:
    return Decimal(kurus).scaleb(-2)
