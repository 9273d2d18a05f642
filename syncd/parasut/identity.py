"""Who is logged in at Paraşüt, and what that user may do in which companies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from syncd.parasut.answer import Answer
from syncd.parasut.jsonapi import Resource, included_resources
from syncd.parasut.resources import optional_date, optional_int, text


@dataclass(frozen=True, slots=True)
class Company:
    """A company the user can see. `roles` says `rw`, `ro` or `na` by area (`sales_invoices`, `accounts`, …).

    The activation dates are None while e-Fatura or e-Arşiv is not in use; `credit_balance` counts e-documents left.
    """

    id: str
    name: str
    roles: Mapping[str, str] = field(default_factory=dict)
    e_invoicing_activated_at: date | None = None
    e_archiving_activated_at: date | None = None
    valid_until: date | None = None
    subscription_status: str = ""
    credit_balance: int | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """The user behind the login."""

    id: str
    name: str = field(repr=False)
    companies: tuple[Company, ...] = ()

    def company(self, company_id: int | str) -> Company | None:
        """Return the company with that number (Müşteri ID); None when the user can't see it."""
        return next((company for company in self.companies if company.id == str(company_id)), None)

    def can_write(self, company_id: int | str) -> bool:
        """Whether the user may write sales invoices of that company."""
        company = self.company(company_id)
        return company is not None and company.roles.get("sales_invoices") == "rw"


def read_identity(answer: Answer) -> Identity:
    """Given the answer to `GET /v4/me`, return the identity in it.

    The companies are not related to the user itself but to the roles; both come among the included records.
    """
    user = answer.resource
    included = included_resources(answer.body or {}).values()
    companies = [resource for resource in included if resource.type == "companies"]
    roles = [resource for resource in included if resource.type == "user_roles"]
    return Identity(
        id=user.id,
        name=text(user, "name"),
        companies=tuple(_company(company, _role_in(company, roles, len(companies))) for company in companies),
    )


def _role_in(company: Resource, roles: list[Resource], companies: int) -> Resource | None:
    for role in roles:
        if role.related_id("company") == company.id:
            return role
    # A single role and a single company belong together, also when the answer leaves the relation out.
    return roles[0] if companies == len(roles) == 1 and "company" not in roles[0].relations else None


def _company(company: Resource, role: Resource | None) -> Company:
    rights = role.attributes.items() if role else ()
    return Company(
        id=company.id,
        name=text(company, "name"),
        roles={area: right for area, right in rights if right in ("rw", "ro", "na")},
        e_invoicing_activated_at=optional_date(company, "e_invoicing_activated_at"),
        e_archiving_activated_at=optional_date(company, "e_archiving_activated_at"),
        valid_until=optional_date(company, "valid_until"),
        subscription_status=text(company, "new_subscription_status"),
        credit_balance=optional_int(company, "credit_balance"),
    )
