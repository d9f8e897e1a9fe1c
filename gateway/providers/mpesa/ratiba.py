"""`ratiba`: a standing order was set up, or not (Daraja, M-Pesa Ratiba). It tells of the mandate and moves no money.

Success and failure samples spell the names differently (responseHeader, ResponseHeader), so that they are read without
regard to case.
"""

from collections.abc import Mapping
from typing import Any

from gateway.domain.event import ResultCode
from gateway.domain.facts import Facts
from gateway.providers.kind import Kind, NewShape, Path, json_path
from gateway.providers.mpesa.codes import outcome_of
from gateway.providers.mpesa.fields import SUCCESS, code, party, text
from gateway.providers.mpesa.result import receipt_of


def pivot(document: Any) -> dict[str, Any]:
    """Return {header: {...}, data: {name: value}}, all names in lower case."""
    top = _lowered(document, "$")
    header = _lowered(top.get("responseheader"), "$.responseHeader")
    body = top.get("responsebody")
    items = _lowered(body, "$.responseBody").get("responsedata") if body is not None else []
    if not isinstance(items, list):
        raise NewShape("$.responseBody.responseData", "must be a list of items with name and value")
    data = {}
    for index, item in enumerate(items):
        place = f"$.responseBody.responseData[{index}]"
        lowered = _lowered(item, place)
        if not isinstance(lowered.get("name"), str):
            raise NewShape(place, "must be an item with a name")
        data[lowered["name"].lower()] = lowered.get("value")
    return {"header": header, "data": data}


def wire_path(_document: Any, path: Path) -> str:
    """Return where a value of the pivoted body stands, by the names of the success sample."""
    part = {"header": "responseHeader", "data": "responseBody"}.get(str(path[0]) if path else "")
    return json_path((part, *path[1:])) if part else json_path(path)


def normalise(body: Mapping[str, Any]) -> Facts:
    """Return the facts of a pivoted body that its schema has accepted."""
    header, data = body["header"], body["data"]
    references = [text(header, name) for name in ("responserefid", "requestrefid")]
    if not any(references):
        raise NewShape("$.responseHeader", "names neither responseRefID nor requestRefID")
    result = code(header, "responsecode")
    keys = zip(("conversation", "originator"), references, strict=True)
    return Facts(
        family="mandate",
        direction="in",
        outcome=outcome_of("ratiba", result),
        identity="/".join(one or "" for one in references)[:128],
        keys=tuple((name, value[:128]) for name, value in keys if value),
        currency=None,
        # Of the mandate, not of a payment: it is no key.
        receipt=receipt_of(text(data, "transactionid")),
        payer=party(text(data, "msisdn")),
        result=ResultCode(result, text(header, "responsedescription")),
    )


def _lowered(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NewShape(place, "must be an object: this is no Ratiba callback")
    return {name.lower(): inner for name, inner in value.items()}


KIND = Kind(
    name="ratiba",
    provider="mpesa",
    schema="mpesa/ratiba",
    pivot=pivot,
    wire_path=wire_path,
    normalise=normalise,
    success=SUCCESS,
)
