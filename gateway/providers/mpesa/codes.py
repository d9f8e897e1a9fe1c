"""Result codes and words of M-Pesa as tables. What is not listed is unknown: never guessed, never succeeded.

Sources: Safaricom's Daraja pages; "seen" marks what production sent though no page says so, "reported" what only third
parties tell.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from gateway.domain.outcome import Outcome

S, F, U = Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN

RESULTS = ("b2c", "b2b", "reversal", "status", "balance")
"""APIs that answer with a Result and share its codes."""


class Code(NamedTuple):
    """What a result code of an API means."""

    api: str
    code: str
    outcome: Outcome
    meaning: str
    # Who has to do something: payer, merchant, safaricom, nobody.
    who: str
    # May the request be made again, as a new one? yes, later, no.
    again: str
    source: str


STK = (
    Code("stk", "0", S, "paid", "nobody", "no", "Daraja"),
    Code("stk", "1", F, "the payer's balance is too low, without Fuliza", "payer", "yes", "Daraja"),
    Code("stk", "2", F, "below the smallest amount", "merchant", "yes", "Daraja"),
    Code("stk", "3", F, "above the largest amount", "merchant", "yes", "Daraja"),
    Code("stk", "4", F, "the payer's daily limit is reached", "payer", "later", "Daraja"),
    Code("stk", "8", F, "the receiver's balance limit is reached", "merchant", "later", "Daraja"),
    Code("stk", "17", F, "the same amount to the same customer within two minutes", "nobody", "later", "Daraja"),
    Code("stk", "26", F, "the system is busy", "nobody", "later", "Daraja"),
    Code("stk", "1001", F, "another session of the subscriber is open", "payer", "later", "Daraja (Ratiba)"),
    Code("stk", "1019", F, "the transaction expired", "nobody", "yes", "Daraja"),
    Code("stk", "1025", F, "the prompt could not be sent: too long, or the system", "merchant", "yes", "Daraja"),
    Code("stk", "9999", F, "the prompt could not be sent", "merchant", "yes", "reported"),
    Code("stk", "1031", F, "the push timed out", "payer", "yes", "reported"),
    Code("stk", "1036", F, "the handset acknowledged too late", "payer", "yes", "reported"),
    Code("stk", "1032", F, "cancelled by the payer", "payer", "yes", "Daraja"),
    Code("stk", "1037", F, "the handset was not reached or did not answer; it is final", "payer", "yes", "Daraja"),
    Code("stk", "2001", F, "wrong PIN", "payer", "yes", "Daraja"),
    Code("stk", "2028", F, "PartyB and TransactionType do not fit: till against paybill", "merchant", "no", "Daraja"),
    Code("stk", "SFC_IC0003", F, "the receiver is invalid: till against paybill", "merchant", "no", "seen"),
    Code("stk", "8006", F, "the payer's credential is locked", "payer", "later", "Daraja"),
    Code("stk", "4999", U, "still under processing", "nobody", "no", "seen"),
)
RESULT = (
    Code("result", "0", S, "done", "nobody", "no", "Daraja"),
    Code("result", "1", F, "the account's balance is too low", "merchant", "yes", "Daraja"),
    Code("result", "2", F, "below the smallest amount", "merchant", "yes", "Daraja"),
    Code("result", "3", F, "above the largest amount", "merchant", "yes", "Daraja"),
    Code("result", "4", F, "the daily limit is reached", "merchant", "later", "Daraja"),
    Code("result", "7", F, "the debit party cannot be resolved", "merchant", "no", "reported"),
    Code("result", "8", F, "the receiver's balance limit is reached", "payer", "later", "Daraja"),
    Code("result", "11", F, "the debit party is in no valid state", "merchant", "no", "Daraja"),
    Code("result", "13", F, "the credit party cannot be resolved", "merchant", "no", "reported"),
    Code("result", "14", F, "a party cannot be resolved", "merchant", "no", "reported"),
    Code("result", "15", F, "a duplicate of an earlier request", "merchant", "no", "Daraja"),
    Code("result", "17", F, "a rule limits it", "nobody", "later", "Daraja"),
    Code("result", "18", F, "the initiator's credential is wrong", "merchant", "no", "Daraja"),
    Code("result", "20", F, "the initiator cannot be resolved", "merchant", "no", "Daraja"),
    Code("result", "21", F, "the initiator may not do this", "merchant", "no", "Daraja"),
    Code("result", "22", F, "the initiator is in no valid state", "merchant", "no", "Daraja"),
    Code("result", "24", F, "fields are missing", "merchant", "no", "Daraja"),
    Code("result", "25", F, "a parameter is invalid", "merchant", "no", "Daraja"),
    Code("result", "26", F, "the system is busy", "nobody", "later", "Daraja"),
    Code("result", "29", F, "the system is busy", "nobody", "later", "Daraja"),
    Code("result", "2001", F, "the initiator is invalid", "merchant", "no", "Daraja"),
    Code("result", "2006", F, "the account is in no valid state", "merchant", "no", "Daraja"),
    Code("result", "2028", F, "the parties and the command do not fit", "merchant", "no", "Daraja"),
    Code("result", "2032", F, "no transaction has this receipt", "merchant", "no", "seen"),
    Code("result", "2040", F, "the recipient is not registered", "payer", "no", "Daraja"),
    Code("result", "8006", F, "the credential is locked", "merchant", "later", "Daraja"),
    Code("result", "SFC_IC0003", F, "the receiver is invalid", "merchant", "no", "seen"),
    Code("result", "R000001", F, "reversed already", "nobody", "no", "Daraja"),
    Code("result", "R000002", F, "the original transaction id is invalid", "merchant", "no", "seen"),
    Code("result", "100000000", U, "cached, and waiting to be sent again", "nobody", "no", "Daraja"),
)
RATIBA = (
    Code("ratiba", "0", S, "the standing order stands", "nobody", "no", "Daraja"),
    Code("ratiba", "1", F, "the payer's balance is too low", "payer", "yes", "Daraja"),
    Code("ratiba", "1001", F, "another session of the subscriber is open", "payer", "later", "Daraja"),
    Code("ratiba", "1025", F, "the prompt could not be sent", "merchant", "yes", "Daraja"),
    Code("ratiba", "1032", F, "cancelled by the payer", "payer", "yes", "Daraja"),
    Code("ratiba", "1037", F, "the handset was not reached or did not answer", "payer", "yes", "Daraja"),
    Code("ratiba", "2001", F, "wrong PIN", "payer", "yes", "Daraja"),
    Code("ratiba", "1050", F, "the name of the standing order is in use", "merchant", "yes", "Daraja"),
    Code("ratiba", "1051", F, "a bad request", "merchant", "no", "Daraja"),
)
B2B_EXPRESS = (
    Code("b2b-express", "0", S, "paid", "nobody", "no", "Daraja"),
    Code("b2b-express", "4001", F, "cancelled by the paying business", "payer", "yes", "Daraja"),
    Code("b2b-express", "4102", F, "the merchant's KYC is incomplete", "merchant", "no", "Daraja"),
    Code("b2b-express", "4104", F, "the paying business has named no number", "payer", "no", "Daraja"),
    Code("b2b-express", "4201", F, "the USSD network failed", "nobody", "later", "Daraja"),
    Code("b2b-express", "4203", F, "the USSD prompt failed", "nobody", "later", "Daraja"),
)

CODES: tuple[Code, ...] = (*STK, *RESULT, *RATIBA, *B2B_EXPRESS)
"""Every code we know, by API."""

CUSTOMER_PAYMENTS = frozenset({"", "pay bill", "paybill", "buy goods", "customer merchant payment"})
"""C2B TransactionType, lower case, of rows that are customers' payments.

