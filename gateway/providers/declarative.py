"""Kinds of other providers, from their description: expressions instead of code."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.domain.event import Ids, Party, ResultCode
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.domain.provider import EPOCH, EPOCH_MS, ISO, DeclaredKind, Moment
from gateway.expressions.picks import CannotPick, Pick, compile_pick
from gateway.providers.kind import Kind, NewShape, Path, json_path
from gateway.providers.mpesa.fields import amount, code, form_of, identifier, party, text
from gateway.providers.signature import doubter

SCHEMAS = "providers/"
"""Before the name of a declared kind, it names its schema."""

_PLAIN = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*|\[\d+\])*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {EPOCH: timedelta(seconds=1), EPOCH_MS: timedelta(milliseconds=1)}


def kind_of(declared: DeclaredKind) -> Kind:
    """Return the kind that a description describes."""
    reader = _Reader(declared)
    answer = {name: compile_pick(expression) for name, expression in declared.answer.items()}
    return Kind(
        name=declared.name,
        provider=declared.provider,
        schema=SCHEMAS + declared.name,
        pivot=_object,
        wire_path=wire_path,
        normalise=reader.facts,
        success=_reply(answer, {}),
        methods=declared.methods,
        status=declared.status,
        reply=(lambda body: _reply(answer, _loaded(body))) if answer else None,
        doubt=None if declared.signature is None else doubter(declared.signature),
    )


def wire_path(_document: Any, path: Path) -> str:
    """Return a path in the body, or an expression on it, as JSON path text; "$" for one that names no single place."""
    if len(path) == 1 and isinstance(path[0], str):
        return f"$.{path[0]}" if _PLAIN.fullmatch(path[0]) else "$"
    return json_path(path)


class _Reader:
    """Reads the fields of one kind of body. A fault is told at its expression."""

    def __init__(self, declared: DeclaredKind) -> None:
        self._declared = declared
        self._identity = compile_pick(declared.identity)
        self._outcome = compile_pick(declared.outcome)
        self._picks = {name: compile_pick(expression) for name, expression in declared.picks.items()}
        self._keys = {name: compile_pick(expression) for name, expression in declared.keys.items()}
        self._moment = None if declared.occurred_at is None else compile_pick(declared.occurred_at.pick)

    def facts(self, body: Mapping[str, Any]) -> Facts:
        """Return the facts of a body that its schema has accepted."""
        declared = self._declared
        outcome = declared.outcomes.get(code(*_picked(body, self._outcome)) or "", Outcome.UNKNOWN)
        paid = self._amount(body, outcome)
        keys = {name: identifier(*_picked(body, pick)) for name, pick in self._keys.items()}
        return Facts(
            family=declared.family,
            direction=declared.direction,
            outcome=outcome,
            identity=_identity(body, self._identity),
            keys=tuple((name, value) for name, value in keys.items() if value),
            shortcode=self._text(body, "shortcode"),
            amount=paid,
            currency=None if paid is None else self._text(body, "currency"),
            receipt=self._text(body, "receipt"),
            account_reference=self._text(body, "account_reference"),
            payer=self._party(body, "payer") or Party(),
            payee=self._party(body, "payee"),
            occurred_at=self._occurred_at(body),
            result=ResultCode(self._code(body, "result.code"), self._text(body, "result.description")),
            ids=Ids(**{name: self._text(body, f"ids.{name}") for name in Ids.__dataclass_fields__}),
        )

    def _amount(self, body: Mapping[str, Any], outcome: Outcome) -> Decimal | None:
        pick = self._picks.get("amount")
        if pick is None:
            return None
        paid = amount(*_picked(body, pick))
        if paid is None and outcome is Outcome.SUCCEEDED:
            raise NewShape(pick.text, "is empty on a payment that has succeeded")
        return paid

    def _party(self, body: Mapping[str, Any], role: str) -> Party | None:
        found = party(self._text(body, f"{role}.msisdn"), self._text(body, f"{role}.name"))
        return None if found == Party() else found

    def _occurred_at(self, body: Mapping[str, Any]) -> datetime | None:
        if self._moment is None or self._declared.occurred_at is None:
            return None
        written = text(*_picked(body, self._moment))
        if written is None:
            return None
        try:
            return _time(written, self._declared.occurred_at)
        except (ValueError, OverflowError, ArithmeticError):
            form = self._declared.occurred_at.form
            raise NewShape(self._moment.text, f"{form_of(written)} is not a time of the form {form}") from None

    def _text(self, body: Mapping[str, Any], name: str) -> str | None:
        pick = self._picks.get(name)
        return None if pick is None else text(*_picked(body, pick))

    def _code(self, body: Mapping[str, Any], name: str) -> str | None:
        pick = self._picks.get(name)
        return None if pick is None else code(*_picked(body, pick))


def _picked(body: Mapping[str, Any], pick: Pick) -> tuple[dict[str, Any], str]:
    """Return what an expression gives, under the expression as its name: where it is at fault, that is what is told."""
    try:
        return {pick.text: pick(body)}, pick.text
    except CannotPick:
        raise NewShape(pick.text, "holds something that the expression on it does not take") from None


def _identity(body: Mapping[str, Any], pick: Pick) -> str:
    found = identifier(*_picked(body, pick))
    if found is None:
        raise NewShape(pick.text, "is empty, and nothing else could tell this callback from others")
    return found


def _time(written: str, moment: Moment) -> datetime:
    if moment.form in _UNITS:
        return _EPOCH + _UNITS[moment.form] * float(Decimal(written))
    # strptime takes the digits of every script; who wrote those did not write what the form says.
    written.encode("ascii")
    read = datetime.fromisoformat(written) if moment.form == ISO else datetime.strptime(written, moment.form)  # noqa: DTZ007
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(moment.timezone))


def _object(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise NewShape("$", "must be an object")
    return document


def _loaded(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return {}


def _reply(answer: Mapping[str, Pick], document: Any) -> bytes:
    """Return the body of an answer; what cannot be picked is null, since an answer is owed all the same."""
    return json.dumps({name: _echo(pick, document) for name, pick in answer.items()}, separators=(",", ":")).encode()


def _echo(pick: Pick, document: Any) -> Any:
    try:
        told = pick(document)
        # 1e999 is read as infinity, which is no JSON.
        json.dumps(told, allow_nan=False)
    except (CannotPick, ValueError):
        return None
    return told
