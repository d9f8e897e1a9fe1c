"""`c2b-confirmation`: money has moved to a paybill or till. It cannot be rejected."""

from gateway.providers.kind import Kind
from gateway.providers.mpesa import c2b
from gateway.providers.mpesa.fields import SUCCESS

KIND = Kind(
    name="c2b-confirmation",
    provider="mpesa",
    schema="mpesa/c2b",
    pivot=c2b.pivot,
    wire_path=c2b.wire_path,
    normalise=c2b.normalise,
    success=SUCCESS,
    moved=True,
)
