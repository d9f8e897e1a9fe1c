"""`b2c-result`: a payout to a customer's M-Pesa has ended (Daraja, B2C)."""

from functools import partial

from gateway.providers.mpesa import payout, result

KIND = result.kind("b2c-result", partial(payout.normalise, kind="b2c-result"))
