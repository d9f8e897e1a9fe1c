"""Result codes and words of M-Pesa as tables. What is not listed is unknown: never guessed, never succeeded."""

from collections.abc import Mapping

from gateway.domain.outcome import Outcome
from gateway.providers.mpesa.code_rows import CODES

RESULT_KINDS = frozenset(
    {"b2c-result", "b2pochi-result", "b2b-result", "tax-result", "reversal-result", "balance-result"}
)
"""Kinds that share the rows of the api `result` (a status query has its own: its code is about the query)."""

_OUTCOMES: Mapping[tuple[str, str], Outcome] = {(row.api, row.code): row.outcome for row in CODES}

CUSTOMER_PAYMENTS = frozenset({"", "pay bill", "paybill", "buy goods", "customer merchant payment"})
"""C2B TransactionType, lower case, of rows that are customers' payments.

Tills in production send "Customer Merchant Payment", older sandbox bodies an empty text. Settlements come to the same
URL, so that what is not listed here is told apart.
"""

STATUSES: Mapping[str, Outcome] = {
    "completed": Outcome.SUCCEEDED,
    "cancelled": Outcome.FAILED,
    "declined": Outcome.FAILED,
    "expired": Outcome.FAILED,
    "failed": Outcome.FAILED,
    # On its way: it may still end either way.
    "authorized": Outcome.UNKNOWN,
    "initiated": Outcome.UNKNOWN,
    "pending": Outcome.UNKNOWN,
}
"""TransactionStatus, lower case, of a status query's result (Daraja, Transaction Status) -> how the payment went."""


def outcome_of(kind: str, code: str | None) -> Outcome:
    """Return the outcome of a result code of that kind: by its own rows, else its family's; unlisted is unknown."""
    if code is None:
        return Outcome.UNKNOWN
    own = _OUTCOMES.get((kind, code))
    if own is not None:
        return own
    return _OUTCOMES.get(("result", code), Outcome.UNKNOWN) if kind in RESULT_KINDS else Outcome.UNKNOWN


def status_outcome(status: str | None) -> Outcome:
    """Return how a payment went by its TransactionStatus; an unlisted one is unknown."""
    return STATUSES.get((status or "").strip().casefold(), Outcome.UNKNOWN)


def is_customer_payment(transaction_type: str | None) -> bool:
    """Tell whether a C2B row of this TransactionType is a customer's payment."""
    return (transaction_type or "").strip().casefold() in CUSTOMER_PAYMENTS
