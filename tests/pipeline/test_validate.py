"""Two validators, one opinion."""

import json
from typing import Any

import fastjsonschema
import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway import resources
from gateway.pipeline.parse import parse
from gateway.pipeline.validate import compile_schema
from gateway.providers import KINDS

SCHEMAS = {name: resources.schema(name) for name in sorted({kind.schema for kind in KINDS.values()})}
FAST = {name: fastjsonschema.compile(dict(schema), use_default=False) for name, schema in SCHEMAS.items()}
AUTHORITY = {name: jsonschema.Draft7Validator(schema) for name, schema in SCHEMAS.items()}

values = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(0),
    st.sampled_from(["0", "", "x", "x" * 32, "x" * 33, "x" * 129, "x" * 257, "\x00", "😀" * 128, "10.00", "1,000"]),
    st.text(max_size=4),
    st.sampled_from([1.0, 0.0, -0.0, 1e3, 0.5, 1e300]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


PLAUSIBLE = {"string": "x", "integer": 7, "number": 1.5, "null": None}


@st.composite
def near(draw: st.DrawFn, schema: dict[str, Any]) -> Any:
    """A body that its schema accepts, with up to three fields changed or dropped."""
    body = {name: draw(plausible(inner)) for name, inner in schema.get("properties", {}).items()}
    for name in draw(st.lists(st.sampled_from([*body, "Extra"]), max_size=3)):
        if draw(st.booleans()):
            body[name] = draw(values)
        else:
            body.pop(name, None)
    return body


def plausible(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema["type"] == "object":
        return near(schema)
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return st.sampled_from([PLAUSIBLE[name] for name in types])


def verdicts(name: str, document: Any) -> tuple[bool, bool]:
    # Read as callbacks are read, so that numbers with a point are Decimal.
    read = parse(json.dumps(document).encode())
    try:
        FAST[name](read)
    except fastjsonschema.JsonSchemaValueException:
        fast = False
    else:
        fast = True
    return fast, AUTHORITY[name].is_valid(read)


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_fast_one_and_the_authority_agree_on_everything_near_a_body(name: str) -> None:
    seen = set()

    @settings(max_examples=1500, deadline=None)
    @given(near(SCHEMAS[name]) | values)
    def agree(document: Any) -> None:
        fast, slow = verdicts(name, document)
        assert fast == slow
        seen.add(slow)

    agree()
    # Where all were valid, or none, this would prove little.
    assert seen == {True, False}


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_and_use_nothing_that_breaks_on_decimals(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])
    assert "multipleOf" not in json.dumps(SCHEMAS[name])


SENTENCES: list[tuple[Any, tuple[str | int, ...], str]] = [
    ({}, (), "lacks TransID, TransTime, TransAmount, BusinessShortCode"),
    (7, (), "must be object, not number"),
    (
        {"TransID": 7, "TransTime": "1", "TransAmount": 1, "BusinessShortCode": 1},
        ("TransID",),
        "must be string, not number",
    ),
    (
        {"TransID": "", "TransTime": "1", "TransAmount": 1, "BusinessShortCode": 1},
        ("TransID",),
        "must have at least 1 characters",
    ),
    (
        {"TransID": "x" * 65, "TransTime": "1", "TransAmount": 1, "BusinessShortCode": 1},
        ("TransID",),
        "must have at most 64 characters",
    ),
    (
        {"TransID": "x", "TransTime": True, "TransAmount": 1, "BusinessShortCode": 1},
        ("TransTime",),
        "must be string or integer, not boolean",
    ),
]


@pytest.mark.parametrize(("document", "path", "sentence"), SENTENCES)
def test_a_violation_is_told_in_a_sentence_without_values(document: Any, path: Any, sentence: str) -> None:
    violation = compile_schema(SCHEMAS["mpesa/c2b"])(document)
    assert violation is not None
    assert (violation.path, violation.sentence) == (path, sentence)
