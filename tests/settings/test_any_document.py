"""Whatever stands in a file: problems or settings, never an exception."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway import resources
from gateway.settings import Known, Loaded, load

WORDS = [
    *("version", "server", "store", "include", "tenants", "listen", "public_url", "workers", "trusted_proxies", "url"),
    *("name", "shortcodes", "destinations", "routes", "type", "key", "allow_from", "on_mismatch", "merge_window"),
    *("hold_older_than", "validation_default", "validation_budget", "env", "file", "adapter", "retry", "schedule"),
    *("jitter", "when", "to", "continue", "reference", "kind", "auth", "bearer", "basic", "user", "password", "sign"),
    *("timeout", "folder", "steps", "token", "wait", "duka", "600638", "stk", "demo", "erp", "<<", "with", "rate"),
    *("validation", "unless", "reject", "accept", "references", "database", "http", "query", "refresh", "max_age"),
    *("providers", "recipe", "schema", "identity", "outcome", "table", "fields", "occurred_at", "format", "timezone"),
    *("hmac", "secret", "header", "over", "answer", "keys", "receipt", "required", "pattern", "multipleOf", "$ref"),
    *("concurrency", "order", "breaker", "failures", "share", "window", "at_least", "pause", "park_after", "batch"),
    "rank",
    *("reference_in", "reference_regex", "amount", "min", "max", "payer", "normalise", "items", "field"),
]
TEXTS = [
    *("paybill", "till", "safaricom", "any", "10s", "7d", "9999d", "10%", "INV-*", "[", "*", "${NAME}", "${", "$${A}"),
    *("sqlite:///a.db", "sqlite:///", "postgresql://a:b@c/d", "https://a.example", "http://[", "http://a:b", "ngrok"),
    *("0.0.0.0:0", "[::]:99999", "10.0.0.0/8", "10.0.0.1/8", "/nowhere", "", "\0", "a\nb", "{{ x }}", "off", "demo"),
    *("0s", "60/m", "account"),
    *("mtn-momo", "airtel-money", "a.b[0]", "'x'", "nope(@)", "%Y", "%Y%m%d", "Africa/Kampala", "base64", "raw", "#/a"),
    *("C2B00012", "C2B00099", "(a+)+", "[0-9]{4}", "10.00", "0.5.1", "masked", "trim", "open", "open.txt", "SELECT 1"),
]
SCALARS = st.one_of(
    st.sampled_from(TEXTS), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none(), st.dates()
)
KEYS = st.one_of(st.sampled_from(WORDS), st.sampled_from(WORDS), st.text(max_size=5), st.integers(), st.booleans())
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory() as name:
        yield Path(name)


def tolerant(folder: Path, data: bytes) -> Loaded:
    demo = Path(__file__).with_name("demo_adapter.json")
    schemas: dict[str, Any] = {"demo": yaml.safe_load(demo.read_text()), "free": None}
    path = folder / "pesagate.yaml"
    path.write_bytes(data)
    result = load(path, Known(("stk",), ("demo", "free"), schemas.get), {"NAME": "duka"})
    assert (result.settings is None) == any(problem.severity == "error" for problem in result.problems)
    assert all(problem.message and str(problem) for problem in result.problems)
    return result


MANY = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@MANY
@given(value=VALUES)
def test_any_value(folder: Path, value: Any) -> None:
    tolerant(folder, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


@MANY
@given(data=st.binary(max_size=200))
def test_any_bytes(folder: Path, data: bytes) -> None:
    tolerant(folder, data)


@MANY
@given(text=st.text(alphabet="ab:-[]{}&*!|>'\"%@`,?# \n\t<0159.~${}\\", max_size=80))
def test_any_text_of_yaml_characters(folder: Path, text: str) -> None:
    tolerant(folder, text.encode())


def fitting(schema: Any) -> st.SearchStrategy[Any]:
    """Values that nearly fit a schema: right keys, now and then a wrong value."""
    if isinstance(schema, dict) and "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        return st.deferred(lambda: fitting(resources.schema("config.schema")["$defs"][name]))
    if not isinstance(schema, dict):
        return VALUES
    if "then" in schema and "else" in schema:
        return st.one_of(fitting(schema["then"]), fitting(schema["else"]))
    if "anyOf" in schema:
        return st.one_of([fitting(form) for form in schema["anyOf"]])
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")])) | SCALARS
    return near_type(schema)


def near_type(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if schema.get("type") == "object":
        named = {key: fitting(inner) for key, inner in schema.get("properties", {}).items()}
        free = fitting(schema.get("additionalProperties", {})) if "additionalProperties" in schema else VALUES
        shape = st.fixed_dictionaries({}, optional=named) if named else st.dictionaries(KEYS, free, max_size=3)
        return shape | shape | shape | SCALARS
    if schema.get("type") == "array":
        return st.lists(fitting(schema["items"]), max_size=3) | SCALARS
    return SCALARS


@MANY
@given(value=st.deferred(lambda: fitting(resources.schema("config.schema"))))
def test_any_value_that_nearly_fits_the_schema(folder: Path, value: Any) -> None:
    tolerant(folder, yaml.safe_dump(value, allow_unicode=True).encode("utf-8", "surrogatepass"))


@MANY
@given(own=st.deferred(lambda: VALUES), auth=VALUES, steps=st.lists(VALUES, max_size=3), timeout=SCALARS)
def test_any_setting_of_an_adapter(folder: Path, own: Any, auth: Any, steps: Any, timeout: Any) -> None:
    destination = {"adapter": "demo", "url": "https://a.example", "auth": auth, "steps": steps, "timeout": timeout}
    destination |= own if isinstance(own, dict) else {}
    tenant = {"shortcodes": {"600638": {"type": "till", "key": own}}, "destinations": {"erp": destination}}
    document = {"version": 1, "tenants": {"duka": tenant}}
    tolerant(folder, yaml.safe_dump(document, allow_unicode=True).encode("utf-8", "surrogatepass"))
