"""The words of a C2B validation: rules, their conditions, and what was decided why."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ACCEPT = "accept"
"""The decision that lets a payment go on; every other decision is a refusal's code."""


class PayerState(StrEnum):
    """In which form the payer's phone came."""

    # The digits themselves.
    PLAIN = "plain"
    # With asterisks in it.
    MASKED = "masked"
    # As a digest.
    HASHED = "hashed"
    # Not at all.
    ABSENT = "absent"


@dataclass(frozen=True, slots=True)
class AmountRange:
    """From one amount to another, both included; None: no bound on that side."""

    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a question must have, all of it. What is None is not looked at; of several patterns one must match."""

    reference: tuple[str, ...] | None = None
    # Must fit the whole reference.
    reference_regex: str | None = None
    # Name of the tenant's list of references that must hold it.
    reference_in: str | None = None
    amount: AmountRange | None = None
    shortcode: tuple[str, ...] | None = None
    payer: tuple[PayerState, ...] | None = None


@dataclass(frozen=True, slots=True)
class ValidationRule:
    """Decides the questions that meet `when` and do not meet `unless`; None is met by all, or hinders none."""

    # Its position in the configuration, from 1.
    number: int
    # `ACCEPT`, or the code of the refusal.
    decision: str
    when: Conditions | None = None
    unless: Conditions | None = None
    # Names of what is done to the reference before it is looked at, in this order.
    normalise: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decided:
    """The answer to a question, and why: in the words of the configuration, nothing of the payer's in it."""

    decision: str
    because: str
