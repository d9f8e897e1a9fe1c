"""The way of one payment, as far as it is pure: what comes before and after it is reading a socket and one commit."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

from gateway.domain.callback import Callback
from gateway.domain.event import Event
from gateway.domain.facts import About, Facts
from gateway.domain.ids import derived_id, payment_identity
from gateway.domain.outcome import Outcome
from gateway.domain.received import Arrival, Quarantined, Question, Reason, Received
from gateway.domain.settings import Shortcode
from gateway.pipeline.hooks import Hook
from gateway.pipeline.parse import Unreadable, parse
from gateway.providers.kind import Kind, NewShape
from gateway.providers.mpesa.fields import form_of


def receive(hook: Hook, callback: Callback) -> Received:
    """Return what an authenticated callback is: an arrival with event and destinations, a question, or quarantine."""
    if hook.kind is None:
        return Quarantined(callback, Reason.UNKNOWN_KIND, detail=f"no kind is called {hook.kind_name!r}")
    try:
        document = parse(callback.body)
        own = hook.shortcode.hmac.get(hook.kind.name)
        doubt = None if hook.kind.doubt is None else hook.kind.doubt(callback, document, own)
        if doubt is not None:
            return Quarantined(callback, Reason.SIGNATURE, detail=doubt)
        facts = understand(hook.kind, hook, document, callback)
    except Unreadable as error:
        return Quarantined(callback, Reason.UNREADABLE, detail=str(error))
    except NewShape as error:
        return Quarantined(callback, Reason.NEW_SHAPE, error.path, error.sentence)
    if not names(hook.shortcode, facts.shortcode):
        return Quarantined(callback, Reason.FOREIGN_SHORTCODE, detail=_foreign(hook.shortcode, facts))
    if hook.kind.question:
        decided = hook.decide(facts)
        return Question(callback, facts, decided.decision, decided.because)
    event = compose(hook.kind, callback, facts)
    waits = hook.kind.incomplete and facts.outcome is Outcome.SUCCEEDED
    window = hook.shortcode.merge_window if waits else timedelta(0)
    return Arrival(callback, facts, hook.shortcode, event, hook.route, window)


def understand(kind: Kind, hook: Hook, document: Any, callback: Callback) -> Facts:
    """Return the facts of a document. Raises NewShape with the path in the body as it came."""
    body = kind.pivot(document)
    violation = hook.validate(body)
    if violation is not None:
        raise NewShape(kind.wire_path(document, violation.path), violation.sentence)
    try:
        facts = kind.normalise(body)
    except NewShape as error:
        raise NewShape(kind.wire_path(document, (error.path,)), error.sentence) from None
    if kind.complete is not None:
        facts = kind.complete(facts, callback)
    if facts.account_reference is None and callback.context.get("ref"):
        return replace(facts, account_reference=callback.context["ref"])
    return facts


def names(shortcode: Shortcode, number: str | None) -> bool:
    """Tell whether a body that names this number (None: it names none) belongs to the shortcode, by till or store."""
    return number is None or number in (shortcode.number, shortcode.store)


def compose(kind: Kind, callback: Callback, facts: Facts) -> Event:
    """Return the event of these facts as it is if the store knows nothing of the payment yet."""
    identity = payment_identity(kind.provider, facts.direction, kind.name, facts.keys, facts.identity)
    event_type = f"{facts.family}.{facts.outcome.text}"
    its_own = facts.about is About.ITSELF
    return Event(
        id=derived_id(callback.tenant, *identity, event_type),
        type=event_type,
        tenant=callback.tenant,
        shortcode=callback.shortcode,
        provider=kind.provider,
        kind=kind.name,
        outcome=facts.outcome,
        payment_id=derived_id(callback.tenant, *identity, "payment") if its_own else None,
        received_at=callback.received_at,
        amount=facts.amount,
        currency=facts.currency,
        receipt=facts.receipt,
        account_reference=facts.account_reference,
        payer=facts.payer,
        payee=facts.payee,
        original_receipt=facts.original_receipt,
        fees=facts.fees,
        balances=facts.balances,
        occurred_at=facts.occurred_at,
        result=facts.result,
        ids=facts.ids,
        context=callback.context,
        sources=(str(callback.id),),
    )


def _foreign(shortcode: Shortcode, facts: Facts) -> str:
    number = facts.shortcode or ""
    named = number if _NUMBER.fullmatch(number) else form_of(number)
    return f"the body names shortcode {named}, the hook is {shortcode.number}'s"


# What is longer may be a phone number in the wrong place.
_NUMBER = re.compile(r"[0-9]{1,7}", re.ASCII)
