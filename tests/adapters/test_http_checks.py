"""Settings of the http adapter: what its schema accepts, and what `check` finds beyond it."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import fastjsonschema
import jsonschema
import pytest

from adapters.http import HttpAdapter
from adapters.http.options import DEFAULT_TIMEOUT, Options
from adapters.http.request import OWN_HEADERS
from gateway.domain.settings import Secret
from gateway.resources import data_dir

Make = Callable[..., HttpAdapter]

URL = "https://erp.duka.example/payments"
SCHEMA: Mapping[str, Any] = json.loads((data_dir() / "schemas" / "adapters" / "http.json").read_text(encoding="utf-8"))

ACCEPTED: Mapping[str, Mapping[str, Any]] = {
    "the least": {},
    "http": {"url": "http://10.0.0.5:8069/x?db=duka"},
    "bearer": {"auth": {"bearer": {"env": "T"}}},
    "basic": {"auth": {"basic": {"user": "u", "password": {"file": "p"}}}},
    "header": {"auth": {"header": {"name": "X-Api-Key", "value": {"env": "K"}}}},
    "raw": {"raw": True, "idempotent": True, "include": []},
    "an event with everything": {
        "method": "POST",
        "headers": {"X-Branch": "head-office"},
        "timeout": "30s",
        "allow_private": True,
        "raw": False,
        "include": ["raw", "balances"],
        "envelope": "standard",
    },
}

REFUSED: Mapping[str, Mapping[str, Any]] = {
    "no url": {"url": None},
    "another scheme": {"url": "ftp://erp.duka.example"},
    "a space in the url": {"url": "https://erp.duka.example/a b"},
    "an unknown key": {"retries": 3},
    "another method": {"method": "TRACE"},
    "no auth": {"auth": {}},
    "two auths": {"auth": {"bearer": "a", "basic": {"user": "u", "password": "p"}}},
    "an unknown auth": {"auth": {"digest": "a"}},
    "basic without a password": {"auth": {"basic": {"user": "u"}}},
    "a colon in the user": {"auth": {"basic": {"user": "u:v", "password": "p"}}},
    "a header name with a space": {"auth": {"header": {"name": "X Key", "value": "v"}}},
    "an extra header's name with a colon": {"headers": {"X:": "v"}},
    "a number as a header": {"headers": {"X-Branch": 7}},
    "two lines in a header": {"headers": {"X-Branch": "a\nb"}},
    "a word for a switch": {"raw": "yes"},
    "an unknown part": {"include": ["payer"]},
    "the same part twice": {"include": ["raw", "raw"]},
    "an unknown envelope": {"envelope": "cloudevents"},
    "raw with an envelope": {"raw": True, "envelope": "standard"},
    "raw with include": {"raw": True, "include": ["balances"]},
}


def _settings(changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {"url": URL, **changes}.items() if value is not None}


def _verdicts(changes: Mapping[str, Any]) -> set[bool]:
    """Return what both validators say; they must agree."""
    settings = _settings(changes)
    slow = jsonschema.Draft202012Validator(SCHEMA).is_valid(settings)
    seventh = jsonschema.Draft7Validator(SCHEMA).is_valid(settings)
    try:
        fastjsonschema.compile(dict(SCHEMA))(settings)
    except fastjsonschema.JsonSchemaException:
        return {slow, seventh, False}
    return {slow, seventh, True}


@pytest.mark.parametrize("name", ACCEPTED)
def test_the_schema_accepts(name: str) -> None:
    assert _verdicts(ACCEPTED[name]) == {True}


@pytest.mark.parametrize("name", REFUSED)
def test_the_schema_refuses(name: str) -> None:
    assert _verdicts(REFUSED[name]) == {False}


def _keys(schema: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}{key}", inner
        yield from _keys(inner, f"{path}{key}.")


def test_the_schema_is_one_and_every_key_is_described() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    bare = [path for path, inner in _keys(SCHEMA) if not inner.get("description") or not inner.get("examples")]
    assert bare == []
    secrets = {path for path, inner in _keys(SCHEMA) if inner.get("x-secret")}
    assert secrets == {"auth.bearer", "auth.basic.password", "auth.header.value"}


def test_the_schema_tells_the_true_defaults() -> None:
    told = {key: inner["default"] for key, inner in SCHEMA["properties"].items() if "default" in inner}
    options = Options.of({"url": URL})
    assert told == {
        "method": "POST",
        "headers": dict(options.headers),
        "timeout": f"{DEFAULT_TIMEOUT.total_seconds():g}s",
        "allow_private": False,
        "raw": options.raw,
        "idempotent": options.idempotent,
        "include": sorted(options.include),
    }
    assert (options.timeout, options.enveloped, options.credential) == (DEFAULT_TIMEOUT, False, None)


def test_the_examples_of_the_schema_are_accepted() -> None:
    for key, inner in SCHEMA["properties"].items():
        for example in inner["examples"]:
            assert _verdicts({key: example}) == {True}, (key, example)


PROBLEMS = [
    ({"url": "https://u:pw@erp.duka.example/"}, "`url` holds a user name or password; put them under"),
    ({"url": "https://u@erp.duka.example/"}, "`url` holds a user name or password; put them under"),
    ({"url": "https:///payments"}, "`url` names no host."),
    ({"url": "https://?x=1"}, "`url` names no host."),
    ({"url": "https://erp..example/"}, "`url` names a host with an empty part"),
    ({"url": f"https://{'a' * 64}.example/"}, "`url` names a host with an empty part or one of more than 63"),
    ({"url": "https://erp.duka.example:99999/"}, "`url` is not a URL"),
    ({"url": "https://erp.duka.example:http/"}, "`url` is not a URL"),
    ({"url": "https://[::1/"}, "`url` is not a URL"),
    ({"url": "https://erp.duka.example/\x07"}, "`url` holds a space or an unprintable character"),
    ({"url": "ftp://erp.duka.example/"}, "`url` must begin with http:// or https://"),
    ({"timeout": timedelta(0)}, "`timeout` must be more than nothing and at most 5m."),
    ({"timeout": timedelta(minutes=6)}, "`timeout` must be more than nothing and at most 5m."),
    ({"headers": {"authorization": "Bearer x"}}, "`headers` may not set authorization: put it under `auth`"),
    ({"headers": {"X-Branch": "a\r\nX-Evil: 1"}}, "`headers`: the value of X-Branch holds a line break"),
    ({"headers": {"X-Branch": "a\n"}}, "`headers`: the value of X-Branch holds a line break"),
    ({"headers": {"X-Branch": " a"}}, "`headers`: the value of X-Branch begins or ends with a space."),
    ({"headers": {"X-Branch": "ũ"}}, "`headers`: the value of X-Branch holds a character outside ASCII"),
    (
        {"headers": {"x-key": "a"}, "auth": {"header": {"name": "X-Key", "value": Secret("b")}}},
        "`headers` sets x-key, which `auth` sets too",
    ),
    ({"auth": {"bearer": Secret("tok-9\n")}}, "`auth`: the secret holds a line break"),
    ({"auth": {"bearer": Secret("tok-9é")}}, "`auth`: the secret holds a character outside ASCII"),
    ({"auth": {"bearer": Secret("")}}, "`auth` holds an empty secret."),
    (
        {"auth": {"header": {"name": "Webhook-Id", "value": Secret("tok-9")}}},
        "`auth` may not use the header Webhook-Id: Pesagate sets it itself.",
    ),
]


@pytest.mark.parametrize(("settings", "sentence"), PROBLEMS)
def test_check_finds(settings: dict[str, Any], sentence: str, make_http: Make) -> None:
    found = make_http(**{"url": URL, **settings}).check()
    assert [problem for problem in found if problem.startswith(sentence)], found
    assert all(re.search(r"[.)?`]$", problem) for problem in found)
    assert "tok-9" not in " ".join(found)
    assert "pw@" not in " ".join(found)


@pytest.mark.parametrize("name", sorted(OWN_HEADERS))
def test_check_refuses_each_header_of_our_own(name: str, make_http: Make) -> None:
    found = make_http(URL, headers={name.title(): "x"}).check()
    assert found == (f"`headers` may not set {name.title()}: Pesagate sets it itself.",)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "http://localhost:8069/x?a=1"},
        {"url": "http://[::1]:8069/x"},
        {"url": "https://erp.duka.example./x"},
        {"auth": {"header": {"name": "Authorization", "value": Secret("token k:s")}}},
        {"auth": {"basic": {"user": "mũtua", "password": Secret("ũ")}}, "headers": {"X-Branch": ""}},
        {"timeout": timedelta(minutes=5)},
    ],
)
@pytest.mark.parametrize("live", [False, True])
def test_check_is_content_with(settings: dict[str, Any], live: bool, make_http: Make) -> None:
    assert make_http(**{"url": URL, **settings}).check(live=live) == ()
