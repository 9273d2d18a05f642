"""Sales invoices: made, changed, paid, cancelled, as Paraşüt does it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from syncd.sandbox.figures import ZERO
from syncd.sandbox.parasut.arithmetic import Line, reckon
from syncd.sandbox.parasut.forms import Form
from syncd.sandbox.parasut.refusal import not_found, unprocessable
from syncd.sandbox.parasut.state import ParasutState, Record

_CASH_SALE = ("payment_account_id", "payment_date", "payment_description")
_NOT_RECKONED = ("withholding_rate", "invoice_discount", "vat_withholding_rate", "excise_duty_value")
_LONGEST_DESCRIPTION = 255


def create_invoice(state: ParasutState, form: Form) -> Record:
    """A new invoice with its lines, and with its payment when it is a cash sale. Raises Refusal and leaves nothing."""
    attributes = dict(form.attributes)
    if attributes["item_type"] == "cancelled":
        raise unprocessable("Tür geçersiz")
    if not form.links.get("contact"):
        raise unprocessable("Müşteri doldurulmalı")
    if not form.lines:
        raise unprocessable("En az bir satır doldurulmalı")
    _check_references(state, form)
    _check_attributes(state, attributes, None)
    _check_lines(state, form.lines)
    cash = _cash_sale(state, attributes)
    attributes = {name: value for name, value in attributes.items() if name not in _CASH_SALE}
    _rename(attributes)
    contact = state.contacts[form.links["contact"]]
    attributes.setdefault("due_date", attributes["issue_date"])
    attributes["contact_type"] = contact["contact_type"]
    invoice = state.add(
        "sales_invoices",
        {name: value for name, value in attributes.items() if value is not None},
        {"contact": contact.id, "category": form.links.get("category"), "details": [], "payments": []},
    )
    invoice.attributes["invoice_no"] = _number(invoice)
    for _, line in form.lines:
        _add_line(state, invoice, line)
    recalculate(state, invoice)
    if cash is not None and state.options.cash_sale == "works" and invoice["net_total"] > 0:
        account, day, note = cash
        _pay(state, invoice, account, day, invoice["net_total"], note)
    return invoice


def update_invoice(state: ParasutState, invoice: Record, form: Form) -> None:
    """Change an invoice. With `details`, lines named by id are changed, new ones added and the others removed."""
    if invoice["item_type"] == "cancelled":
        raise unprocessable("İptal edilmiş fatura değiştirilemez")
    _check_references(state, form)
    attributes = {name: value for name, value in form.attributes.items() if name not in (*_CASH_SALE, "cash_sale")}
    _check_attributes(state, attributes, invoice)
    if form.lines is not None:
        for identity, _ in form.lines:
            if identity is not None and identity not in invoice.links["details"]:
                raise not_found("sales_invoice_details", identity)
        _check_lines(state, form.lines)
    _rename(attributes)
    invoice.attributes.update(attributes)
    invoice.links.update(form.links)
    invoice.attributes["invoice_no"] = _number(invoice)
    if form.lines is not None:
        kept = {identity for identity, _ in form.lines}
        if state.options.omitted_lines == "kept":
            kept.update(invoice.links["details"])
        for identity in [identity for identity in invoice.links["details"] if identity not in kept]:
            invoice.links["details"].remove(identity)
            state.remove(state.details[identity])
        for identity, line in form.lines:
            if identity is None:
                _add_line(state, invoice, line)
            else:
                state.details[identity].attributes.update(line.attributes)
                state.details[identity].links.update(line.links)
    recalculate(state, invoice)
    state.touch(invoice)


def delete_invoice(state: ParasutState, invoice: Record) -> None:
    """Remove an invoice with its lines and payments; its number is free again."""
    links = {name: list(ids) if isinstance(ids, list) else ids for name, ids in invoice.links.items()}
    standing = state.derived(invoice)
    for payment in state.payments_of(invoice):
        delete_transaction(state, state.transactions[payment.links["transaction"]])
    for identity in invoice.links["details"]:
        state.remove(state.details[identity])
    invoice.attributes.update(standing)
    invoice.links.update(links)
    state.remove(invoice)


def cancel_invoice(state: ParasutState, invoice: Record) -> None:
    """From here on the invoice is in no list; it can still be read by its id."""
    if invoice["item_type"] == "cancelled":
        raise unprocessable("Fatura zaten iptal edilmiş")
    invoice.attributes["item_type_before_cancellation"] = invoice["item_type"]
    invoice.attributes["item_type"] = "cancelled"
    state.touch(invoice)


def recover_invoice(state: ParasutState, invoice: Record) -> None:
    """Undo a cancellation."""
    if invoice["item_type"] != "cancelled":
        raise unprocessable("Fatura iptal edilmemiş")
    invoice.attributes["item_type"] = invoice["item_type_before_cancellation"]
    invoice.attributes["item_type_before_cancellation"] = None
    state.touch(invoice)


def create_payment(state: ParasutState, invoice: Record, form: Form) -> Record:
    """A payment of an invoice. Raises Refusal: an estimate takes none, nor does an invoice more than remains."""
    if invoice["item_type"] not in ("invoice", "export", "refund"):
        raise unprocessable("Bu kayda tahsilat eklenemez")
    account = state.accounts.get(str(form.attributes["account_id"]))
    if account is None:
        raise not_found("accounts", form.attributes["account_id"])
    amount: Decimal = form.attributes["amount"]
    if amount <= 0:
        raise unprocessable("Tutar 0'dan büyük olmalı")
    if amount > state.derived(invoice)["remaining"] and state.options.over_payment == "refuse":
        raise unprocessable("Tutar kalan tutardan büyük olamaz")
    return _pay(state, invoice, account, form.attributes["date"], amount, form.attributes.get("description"))


def delete_transaction(state: ParasutState, transaction: Record) -> None:
    """Remove a transaction and the payments it made."""
    for identity in transaction.links["payments"]:
        payment = state.payments[identity]
        state.remove(payment)
        invoice = state.invoices[payment.links["payable"]]
        invoice.links["payments"].remove(identity)
        state.touch(invoice)
    state.remove(transaction)


def recalculate(state: ParasutState, invoice: Record) -> None:
    """Reckon an invoice's figures anew from its lines."""
    records = state.lines(invoice)
    lines = [
        Line(
            quantity=record["quantity"],
            unit_price=record["unit_price"],
            vat_rate=record["vat_rate"],
            discount_type=record["discount_type"],
            discount_value=record["discount_value"] or ZERO,
        )
        for record in records
    ]
    figures, totals = reckon(lines, state.options.rounding)
    for number, (record, figure) in enumerate(zip(records, figures, strict=True), 1):
        record.attributes.update(
            unit_price=figure.unit_price,
            vat=figure.vat,
            discount=figure.discount,
            net_total=figure.net_total,
            net_total_without_invoice_discount=figure.net_total,
            unrefunded_quantity=record["quantity"],
            detail_no=number,
        )
    invoice.attributes.update(
        gross_total=totals.gross_total,
        total_discount=totals.total_discount,
        before_taxes_total=totals.before_taxes_total,
        total_vat=totals.total_vat,
        net_total=totals.net_total,
    )
    state.derived(invoice)


