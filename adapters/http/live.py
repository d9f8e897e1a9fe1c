"""`check --live`: one harmless question to the destination, with its credential. Nothing is ever written by it."""

from adapters.http.address import Address
from adapters.http.body import NoBody
from adapters.http.exchange import Exchange
from adapters.http.options import Options
from adapters.http.plan import Step
from adapters.http.request import render_question
from adapters.http.rules import Rules
from adapters.http.values import constants, revealed
from adapters.http.verdict import verdict
from gateway.domain.delivery import AttemptResult, Verdict
from gateway.domain.times import Clock
from gateway.expressions.templates import CannotRender

# No answer to HEAD, though the destination is there.
_NO_HEAD = (400, 404, 405, 501)
_WRONG_CREDENTIALS = (401, 403, 407)


def live_problems(probe: Step | None, options: Options, exchange: Exchange, clock: Clock) -> tuple[str, ...]:
    """Return what keeps the destination from being used now."""
    if probe is not None:
        return _asked(probe, options, exchange, clock)
    said = _ask(_look("HEAD", options), options, exchange, clock)
    if said.status in _NO_HEAD:
        said = _ask(_look("GET", options), options, exchange, clock)
    # An address that takes payments may well refuse to be read: it is there, and knows us.
    is_fine = said.status is not None and said.status < 500 and said.status not in _WRONG_CREDENTIALS
    return () if is_fine else (said.detail,)


def _asked(probe: Step, options: Options, exchange: Exchange, clock: Clock) -> tuple[str, ...]:
    try:
        said = _ask(probe, options, exchange, clock)
    except CannotRender as error:
        return (f"`probe` cannot be made: {error}.",)
    is_fine = said.result in (AttemptResult.DELIVERED, AttemptResult.DUPLICATE)
    return () if is_fine else (f"`probe`: {said.detail}",)


def _ask(step: Step, options: Options, exchange: Exchange, clock: Clock) -> Verdict:
    values = constants(options, revealed(options.secrets))
    answer = exchange.send(render_question(step, values), step)
    return verdict(answer, step.address.host, step.once, clock(), step.rules)


def _look(method: str, options: Options) -> Step:
    return Step("look", method, Address(options.url, None, ()), (), NoBody(), (), Rules(), options.timeout, True, True)
