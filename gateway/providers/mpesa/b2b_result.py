"""`b2b-result`: the result of a payment to a paybill or till, or of a top-up (Daraja, B2B)."""

from functools import partial

from gateway.providers.kind import Kind
from gateway.providers.mpesa import result, transfer
from gateway.providers.mpesa.fields import SUCCESS

KIND = Kind(
    name="b2b-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=partial(transfer.normalise, "transfer"),
    success=SUCCESS,
)
