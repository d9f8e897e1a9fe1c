"""What the demonstration sends, and what has to come of it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from gateway.domain.settings import Settings, Shortcode
from gateway.simulator.callbacks import c2b_confirmation, c2b_validation, stk, stk_failed
from gateway.simulator.payment import draw


@dataclass(frozen=True, slots=True)
class Scene:
    """One callback to send."""

    title: str
    shortcode: Shortcode
    kind: str
    body: bytes
    query: str = ""
    # How often it is sent: M-Pesa does repeat itself.
    times: int = 1
    # True: its event has to arrive once at one destination.
    arrives: bool = True


def scenes(settings: Settings, rng: Random, now: datetime) -> list[Scene]:
    """Return the callbacks of the demonstration, in the order in which they are sent."""
    duka, mama = settings.tenants["duka"], settings.tenants["mama"]
    paybill, till = duka.shortcodes["600638"], duka.shortcodes["5012345"]
    hers = mama.shortcodes["600999"]

    def body(shortcode: Shortcode, make: Callable[..., dict[str, Any]], **wish: Any) -> bytes:
        payment = draw(rng, now, shortcode.number, is_till=shortcode.type == "till", **wish)
        return json.dumps(make(payment), separators=(",", ":")).encode()

    invoice = draw(rng, now, paybill.number, reference="INV-1042")
    asked, told = (json.dumps(make(invoice)).encode() for make in (c2b_validation, c2b_confirmation))
    return [
        Scene("M-Pesa asks whether a payment of an invoice may go on", paybill, "c2b-validation", asked, arrives=False),
        Scene("the payment was made, and M-Pesa says so twice", paybill, "c2b-confirmation", told, times=2),
        Scene("an STK push for an invoice was paid", paybill, "stk", body(paybill, stk), "?ref=INV-1043"),
        Scene("a sale at the till", till, "c2b-confirmation", body(till, c2b_confirmation)),
        Scene("a payer cancels an STK push of another business", hers, "stk", body(hers, stk_failed)),
        Scene("another business is paid", hers, "c2b-confirmation", body(hers, c2b_confirmation, reference="RENT-7")),
        Scene("a body of a form never seen", hers, "c2b-confirmation", b'{"Surprise": true}', arrives=False),
    ]
