"""`tax-result`: a remittance to the revenue authority has ended (Daraja, Tax Remittance)."""

from functools import partial

from gateway.providers.mpesa import result, transfer

KIND = result.kind("tax-result", partial(transfer.normalise, kind="tax-result"))
