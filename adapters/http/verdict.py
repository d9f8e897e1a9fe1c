"""What an answer means for the delivery. Tables only: whoever asks 'what happens on 409' reads it here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from urllib.parse import urlsplit

from adapters.http.answer import Answer, visible
from adapters.http.reading import Reading, reading
from adapters.http.retry_after import retry_after
from adapters.http.rules import RULES, Rules
from gateway.domain.delivery import AttemptResult, Verdict


@dataclass(frozen=True, slots=True)
class Meaning:
    """The result of an answer: for a receiver that may be asked again, and for one that must not be asked twice."""

    result: AttemptResult
    once: AttemptResult


_DELIVERED = Meaning(AttemptResult.DELIVERED, AttemptResult.DELIVERED)
_REJECTED = Meaning(AttemptResult.REJECTED, AttemptResult.REJECTED)
# The receiver says that it did not take it, or nothing was sent at all.
_NOT_TAKEN = Meaning(AttemptResult.RETRY, AttemptResult.RETRY)
# It may have been taken before things went wrong.
_PERHAPS_TAKEN = Meaning(AttemptResult.RETRY, AttemptResult.UNKNOWN)

_BY_STATUS: Mapping[int, Meaning] = {408: _NOT_TAKEN, 425: _NOT_TAKEN, 429: _NOT_TAKEN}
_BY_HUNDRED: Mapping[int, Meaning] = {2: _DELIVERED, 5: _PERHAPS_TAKEN}
_BY_FAILURE: Mapping[str, Meaning] = {
    "no_connection": _NOT_TAKEN,
    "tls": _NOT_TAKEN,
    "timeout": _PERHAPS_TAKEN,
    "connection_cut": _PERHAPS_TAKEN,
    "bad_answer": _PERHAPS_TAKEN,
    "unreadable_answer": _PERHAPS_TAKEN,
    # What follows is known before anything is sent to the destination.
    "refused_address": _REJECTED,
    "proxy_auth": _REJECTED,
    # Once they are mended the delivery goes on.
    "faulty_settings": _NOT_TAKEN,
    "faulty_tls": _NOT_TAKEN,
    "auth_refused": _REJECTED,
    "auth_lost": _REJECTED,
    "auth_unavailable": _NOT_TAKEN,
}

_REDIRECTS = frozenset({301, 302, 303, 307, 308})

_FAILURE_SENTENCES: Mapping[str, str] = {
    "no_connection": "No connection to {host} could be made; nothing was sent.",
    "tls": "No secure (TLS) connection to {host} could be made; nothing was sent. Is its certificate valid?",
    "timeout": "{host} did not answer in full in time.",
    "connection_cut": "{host} cut the connection before its answer was complete.",
    "bad_answer": "{host} sent something that is not an HTTP answer.",
    "unreadable_answer": "{host} answered with a success, but not with a body that the expressions can read.",
    "refused_address": "{host} leads to an address where this destination may not go; nothing was sent.",
    "proxy_auth": "The proxy wants other credentials; nothing was sent. Look at the destination's `proxy_auth`.",
    "faulty_settings": "The destination's settings have a mistake; nothing was sent. `pesagate check` tells it.",
    "faulty_tls": "The destination's certificates cannot be used; nothing was sent.",
    "auth_refused": "The destination's credentials were refused; nothing was sent to {host}. Look at its `auth`.",
    "auth_lost": "The refresh token is void; nothing was sent to {host}. Authorise Pesagate there anew.",
    "auth_unavailable": "No credential for {host} could be had; nothing was sent.",
}

_RULE_SENTENCES: Mapping[str, str] = {
    "duplicate_when": ", and `duplicate_when` says that it has it already.",
    "success_when": ", and `success_when` says that it took it.",
    "retry_when": ", and `retry_when` says that it may be asked again later.",
    "reject_when": ", and `reject_when` says that it refuses.",
    "not_success": ", but `success_when` is not true of what it said.",
    "jsonrpc_error": " with a JSON-RPC error.",
}

_HINTS: Mapping[int, str] = {
    401: " Look at the destination's `auth`.",
    403: " Look at the destination's `auth` and at the rights of that account.",
    404: " Look at the destination's `url`.",
    405: " Look at the destination's `url`: it takes no POST.",
    407: " A proxy stands between and wants credentials.",
}

_ENDINGS: Mapping[AttemptResult, str] = {
    AttemptResult.REJECTED: " The same request would be refused again.",
    AttemptResult.UNKNOWN: " It may have arrived: look there before you replay it.",
}

_NO_RULES = Rules()

# Of an unknown end it counts where the next attempt looks first.
_WAITING = (AttemptResult.RETRY, AttemptResult.UNKNOWN)


def verdict(answer: Answer, host: str, once: bool, now: datetime, rules: Rules = _NO_RULES) -> Verdict:
    """Judge an answer. `once` is true for a receiver that must not be asked twice for what it may have taken."""
    if not _decided_by_status(answer):
        return _failed(answer, answer.broken or "bad_answer", host, once, now)
    said = reading(answer)
    rule = rules.decided(said)
    if _is_unreadable(answer, rules, rule, said):
        return _failed(answer, "unreadable_answer", host, once, now)
    word = rule or _fault_of_success(answer, rules, said)
    return _by_status(answer, host, once, now) if word is None else _by_rule(answer, word, host, now)


def _is_unreadable(answer: Answer, rules: Rules, rule: str | None, said: Reading) -> bool:
    """Tell whether an answer seems to be a success, and its body is not what the expressions need.

    A page for people, such as a log-in or a notice of maintenance, comes with 200 too.
    """
    looks_like_success = rule == "success_when" or (rule is None and (answer.status or 0) // 100 == 2)
    return looks_like_success and rules.cannot_read(said)


def _fault_of_success(answer: Answer, rules: Rules, said: Reading) -> str | None:
    """Return why a 2xx that no predicate has decided is no success, None where it is one."""
    if (answer.status or 0) // 100 != 2:
        return None
    if "success_when" in rules.given:
        return "not_success"
    is_fault = isinstance(said.body, dict) and "jsonrpc" in said.body and said.body.get("error") is not None
    return "jsonrpc_error" if is_fault else None


def _by_rule(answer: Answer, word: str, host: str, now: datetime) -> Verdict:
    status, headers = answer.status or 0, answer.headers or {}
    result = RULES.get(word, AttemptResult.REJECTED)
    wait = retry_after(headers.get("Retry-After"), now) if result is AttemptResult.RETRY else None
    detail = f"{host} answered {_named(status)}{_RULE_SENTENCES[word]}"
    return Verdict(result, f"http_{status}" if word == "success_when" else word, detail, status, answer.text, wait)


def _failed(answer: Answer, word: str, host: str, once: bool, now: datetime) -> Verdict:
    meaning = _BY_FAILURE[word]
    result = meaning.once if once else meaning.result
    detail = answer.note or _FAILURE_SENTENCES[word].format(host=host) + _ENDINGS.get(result, "")
    wait = retry_after((answer.headers or {}).get("Retry-After"), now) if result is AttemptResult.RETRY else None
    return Verdict(result, word, detail, answer.status, answer.text, wait)


def _decided_by_status(answer: Answer) -> bool:
    """A 'no' stands even where the words after it were cut off; a 'yes' counts only when it came whole."""
    return answer.status is not None and (answer.broken is None or _meaning(answer.status) is not _DELIVERED)


def _meaning(status: int) -> Meaning:
    return _BY_STATUS.get(status) or _BY_HUNDRED.get(status // 100, _REJECTED)


def _by_status(answer: Answer, host: str, once: bool, now: datetime) -> Verdict:
    status = answer.status or 0
    headers = answer.headers or {}
    meaning = _meaning(status)
    result = meaning.once if once else meaning.result
    wait = retry_after(headers.get("Retry-After"), now) if result in _WAITING else None
    if status in _REDIRECTS:
        return Verdict(result, "redirect", _redirect_sentence(host, headers), status, answer.text)
    hint = _HINTS.get(status) or _ENDINGS.get(result, "")
    return Verdict(result, f"http_{status}", f"{host} answered {_named(status)}.{hint}", status, answer.text, wait)


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _redirect_sentence(host: str, headers: Mapping[str, str]) -> str:
    # Only the host: the rest of a Location may carry whatever the receiver put into it.
    try:
        target = urlsplit(headers.get("Location", "")).hostname
    except ValueError:
        target = None
    where = f"another address on {visible(target)[:253]}" if target else "another address"
    return f"{host} redirects to {where}, and redirects are not followed: set `url` to the final address."
