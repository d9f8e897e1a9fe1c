"""The callback that every request carries: an STK success of 559 bytes whose ids are new each time."""

import json
from datetime import UTC, datetime, timedelta, timezone

CHECKOUT = "@CHECKOUT@"
RECEIPT = "@RECEIPT@"
MIXES = ("unique", "duplicates", "invalid")
"""All new; every second one a repetition; every fifth one not acceptable (half of those not even JSON)."""

_NAIROBI = timezone(timedelta(hours=3))
# A repetition comes this much later than what it repeats: by then that is mostly committed.
_LAG = 129


def template() -> str:
    """Return the body with the places of its two ids; seven items, two of which no schema knows."""
    items = [
        {"Name": "Amount", "Value": 1500.0},
        {"Name": "MpesaReceiptNumber", "Value": RECEIPT},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": int(f"{datetime.now(UTC).astimezone(_NAIROBI):%Y%m%d%H%M%S}")},
        {"Name": "PhoneNumber", "Value": 254700000000},
        {"Name": "MerchantName", "Value": "Duka Moja Limited, Kisumu"},
        {"Name": "Channel", "Value": "MPESA Express"},
    ]
    callback = {
        "MerchantRequestID": "5220-40e9-bb16-c78ea820338d11816350",
        "CheckoutRequestID": CHECKOUT,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": items},
    }
    return json.dumps({"Body": {"stkCallback": callback}}, separators=(",", ":"))


def checkout(prefix: int, number: int) -> str:
    """Return the checkout id of request `number` of round `prefix`: 32 characters."""
    return f"ws_CO_24112026101530{prefix:03d}{number:09d}"


def receipt(prefix: int, number: int) -> str:
    """Return its receipt: 10 characters."""
    return f"U{prefix:03d}{number:06d}"


def body(text: str, mix: str, prefix: int, number: int) -> str:
    """Return the body of request `number`; wrk.lua does the same."""
    if mix == "duplicates" and number % 2 == 0:
        number = max(number - _LAG, 1)
    made = text.replace(CHECKOUT, checkout(prefix, number)).replace(RECEIPT, receipt(prefix, number))
    if mix == "invalid" and number % 10 == 0:
        return made[:-1]
    if mix == "invalid" and number % 10 == 5:
        return made.replace("ResultCode", "ResultKode")
    return made
