"""The envelope that results of B2C, B2B, reversal, status and balance requests share (Daraja: `Result`).

Its parameters come as a list or, with a single one, as an object; some have no Value; a key may stand twice.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.domain.event import Ids, ResultCode
from gateway.domain.facts import PaymentKey
from gateway.domain.outcome import Outcome
from gateway.providers.kind import NewShape, Path, json_path
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.fields import code, text

_AT: Path = ("Result",)
# Where each list of keys and values stands, and what its single member is called.
_LISTS: Mapping[str, str] = {"ResultParameters": "ResultParameter", "ReferenceData": "ReferenceItem"}


def pivot(document: Any) -> dict[str, Any]:
    """Return the content of Result with its parameters and reference data as mappings by Key.

    A key that stands again with another value becomes Key#2, Key#3: none is lost (the official status sample names
    DebitPartyName for both sides).
    """
    body = document.get("Result") if isinstance(document, dict) else None
    if not isinstance(body, dict):
        raise NewShape(json_path(_AT), "must be an object: this is no result")
    pivoted = dict(body)
    for name, member in _LISTS.items():
        if name in body:
            pivoted[name] = {key: value for key, value, _ in _items(body[name], name, member)}
    return pivoted


def wire_path(document: Any, path: Path) -> str:
    """Return a path of the pivoted body, or the bare name of one of its fields, as a path of the body as it came."""
    body = document["Result"]
    for name, member in _LISTS.items():
        key = path[1] if len(path) > 1 and path[0] == name else path[0] if len(path) == 1 else None
        if name in body:
            for known, _, place in _items(body[name], name, member):
                if known == key:
                    return json_path((*place, "Value"))
    return json_path((*_AT, *path))


def parameters(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the result parameters of a pivoted body; a failure mostly has none."""
    return body.get("ResultParameters") or {}


def references(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reference data of a pivoted body."""
    return body.get("ReferenceData") or {}


def outcome(body: Mapping[str, Any], api: str) -> Outcome:
    """Return how the request went. ResultType 1 announces further messages, so that nothing is final."""
    if code(body, "ResultType") == "1":
        return Outcome.UNKNOWN
    return outcome_of(api, code(body, "ResultCode"))


def said(body: Mapping[str, Any]) -> ResultCode:
    """Return the code and the prose."""
    return ResultCode(code(body, "ResultCode"), text(body, "ResultDesc"))


def ids(body: Mapping[str, Any]) -> Ids:
    """Return the conversation ids."""
    return Ids(
        conversation_id=text(body, "ConversationID"),
        originator_conversation_id=text(body, "OriginatorConversationID"),
    )


def identity(body: Mapping[str, Any]) -> str:
    """Return what tells this result from others: both conversation ids, never the transaction id alone.

    Failures of many requests share one placeholder as their TransactionID.
    """
    names = (text(body, "ConversationID"), text(body, "OriginatorConversationID"))
    if not any(names):
        raise NewShape(
            "ConversationID",
            "is empty, as is OriginatorConversationID: nothing else could tell this result from others",
        )
    return "/".join(name or "" for name in names)[:128]


def keys(body: Mapping[str, Any], receipt: str | None = None) -> tuple[PaymentKey, ...]:
    """Return the ids by which other callbacks may tell of the same request, the receipt first."""
    found = (
        ("receipt", receipt),
        ("originator", text(body, "OriginatorConversationID")),
        ("conversation", text(body, "ConversationID")),
    )
    return tuple((name, value) for name, value in found if value)


def receipt_of(*candidates: str | None) -> str | None:
    """Return the first that is a receipt. `NLJ0000000` is a placeholder that many failures share (Daraja)."""
    return next((one for one in candidates if one and not is_placeholder(one)), None)


def is_placeholder(receipt: str) -> bool:
    """Tell whether a transaction id is one that M-Pesa gives to every failure."""
    return receipt.endswith("0000000")


def _items(value: Any, name: str, member: str) -> Iterator[tuple[str, Any, Path]]:
    """Give (key, value, place) of every item; repeated keys are numbered."""
    at: Path = (*_AT, name)
    inner = value.get(member) if isinstance(value, dict) else None
    if inner is None and value in ({}, None, ""):
        return
    if not isinstance(inner, dict | list):
        raise NewShape(json_path(at), f"must be an object with {member}")
    seen: dict[str, int] = {}
    for index, item in enumerate(inner if isinstance(inner, list) else [inner]):
        place: Path = (*at, member, index) if isinstance(inner, list) else (*at, member)
        if not isinstance(item, dict) or not isinstance(item.get("Key"), str):
            raise NewShape(json_path(place), "must be an item with a Key")
        key = item["Key"].strip()
        seen[key] = seen.get(key, 0) + 1
        yield (key if seen[key] == 1 else f"{key}#{seen[key]}"), item.get("Value"), place
