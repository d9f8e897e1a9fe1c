"""Two callbacks that tell of one payment, such as an STK callback and its C2B confirmation, made into one event."""

from dataclasses import replace

from gateway.domain.event import Event, Ids, Party, ResultCode
from gateway.providers import KINDS

PUSHES = frozenset(kind.name for kind in KINDS.values() if kind.push)
"""Kinds that tell how a prompt went."""


def merge(old: Event, new: Event) -> Event:
    """Return the old event with what its twin knows better: same id, whichever of the two came first.

    Where one of them is a push (STK, B2B Express), phone and result are the push's, account reference and name the
    other's; where neither is, or both are, the later one counts as the push. What only one of them has is taken from
    there. Amounts agree, else it would be a conflict.
    """
    push, paid = (old, new) if old.kind in PUSHES and new.kind not in PUSHES else (new, old)
    return replace(
        old,
        account_reference=paid.account_reference or push.account_reference,
        payer=_payer(push.payer, paid.payer),
        amount=old.amount if old.amount is not None else new.amount,
        currency=old.currency or new.currency,
        receipt=old.receipt or new.receipt,
        occurred_at=paid.occurred_at or push.occurred_at,
        result=ResultCode(push.result.code or paid.result.code, push.result.description or paid.result.description),
        ids=_ids(push.ids, paid.ids),
        balances=paid.balances or push.balances,
        context={**new.context, **old.context},
        sources=tuple(dict.fromkeys((*old.sources, *new.sources))),
    )


def adds(old: Event, new: Event) -> bool:
    """Tell whether the twin knows a reference or a name that the old event lacks."""
    adds_reference = old.account_reference is None and new.account_reference is not None
    adds_name = old.payer.name is None and new.payer.name is not None
    return adds_reference or adds_name


def _payer(push: Party, paid: Party) -> Party:
    # Exactly one form of the phone is set: the push's, which is whole, unless it has none.
    phone = push if push.msisdn or push.msisdn_masked or push.msisdn_hash else paid
    return replace(phone, name=paid.name or push.name)


def _ids(push: Ids, paid: Ids) -> Ids:
    return Ids(
        push.merchant_request_id or paid.merchant_request_id,
        push.checkout_request_id or paid.checkout_request_id,
        push.conversation_id or paid.conversation_id,
        push.originator_conversation_id or paid.originator_conversation_id,
    )