def _add_line(state: ParasutState, invoice: Record, line: Form) -> None:
    attributes = {name: value for name, value in line.attributes.items() if value is not None}
    record = state.add(
        "sales_invoice_details",
        attributes,
        {"product": line.links["product"], "warehouse": None, "invoice": invoice.id},
    )
    invoice.links["details"].append(record.id)


def _pay(state: ParasutState, invoice: Record, account: Record, day: str, amount: Decimal, note: str | None) -> Record:
    transaction = state.add(
        "transactions",
        {"description": note, "date": day, "amount_in_trl": amount, "debit_amount": amount},
        {"debit_account": account.id, "credit_account": None, "payments": []},
    )
    payment = state.add(
        "payments",
        {"date": day, "amount": amount, "matched_amount": amount, "amount_in_trl": amount, "notes": note},
        {"payable": invoice.id, "transaction": transaction.id},
    )
    transaction.links["payments"].append(payment.id)
    invoice.links["payments"].append(payment.id)
    account.attributes["last_used_at"] = state.timestamp()
    state.touch(invoice)
    return payment


def _check_references(state: ParasutState, form: Form) -> None:
    contact = form.links.get("contact")
    if contact and contact not in state.contacts:
        raise not_found("contacts", contact)
    check_category(state, form.links.get("category"), "SalesInvoice")
    for relation, kind in (("tags", "tags"), ("sales_offer", "sales_offers")):
        target = form.links.get(relation)
        if target:
            raise not_found(kind, target[0] if isinstance(target, list) else target)


