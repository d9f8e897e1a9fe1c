"""The bodies of results: what M-Pesa posts when a request (payout, transfer, reversal, query) has been carried out."""

from hashlib import sha256
from typing import Any

from gateway.simulator.payment import Payment

Body = dict[str, Any]
Value = str | int | float | None

# A receipt of nobody, for failed requests and for queries: M-Pesa gives all of them the same one.
PLACEHOLDER = "SKE0000000"


def payout(payment: Payment) -> Body:
    """Return the result of a payout to a customer, B2C or B2Pochi: the time with the day first, charges negative."""
    return _result(
        payment,
        payment.receipt,
        TransactionAmount=float(payment.amount),
        TransactionReceipt=payment.receipt,
        B2CRecipientIsRegisteredCustomer="Y",
        B2CChargesPaidAccountAvailableFunds=-4510.00,
        ReceiverPartyPublicName=f"{payment.payer} - {payment.name}",
        TransactionCompletedDateTime=f"{payment.at:%d.%m.%Y %H:%M:%S}",
        B2CUtilityAccountAvailableFunds=float(payment.balance),
        B2CWorkingAccountAvailableFunds=0.00,
    )


def transfer(payment: Payment) -> Body:
    """Return the result of a transfer to a business: balances in braces and between pipes, no charges."""
    balance = (
        f"{{Amount={{CurrencyCode=KES, MinimumAmount={payment.balance * 100:.0f}, BasicAmount={payment.balance}}}}}"
    )
    body = _result(
        payment,
        payment.receipt,
        DebitAccountBalance=balance,
        Amount=f"{payment.amount:.2f}",
        DebitPartyAffectedAccountBalance=f"Working Account|KES|{payment.balance}|{payment.balance}|0.00|0.00",
        TransCompletedTime=f"{payment.at:%Y%m%d%H%M%S}",
        DebitPartyCharges="",
        ReceiverPartyPublicName="000200 – Biller Company",
        Currency="KES",
        InitiatorAccountCurrentBalance=balance,
    )
    reference = {"Key": "BillReferenceNumber", "Value": payment.reference or "19008"}
    body["Result"]["ReferenceData"] = {"ReferenceItem": [reference, {"Key": "QueueTimeoutURL"}]}
    return body


def reversal(payment: Payment) -> Body:
    """Return the result of a reversal; the payment that is reversed has a receipt of its own."""
    return _result(
        payment,
        payment.receipt,
        DebitAccountBalance=f"Utility Account|KES|{payment.balance}|{payment.balance}|0.00|0.00",
        Amount=float(payment.amount),
        TransCompletedTime=int(f"{payment.at:%Y%m%d%H%M%S}"),
        OriginalTransactionID=original_receipt(payment),
        Charge=0,
        CreditPartyPublicName=f"{payment.payer} - {payment.name}",
        DebitPartyPublicName=f"{payment.shortcode} - Business",
    )


def status(payment: Payment) -> Body:
    """Return the answer to a query about a payment: its own receipt is a placeholder, both sides are DebitPartyName."""
    body = _result(
        payment,
        PLACEHOLDER,
        DebitPartyName=f"{payment.payer} - {payment.name}",
        DebitPartyCharges=None,
        ReasonType="Pay Bill Online",
        TransactionStatus="Completed",
        FinalisedTime=int(f"{payment.at:%Y%m%d%H%M%S}"),
        Amount=float(payment.amount),
        ReceiptNo=payment.receipt,
    )
    other_side = {"Key": "DebitPartyName", "Value": f"{payment.shortcode} - Business"}
    body["Result"]["ResultParameters"]["ResultParameter"].append(other_side)
    return body


def balance(payment: Payment) -> Body:
    """Return the answer to a query about the shortcode's accounts."""
    accounts = (("Working Account", payment.balance), ("Utility Account", 0), ("Charges Paid Account", -1540))
    return _result(
        payment,
        PLACEHOLDER,
        AccountBalance="&".join(f"{name}|KES|{held:.2f}|{held:.2f}|0.00|0.00" for name, held in accounts),
        BOCompletedTime=int(f"{payment.at:%Y%m%d%H%M%S}"),
    )


def timeout(payment: Payment) -> Body:
    """Return the notice that a request timed out in the queue. Its form is a guess: none is published."""
    return {"Result": _envelope(payment, PLACEHOLDER) | {"ResultCode": 1, "ResultDesc": "The request timed out."}}


def conversation_ids(payment: Payment) -> tuple[str, str]:
    """Return the originator's and M-Pesa's id of the conversation that the payment was requested in."""
    signs = sha256(payment.receipt.encode()).hexdigest()
    return f"{int(signs[:4], 16)}-{int(signs[4:10], 16)}-1", f"AG_{payment.at:%Y%m%d}_{signs[:20]}"


def original_receipt(payment: Payment) -> str:
    """Return the receipt of an earlier payment, of the same day, that a reversal is about."""
    return payment.receipt[:3] + sha256(payment.receipt.encode()).hexdigest()[:7].upper()


def _result(payment: Payment, transaction_id: str, **parameters: Value) -> Body:
    pairs = [{"Key": key} if value is None else {"Key": key, "Value": value} for key, value in parameters.items()]
    url = {"Key": "QueueTimeoutURL", "Value": "https://internalsandbox.safaricom.co.ke/mpesa/b2cresults/v1/submit"}
    parts = {"ResultParameters": {"ResultParameter": pairs}, "ReferenceData": {"ReferenceItem": url}}
    return {"Result": _envelope(payment, transaction_id) | parts}


def _envelope(payment: Payment, transaction_id: str) -> Body:
    originator, conversation = conversation_ids(payment)
    return {
        "ResultType": 0,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "OriginatorConversationID": originator,
        "ConversationID": conversation,
        "TransactionID": transaction_id,
    }
