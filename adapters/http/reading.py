"""An answer as expressions see it: `status`, `headers` (names in lower case) and `body`, a tree where it is one."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from lxml import etree

from adapters.http.answer import Answer

NAMES = ("status", "headers", "body")


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says."""

    document: Mapping[str, Any]
    # False: the body is empty, cut, plain text or a page for people.
    is_tree: bool

    @property
    def body(self) -> Any:
        """The body: a JSON value, a tree of XML, a text, or None."""
        return self.document["body"]


def reading(answer: Answer) -> Reading:
    """Return what an answer says. Anything may come: nothing here raises."""
    body, is_tree = (None, False) if answer.truncated or answer.broken else _body(answer.body)
    headers = {name.lower(): value for name, value in (answer.headers or {}).items()}
    return Reading({"status": answer.status, "headers": headers, "body": body}, is_tree)


def _body(data: bytes) -> tuple[Any, bool]:
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text, parse_constant=_refuse, parse_float=_finite), True
    except (ValueError, RecursionError):
        pass
    start = data.lstrip()[:200].lower()
    if start.startswith(b"<") and not start.startswith((b"<!doctype html", b"<html")):
        try:
            return _tree(etree.fromstring(data, _parser())), True
        except (etree.XMLSyntaxError, ValueError, RecursionError):
            pass
    return data.decode("utf-8", "replace").strip() or None, False


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


def _finite(text: str) -> float:
    """Return a number; 1e999 would be none that can be kept."""
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _parser() -> etree.XMLParser:
    # Nothing is fetched and no entity is filled in, whoever wrote the answer.
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True, recover=False
    )


def _tree(root: Any) -> dict[str, Any]:
    return {_name(root): _content(root)}


def _content(element: Any) -> Any:
    """Return an element as text, null where it is empty, or a mapping where it has elements or attributes inside.

    An element that comes more than once is a list; attributes stand under @name, text beside them under #text.
    """
    found: dict[str, Any] = {f"@{etree.QName(name).localname}": value for name, value in element.attrib.items()}
    for child in element:
        if isinstance(child.tag, str):
            _add(found, _name(child), _content(child))
    text = (element.text or "").strip() or None
    if not found:
        return text
    return found if text is None else {**found, "#text": text}


def _add(found: dict[str, Any], name: str, content: Any) -> None:
    if name not in found:
        found[name] = content
    elif isinstance(found[name], list):
        found[name].append(content)
    else:
        found[name] = [found[name], content]


def _name(element: Any) -> str:
    # Prefixes are the sender's choice, and change.
    return str(etree.QName(element).localname)
