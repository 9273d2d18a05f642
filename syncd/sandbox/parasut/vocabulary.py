"""The words of Paraşüt's published description (v4, February 2026) that the stand-in knows; all others are refused.

Restated here because the description is not at hand where the sandbox runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CURRENCIES = ("TRL", "USD", "EUR", "GBP")
DISCOUNTS = ("percentage", "amount")
COMPARISONS = ("gt", "gteq", "lt", "lteq", "eq", "not_eq")

TEXT = "string"
NUMBER = "number"
INTEGER = "integer"
FLAG = "boolean"
DATE = "date"
TEXTS = "list of strings"
NUMBERS = "list of numbers"
OBJECT = "object"

Kind = str | tuple[str, ...]
"""What an attribute takes: one of the words above, or one of several fixed words."""


@dataclass(frozen=True)
class ListVocabulary:
    """What a list may be asked: filters (those with operators in `compared`), sort keys, includes."""

    filters: tuple[str, ...] = ()
    compared: dict[str, Kind] = field(default_factory=dict)
    sorts: tuple[str, ...] = ("id",)
    includes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FormVocabulary:
    """What a record may be made of: attributes to write, those only to read, relations with the type they lead to."""

    writable: dict[str, Kind]
    read_only: tuple[str, ...] = ("created_at", "updated_at")
    required: tuple[str, ...] = ()
    relations: dict[str, str] = field(default_factory=dict)


INVOICE_INCLUDES = (
    "category",
    "contact",
    "details",
    "details.product",
    "details.warehouse",
    "payments",
    "payments.transaction",
    "tags",
    "sharings",
    "recurrence_plan",
    "active_e_document",
)

LISTS = {
    "contacts": ListVocabulary(
        filters=("name", "email", "tax_number", "tax_office", "city", "account_type", "archived", "query"),
        sorts=("id", "balance", "name", "email"),
        includes=("category", "contact_portal", "contact_people"),
    ),
    "products": ListVocabulary(
        filters=("name", "code", "archived"), sorts=("id", "name"), includes=("inventory_levels", "category")
    ),
    "item_categories": ListVocabulary(
        filters=("name", "category_type"),
        sorts=("id", "name", "category_type"),
        includes=("parent_category", "subcategories"),
    ),
    "accounts": ListVocabulary(
        filters=("name", "currency", "bank_name", "bank_branch", "account_type", "iban", "archived"),
        sorts=("id", "balance", "balance_in_trl"),
    ),
    "sales_invoices": ListVocabulary(
        filters=(
            "due_date",
            "issue_date",
            "currency",
            "remaining",
            "contact_id",
            "invoice_id",
            "invoice_series",
            "item_type",
            "payment_status",
            "archived",
        ),
        compared={"due_date": DATE, "issue_date": DATE, "remaining": NUMBER},
        sorts=("id", "issue_date", "due_date", "remaining", "remaining_in_trl", "description", "net_total"),
        # described, but lists refuse it
        includes=tuple(name for name in INVOICE_INCLUDES if name != "details.warehouse"),
    ),
}

SINGLE_INCLUDES = {
    "contacts": LISTS["contacts"].includes,
    "products": LISTS["products"].includes,
    "item_categories": LISTS["item_categories"].includes,
    "accounts": (),
    "sales_invoices": INVOICE_INCLUDES,
    "payments": ("payable", "transaction"),
    "transactions": ("debit_account", "credit_account", "payments"),
}

DETAIL_FORM = FormVocabulary(
    writable={
        "quantity": NUMBER,
        "unit_price": NUMBER,
        "vat_rate": NUMBER,
        "vat_withholding_rate": NUMBER,
        "discount_type": DISCOUNTS,
        "discount_value": NUMBER,
        "excise_duty_type": DISCOUNTS,
        "excise_duty_value": NUMBER,
        "communications_tax_rate": NUMBER,
        "description": TEXT,
        "delivery_method": (
            "CFR",
            "CIF",
            "CIP",
            "CPT",
            "DAF",
            "DAP",
            "DPU",
            "DDP",
            "DDU",
            "DEQ",
            "DES",
            "EXW",
            "FAS",
            "FCA",
            "FOB",
        ),
        "shipping_method": (
            "Denizyolu",
            "Demiryolu",
            "Karayolu",
            "Havayolu",
            "Posta",
            "Çok araçlı",
            "Sabit taşıma tesisleri",
            "İç su taşımacılığı",
        ),
    },
    read_only=("net_total", "vat_withholding", "created_at", "updated_at"),
    required=("quantity", "unit_price", "vat_rate"),
    relations={"product": "products", "warehouse": "warehouses"},
)

FORMS = {
    "contacts": FormVocabulary(
        writable={
            "email": TEXT,
            "name": TEXT,
            "short_name": TEXT,
            "contact_type": ("person", "company"),
            "tax_office": TEXT,
            "tax_number": TEXT,
            "district": TEXT,
            "postal_code": TEXT,
            "city": TEXT,
            "country": TEXT,
            "address": TEXT,
            "phone": TEXT,
            "fax": TEXT,
            "is_abroad": FLAG,
            "archived": FLAG,
            "iban": TEXT,
            "account_type": ("customer", "supplier"),
            "untrackable": FLAG,
            "invoicing_preferences": OBJECT,
        },
        read_only=(
            "balance",
            "trl_balance",
            "usd_balance",
            "eur_balance",
            "gbp_balance",
            "created_at",
            "updated_at",
        ),
        required=("name", "account_type"),
        relations={"category": "item_categories", "contact_people": "contact_people"},
    ),
    "products": FormVocabulary(
        writable={
            "code": TEXT,
            "name": TEXT,
            "vat_rate": NUMBER,
            "sales_excise_duty": NUMBER,
            "sales_excise_duty_type": TEXT,
            "purchase_excise_duty": NUMBER,
            "purchase_excise_duty_type": TEXT,
            "unit": TEXT,
            "communications_tax_rate": NUMBER,
            "archived": FLAG,
            "list_price": NUMBER,
            "currency": CURRENCIES,
            "buying_price": NUMBER,
            "buying_currency": CURRENCIES,
            "inventory_tracking": FLAG,
            "initial_stock_count": NUMBER,
            "gtip": TEXT,
            "barcode": TEXT,
        },
        read_only=(
            "sales_excise_duty_code",
            "sales_invoice_details_count",
            "purchase_invoice_details_count",
            "list_price_in_trl",
            "buying_price_in_trl",
            "stock_count",
            "created_at",
            "updated_at",
        ),
        required=("name",),
        relations={"inventory_levels": "inventory_levels", "category": "item_categories"},
    ),
    "item_categories": FormVocabulary(
        writable={
            "name": TEXT,
            "bg_color": TEXT,
            "text_color": TEXT,
            "category_type": ("Product", "Contact", "Employee", "SalesInvoice", "Expenditure"),
            "parent_id": INTEGER,
        },
        read_only=("full_path", "created_at", "updated_at"),
        required=("name", "category_type"),
    ),
    "accounts": FormVocabulary(
        writable={
            "name": TEXT,
            "currency": CURRENCIES,
            "account_type": ("cash", "bank", "sys"),
            "bank_name": TEXT,
            "bank_branch": TEXT,
            "bank_account_no": TEXT,
            "iban": TEXT,
            "archived": FLAG,
        },
        read_only=(
            "used_for",
            "last_used_at",
            "balance",
            "last_adjustment_date",
            "bank_integration_type",
            "associate_email",
            "created_at",
            "updated_at",
        ),
        required=("name",),
    ),
    "sales_invoices": FormVocabulary(
        writable={
            "item_type": (
                "invoice",
                "export",
                "estimate",
                "cancelled",
                "recurring_invoice",
                "recurring_estimate",
                "recurring_export",
                "refund",
            ),
            "description": TEXT,
            "issue_date": DATE,
            "due_date": DATE,
            "invoice_series": TEXT,
            "invoice_id": INTEGER,
            "currency": CURRENCIES,
            "exchange_rate": NUMBER,
            "withholding_rate": NUMBER,
            "invoice_discount_type": DISCOUNTS,
            "invoice_discount": NUMBER,
            "billing_address": TEXT,
            "billing_postal_code": TEXT,
            "billing_phone": TEXT,
            "billing_fax": TEXT,
            "tax_office": TEXT,
            "tax_number": TEXT,
            "country": TEXT,
            "city": TEXT,
            "district": TEXT,
            "is_abroad": FLAG,
            "order_no": TEXT,
            "order_date": DATE,
            "shipment_addres": TEXT,
            "shipment_included": FLAG,
            "cash_sale": FLAG,
            "payer_tax_numbers": TEXTS,
            "invoice_note": TEXT,
            "append_contact_balance": FLAG,
            "e_document_accounts": NUMBERS,
            "payment_account_id": INTEGER,
            "payment_date": DATE,
            "payment_description": TEXT,
        },
        read_only=(
            "archived",
            "invoice_no",
            "net_total",
            "gross_total",
            "withholding",
            "total_excise_duty",
            "total_communications_tax",
            "total_vat",
            "total_vat_withholding",
            "total_discount",
            "total_invoice_discount",
            "before_taxes_total",
            "remaining",
            "remaining_in_trl",
            "payment_status",
            "created_at",
            "updated_at",
        ),
        required=("item_type", "issue_date"),
        relations={
            "details": "sales_invoice_details",
            "contact": "contacts",
            "category": "item_categories",
            "tags": "tags",
            "sales_offer": "sales_offers",
        },
    ),
    "payments": FormVocabulary(
        writable={"description": TEXT, "account_id": INTEGER, "date": DATE, "amount": NUMBER, "exchange_rate": NUMBER},
        required=("account_id", "date", "amount"),
    ),
}
