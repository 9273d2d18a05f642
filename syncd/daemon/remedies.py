"""What to do about a held order, in a few words and both languages; docs/holds.md tells it at length.

The ledger keeps a remedy of each hold, too, in English and with what the order is about. Messages leave this machine,
so they say only what is true for every order with that code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from syncd.daemon.words import Language

_BY_HAND_TR = "faturayı elle kesip siparişe `syncd orders ignore` deyin"
_BY_HAND_EN = "invoice it by hand and `syncd orders ignore` it"

# code: Turkish, English
_REMEDIES: Final[Mapping[str, tuple[str, str]]] = {
    "record-unreadable": (
        "siparişi mağazada düzeltin; kayıt değişince yeniden okunur",
        "correct the order in the shop; it is read again when it changes",
    ),
    "vat-rate-unclear": (
        "satırın KDV'sini mağazada düzeltin; kayıt değişince yeniden okunur",
        "correct the line's tax in the shop; it is read again when it changes",
    ),
    "refunded-before-invoice": (
        "kuralda `refunded_before` seçip yeniden deneyin",
        "choose `refunded_before` in the rule, then retry",
    ),
    "returned-before-invoice": (
        "muhasebecinize sorun, gereken belgeleri elle kesip `syncd orders ignore` deyin",
        "ask your accountant, make the documents that are needed by hand, then `syncd orders ignore`",
    ),
    "fully-refunded": ("fatura istenmiyorsa `syncd orders ignore`", "`syncd orders ignore` unless it needs an invoice"),
    "negative-line": (
        f"indirime malların KDV oranını verip yeniden deneyin ya da {_BY_HAND_TR}",
        f"give the discount the goods' VAT rate and retry, or {_BY_HAND_EN}",
    ),
    "order-sums-differ": (
        f"siparişi mağazada düzeltip yeniden deneyin ya da {_BY_HAND_TR}",
        f"correct the order in the shop and retry, or {_BY_HAND_EN}",
    ),
    "nothing-to-invoice": ("`syncd orders ignore` deyin", "`syncd orders ignore` it"),
    "currency-unsupported": (_BY_HAND_TR, _BY_HAND_EN),
    "already-invoiced": (
        "iki siparişi karşılaştırın; aynı satışsa `syncd orders ignore`",
        "compare the two orders; if it is the same sale, `syncd orders ignore` it",
    ),
    "maybe-invoiced": (
        "alıcının faturalarına Paraşüt'te bakın; bu satışınsa `syncd orders resolve`, değilse yeniden deneyin",
        "look at the buyer's invoices in Paraşüt; `syncd orders resolve` if one is this sale's, else retry",
    ),
    "template-failed": (
        "eşleştirmedeki şablonu düzeltip yeniden deneyin",
        "correct the template in the mapping or rule, then retry",
    ),
    "contact-name-missing": (
        "alıcının adını platformda girip yeniden deneyin",
        "enter the buyer's name at the platform, then retry",
    ),
    "category-ambiguous": (
        "kuralda kategorinin yolunu tam yazıp yeniden deneyin",
        "write the category's whole path in the rule, then retry",
    ),
    "category-missing": (
        "kategoriyi Paraşüt'te açıp yeniden deneyin",
        "make the category in Paraşüt, then retry",
    ),
    "product-code-missing": (
        "ürüne mağazada kod verip siparişi orada kaydedin, sonra yeniden deneyin",
        "give the product a code in the shop and save the order there, then retry",
    ),
    "product-code-ambiguous": (
        "Paraşüt'te aynı kodlu ürünlerin kodunu ayırıp yeniden deneyin",
        "give the products that share a code in Paraşüt codes of their own, then retry",
    ),
    "product-missing": (
        "ürünü Paraşüt'te bu kodla açıp yeniden deneyin",
        "make the product in Paraşüt with that code, then retry",
    ),
    "payment-method-unknown": (
        "ödeme yöntemini kuralın `payment` bölümüne ekleyip yeniden deneyin",
        "add the payment method to the rule's `payment`, then retry",
    ),
    "account-missing": (
        "hesabı Paraşüt'te açın ya da `payment` içindeki adı düzeltip yeniden deneyin",
        "make the account in Paraşüt or correct its name in `payment`, then retry",
    ),
    "account-ambiguous": (
        "Paraşüt'te aynı adlı hesaplardan birinin adını değiştirip yeniden deneyin",
        "rename one of the accounts in Paraşüt, then retry",
    ),
    "account-currency": (
        "`payment` bölümünde siparişin para biriminde bir hesap gösterip yeniden deneyin",
        "name an account in the order's currency in `payment`, then retry",
    ),
    "issue-date-missing": (
        "platform tarihi bildirince yeniden deneyin",
        "retry when the platform knows the date",
    ),
    "issue-date-in-future": (
        "mağazanın ve bu makinenin saatini denetleyip yeniden deneyin",
        "check the clocks of the shop and of this machine, then retry",
    ),
    "totals-differ": (_BY_HAND_TR, _BY_HAND_EN),
    "totals-inexact": (
        "kuralda `totals: {inexact: accept}` yapıp yeniden deneyin",
        "set `totals: {inexact: accept}` in the rule, then retry",
    ),
    "not-looked-up": ("yeniden deneyin; yinelenirse bildirin", "retry; report it if it happens again"),
    "refused": (
        "`syncd orders show` Paraşüt'ün sözlerini gösterir; orada geçeni düzeltip yeniden deneyin",
        "`syncd orders show` has Paraşüt's words; correct what they name, then retry",
    ),
    "outcome-unknown": (
        "Paraşüt'e bakın, sonra `syncd orders resolve` deyin; yeniden göndermeyin",
        "look in Paraşüt, then `syncd orders resolve`; don't send it again by hand",
    ),
    "answer-unusable": ("siparişe Paraşüt'te bakıp yeniden deneyin", "look at the order in Paraşüt, then retry"),
    "invoice-amount-differs": (
        "faturayı Paraşüt'te düzeltip yeniden deneyin",
        "correct the invoice in Paraşüt, then retry",
    ),
    "adopted-not-ours": (
        "Paraşüt'e bir daha bakıp `syncd orders resolve` komutunu doğru numarayla çalıştırın",
        "look in Paraşüt again and `syncd orders resolve` with the right id",
    ),
    "contact-changed": (
        "faturanın carisini Paraşüt'te düzeltip `syncd orders ignore` deyin",
        "correct the invoice's contact in Paraşüt, then `syncd orders ignore`",
    ),
    "rule-gone": (
        "kurala eski adını geri verip yeniden deneyin",
        "give the rule its old name again, then retry",
    ),
    "quantity-not-positive": (
        f"siparişi platformda düzeltin ya da {_BY_HAND_TR}",
        f"correct the order at the platform, or {_BY_HAND_EN}",
    ),
    "surplus-invoice": (
        "fazla faturayı Paraşüt'te silip `syncd orders ignore` deyin",
        "delete the invoice too many in Paraşüt, then `syncd orders ignore`",
    ),
    "paid-twice": (
        "fazla tahsilatı Paraşüt'te silip `syncd orders ignore` deyin",
        "delete the payment too many in Paraşüt, then `syncd orders ignore`",
    ),
    "invoice-gone": (
        "fatura istenmiyorsa `syncd orders ignore`",
        "`syncd orders ignore` it if no invoice is wanted",
    ),
    "payment-refused": (
        "tahsilatı Paraşüt'te işleyip yeniden deneyin",
        "book the payment in Paraşüt, then retry",
    ),
    "cancelled-after-invoice": (
        "gerekiyorsa faturayı Paraşüt'te iptal edip `syncd orders ignore` deyin",
        "cancel the invoice in Paraşüt if need be, then `syncd orders ignore`",
    ),
    "returned-after-invoice": (
        "iade belgesini Paraşüt'te hazırlayıp `syncd orders ignore` deyin",
        "make the return document in Paraşüt, then `syncd orders ignore`",
    ),
    "data-removed": (
        "siparişe Paraşüt'te ve platformda bakın, eksiği elle tamamlayıp `syncd orders ignore` deyin",
        "look at the order in Paraşüt and at the platform, complete it by hand, then `syncd orders ignore` it",
    ),
    "unexpected": ("günlüğe bakın, bildirin, yeniden deneyin", "see the log, report it, then retry"),
    "wrong-account": (
        "`syncd.yaml` içindeki mağaza numarasını ya da anahtarları düzeltip yeniden deneyin",
        "correct the store's number or the keys in `syncd.yaml`, then retry",
    ),
    "tax-number-unclear": (
        "alıcıya vergi numarasını sorun, faturayı elle kesip `syncd orders ignore` deyin",
        "ask the buyer for the tax number, invoice by hand and `syncd orders ignore` it",
    ),
    "buyers-differ": (
        "her alıcıya faturayı elle kesip siparişe `syncd orders ignore` deyin",
        "invoice each buyer by hand and `syncd orders ignore` it",
    ),
    "order-changed": (
        "faturayı siparişle karşılaştırıp Paraşüt'te düzeltin, sonra `syncd orders ignore` deyin",
        "compare invoice and order, correct it in Paraşüt, then `syncd orders ignore`",
    ),
    "export-order": (_BY_HAND_TR, _BY_HAND_EN),
    "amount-unclear": (
        f"tutarlara platformda bakın; {_BY_HAND_TR}",
        f"look at the amounts at the platform; {_BY_HAND_EN}",
    ),
    "replacement-order": (
        "değişim gönderisidir; fatura gerekmiyorsa `syncd orders ignore`",
        "it is a replacement; `syncd orders ignore` it unless it needs an invoice",
    ),
    "identity-unclear": (
        f"siparişe platformda bakın; {_BY_HAND_TR}",
        f"look at the order at the platform; {_BY_HAND_EN}",
    ),
    "order-date-unclear": (
        "sipariş tarihine platformda bakın; kuralın `since` gününden eski değilse faturayı elle kesin, sonra "
        "`syncd orders ignore` deyin",
        "look up at the platform when it was ordered; unless that was before the rule's `since`, invoice it by hand; "
        "then `syncd orders ignore` it",
    ),
}

_ANY: Final = (
    "`syncd orders show {order}` ne olduğunu ve ne yapılacağını gösterir",
    "`syncd orders show {order}` tells what happened and what to do",
)

CODES: Final = frozenset(_REMEDIES)
"""The codes that have words of their own; others get the command that tells."""


def remedy_of(code: str, order: str, language: Language) -> str:
    """What to do about orders held with `code`; `order` is the name of one of them."""
    turkish, english = _REMEDIES.get(code, _ANY)
    return (turkish if language == "tr" else english).replace("{order}", order)
