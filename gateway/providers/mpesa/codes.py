"""Result codes and words of M-Pesa as tables. What is not listed is unknown: never guessed, never succeeded."""

from gateway.domain.outcome import Outcome

STK_CODES: dict[str, Outcome] = {
    "0": Outcome.SUCCEEDED,
    # Balance too low, without Fuliza.
    "1": Outcome.FAILED,
    # Below the minimum, above the maximum, daily limit, receiver's balance limit.
    "2": Outcome.FAILED,
    "3": Outcome.FAILED,
    "4": Outcome.FAILED,
    "8": Outcome.FAILED,
    # Rule limited: the same amount to the same customer within two minutes.
    "17": Outcome.FAILED,
    # System busy.
    "26": Outcome.FAILED,
    # Another session of the subscriber is open.
    "1001": Outcome.FAILED,
    # Transaction expired.
    "1019": Outcome.FAILED,
    # The prompt could not be sent.
    "1025": Outcome.FAILED,
    "9999": Outcome.FAILED,
    # STK time-out, SMSC acknowledgement time-out: the push is over, no PIN was entered.
    "1031": Outcome.FAILED,
    "1036": Outcome.FAILED,
    # Cancelled by the payer.
    "1032": Outcome.FAILED,
    # The handset was not reached or did not answer; final for that push.
    "1037": Outcome.FAILED,
    # Wrong PIN.
    "2001": Outcome.FAILED,
    # PartyB and TransactionType do not fit (till against paybill): a fault of configuration.
    "2028": Outcome.FAILED,
    "SFC_IC0003": Outcome.FAILED,
    # Credential locked.
    "8006": Outcome.FAILED,
    # Still under processing.
    "4999": Outcome.UNKNOWN,
}
"""STK push: code -> outcome. Sources: Daraja's M-Pesa Express page, and SFC_IC0003, 4999 as seen in production."""

CUSTOMER_PAYMENTS = frozenset({"", "pay bill", "paybill", "buy goods", "customer merchant payment"})
"""C2B TransactionType, lower case, of rows that are customers' payments.

Tills in production send "Customer Merchant Payment", older sandbox bodies an empty text. Settlements come to the same
URL, so that what is not listed here is told apart.
"""


def stk_outcome(code: str | None) -> Outcome:
    """Return the outcome of an STK result code; an unlisted one is unknown."""
    return Outcome.UNKNOWN if code is None else STK_CODES.get(code, Outcome.UNKNOWN)


def is_customer_payment(transaction_type: str | None) -> bool:
    """Tell whether a C2B row of this TransactionType is a customer's payment."""
    return (transaction_type or "").strip().casefold() in CUSTOMER_PAYMENTS
