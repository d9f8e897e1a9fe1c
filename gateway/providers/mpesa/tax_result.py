"""`tax-result`: the result of a tax remittance; its BillReferenceNumber is the PRN (Daraja, Tax Remittance)."""

from functools import partial

from gateway.providers.kind import Kind
from gateway.providers.mpesa import result, transfer
from gateway.providers.mpesa.fields import SUCCESS

KIND = Kind(
    name="tax-result",
    provider="mpesa",
    schema="mpesa/result",
    pivot=result.pivot,
    wire_path=result.wire_path,
    normalise=partial(transfer.normalise, "tax"),
    success=SUCCESS,
)
