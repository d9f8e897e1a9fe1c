"""`ratiba`: a customer has agreed to a standing order, or has not (Daraja, M-Pesa Ratiba).

It tells of the mandate and of no money: events are mandate.*, without an amount. How each later payment is told is not
documented. Daraja's samples spell the names in two ways (`responseHeader`, `ResponseHeader`), so that the case of
letters does not count here.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import Facts
from gateway.domain.outcome import Outcome
from gateway.providers.kind import Kind, NewShape, Path, json_path
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.families import FAMILIES
from gateway.providers.mpesa.fields import SUCCESS, code, identifier, party, text
from gateway.providers.mpesa.placeholder import is_placeholder

_NAME = "ratiba"
_DATA: Path = ("responsebody", "responsedata")
_IN_DATA: frozenset[Path] = frozenset({("transactionid",), ("msisdn",)})


def pivot(document: Any) -> dict[str, Any]:
    """Return {"header": ..., "data": {name: value}}, all names in lower case."""
    header = _child(document, "responseheader")
    if not isinstance(header, dict):
        raise NewShape("$.responseHeader", "must be an object: this is no standing order")
    return {"header": _lower(header, ("responseHeader",)), "data": _data(document)}


def wire_path(document: Any, path: Path) -> str:
    """Return a path of the pivoted body as a path of the body as it came."""
    if path[:1] == ("data",) or path[:1] in _IN_DATA:
        return json_path(_spelt(document, _DATA))
    inside = path[1:] if path[:1] == ("header",) else path
    return json_path(_spelt(document, ("responseheader", *inside)))


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    header, data = body["header"], body["data"]
    response, request = identifier(header, "responserefid"), identifier(header, "requestrefid")
    if not (response or request):
        raise NewShape("responserefid", "is empty, and nothing else could tell this callback from others")
    outcome = outcome_of(_NAME, code(header, "responsecode"))
    receipt = text(data, "transactionid") if outcome is Outcome.SUCCEEDED else None
    return Facts(
        family=FAMILIES[_NAME].name,
        direction=FAMILIES[_NAME].direction,
        outcome=outcome,
        identity="/".join(value for value in (response, request) if value),
        # No key: the transaction id is the mandate's, and must not be taken for a payment's receipt.
        keys=(),
        currency=None,
        receipt=None if receipt is None or is_placeholder(receipt) else receipt,
        payer=party(text(data, "msisdn")),
        result=ResultCode(code(header, "responsecode"), text(header, "responsedescription")),
        ids=Ids(conversation_id=response, originator_conversation_id=request),
    )


def _data(document: Any) -> dict[str, Any]:
    pairs = _child(_child(document, "responsebody"), "responsedata")
    if pairs is None:
        return {}
    found: dict[str, Any] = {}
    for index, pair in enumerate(pairs if isinstance(pairs, list) else [pairs]):
        name, value = _child(pair, "name"), _child(pair, "value")
        if not isinstance(name, str):
            raise NewShape(_pair(document, pairs, index), "must be a pair with a name")
        if found.setdefault(name.lower(), value) != value:
            raise NewShape(_pair(document, pairs, index), "names a field a second time with another value")
    return found


def _pair(document: Any, pairs: Any, index: int) -> str:
    at = _spelt(document, _DATA)
    return json_path((*at, index) if isinstance(pairs, list) else at)


def _lower(body: Mapping[str, Any], at: Path) -> dict[str, Any]:
    lowered = {name.lower(): value for name, value in body.items()}
    if len(lowered) != len(body):
        raise NewShape(json_path(at), "names a field twice, in two spellings")
    return lowered


def _child(body: Any, name: str) -> Any:
    """Return the member of that name, whatever the case of its letters."""
    if not isinstance(body, dict):
        return None
    for key, value in body.items():
        if key.lower() == name:
            return value
    return None


def _spelt(document: Any, names: Path) -> Path:
    """Return the path as the body spells it, as far as the body has it."""
    spelt: list[str | int] = []
    for name in names:
        keys = document if isinstance(document, dict) else {}
        found = next((key for key in keys if key.lower() == name), None)
        if found is None:
            break
        spelt.append(found)
        document = keys[found]
    return tuple(spelt)


KIND = Kind(
    name=_NAME,
    provider="mpesa",
    schema="mpesa/ratiba",
    pivot=pivot,
    wire_path=wire_path,
    normalise=normalise,
    success=SUCCESS,
)
