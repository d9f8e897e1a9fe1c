"""JSON text of a tree in which numbers may be Decimal: written digit by digit, never by way of a float."""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any


def json_text(tree: Any) -> str:
    """Return the tree as compact JSON. Decimals are numbers as they stand (1500.00), dates and times ISO text.

    Raises TypeError for what JSON has no form for, ValueError for NaN and Infinity.
    """
    if isinstance(tree, Mapping):
        members = (f"{json.dumps(_key(key), ensure_ascii=False)}:{json_text(tree[key])}" for key in tree)
        return f"{{{','.join(members)}}}"
    if isinstance(tree, list | tuple):
        return f"[{','.join(map(json_text, tree))}]"
    if isinstance(tree, Decimal):
        return _number(tree)
    if isinstance(tree, date):
        return json.dumps(tree.isoformat())
    return json.dumps(tree, ensure_ascii=False, allow_nan=False)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError("keys of JSON objects are texts")
    return key


def _number(number: Decimal) -> str:
    if not number.is_finite():
        raise ValueError("JSON has no number for it")
    return format(number, "f")
