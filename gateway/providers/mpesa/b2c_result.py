"""`b2c-result`: the result of a payment to a customer (Daraja, B2C)."""

from gateway.providers.kind import Kind
from gateway.providers.mpesa import payout, result
from gateway.providers.mpesa.fields import SUCCESS

KIND = Kind(
    name="b2c-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=payout.normalise,
    success=SUCCESS,
)
