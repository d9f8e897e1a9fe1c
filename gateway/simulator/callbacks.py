"""The bodies that M-Pesa posts for a payment, as they have been seen in production. One function a kind."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from gateway.simulator import results
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


def ratiba(payment: Payment) -> Body:
    """Return the callback of a standing order that was agreed to. It tells of no money."""
    request, response = results.conversation_ids(payment)
    data = {"TransactionID": payment.receipt, "responseCode": "0", "Status": "OKAY", "Msisdn": masked(payment.payer)}
    return {
        "responseHeader": {
            "responseRefID": response,
            "requestRefID": request,
            "responseCode": "0",
            "responseDescription": "The service request is processed successfully",
        },
        "responseBody": {"responseData": [{"name": name, "value": value} for name, value in data.items()]},
    }


def b2b_express(payment: Payment) -> Body:
    """Return the callback of another business that was prompted and paid."""
    request, conversation = results.conversation_ids(payment)
    return {
        "resultCode": "0",
        "resultDesc": "The service request is processed successfully.",
        "amount": f"{payment.amount:.2f}",
        "requestId": request,
        "resultType": "0",
        "conversationID": conversation,
        "transactionId": payment.receipt,
        "status": "SUCCESS",
    }


def bill_manager(payment: Payment) -> Body:
    """Return the notice of a bill that was paid: it tells the day, not the time."""
    return {
        "transactionId": payment.receipt,
        "paidAmount": f"{payment.amount:.2f}",
        "msisdn": str(payment.payer),
        "dateCreated": f"{payment.at:%Y-%m-%d}",
        "accountReference": payment.reference,
        "shortCode": payment.shortcode,
    }


def pull(payment: Payment) -> Body:
    """Return a stand-in, as no body is published: the documented answer to a query for one payment."""
    row = {
        "transactionId": payment.receipt,
        "trxDate": f"{payment.at:%Y-%m-%dT%H:%M:%S}Z",
        "msisdn": payment.payer % 1_000_000_000,
        "sender": "MPESA",
        "transactiontype": "c2b-pay-bill-debit",
        "billreference": payment.reference,
        "amount": f"{payment.amount:.2f}",
        "organizationname": "Business",
    }
    said = {"ResponseRefID": payment.merchant_request_id, "ResponseCode": "1000", "ResponseMessage": "Success"}
    return {**said, "Response": [[row]]}


BODIES: Mapping[str, Callable[[Payment], Body]] = MappingProxyType(
    {
        "stk": stk,
        "c2b-confirmation": c2b_confirmation,
        "c2b-validation": c2b_validation,
        "b2c-result": results.payout,
        "b2pochi-result": results.payout,
        "b2b-result": results.transfer,
        "tax-result": results.transfer,
        "reversal-result": results.reversal,
        "status-result": results.status,
        "balance-result": results.balance,
        "timeout": results.timeout,
        "ratiba": ratiba,
        "b2b-express": b2b_express,
        "bill-manager": bill_manager,
        "pull": pull,
    }
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
