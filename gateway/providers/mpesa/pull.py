"""`pull`: whatever comes to the CallBackURL of Pull Transactions. Its body is published nowhere.

Transactions come as the answer to a query, not here; what does come is kept as `request.unknown` for people to see.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import anything
from gateway.providers.mpesa.fields import SUCCESS


def normalise(_body: Mapping[str, Any], callback: Callback) -> Facts:
    """Return facts that say no more than that something came."""
    return Facts(
        family="request",
        direction="in",
        outcome=Outcome.UNKNOWN,
        identity=callback.body_digest,
        keys=(),
        currency=None,
        notice="a Pull Transactions callback came: its form is not published",
    )


KIND = Kind(
    name="pull",
    provider="mpesa",
    schema="mpesa/anything",
    pivot=anything.pivot,
    wire_path=anything.wire_path,
    normalise=normalise,
    success=SUCCESS,
    in_context=True,
)
