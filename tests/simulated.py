"""Bodies for tests that care about few of their fields."""

from typing import Any


def c2b(receipt: str, shortcode: str = "600638", amount: str = "1500.00", **fields: Any) -> dict[str, Any]:
    """Return a C2B body."""
    return {
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": "20261124101530",
        "TransAmount": amount,
        "BusinessShortCode": shortcode,
        "BillRefNumber": "INV-1042",
        "InvoiceNumber": "",
        "OrgAccountBalance": "49197.00",
        "ThirdPartyTransID": "",
        "MSISDN": "2547 ***** 126",
        "FirstName": "JOHN",
        **fields,
    }


def stk(checkout: str, receipt: str = "UKO7R8T1YB", amount: float = 1500, code: int | str = 0) -> dict[str, Any]:
    """Return an STK body; one that failed has no metadata."""
    items = [
        {"Name": "Amount", "Value": amount},
        {"Name": "MpesaReceiptNumber", "Value": receipt},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": 20261124101530},
        {"Name": "PhoneNumber", "Value": 254708374149},
    ]
    body: dict[str, Any] = {
        "MerchantRequestID": f"m-{checkout}",
        "CheckoutRequestID": checkout,
        "ResultCode": code,
        "ResultDesc": "The service request is processed successfully." if code == 0 else "Request cancelled by user",
    }
    return {"Body": {"stkCallback": body | ({"CallbackMetadata": {"Item": items}} if code == 0 else {})}}
