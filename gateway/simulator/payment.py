"""A simulated payment: all that its callbacks (STK, C2B validation, C2B confirmation) have in common."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from string import ascii_uppercase, digits

from gateway.domain.times import NAIROBI, Clock

# Nobody's telephones: the sandbox's own test number, and a range that no operator hands out.
PAYERS = (254708374149, *range(254700000000, 254700000100))
# M-Pesa fills only the first name of late.
NAMES = ("ACHIENG", "BARAKA", "CHEBET", "JUMA", "KAMAU", "MUTISO", "NJERI", "OTIENO", "WANJIKU", "ZAWADI")

_DAYS = digits[1:] + ascii_uppercase
_RECEIPT_SIGNS = ascii_uppercase + digits
_FIRST_YEAR = 2024
_FIRST_YEAR_SIGN = ascii_uppercase.index("S")


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment as M-Pesa would know it. Several callbacks may be made of it; they then are twins."""

    shortcode: str
    receipt: str
    amount: Decimal
    payer: int
    name: str
    # What the payer typed; always empty for a till.
    reference: str
    # The shortcode's balance after this payment.
    balance: Decimal
    # When the money moved, in Nairobi, whole seconds.
    at: datetime
    merchant_request_id: str
    checkout_request_id: str
    is_till: bool = False


def draw(
    rng: Random,
    now: datetime,
    shortcode: str,
    *,
    amount: Decimal | None = None,
    reference: str | None = None,
    is_till: bool = False,
) -> Payment:
    """Draw a payment that was made within the minute before `now`; what is given is taken, the rest is random."""
    at = now.astimezone(NAIROBI).replace(microsecond=0) - timedelta(seconds=rng.randrange(1, 20))
    payer = rng.choice(PAYERS)
    return Payment(
        shortcode=shortcode,
        receipt=receipt(rng, at),
        amount=Decimal(rng.randrange(1, 500) * 10) if amount is None else amount,
        payer=payer,
        name=rng.choice(NAMES),
        reference=_reference(rng, reference, is_till),
        balance=Decimal(rng.randrange(100_000, 99_999_999)) / 100,
        at=at,
        merchant_request_id=_merchant_request_id(rng),
        checkout_request_id=_checkout_request_id(rng, at, payer),
        is_till=is_till,
    )


def stream(
    rng: Random,
    clock: Clock,
    shortcode: str,
    *,
    amount: Decimal | None = None,
    reference: str | None = None,
    is_till: bool = False,
) -> Iterator[Payment]:
    """Draw payments without end, no two with the same receipt or checkout id (by chance they would repeat)."""
    seen: set[str] = set()
    while True:
        payment = draw(rng, clock(), shortcode, amount=amount, reference=reference, is_till=is_till)
        names = {payment.receipt, payment.checkout_request_id}
        if names.isdisjoint(seen):
            seen |= names
            yield payment


def receipt(rng: Random, at: datetime) -> str:
    """Return a receipt of that day: year (S = 2024), month (A-L), day (1-9, A-V), seven random signs."""
    year = ascii_uppercase[(_FIRST_YEAR_SIGN + at.year - _FIRST_YEAR) % len(ascii_uppercase)]
    return year + ascii_uppercase[at.month - 1] + _DAYS[at.day - 1] + "".join(rng.choices(_RECEIPT_SIGNS, k=7))


def _reference(rng: Random, given: str | None, is_till: bool) -> str:
    if is_till:
        return ""
    return f"INV-{rng.randrange(1000, 10_000)}" if given is None else given


def _merchant_request_id(rng: Random) -> str:
    groups = (f"{rng.getrandbits(16):04x}" for _ in range(3))
    return "-".join((*groups, f"{rng.getrandbits(48):012x}{rng.randrange(10_000_000, 100_000_000)}"))


def _checkout_request_id(rng: Random, at: datetime, payer: int) -> str:
    # As the real ones: time of the push, three digits, the payer's last nine. It leaks the phone; so does M-Pesa.
    pushed_at = at - timedelta(seconds=rng.randrange(3, 45))
    return f"ws_CO_{pushed_at:%d%m%Y%H%M%S}{rng.randrange(1000):03d}{str(payer)[-9:]}"
