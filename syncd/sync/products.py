"""Paraşüt's products by unique code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from syncd.config.settings import Missing, ProductPolicy
from syncd.errors import Hold
from syncd.sync.known import Knowledge, KnownProduct
from syncd.sync.steps import CreateProduct, Known, Made, Ref, Unseen


def resolve_product(
    code: str, attributes: Mapping[str, Any], policy: ProductPolicy, knowledge: Knowledge
) -> tuple[Ref, CreateProduct | None]:
    """The product for a line's `code`, and the step that makes it when Paraşüt has none.

    Raises Hold: `product-code-missing` (and no substitute is named), `product-code-ambiguous`, `product-missing`.
    """
    if not code:
        if policy.use is None:
            raise Hold(
                "product-code-missing",
                f"The line {str(attributes.get('name', ''))!r} has no product code.",
                "Give the product a code in the shop and save the order there, or name a substitute with "
                "`product: {use: CODE}` in the rule; then retry the order.",
            )
        return _substitute(policy.use, knowledge), None
    found = _unique(code, knowledge)
    if found is not None:
        return found.ref, None
    if not knowledge.complete("products"):
        return Unseen(code), None
    if policy.use is not None:
        return _substitute(policy.use, knowledge), None
    if policy.missing is not Missing.CREATE:
        raise Hold(
            "product-missing",
            f"Paraşüt has no product with the code {code!r}.",
            "Make it in Paraşüt with this code, or set `product: {missing: create}` in the rule; then retry the order.",
            subject=code,
        )
    step = CreateProduct(f"product {code}", {**attributes, "code": code}, category=None)
    return Made(step.identity), step


def _substitute(code: str, knowledge: Knowledge) -> Ref:
    found = _unique(code, knowledge)
    if found is not None:
        return found.ref
    if not knowledge.complete("products"):
        return Unseen(code)
    raise Hold(
        "product-missing",
        f"Paraşüt has no product with the code {code!r}, the rule's substitute.",
        "Make it in Paraşüt, or correct `product: {use: …}` in the rule.",
        subject=code,
    )


def _unique(code: str, knowledge: Knowledge) -> KnownProduct | None:
    """The one product with a code: live before archived; two of the same standing are an error, never a choice."""
    found = knowledge.products_by_code(code)
    standing = [product for product in found if not product.archived] or found
    if len(standing) > 1:
        names = " and ".join(f"{product.name!r} ({_label(product.ref)})" for product in standing)
        raise Hold(
            "product-code-ambiguous",
            f"Paraşüt has {len(standing)} products with the code {code!r}: {names}.",
            "Change the code of all but one in Paraşüt, then retry the order.",
            subject=code,
        )
    return standing[0] if standing else None


def _label(ref: Ref) -> str:
    return f"id {ref.id}" if isinstance(ref, Known) else "not made yet"
