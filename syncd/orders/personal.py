"""An order without what says who bought it."""

from __future__ import annotations

from dataclasses import replace

from syncd.orders.order import Address, Buyer, Order, Payment


def without_personal_data(order: Order) -> Order:
    """The order less buyer, addresses, texts that people wrote, and the numbers that lead to them elsewhere.

    Identity, lines, amounts and moments stay, and so does the platform's own number of the customer: by it a buyer who
    comes again is known without a second contact.
    """
    return replace(
        order,
        buyer=Buyer(),
        billing=Address(),
        shipping=Address(),
        payment=Payment(order.payment.method, order.payment.title, order.payment.paid_at, order.payment.platform),
        shipment=replace(order.shipment, tracking_number=""),
        coupons=(),
        returns=tuple(replace(back, reason="") for back in order.returns),
        doubts=tuple(replace(doubt, message="", remedy="") for doubt in order.doubts),
        note="",
        raw={},
    )