def check_category(state: ParasutState, identity: str | None, category_type: str) -> None:
    """Raise Refusal unless the category is there and of the type that the record takes."""
    if not identity:
        return
    category = state.item_categories.get(identity)
    if category is None:
        raise not_found("item_categories", identity)
    if category["category_type"] != category_type:
        raise unprocessable("Kategori geçersiz")


def _check_attributes(state: ParasutState, attributes: dict[str, Any], invoice: Record | None) -> None:
    for name in _NOT_RECKONED:
        if attributes.get(name):
            raise unprocessable(f"{name}: the sandbox does not reckon with it")
    description = attributes.get("description") or ""
    if state.options.description_spaces == "trimmed" and description:
        attributes["description"] = description = " ".join(description.split())
    if state.options.long_description == "cut" and description:
        attributes["description"] = description = description[:_LONGEST_DESCRIPTION]
    if len(description) > _LONGEST_DESCRIPTION and state.options.long_description == "refuse":
        raise unprocessable(f"Açıklama çok uzun (en fazla {_LONGEST_DESCRIPTION} karakter)")
    number = (attributes.get("invoice_series"), attributes.get("invoice_id"))
    if number[1] is not None:
        for other in state.invoices.values():
            if other is not invoice and (other["invoice_series"], other["invoice_id"]) == number:
                raise unprocessable("Fatura no daha önce kullanılmış")


def _check_lines(state: ParasutState, lines: list[tuple[str | None, Form]]) -> None:
    for identity, line in lines:
        product = line.links.get("product")
        if not product and (identity is None or "product" in line.links):
            raise unprocessable("Ürün/hizmet doldurulmalı")
        if product and product not in state.products:
            raise not_found("products", product)
        if line.links.get("warehouse"):
            raise not_found("warehouses", line.links["warehouse"])
        values = line.attributes
        for name in _NOT_RECKONED:
            if values.get(name):
                raise unprocessable(f"{name}: the sandbox does not reckon with it")
        if values.get("quantity", 1) <= 0:
            raise unprocessable("Miktar 0'dan büyük olmalı")
        if values.get("unit_price", 0) < 0:
            raise unprocessable("Birim fiyat 0'dan küçük olamaz")
        if not 0 <= values.get("vat_rate", 0) <= 100:
            raise unprocessable("KDV oranı geçersiz")
        if (values.get("discount_value") or 0) < 0:
            raise unprocessable("İndirim 0'dan küçük olamaz")


def _cash_sale(state: ParasutState, attributes: dict[str, Any]) -> tuple[Record, str, str | None] | None:
    if not attributes.get("cash_sale"):
        return None
    missing = []
    if attributes.get("payment_account_id") is None:
        missing.append("Peşin satışta hesap doldurulmalı")
    if attributes.get("payment_date") is None:
        missing.append("Peşin satışta ödeme tarihi doldurulmalı")
    if missing:
        raise unprocessable(*missing)
    if attributes["item_type"] not in ("invoice", "export"):
        raise unprocessable("Bu kayda tahsilat eklenemez")
    account = state.accounts.get(str(attributes["payment_account_id"]))
    if account is None:
        raise not_found("accounts", attributes["payment_account_id"])
    return account, attributes["payment_date"], attributes.get("payment_description")


def _rename(attributes: dict[str, Any]) -> None:
    """The description writes `shipment_addres` where answers have `shipment_address`."""
    if "shipment_addres" in attributes:
        attributes["shipment_address"] = attributes.pop("shipment_addres")


def _number(invoice: Record) -> str | None:
    """A number of one's own: the series, a space, the number without its leading zeros."""
    if invoice["invoice_id"] is None:
        return None
    return f"{invoice['invoice_series'] or ''} {invoice['invoice_id']}".strip()
