"""Made-up payments of tests: the same in every run, told as M-Pesa tells them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.times import NAIROBI
from gateway.simulator.callbacks import BODIES, stk_failed
from gateway.simulator.payment import Payment

FIRST_AT = datetime(2026, 11, 24, 10, 15, 30, tzinfo=NAIROBI)
"""When a made-up payment is made."""

_REFERENCE = "INV-1007"


def body_of(told: Mapping[str, Any], kind: str, shortcode: str) -> dict[str, Any] | None:
    """Return the body of the payment's callback of a kind, None where the kind is none of M-Pesa's."""
    if kind == "stk" and "failed" in told:
        return stk_failed(_payment(told, shortcode), told["failed"])
    make = BODIES.get(kind)
    return None if make is None else make(_payment(told, shortcode))


def query_of(told: Mapping[str, Any], kind: str) -> dict[str, str]:
    """Return the query of the URL: a push's callback does not carry the reference, the integrator's URL does."""
    is_payment = not {"callback", "body"} & told.keys()
    return {"ref": told.get("payment", {}).get("reference", _REFERENCE)} if kind == "stk" and is_payment else {}


def _payment(told: Mapping[str, Any], shortcode: str) -> Payment:
    payer = told.get("payer", "254700000007")
    return Payment(
        shortcode=shortcode,
        receipt=told.get("receipt", "UKO7R8T1YB"),
        amount=Decimal(told.get("amount", "1500.00")),
        payer=int(payer),
        name=told.get("name", "ACHIENG"),
        reference=told.get("reference", _REFERENCE),
        balance=Decimal("49197.00"),
        at=FIRST_AT,
        merchant_request_id="29115-34620561-1",
        checkout_request_id=f"ws_CO_24112026101510123{payer[-9:]}",
    )
