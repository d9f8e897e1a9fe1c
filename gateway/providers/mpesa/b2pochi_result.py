"""`b2pochi-result`: a payout to a Pochi la Biashara has ended.

Daraja, B2Pochi: endpoint and CommandID differ from B2C's, the result's body does not.
"""

from functools import partial

from gateway.providers.mpesa import payout, result

KIND = result.kind("b2pochi-result", partial(payout.normalise, kind="b2pochi-result"))
