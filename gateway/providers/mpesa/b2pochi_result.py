"""`b2pochi-result`: the result of a payment to a Pochi La Biashara (Daraja, B2Pochi). Only the URL differs from B2C."""

from gateway.providers.kind import Kind
from gateway.providers.mpesa import payout, result
from gateway.providers.mpesa.fields import SUCCESS

KIND = Kind(
    name="b2pochi-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=payout.normalise,
    success=SUCCESS,
)
