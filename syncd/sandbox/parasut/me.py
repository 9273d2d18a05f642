"""`GET /v4/me`: the user, the roles and the company."""

from __future__ import annotations

from typing import Any

from syncd.sandbox.parasut.state import ParasutState

_SINCE = "2023-11-29T06:22:30.182Z"
_STAMPS = {"created_at": _SINCE, "updated_at": _SINCE}


def me(state: ParasutState) -> dict[str, Any]:
    """The answer, the same whatever `include` says: live, it carries all of it without being asked."""
    options = state.options
    company = str(options.company_id)
    role = options.user_role
    return {
        "data": _resource(
            "users",
            "8001",
            {
                "email": options.username,
                "unconfirmed_email": None,
                "name": "Defne Örnek",
                "approved_contracts": True,
                "is_confirmed": True,
            },
            {
                "user_roles": {"data": [{"id": "9001", "type": "user_roles"}]},
                "profile": {"data": {"id": "10001", "type": "profiles"}},
            },
        ),
        "included": [
            _resource(
                "user_roles",
                "9001",
                {
                    "sales_invoices": role,
                    "expenditures": role,
                    "own_expenditures": "na",
                    "employees": "na",
                    "accounts": role,
                    "settings": "na",
                    "user_role_type": None,
                },
                {
                    "company": {"data": {"id": company, "type": "companies"}},
                    "user": {"meta": {}},
                    "managed_employee": {"meta": {}},
                },
            ),
            _resource(
                "companies",
                company,
                {
                    "owner_id": 8001,
                    "name": "Örnek Termos",
                    "app_url": f"https://uygulama.parasut.com/{company}",
                    "legal_name": "Örnek Termos Ticaret A.Ş.",
                    "district": "Kadıköy",
                    "city": "İstanbul",
                    "tax_office": "Kadıköy",
                    "tax_number": "1234567890",
                    "credit_balance": 100,
                    "e_invoicing_activated_at": "2023-12-12",
                    "e_archiving_activated_at": "2023-12-12",
                    "new_subscription_status": "active",
                    "default_warehouse_id": 12001,
                    "valid_until": "2099-12-31",
                    "accessible": True,
                    "inventory_enabled": True,
                    "e_invoicing_enabled": True,
                    "e_archiving_enabled": True,
                    "using_multiple_warehouses": False,
                },
                {"owner": {"data": {"id": "8001", "type": "users"}}, "operator": {"data": None}},
            ),
            _resource("profiles", "10001", {"phone": None, "job_title": None, "settings": {}}, {"user": {"meta": {}}}),
        ],
    }


def _resource(kind: str, identity: str, attributes: dict[str, Any], relationships: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": identity,
        "type": kind,
        "attributes": {**_STAMPS, **attributes},
        "relationships": relationships,
        "meta": dict(_STAMPS),
    }
