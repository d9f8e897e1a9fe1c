"""A callback from quarantine, taken once more with the present configuration and schemas."""

from dataclasses import replace

from gateway.domain.callback import Callback
from gateway.domain.received import Quarantined, Reason, Received
from gateway.domain.settings import Shortcode, Tenant
from gateway.pipeline.hooks import Hook, Hooks
from gateway.pipeline.parse import Unreadable, parse
from gateway.pipeline.receive import names, receive
from gateway.providers.kind import NewShape


def receive_again(hooks: Hooks, tenant: Tenant | None, callback: Callback, reason: str) -> Received:
    """Return what a quarantined callback is today.

    One that names another shortcode goes to that shortcode's hook, if it is the same tenant's: never to another's.
    """
    if reason == Reason.TOO_LARGE:
        return Quarantined(callback, Reason.TOO_LARGE, detail="only its first 64 KiB are kept")
    shortcode = None if tenant is None else tenant.shortcodes.get(callback.shortcode)
    hook = None if shortcode is None else _hook(hooks, shortcode, callback.kind)
    if tenant is None or hook is None:
        where = f"{callback.tenant} {callback.shortcode} {callback.kind}"
        return Quarantined(callback, Reason(reason), detail=f"the configuration has no hook {where} any more")
    named = _named(hook, callback)
    if named is not None and not names(hook.shortcode, named):
        theirs = next((one for one in tenant.shortcodes.values() if names(one, named)), None)
        other = None if theirs is None else _hook(hooks, theirs, callback.kind)
        if theirs is not None and other is not None:
            # Whoever signed it had the secret of the hook that it came to.
            signed = replace(other, shortcode=replace(theirs, hmac=hook.shortcode.hmac))
            return receive(signed, replace(callback, shortcode=theirs.number))
    return receive(hook, callback)


def _hook(hooks: Hooks, shortcode: Shortcode, kind: str) -> Hook | None:
    found = (hooks.find(key.secret.reveal(), kind) for key in shortcode.keys)
    return next((hook for hook in found if hook is not None), None)


def _named(hook: Hook, callback: Callback) -> str | None:
    """Return the shortcode that the body names, None where it names none or cannot be read."""
    if hook.kind is None:
        return None
    try:
        return hook.kind.normalise(hook.kind.pivot(parse(callback.body))).shortcode
    except (Unreadable, NewShape, KeyError, TypeError):
        return None
