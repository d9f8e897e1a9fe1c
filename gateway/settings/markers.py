"""The marks that an adapter's schema may put on its settings: x-secret, x-duration, x-path and x-template.

`{"x-secret": true}` takes {env: NAME}, {file: path} or a text and becomes a Secret; `{"x-duration": true}` takes
"10s" and becomes a timedelta; `{"x-path": true}` takes a path and becomes an absolute one; `{"x-template": true}` takes
a template over an event and stays the text it is, but its faults are told with their place. Beside x-secret, keywords
such as `pattern` and `minLength` speak of the secret's text, and `{"x-database-url": true}` makes the path of an SQLite
URL an absolute one.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway import resources
from gateway.settings.places import Steps

SECRET, DURATION, PATH, TEMPLATE = "x-secret", "x-duration", "x-path", "x-template"

DATABASE_URL = "x-database-url"
"""Stands beside x-secret and says more of the secret's text."""

_MARKS = (SECRET, DURATION, PATH, TEMPLATE)

# What these hold is data, not schema.
_DATA = ("default", "examples", "enum", "const")

# What says nothing about a secret's text.
_NOTES = ("title", "description", "default", "examples", "type", "deprecated")


def expanded(schema: Any) -> Any:
    """Return a schema in which each mark is spelled out, so that a JSON Schema validator understands it."""
    if isinstance(schema, list):
        return [expanded(inner) for inner in schema]
    if not isinstance(schema, Mapping):
        return schema
    spelled = {key: inner if key in _DATA else expanded(inner) for key, inner in schema.items()}
    if isinstance(named := spelled.get("properties"), dict):
        # The validator forgets the place of a plain `false`.
        spelled["properties"] = {key: {"not": {}} if inner is False else inner for key, inner in named.items()}
    if schema.get(SECRET) is True and "anyOf" not in schema:
        return _secret(spelled)
    if schema.get(DURATION) is True:
        return {**_definition("duration"), **spelled}
    if schema.get(PATH) is True:
        return {"type": "string", "minLength": 1, "x-must": "a path", **spelled}
    if schema.get(TEMPLATE) is True:
        return {"type": "string", **spelled}
    return spelled


def _secret(node: dict[str, Any]) -> dict[str, Any]:
    notes = {key: value for key, value in node.items() if key in _NOTES and key != "type"}
    text = {key: value for key, value in node.items() if key not in _NOTES and key != SECRET}
    # Written out, since "#" of this definition would mean the adapter's schema.
    forms = [followed(form, _configuration()) for form in _definition("secret")["anyOf"]]
    return {**_definition("secret"), **notes, "anyOf": forms, "x-text": text}


def _definition(name: str) -> dict[str, Any]:
    found: dict[str, Any] = _configuration()["$defs"][name]
    return found


def _configuration() -> dict[str, Any]:
    return resources.schema("config.schema")


def followed(schema: Any, root: Mapping[str, Any]) -> Any:
    """Return the schema that a local $ref leads to, the schema itself where it has none."""
    for _ in range(32):
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if not isinstance(reference, str) or not reference.startswith("#"):
            break
        schema = root
        for step in reference.removeprefix("#").split("/")[1:]:
            schema = schema[step.replace("~1", "/").replace("~0", "~")]
    return schema


def marked(validator: Any, value: Any, steps: Steps = ()) -> Iterator[tuple[Steps, str, Mapping[str, Any]]]:
    """Yield (steps, mark, schema) for every value inside that bears a mark.

    `validator` is one of jsonschema's, over an expanded schema. Of several forms (anyOf, oneOf) the first that the
    value fits counts.
    """
    yield from _marked(validator, validator.schema, value, steps)


def _marked(validator: Any, schema: Any, value: Any, steps: Steps) -> Iterator[tuple[Steps, str, Mapping[str, Any]]]:
    schema = followed(schema, validator.schema)
    if not isinstance(schema, Mapping):
        return
    mark = next((mark for mark in _MARKS if schema.get(mark) is True), None)
    if mark is not None:
        yield steps, mark, schema
        return
    for further in _applying(validator, schema, value):
        yield from _marked(validator, further, value, steps)
    for step, inner in _children(schema, value):
        yield from _marked(validator, inner, value[step], (*steps, step))


def _applying(validator: Any, schema: Mapping[str, Any], value: Any) -> Iterator[Any]:
    """Yield the schemas that speak of the same value."""
    yield from schema.get("allOf", ())
    for keyword in ("anyOf", "oneOf"):
        fitting = (form for form in schema.get(keyword, ()) if _fits(validator, form, value))
        yield from list(fitting)[:1]
    if "if" in schema:
        yield schema.get("then" if _fits(validator, schema["if"], value) else "else", {})


def _fits(validator: Any, schema: Any, value: Any) -> bool:
    return bool(validator.evolve(schema=schema).is_valid(value))


def _children(schema: Mapping[str, Any], value: Any) -> Iterator[tuple[str | int, Any]]:
    """Yield (key or position, schema) for what stands inside a mapping or list."""
    if isinstance(value, dict):
        named, others = schema.get("properties", {}), schema.get("additionalProperties", {})
        yield from ((key, named.get(key, others)) for key in value)
    elif isinstance(value, list):
        yield from ((position, schema.get("items", {})) for position in range(len(value)))
