"""What one callback says, once understood: the provider's words are gone, the tenant's routes not yet looked at."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from json.encoder import encode_basestring_ascii

from gateway.domain.event import Ids, Party, ResultCode, money_text
from gateway.domain.outcome import Outcome
from gateway.domain.quick import dataclass
from gateway.domain.times import to_micros

PaymentKey = tuple[str, str]
"""(id name, value): one of `receipt`, `checkout`, `originator`, `conversation` and the provider's id."""


class About(StrEnum):
    """What a callback tells of. Only the first makes payments; the others are about one that somebody else makes."""

    # Itself: it is one of those that tell of its payment.
    ITSELF = "itself"
    # How an earlier payment went, of which somebody has asked.
    STATUS = "status"
    # That an earlier payment goes back.
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True)
class Facts:
    """The normalised content of one callback. `family` and the outcome make the event's type."""

    # "payment", "payout", ... : the part of the event type before the dot.
    family: str
    # "in" (money comes) or "out" (money goes); receipts are unique within one direction.
    direction: str
    outcome: Outcome
    # The provider's id that makes this callback the same again.
    identity: str
    # Ids by which other callbacks may tell of the same payment, the strongest first.
    keys: tuple[PaymentKey, ...]
    about: About = About.ITSELF
    # Ids of the payment that it is about, the strongest first; empty where it names none, or is about itself.
    subject: tuple[PaymentKey, ...] = ()
    # The shortcode that the body itself names, if it names one.
    shortcode: str | None = None
    amount: Decimal | None = None
    currency: str | None = "KES"
    receipt: str | None = None
    account_reference: str | None = None
    payer: Party = Party()
    payee: Party | None = None
    original_receipt: str | None = None
    fees: Decimal | None = None
    balances: Mapping[str, Decimal] | None = None
    occurred_at: datetime | None = None
    result: ResultCode = ResultCode()
    ids: Ids = Ids()
    # A sentence for the operator where something is odd though nothing is lost.
    notice: str | None = None

    def digest(self, shortcode: str, *scope: str) -> bytes:
        """Return the digest, 16 bytes, of the facts that must not change when a callback comes again.

        These are outcome, receipt, amount, shortcode, account_reference and occurred_at: never the prose, the
        balances, the order of keys or the spacing. `scope` is what they are compared within: tenant and kind. The
        first byte is the outcome's letter: what a kind has told is compared within one outcome, and the store keeps
        no more of it than this.
        """
        told = (
            self.outcome.text,
            self.receipt,
            money_text(self.amount),
            shortcode,
            self.account_reference,
            None if self.occurred_at is None else str(to_micros(self.occurred_at)),
            *scope,
        )
        # As a list in JSON, so that no two tellings look alike; json.dumps would cost three times as much.
        written = ",".join(["null" if one is None else encode_basestring_ascii(one) for one in told])
        return self.outcome.text[0].encode() + hashlib.sha256(written.encode()).digest()[:15]