Tills in production send "Customer Merchant Payment", older sandbox bodies an empty text. Settlements come to the same
URL, so that what is not listed here is told apart.
"""

STATUSES: Mapping[str, Outcome] = {
    "completed": S,
    "cancelled": F,
    "declined": F,
    "expired": F,
    "failed": F,
    # Neither way yet: initiated, authorized, pending.
    "initiated": U,
    "authorized": U,
    "pending": U,
}
"""TransactionStatus of a status query, lower case (Daraja, Transaction Status)."""


def _table(rows: Iterable[Code]) -> Mapping[str, Outcome]:
    return {row.code: row.outcome for row in rows}


_BY_API: Mapping[str, Mapping[str, Outcome]] = {
    "stk": _table(STK),
    **dict.fromkeys(RESULTS, _table(RESULT)),
    "ratiba": _table(RATIBA),
    "b2b-express": _table(B2B_EXPRESS),
}


def outcome_of(api: str, code: str | None) -> Outcome:
    """Return the outcome of a result code of an API; an unlisted one is unknown."""
    return Outcome.UNKNOWN if code is None else _BY_API[api].get(code, Outcome.UNKNOWN)


def stk_outcome(code: str | None) -> Outcome:
    """Return the outcome of an STK result code; an unlisted one is unknown."""
    return outcome_of("stk", code)


def status_outcome(status: str | None) -> Outcome:
    """Return how the payment stands that a status query asked for; an unlisted status is unknown."""
    return STATUSES.get((status or "").strip().casefold(), Outcome.UNKNOWN)


def is_customer_payment(transaction_type: str | None) -> bool:
    """Tell whether a C2B row of this TransactionType is a customer's payment."""
    return (transaction_type or "").strip().casefold() in CUSTOMER_PAYMENTS
