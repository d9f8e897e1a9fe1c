"""`c2b-validation`: M-Pesa asks whether a payment may go on. A question, not a payment: it makes no event.

The answer is due about 8 seconds after the question left M-Pesa (Daraja, C2B), so that it waits for nobody.
"""

import json

from gateway.domain.question import ACCEPT
from gateway.providers.kind import Kind
from gateway.providers.mpesa import c2b


def answer(decision: str) -> bytes:
    """Return the answer body of a decision: `ACCEPT`, or one of Daraja's codes C2B00011 to C2B00016.

    Daraja wants the code as text, and "Accepted" in sentence case.
    """
    accepted = decision == ACCEPT
    said = {"ResultCode": "0" if accepted else decision, "ResultDesc": "Accepted" if accepted else "Rejected"}
    return json.dumps(said, separators=(",", ":")).encode()


KIND = Kind(
    name="c2b-validation",
    provider="mpesa",
    schema="mpesa/c2b",
    pivot=c2b.pivot,
    wire_path=c2b.wire_path,
    normalise=c2b.normalise,
    success=answer(ACCEPT),
    question=answer,
)
