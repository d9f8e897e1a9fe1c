"""The table of result codes: what each means, who must act, and whether the request may be made again.

`pesagate codes` prints it and docs/result-codes.md is made of it. A callback is the last word on its own request: "may
be sent again" always means a new request with new ids.
"""

from typing import NamedTuple

from gateway.domain.outcome import Outcome


class Code(NamedTuple):
    """One row: a code of one API."""

    # The kind of callback, or `result` for all that share the Result envelope.
    api: str
    # As text: some are no numbers.
    code: str
    outcome: Outcome
    meaning: str
    # Who can mend it: "nobody" where nothing is wrong.
    act: str
    # May a new request be sent: yes, no, or after what.
    again: str
    # documented (Daraja's pages), observed (in live bodies) or reported (by others only).
    source: str


_OK, _NO, _OPEN = Outcome.SUCCEEDED, Outcome.FAILED, Outcome.UNKNOWN

_STK = (
    Code("stk", "0", _OK, "paid", "nobody", "no", "documented, observed"),
    Code("stk", "1", _NO, "the payer's balance is too low", "payer", "after a top-up", "documented, observed"),
    Code("stk", "2", _NO, "below the smallest amount", "sender", "with another amount", "documented"),
    Code("stk", "3", _NO, "above the largest amount", "sender", "with another amount", "documented"),
    Code("stk", "4", _NO, "the payer's daily limit (500,000) would be passed", "payer", "the next day", "documented"),
    Code("stk", "8", _NO, "the receiver's balance limit would be passed", "business", "after that", "documented"),
    # Disputed: others report an internal fault, or a PartyB that cannot be paid.
    Code("stk", "17", _NO, "same amount to the same customer within two minutes", "sender", "after two minutes",
         "documented, disputed"),
    Code("stk", "26", _NO, "the system is busy", "nobody", "a little later", "documented of other APIs, reported"),
    Code("stk", "1001", _NO, "another session of the payer is open", "payer", "after three minutes",
         "documented of other APIs, reported"),
    Code("stk", "1019", _NO, "the transaction expired", "nobody", "yes", "documented, observed"),
    Code("stk", "1025", _NO, "the prompt could not be sent (message over 182 characters, or the system)", "sender",
         "with a shorter reference", "documented"),
    Code("stk", "1031", _NO, "the push timed out", "nobody", "yes", "reported"),
    Code("stk", "1032", _NO, "the payer cancelled", "payer", "if the payer asks", "documented, observed"),
    Code("stk", "1036", _NO, "the message centre did not acknowledge the prompt", "nobody", "yes", "reported"),
    Code("stk", "1037", _NO, "the handset was not reached, or nobody answered for about a minute", "payer", "yes",
         "documented, observed"),
    Code("stk", "2001", _NO, "the payer's PIN was wrong", "payer", "yes", "documented"),
    Code("stk", "2028", _NO, "PartyB and TransactionType do not fit (till against paybill)", "configuration",
         "once mended", "documented, observed"),
    Code("stk", "4999", _OPEN, "still under processing", "nobody", "no: wait, then query",
         "observed on queries only"),
    Code("stk", "8006", _NO, "the security credential is locked", "payer", "once unlocked", "documented, observed"),
    Code("stk", "9999", _NO, "the prompt could not be sent", "sender", "yes", "reported"),
    Code("stk", "SFC_IC0003", _NO, "PartyB is no operator for this TransactionType (till against paybill)",
         "configuration", "once mended", "observed"),
)  # fmt: skip

