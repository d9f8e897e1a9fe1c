"""Trees of XML from nested tuples: what is None is left out, lxml escapes the rest."""

from collections.abc import Iterable
from typing import Any

from lxml import etree


def grown(parent: "etree._Element", children: Iterable[Any]) -> "etree._Element":
    """Hang (name, text) and (name, [children]) below an element; return it. A text of None leaves the element out."""
    for name, content in children:
        if content is None:
            continue
        child = etree.SubElement(parent, name)
        if isinstance(content, str):
            child.text = content
        else:
            grown(child, content)
    return parent


def written(root: "etree._Element") -> bytes:
    """Return a document with its declaration, indented, so that a person can read it."""
    text: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return text
