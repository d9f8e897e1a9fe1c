"""`pull`: whatever comes to the CallBackURL of Pull Transactions.

Daraja asks for such a URL and publishes no body for it (the payments come as the answer to a query), so that any JSON
object is kept, as a request of unknown outcome, told apart by the digest of its bytes. Nothing is booked from it.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind
from gateway.providers.mpesa import flat
from gateway.providers.mpesa.families import NO_REQUEST
from gateway.providers.mpesa.fields import SUCCESS


def normalise(_body: Mapping[str, Any]) -> Facts:
    """Return facts that tell nothing but that something came."""
    return Facts(
        family=NO_REQUEST.name,
        direction=NO_REQUEST.direction,
        outcome=Outcome.UNKNOWN,
        identity="",
        keys=(),
        currency=None,
        notice="Daraja publishes no callback for Pull Transactions: look at what came",
    )


def complete(facts: Facts, callback: Callback) -> Facts:
    """Return the facts with the digest of the bytes as identity."""
    return replace(facts, identity=callback.body_digest)


KIND = Kind(
    name="pull",
    provider="mpesa",
    schema="mpesa/pull",
    pivot=flat.pivot,
    wire_path=flat.wire_path,
    normalise=normalise,
    success=SUCCESS,
    complete=complete,
)
