"""`balance-result`: what is on the shortcode's accounts (Daraja, Account Balance). Balances may be negative.

A query that failed may carry parameters all the same (ActionType, ErrorMsg, BOCompletedTime: observed in the sandbox),
so that their presence means nothing.
"""

from gateway.domain.facts import Facts
from gateway.providers.mpesa import result

_NAME = "balance-result"


def normalise(body: result.Body) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    return result.told(body, _NAME, result.outcome(body, _NAME))


KIND = result.kind(_NAME, normalise)