_RESULT = (
    Code("result", "0", _OK, "done", "nobody", "no", "documented, observed"),
    Code("result", "1", _NO, "the shortcode's balance is too low", "business", "after a top-up", "documented"),
    Code("result", "2", _NO, "below the smallest amount", "sender", "with another amount", "documented"),
    Code("result", "3", _NO, "above the largest amount", "sender", "with another amount", "documented"),
    Code("result", "4", _NO, "the daily limit would be passed", "sender", "the next day", "documented"),
    Code("result", "7", _NO, "the receiving party cannot be resolved", "sender", "once mended", "reported"),
    Code("result", "8", _NO, "the receiver's balance limit would be passed", "receiver", "after that", "documented"),
    Code("result", "11", _NO, "the debited party is in an invalid state", "business", "once mended", "documented"),
    Code("result", "13", _NO, "the debited account cannot be resolved", "sender", "once mended", "reported"),
    Code("result", "14", _NO, "the credited account cannot be resolved", "sender", "once mended", "reported"),
    # Of the request that came twice: the first of the two may well have gone through.
    Code("result", "15", _OPEN, "a duplicate of another request was detected", "sender",
         "no: find out about the first", "documented"),
    Code("result", "17", _NO, "same amount to the same receiver within two minutes", "sender", "after two minutes",
         "documented, disputed"),
    Code("result", "18", _NO, "the initiator's credential is wrong", "configuration", "once mended", "documented"),
    Code("result", "20", _NO, "the initiator cannot be resolved", "configuration", "once mended", "documented"),
    Code("result", "21", _NO, "the initiator is not allowed to do this (also every move from utility to working)",
         "configuration", "once mended", "documented"),
    # Listed by Daraja; nobody whom we know has seen them, so nothing is said of the money.
    Code("result", "22", _OPEN, "listed without an agreed meaning", "sender", "after a status query", "documented"),
    Code("result", "24", _NO, "mandatory fields are missing", "sender", "once mended", "documented"),
    Code("result", "25", _NO, "parameters are invalid", "sender", "once mended", "documented, observed"),
    Code("result", "26", _NO, "traffic is blocked: the system is busy", "nobody", "a little later", "documented"),
    Code("result", "29", _OPEN, "listed without an agreed meaning", "sender", "after a status query", "documented"),
    Code("result", "2001", _NO, "the initiator's information is invalid", "configuration", "once mended",
         "documented"),
    Code("result", "2006", _NO, "the account's status does not allow it", "business", "once mended", "documented"),
    Code("result", "2028", _NO, "the shortcode may not do this", "configuration", "once mended", "documented"),
    Code("result", "2040", _NO, "the recipient is not registered", "receiver", "once registered", "documented"),
    Code("result", "8006", _NO, "the security credential is locked", "configuration", "once unlocked", "documented"),
    Code("result", "SFC_IC0003", _NO, "the operator or the receiving party does not exist", "sender", "once mended",
         "documented, observed"),
    Code("result", "100000000", _OPEN, "the request is cached and waits to be sent again", "nobody",
         "no: wait, then query", "documented"),
    *(
        Code("result", str(number), _OPEN, "throttled, or an internal fault of the API", "nobody",
             "after a status query", "documented")
        for number in range(100_000_001, 100_000_012)
    ),
    Code("reversal-result", "R000001", _NO, "the payment is reversed already", "nobody", "no", "documented"),
    Code("reversal-result", "R000002", _NO, "the original transaction id is invalid", "sender", "with the right id",
         "documented, observed"),
)  # fmt: skip

_OTHERS = (
    Code("status-result", "0", _OK, "the query was answered; the payment's state is TransactionStatus", "nobody", "no",
         "documented"),
    Code("status-result", "2032", _OPEN, "no payment of that receipt was found", "sender", "with the right receipt",
         "observed"),
    Code("ratiba", "0", _OK, "the payer agreed to the standing order", "nobody", "no", "documented"),
    Code("ratiba", "1001", _NO, "another session of the payer is open", "payer", "after three minutes", "documented"),
    Code("ratiba", "1025", _NO, "the prompt could not be sent", "sender", "yes", "documented"),
    Code("ratiba", "1032", _NO, "the payer cancelled", "payer", "if the payer asks", "documented"),
    Code("ratiba", "1037", _NO, "the handset was not reached, or nobody answered", "payer", "yes", "documented"),
    Code("ratiba", "1050", _NO, "a standing order of this name exists", "sender", "with another name", "documented"),
    Code("ratiba", "1051", _NO, "the request was wrong", "sender", "once mended", "documented"),
    Code("ratiba", "2001", _NO, "the payer's PIN was wrong", "payer", "yes", "documented"),
    Code("b2b-express", "0", _OK, "paid", "nobody", "no", "documented"),
    Code("b2b-express", "4001", _NO, "the paying business cancelled", "payer", "if the payer asks", "documented"),
    Code("b2b-express", "4102", _NO, "the merchant's KYC failed", "payer", "once mended", "documented"),
    Code("b2b-express", "4104", _NO, "the paying till has no nominated number", "payer", "once mended", "documented"),
    Code("b2b-express", "4201", _NO, "the USSD prompt failed for the network", "nobody", "yes", "documented"),
    Code("b2b-express", "4203", _NO, "the USSD prompt failed", "nobody", "yes", "documented"),
    Code("c2b-validation", "C2B00011", _NO, "our answer: invalid number of the payer", "payer", "yes", "documented"),
    Code("c2b-validation", "C2B00012", _NO, "our answer: invalid account number", "payer", "yes", "documented"),
    Code("c2b-validation", "C2B00013", _NO, "our answer: invalid amount", "payer", "yes", "documented"),
    Code("c2b-validation", "C2B00014", _NO, "our answer: invalid KYC details", "payer", "once mended", "documented"),
    Code("c2b-validation", "C2B00015", _NO, "our answer: invalid shortcode", "configuration", "once mended",
         "documented"),
    Code("c2b-validation", "C2B00016", _NO, "our answer: any other reason", "payer", "yes", "documented"),
)  # fmt: skip

CODES: tuple[Code, ...] = _STK + _RESULT + _OTHERS
"""Every code that is listed. One that is not is unknown."""
