"""The bodies that M-Pesa posts for a payment, as they have been seen in production. One function a kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.simulator.payment import Payment

Body = dict[str, Any]

# Result codes of STK pushes that moved no money, with the prose that came with them.
FAILURES: Mapping[int, str] = MappingProxyType(
    {
        1: "The balance is insufficient for the transaction.",
        1032: "Request cancelled by user",
        1037: "DS timeout user cannot be reached.",
        2001: "The initiator information is invalid.",
    }
)


def stk(payment: Payment) -> Body:
    """Return the callback of a push that was paid. It carries neither shortcode nor reference nor name."""
    items: list[Body] = [
        {"Name": "Amount", "Value": float(payment.amount)},
        {"Name": "MpesaReceiptNumber", "Value": payment.receipt},
        # Production sends the item without its value.
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(_stamp(payment))},
        {"Name": "PhoneNumber", "Value": payment.payer},
    ]
    result = _stk_result(payment, 0, "The service request is processed successfully.")
    return {"Body": {"stkCallback": {**result, "CallbackMetadata": {"Item": items}}}}


def stk_failed(payment: Payment, code: int = 1032) -> Body:
    """Return the callback of a push that was not paid; `code` is one of FAILURES. It has no metadata at all."""
    return {"Body": {"stkCallback": _stk_result(payment, code, FAILURES[code])}}


def c2b_confirmation(payment: Payment) -> Body:
    """Return the confirmation of a payment to a paybill or till: every value a text, the payer masked."""
    return _c2b(payment, balance=f"{payment.balance:.2f}")


def c2b_validation(payment: Payment) -> Body:
    """Return the question that comes before the confirmation: the same body, but without a new balance."""
    return _c2b(payment, balance="")


BODIES: Mapping[str, Callable[[Payment], Body]] = MappingProxyType(
    {"stk": stk, "c2b-confirmation": c2b_confirmation, "c2b-validation": c2b_validation}
)
"""Kind -> the body of its callback for a payment that went well."""


def masked(payer: int) -> str:
    """Return a telephone number as C2B version 2 shows it: blanks, stars and the last three digits."""
    text = str(payer)
    return f"{text[:4]} ***** {text[-3:]}"


def _stk_result(payment: Payment, code: int, description: str) -> Body:
    return {
        "MerchantRequestID": payment.merchant_request_id,
        "CheckoutRequestID": payment.checkout_request_id,
        "ResultCode": code,
        "ResultDesc": description,
    }


def _c2b(payment: Payment, balance: str) -> Body:
    return {
        "TransactionType": "Customer Merchant Payment" if payment.is_till else "Pay Bill",
        "TransID": payment.receipt,
        "TransTime": _stamp(payment),
        "TransAmount": f"{payment.amount:.2f}",
        "BusinessShortCode": payment.shortcode,
        "BillRefNumber": payment.reference,
        "InvoiceNumber": "",
        "OrgAccountBalance": balance,
        "ThirdPartyTransID": "",
        "MSISDN": masked(payment.payer),
        "FirstName": payment.name,
        "MiddleName": "",
        "LastName": "",
    }


def _stamp(payment: Payment) -> str:
    return f"{payment.at:%Y%m%d%H%M%S}"
