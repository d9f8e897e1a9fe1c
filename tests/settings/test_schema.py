"""schemas/config.schema.json: described throughout, and saying what the code says."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from gateway import resources
from gateway.domain.lane import BreakerSettings, LaneSettings, Order
from gateway.domain.settings import RetrySchedule, Server, Shortcode
from gateway.settings.durations import duration_of, fraction_of
from gateway.settings.sizes import size_of

SCHEMA = resources.schema("config.schema")


def keys(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every key that a configuration can have, with what the schema says of it."""
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            yield f"{path}.{name}", inner
        for name, inner in schema.items():
            yield from keys(inner, path if name in ("properties", "$defs") else f"{path}.{name}")
    elif isinstance(schema, list):
        for index, inner in enumerate(schema):
            yield from keys(inner, f"{path}[{index}]")


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


ALL = list(keys(SCHEMA))


@pytest.mark.parametrize(("path", "said"), ALL, ids=[path for path, _ in ALL])
def test_every_key_is_described(path: str, said: dict[str, Any]) -> None:
    assert len(said.get("description", "")) > 10
    assert said["description"].endswith((".", "*"))


def test_there_are_keys() -> None:
    names = {path.rsplit(".", 1)[-1] for path, _ in ALL}
    assert {"listen", "url", "include", "env", "file", "key", "hold_older_than", "jitter", "reference"} <= names


def test_it_is_a_schema_of_both_drafts() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    Draft7Validator.check_schema(SCHEMA)


def test_unknown_keys_are_errors_everywhere() -> None:
    free = [each for each in objects(SCHEMA) if "additionalProperties" not in each]
    # A destination holds its adapter's keys too, which the adapter's own schema checks.
    assert free == [SCHEMA["$defs"]["destination"]]


@pytest.mark.parametrize(("path", "said"), ALL, ids=[path for path, _ in ALL])
def test_defaults_and_examples_fit(path: str, said: dict[str, Any]) -> None:
    validator = Draft202012Validator({**said, "$defs": SCHEMA["$defs"]})
    for example in [*said.get("examples", []), *([said["default"]] if "default" in said else [])]:
        assert [error.message for error in validator.iter_errors(example)] == []


def test_the_defaults_are_those_of_the_domain() -> None:
    said = {
        name: inner["default"]
        for name, inner in SCHEMA["$defs"]["shortcode"]["properties"].items()
        if "default" in inner
    }
    domain = Shortcode("600638", "duka", "paybill", ())
    assert said["on_mismatch"] == domain.on_mismatch
    assert duration_of(said["merge_window"]) == domain.merge_window
    assert duration_of(said["hold_older_than"]) == domain.hold_older_than
    assert said["validation_default"] == domain.validation_default
    assert duration_of(said["validation_budget"]) == domain.validation_budget
    assert said["quarantine_limit"] == domain.quarantine.rows
    assert size_of(said["quarantine_size"]) == domain.quarantine.size
    retry = SCHEMA["$defs"]["destination"]["properties"]["retry"]["properties"]
    assert tuple(map(duration_of, retry["schedule"]["default"])) == RetrySchedule().waits
    assert fraction_of(retry["jitter"]["default"]) == RetrySchedule().jitter
    lane, breaker = SCHEMA["$defs"]["destination"]["properties"], BreakerSettings()
    own = lane["breaker"]["anyOf"][1]["properties"]
    assert Order(lane["order"]["default"]) is LaneSettings().order
    assert duration_of(lane["park_after"]["default"]) == LaneSettings().park_after
    assert (own["failures"]["default"], own["at_least"]["default"]) == (breaker.failures, breaker.at_least)
    assert [duration_of(own[name]["default"]) for name in ("window", "pause")] == [breaker.window, breaker.pause]
    server = SCHEMA["properties"]["server"]["properties"]
    assert server["listen"]["default"] == f"{Server().host}:{Server().port}"
    assert server["workers"]["default"] == Server().workers
