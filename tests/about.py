"""Bodies of an earlier payout, of the answers to questions about it, and of its reversal."""

from typing import Any

from providers_bodies import PAYOUT, REVERSAL, STATUS, Body, result

RECEIPT = "UKO41JRQX2"
BACK = "UKO7R8T1YB"
IDS = {"OriginatorConversationID": "subject", "ConversationID": "AG_subject"}
PAID_AT = {"TransactionCompletedDateTime": "24.11.2026 10:10:00"}
ENDED_AT = {"FinalisedTime": 20261124101000}
BACK_AT = {"TransCompletedTime": 20261124101500}
AMOUNTS = {"same": "300", "other": "10", "none": None}


def payout(went: str, amount: Any = 300, **fields: Any) -> Body:
    """Return the result of a payout to a customer: "succeeded", "failed" or "unknown" (further messages follow)."""
    inside = PAYOUT | {"TransactionReceipt": RECEIPT, "TransactionAmount": amount} | PAID_AT
    how: Body = {"succeeded": {}, "failed": {"code": 1}, "unknown": {"ResultType": 1}}[went]
    placeholder = {} if went == "succeeded" else {"TransactionID": "SKE0000000"}
    return result(inside, **({"TransactionID": RECEIPT} | placeholder | IDS | how | fields))


def answer(says: str, amount: str | None = "300", query: str = "q-1", **inside: Any) -> Body:
    """Return the answer to a status query: what it says of the payout, or "query failed"."""
    states = {"succeeded": "Completed", "failed": "Cancelled", "unknown": "Pending", "query failed": "Completed"}
    told = STATUS | {"TransactionStatus": states[says], "Amount": amount, "ReceiptNo": RECEIPT} | ENDED_AT | inside
    how = {"code": 2001} if says == "query failed" else {}
    own = {"OriginatorConversationID": query, "ConversationID": f"AG_{query}", "TransactionID": "SKE0000000"}
    return result({name: value for name, value in told.items() if value is not None}, **own, **how)


def reversal(went: str, amount: str | None = "300", request: str = "r-1", original: str | None = RECEIPT) -> Body:
    """Return the result of a reversal of the payout."""
    told = REVERSAL | {"Amount": amount or "", "OriginalTransactionID": original} | BACK_AT
    how: Body = {"succeeded": {}, "failed": {"code": 1}, "unknown": {"ResultType": 1}}[went]
    own = {"OriginatorConversationID": request, "ConversationID": f"AG_{request}", "TransactionID": BACK}
    return result({name: value for name, value in told.items() if value is not None}, **(own | how))
