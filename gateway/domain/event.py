"""The normalised fact that destinations get. Its field names are a contract, stated in schemas/event.schema.json."""

from collections.abc import Mapping
from dataclasses import field, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway.domain.outcome import Outcome
from gateway.domain.quick import dataclass
from gateway.domain.times import nairobi_text


@dataclass(frozen=True, slots=True)
class Party:
    """A payer or payee. Exactly one of the three msisdn forms is set, as it came; nothing is derived from another."""

    msisdn: str | None = None
    msisdn_masked: str | None = None
    msisdn_hash: str | None = None
    name: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the JSON form."""
        return {
            "msisdn": self.msisdn,
            "msisdn_masked": self.msisdn_masked,
            "msisdn_hash": self.msisdn_hash,
            "name": self.name,
        }


@dataclass(frozen=True, slots=True)
class ResultCode:
    """What the provider said: its code as text (codes such as SFC_IC0003 are not numbers) and its prose."""

    code: str | None = None
    description: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the JSON form."""
        return {"code": self.code, "description": self.description}


@dataclass(frozen=True, slots=True)
class Ids:
    """The provider's ids beside the receipt."""

    merchant_request_id: str | None = None
    checkout_request_id: str | None = None
    conversation_id: str | None = None
    originator_conversation_id: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """Return the JSON form."""
        return {
            "merchant_request_id": self.merchant_request_id,
            "checkout_request_id": self.checkout_request_id,
            "conversation_id": self.conversation_id,
            "originator_conversation_id": self.originator_conversation_id,
        }


@dataclass(frozen=True, slots=True)
class Raw:
    """The bytes of an event's first source as they came."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Event:
    """One fact about one payment. Amounts are Decimal, times aware; missing is None, never an empty text."""

    id: str
    type: str
    tenant: str
    shortcode: str
    provider: str
    kind: str
    outcome: Outcome
    # None: it speaks of a payment that has not come yet.
    payment_id: str | None
    received_at: datetime
    origin: str = "callback"
    supersedes: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    receipt: str | None = None
    account_reference: str | None = None
    payer: Party = Party()
    payee: Party | None = None
    original_receipt: str | None = None
    fees: Decimal | None = None
    balances: Mapping[str, Decimal] | None = None
    expected_amount: Decimal | None = None
    occurred_at: datetime | None = None
    result: ResultCode = ResultCode()
    ids: Ids = Ids()
    context: Mapping[str, str] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    # Filled in by delivery, for adapters that send or include the bytes; not part of the stored event.
    raw: Raw | None = None

    def as_dict(self, include: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return the JSON form: amounts as text with two decimals, times with +03:00.

        `balances` (business-sensitive) and `raw` are left out unless `include` names them.
        """
        document: dict[str, Any] = {
            "version": 1,
            "id": self.id,
            "type": self.type,
            "tenant": self.tenant,
            "shortcode": self.shortcode,
            "provider": self.provider,
            "kind": self.kind,
            "origin": self.origin,
            "outcome": self.outcome.text,
            "payment_id": self.payment_id,
            "supersedes": self.supersedes,
            "amount": money_text(self.amount),
            "currency": self.currency,
            "receipt": self.receipt,
            "account_reference": self.account_reference,
            "payer": self.payer.as_dict(),
            "payee": None if self.payee is None else self.payee.as_dict(),
            "original_receipt": self.original_receipt,
            "fees": money_text(self.fees),
            "expected_amount": money_text(self.expected_amount),
            "occurred_at": None if self.occurred_at is None else nairobi_text(self.occurred_at),
            "received_at": nairobi_text(self.received_at),
            "result": self.result.as_dict(),
            "ids": self.ids.as_dict(),
            "context": dict(self.context),
            "sources": list(self.sources),
        }
        if "balances" in include:
            balances = self.balances
            document["balances"] = None if balances is None else {k: money_text(v) for k, v in balances.items()}
        if "raw" in include:
            document["raw"] = None if self.raw is None else self.raw.body.decode("utf-8-sig", "replace")
        return document


NAMES = frozenset(each.name for each in fields(Event)) | {"version"}
"""What a template may take from an event."""


def money_text(amount: Decimal | None) -> str | None:
    """Return an amount as text with two decimals ("10.00"). It never rounds: normalising refused more decimals."""
    # Text with two decimals is never written with an exponent, so that str() does.
    return None if amount is None else str(amount.quantize(_CENT))


_CENT = Decimal("0.01")
