"""Bodies for tests of single facts: a plausible one of each form, with what a test wants changed."""

from typing import Any

Body = dict[str, Any]

PAID = {
    "Amount": 1500,
    "MpesaReceiptNumber": "UKO7R8T1YB",
    "TransactionDate": 20261124101531,
    "PhoneNumber": 254700000000,
}
NOTHING = object()
"""As a value: the pair has none."""


def pairs(name: str, values: Body) -> list[Body]:
    """Return pairs of name and value; `name` is what M-Pesa calls the name here."""
    return [{name: key} if value is NOTHING else {name: key, "Value": value} for key, value in values.items()]


def stk(code: Any = 0, items: Body | None = PAID, **fields: Any) -> Body:
    body: Body = {"MerchantRequestID": "m-1", "CheckoutRequestID": "ws_CO_1", "ResultCode": code, "ResultDesc": "said"}
    if items is not None:
        body["CallbackMetadata"] = {"Item": pairs("Name", items)}
    return {"Body": {"stkCallback": body | fields}}


def c2b(**fields: Any) -> Body:
    body = {
        "TransactionType": "Pay Bill",
        "TransID": "UKO7R8T1YB",
        "TransTime": "20261124101530",
        "TransAmount": "1500.00",
        "BusinessShortCode": "600638",
        "BillRefNumber": "INV-1042",
        "InvoiceNumber": "",
        "OrgAccountBalance": "49197.00",
        "ThirdPartyTransID": "",
        "MSISDN": "2547 ***** 126",
        "FirstName": "JOHN",
    }
    return body | fields


PAYOUT = {
    "TransactionAmount": 10,
    "TransactionReceipt": "UKO7R8T1YB",
    "B2CRecipientIsRegisteredCustomer": "Y",
    "B2CChargesPaidAccountAvailableFunds": -4510.0,
    "ReceiverPartyPublicName": "254708374149 - John Doe",
    "TransactionCompletedDateTime": "24.11.2026 11:45:50",
}
TRANSFER = {
    "Amount": "190.00",
    "TransCompletedTime": "20261124110222",
    "DebitPartyCharges": "",
    "ReceiverPartyPublicName": "000200 – Biller",
    "Currency": "KES",
    "DebitAccountBalance": "{Amount={CurrencyCode=KES, MinimumAmount=618683, BasicAmount=6186.83}}",
}
REVERSAL = {
    "Amount": 100,
    "TransCompletedTime": 20261124110223,
    "OriginalTransactionID": "UKO41JRQX2",
    "Charge": 0,
    "CreditPartyPublicName": "254708374149 - John Doe",
    "DebitPartyPublicName": "600638 - Duka",
    "DebitAccountBalance": "Utility Account|KES|7722179.62|7722179.62|0.00|0.00",
}
STATUS = {
    "ReceiptNo": "UKO41JRQX2",
    "TransactionStatus": "Completed",
    "Amount": "300",
    "FinalisedTime": 20261124105949,
    "DebitPartyName": "600638 - Duka",
    "DebitPartyCharges": "Fee For B2C Payment|KES|22.40",
    "ConversationID": "AG_subject",
    "OriginatorConversationID": "subject",
}
BALANCE = {
    "AccountBalance": "Working Account|KES|700000.00|700000.00|0.00|0.00&Utility Account|KES|-5.00|0.00|0.00|0.00",
    "BOCompletedTime": 20261124100918,
}
PARAMETERS: dict[str, Body] = {
    "b2c-result": PAYOUT,
    "b2pochi-result": PAYOUT,
    "b2b-result": TRANSFER,
    "tax-result": TRANSFER,
    "reversal-result": REVERSAL,
    "status-result": STATUS,
    "balance-result": BALANCE,
}


def result(parameters: Any = None, code: Any = 0, **fields: Any) -> Body:
    """Return a result; parameters as a mapping are written as a list of pairs, anything else as it is."""
    body: Body = {
        "ResultType": 0,
        "ResultCode": code,
        "ResultDesc": "said",
        "OriginatorConversationID": "o-1",
        "ConversationID": "AG_1",
        "TransactionID": "UKO7R8T1YB",
    }
    if parameters is not None:
        held = pairs("Key", parameters) if isinstance(parameters, dict) and "Key" not in parameters else parameters
        body["ResultParameters"] = {"ResultParameter": held}
    return {"Result": body | fields}
