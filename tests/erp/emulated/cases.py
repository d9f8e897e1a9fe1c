"""How each recipe is used with its emulated ERP."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from erp.emulated.business_central import BusinessCentral
from erp.emulated.frappe import ErpNext
from erp.emulated.odoo import Odoo18, Odoo19, OdooWebhook
from erp.emulated.online import QuickBooks, SageAccounting, Xero, ZohoBooks
from erp.emulated.plain import PlainReceiver
from erp.emulated.sap import SapB1
from erp.emulated.server import EmulatedErp
from erp.emulated.tally import Tally


@dataclass(frozen=True)
class Case:
    """How a recipe is used with an emulated ERP."""

    make: Callable[[], EmulatedErp]
    # Path behind the ERP's address, and the parameters, given the running ERP.
    path: str
    given: Callable[[Any], dict[str, Any]]
    # Requests before the one that books: log-ins, look-ups.
    before: int = 0


def _oauth(erp: Any, token_path: str) -> dict[str, Any]:
    return {
        "client_id": erp.tokens.client,
        "client_secret": erp.tokens.secret,
        "refresh_token": "refresh-0",
        "token_url": f"{erp.url}{token_path}",
    }


CASES = {
    "odoo-19": Case(
        lambda: Odoo19("key-19", "prod"),
        "",
        lambda erp: {"api_key": erp.key, "database": erp.database, "journal": 8},
    ),
    "odoo-14-18": Case(
        lambda: Odoo18("key-18", "prod"),
        "",
        lambda erp: {"api_key": erp.key, "database": erp.database, "user": erp.uid, "journal": 8},
    ),
    "odoo-webhook": Case(OdooWebhook, f"/web/hook/{OdooWebhook.uuid}", lambda _erp: {}),
    "erpnext": Case(
        lambda: ErpNext("key:secret"),
        "",
        lambda erp: {
            "token": erp.token,
            "company": "Duka",
            "receivable": "Debtors - D",
            "account": "M-Pesa 600638 - D",
            "unmatched": "M-Pesa Unmatched",
        },
        before=2,
    ),
    "business-central": Case(
        BusinessCentral,
        "/api/v2.0",
        lambda erp: {
            "client_id": erp.tokens.client,
            "client_secret": erp.tokens.secret,
            "token_url": f"{erp.url}/oauth2/v2.0/token",
            "company": erp.company,
            "journal": erp.journal,
            "unmatched": "99999",
        },
        before=4,
    ),
    "sap-b1": Case(
        SapB1,
        "",
        lambda erp: {
            "login": f"{erp.url}/Login",
            "company": erp.company,
            "user": erp.user,
            "password": erp.password,
            "account": "_SYS00000000001",
            "unmatched": "C999",
        },
        before=3,
    ),
    "quickbooks-online": Case(
        QuickBooks,
        f"/v3/company/{QuickBooks.realm}",
        lambda erp: {
            **_oauth(erp, "/oauth2/v1/tokens/bearer"),
            "realm": erp.realm,
            "customer": 99,
            "account": 35,
        },
        before=1,
    ),
    "xero": Case(
        Xero,
        "",
        lambda erp: {
            **_oauth(erp, "/connect/token"),
            "organisation": erp.xero_tenant,
            "contact": "c-1",
            "bank_account": 90,
            "account": 610,
        },
        before=2,
    ),
    "zoho-books": Case(
        ZohoBooks,
        "",
        lambda erp: {
            **_oauth(erp, "/oauth/v2/token"),
            "organization": erp.organization,
            "customer": "460000000099999",
            "account": "460000000000361",
        },
        before=2,
    ),
    "sage": Case(
        SageAccounting,
        "/v3.1",
        lambda erp: {**_oauth(erp, "/token"), "contact": "unmatched", "bank_account": "b-1"},
        before=1,
    ),
    "tally": Case(
        Tally,
        "",
        lambda erp: {"company": erp.company, "account": "M-Pesa 600638", "ledger": "M-Pesa Unmatched"},
        before=1,
    ),
    "generic": Case(PlainReceiver, "/payments", lambda erp: {"token": erp.token}),
}


def destination_of(recipe: str, erp: EmulatedErp) -> dict[str, Any]:
    """Return the destination that uses a recipe with a running emulated ERP, as a configuration has it."""
    case = CASES[recipe]
    given = case.given(erp)
    return {
        "adapter": "http",
        "recipe": recipe,
        "url": f"{erp.url}{case.path}",
        **({"with": given} if given else {}),
        "allow_private": True,
        "timeout": "3s",
        "retry": {"schedule": ["1s"] * 20, "jitter": "0%"},
    }
