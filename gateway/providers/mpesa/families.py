"""What each request to M-Pesa is about: the family of its events, and which way the money goes."""

from typing import NamedTuple

from gateway.domain.facts import About


class Family(NamedTuple):
    """`name` is the part of an event's type before the dot; `direction` is "in" or "out"."""

    name: str
    direction: str
    about: About = About.ITSELF


FAMILIES = {
    "b2c-result": Family("payout", "out"),
    "b2pochi-result": Family("payout", "out"),
    "b2b-result": Family("transfer", "out"),
    "tax-result": Family("tax", "out"),
    # The money that goes back is the shortcode's.
    "reversal-result": Family("reversal", "out", About.REVERSAL),
    # Questions: no money goes either way.
    "status-result": Family("status", "in", About.STATUS),
    "balance-result": Family("balance", "in"),
    "stk": Family("payment", "in"),
    "b2b-express": Family("payment", "in"),
    "ratiba": Family("mandate", "in"),
}
"""Kind -> its family; a time-out notice (`?for=<kind>`) belongs to the family of the request that timed out."""

NO_REQUEST = Family("request", "in")
"""A callback that names no request that we know."""
