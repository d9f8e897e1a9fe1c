"""`b2b-result`: a transfer to a paybill, a till or a B2C account has ended.

Daraja: Business Pay Bill, Business Buy Goods and B2C Account Top Up.
"""

from functools import partial

from gateway.providers.mpesa import result, transfer

KIND = result.kind("b2b-result", partial(transfer.normalise, kind="b2b-result"))
