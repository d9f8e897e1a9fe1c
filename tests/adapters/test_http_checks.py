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
from adapters.testing import Answer, MemoryProgress, Receiver, sample_event
from gateway.domain.adapter import Mistake
from gateway.domain.settings import Secret
from gateway.resources import data_dir

Make = Callable[..., HttpAdapter]

URL = "https://erp.duka.example/payments"
SCHEMA: Mapping[str, Any] = json.loads((data_dir() / "schemas" / "adapters" / "http.json").read_text(encoding="utf-8"))

OAUTH = {"token_url": "https://idp/token", "client_id": "a", "client_secret": {"env": "K"}, "extra": {"audience": "b"}}

ACCEPTED: Mapping[str, Mapping[str, Any]] = {
    "the least": {},
    "http": {"url": "http://10.0.0.5:8069/x?db=duka"},
    "bearer": {"auth": {"bearer": {"env": "T"}}},
    "basic": {"auth": {"basic": {"user": "u", "password": {"file": "p"}}}},
    "header": {"auth": {"header": {"name": "X-Api-Key", "value": {"env": "K"}}}},
    "a header with a prefix": {"auth": {"header": {"name": "X-Api-Key", "value": {"env": "K"}, "prefix": "token"}}},
    "query": {"auth": {"query": {"name": "key", "value": {"env": "K"}}}},
    "hmac": {"auth": {"hmac": {"secret": {"env": "K"}, "header": "X-Sig", "signs": "timestamp.body"}}},
    "a session": {"auth": {"session": {"url": "https://sap/Login", "json": {"a": "b"}, "renew_on": [401, 403]}}},
    "named secrets": {"secrets": {"api_key": {"env": "K"}}},
    "client credentials": {"auth": {"oauth2_client_credentials": OAUTH}},
    "a refresh token": {"auth": {"oauth2_refresh_token": {**OAUTH, "refresh_token": {"env": "R"}}}},
    "one signing key": {"sign": {"env": "K"}},
    "two signing keys": {"sign": [{"env": "NEW"}, {"env": "OLD"}]},
    "a connection with everything": {
        "connect_timeout": "1s",
        "read_timeout": "2s",
        "redirects": "same-host",
        "answer_limit": "2MiB",
        "ca": "ca.pem",
        "client_certificate": {"cert": "c.pem", "key": "c.key", "password": {"env": "P"}},
        "proxy": "http://proxy.duka.example:3128",
        "proxy_auth": {"user": "u", "password": {"env": "P"}},
    },
    "raw": {"raw": True, "idempotent": True, "include": []},
    "a body of one's own": {"body": {"a": ["{{ receipt }}", 1, None]}, "method": "PUT", "save": {"erp_id": "body.id"}},
    "a form": {"form": {"to": "{{ payer.msisdn }}", "n": 1, "flag": True}, "query": {"db": "duka"}},
    "xml": {"xml": "<a/>", "content_type": "text/xml", "success_when": "body.a", "reject_when": "body.b"},
    "text": {"text": "{{ receipt }}", "retry_when": "status == `423`", "duplicate_when": "status == `409`"},
    "steps": {
        "steps": [
            {"name": "find", "get": "/x", "find": True, "query": {"a": "b"}, "save": {"x": "body.x"}, "timeout": "5s"},
            {"name": "make", "unless": "x", "post": "/x", "body": {}, "headers": {"A": "b"}, "idempotent": False},
        ],
        "headers": {"A": "b"},
        "idempotent": True,
        "include": ["raw"],
        "success_when": "status == `200`",
        "secrets": {"api_key": {"env": "K"}},
        "probe": {"get": "/user", "query": {"a": "b"}, "success_when": "body.ok"},
    },
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
    "a session with two bodies": {"auth": {"session": {"url": "https://sap/Login", "json": {}, "form": {}}}},
    "a session that is renewed on success": {"auth": {"session": {"url": "https://sap/Login", "renew_on": [200]}}},
    "a secret with a name that no template takes": {"secrets": {"api-key": {"env": "K"}}},
    "client credentials without a secret": {
        "auth": {"oauth2_client_credentials": {"token_url": "https://idp/token", "client_id": "a"}}
    },
    "a grant among the extras": {"auth": {"oauth2_client_credentials": {**OAUTH, "extra": {"grant_type": "password"}}}},
    "hmac without a header": {"auth": {"hmac": {"secret": "a"}}},
    "hmac of an unknown hash": {"auth": {"hmac": {"secret": "a", "header": "X", "algorithm": "md5"}}},
    "a prefix of two lines": {"auth": {"header": {"name": "X", "value": "v", "prefix": "a\nb"}}},
    "no signing key": {"sign": []},
    "an unknown redirect policy": {"redirects": "follow"},
    "a size without a unit": {"answer_limit": "65536"},
    "a client certificate without one": {"client_certificate": {"key": "k"}},
    "a proxy of another scheme": {"proxy": "socks5://10.0.0.1"},
    "a header name with a space": {"auth": {"header": {"name": "X Key", "value": "v"}}},
    "an extra header's name with a colon": {"headers": {"X:": "v"}},
    "a number as a header": {"headers": {"X-Branch": 7}},
    "two lines in a header": {"headers": {"X-Branch": "a\nb"}},
    "a word for a switch": {"raw": "yes"},
    "an unknown part": {"include": ["payer"]},
    "the same part twice": {"include": ["raw", "raw"]},
    "an unknown envelope": {"envelope": "cloudevents"},
    "raw with an envelope": {"raw": True, "envelope": "standard"},
    "no steps": {"steps": []},
    "a step without a name": {"steps": [{"get": "/x"}]},
    "a step's name with a blank": {"steps": [{"name": "a b", "get": "/x"}]},
    "a step with an unknown key": {"steps": [{"name": "a", "get": "/x", "raw": True}]},
    "steps beside a body": {"body": {}, "steps": [{"name": "a", "get": "/x"}]},
    "steps beside raw": {"raw": True, "steps": [{"name": "a", "get": "/x"}]},
    "steps beside a method": {"method": "PUT", "steps": [{"name": "a", "get": "/x"}]},
    "a body beside raw": {"raw": True, "body": {}},
    "a body in an envelope": {"body": {}, "envelope": "standard"},
    "a saved name with a capital": {"save": {"Id": "body.id"}},
    "a predicate that is no text": {"success_when": True},
    # A POST may be a question: JSON-RPC knows nothing else.
    "a probe that writes": {"probe": {"put": "/x"}},
    "a probe that is switched on": {"probe": True},
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
    assert secrets == {
        "auth.bearer",
        "auth.basic.password",
        "auth.header.value",
        "auth.query.value",
        "auth.hmac.secret",
        "auth.oauth2_client_credentials.client_secret",
        "auth.oauth2_refresh_token.client_secret",
        "auth.oauth2_refresh_token.refresh_token",
        "client_certificate.password",
        "proxy_auth.password",
    }
    assert [form.get("x-secret") or form["items"]["x-secret"] for form in SCHEMA["properties"]["sign"]["anyOf"]] == [
        True,
        True,
    ]


def test_the_schema_tells_the_true_defaults() -> None:
    told = {key: inner["default"] for key, inner in SCHEMA["properties"].items() if "default" in inner}
    options = Options.of({"url": URL})
    assert told == {
        "method": "POST",
        "hide_path": options.hides_path,
        "headers": dict(options.headers),
        "timeout": f"{DEFAULT_TIMEOUT.total_seconds():g}s",
        "allow_private": options.network.allow_private,
        "redirects": "same-host" if options.network.same_host else "refuse",
        "raw": options.raw,
        "idempotent": options.idempotent,
        "include": sorted(options.include),
    }
    assert (options.timeout, options.enveloped, options.auth) == (DEFAULT_TIMEOUT, False, None)


def test_the_examples_of_the_schema_are_accepted() -> None:
    for key, inner in SCHEMA["properties"].items():
        for example in inner["examples"]:
            assert _verdicts({key: example}) == {True}, (key, example)


GOOD_KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

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
    ({"connect_timeout": timedelta(minutes=6)}, "`connect_timeout` must be more than nothing and at most 5m."),
    ({"read_timeout": timedelta(0)}, "`read_timeout` must be more than nothing and at most 5m."),
    ({"answer_limit": "65MiB"}, "`answer_limit` must be at least 1KiB and at most 64MiB."),
    ({"proxy": "http://u:pw@proxy.example/"}, "`proxy` holds a user name or password; put them under `proxy_auth"),
    (
        {"proxy_auth": {"user": "u", "password": Secret("tok-9")}},
        "`proxy_auth` stands here without a `proxy`: add its address",
    ),
    ({"sign": Secret("tok-9")}, "`sign` is no Standard Webhooks secret: it must be whsec_ and then base64."),
    ({"sign": Secret("whsec_")}, "`sign` is no Standard Webhooks secret: it must be whsec_ and then base64."),
    ({"sign": [Secret(GOOD_KEY), Secret("whsec_dG9rLTk=")]}, "`sign`: key 2 holds fewer than 16 bytes"),
    ({"auth": {"query": {"name": "key", "value": Secret("")}}}, "`auth` holds an empty secret."),
    ({"auth": {"hmac": {"secret": Secret(""), "header": "X-Sig"}}}, "`auth` holds an empty secret."),
    (
        {"auth": {"hmac": {"secret": Secret("tok-9"), "header": "Webhook-Signature"}}},
        "`auth` may not use the header Webhook-Signature: Pesagate sets it itself.",
    ),
    (
        {"auth": {"hmac": {"secret": Secret("tok-9"), "header": "X-Sig", "timestamp_header": "Content-Length"}}},
        "`auth` may not use the header Content-Length: Pesagate sets it itself.",
    ),
    (
        {"auth": {"session": {"url": "https://sap.example/Login"}}, "headers": {"cookie": "a=b"}},
        "`headers` sets cookie, which `auth` sets too",
    ),
    ({"ca": "/no/such/ca.pem"}, "`ca`: /no/such/ca.pem cannot be read: No such file or directory."),
    ({"ca": __file__}, f"`ca`: {__file__} holds no certificate in PEM form."),
    (
        {"client_certificate": {"cert": "/no/such/cert.pem"}},
        "`client_certificate`: /no/such/cert.pem cannot be read: No such file or directory.",
    ),
    ({"client_certificate": {"cert": __file__}}, f"`client_certificate`: {__file__} and {__file__} hold no"),
    ({"url": "http://2130706433/", "allow_private": False}, "`url`: 2130706433 leads to 127.0.0.1, a loopback"),
    ({"url": "http://169.254.169.254/"}, "`url`: 169.254.169.254 is an address of a cloud's metadata service"),
    ({"proxy": "http://10.0.0.1:3128", "allow_private": False}, "`proxy`: 10.0.0.1 is a private address"),
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
        {"sign": [Secret(GOOD_KEY), Secret(GOOD_KEY.removeprefix("whsec_"))]},
        {"proxy": "http://proxy.duka.example:3128", "proxy_auth": {"user": "u", "password": Secret("p")}},
    ],
)
def test_check_is_content_with(settings: dict[str, Any], make_http: Make) -> None:
    assert make_http(**{"url": URL, **settings}).check() == ()


STEP = {"name": "make", "post": "/x"}
FIND = {"name": "find", "get": "/x", "save": {"move": "body.id"}}
UNLESS = {"unless": "move"}

MISTAKES = [
    ({"body": {"a": ["{{ recipt }}"]}}, ("body", "a", 0), "did you mean 'receipt'?"),
    (
        {"headers": {"X-A": "{{ payer.nmae }}"}},
        ("headers", "X-A"),
        "takes payer.nmae, which there is not; did you mean 'name'?",
    ),
    ({"query": {"q": "{{ receipt | b64urll }}"}}, ("query", "q"), "did you mean 'b64url'?"),
    ({"text": "{% if receipt %}x{% endif %}"}, ("text",), "holds a statement"),
    ({"xml": "<a><b>{{ receipt }}</a>"}, ("xml",), "`xml` is no well-formed XML"),
    ({"success_when": "staus == `200`"}, ("success_when",), "did you mean 'status'?"),
    ({"success_when": "status == 200"}, ("success_when",), "Numbers stand in backticks"),
    ({"success_when": "!body.error"}, ("success_when",), "write !(body.error)"),
    ({"save": {"receipt": "body.id"}}, ("save", "receipt"), "it is a field of the event already"),
    ({"body": {}, "text": "x"}, ("text",), "a request has one body: body and text"),
    ({"url": "https://erp.duka.example/{{receipt}}"}, ("url",), "`url` is no template"),
    ({"steps": [{"name": "make"}]}, ("steps", 0), "exactly one of get, post, put, patch, delete; this one has none"),
    ({"steps": [{**STEP, "get": "/y"}]}, ("steps", 0), "this one has get and post"),
    ({"steps": [{**STEP, "post": "/x/{{ moov }}"}]}, ("steps", 0, "post"), "takes the name 'moov', which there is not"),
    # What a later step saves is not known yet.
    (
        {"steps": [{**STEP, "body": "{{ move }}", "idempotent": True}, FIND]},
        ("steps", 0, "body"),
        "takes the name 'move', which there is not",
    ),
    ({"steps": [FIND, {**STEP, "unless": "{{ move }}"}]}, ("steps", 1, "unless"), "leave out the braces"),
    (
        {"steps": [FIND, {**STEP, **UNLESS, "name": "find"}]},
        ("steps", 1, "name"),
        "another step is called find already",
    ),
    ({"steps": [{**FIND, "find": True}, {**FIND, "name": "b", "find": True}]}, ("steps", 1, "find"), "only one step"),
    (
        {"steps": [{**STEP, "post": "https://{{ context.host }}/x"}]},
        ("steps", 0, "post"),
        "the host of an address must be written",
    ),
    ({"steps": [{**STEP, "headers": {"Host": "x"}}]}, ("steps", 0, "headers", "Host"), "Pesagate sets it itself"),
    ({"steps": [{**STEP, "timeout": timedelta(hours=1)}]}, ("steps", 0, "timeout"), "at most 5m"),
    ({"steps": [{**STEP, "post": "https://"}]}, ("steps", 0, "post"), "`post` names no host."),
    ({"steps": [{**STEP, "post": "https://[::1"}]}, ("steps", 0, "post"), "`post` is not a URL"),
    (
        {"steps": [{**STEP, "post": "https://u:pw@e.example/{{ receipt }}"}]},
        ("steps", 0, "post"),
        "`post` holds a user name",
    ),
    ({"steps": [{**STEP, "post": "https://169.254.169.254/x"}]}, ("steps", 0, "post"), "169.254.169.254"),
    ({"steps": [{**STEP, "post": "/x#y"}]}, ("steps", 0, "post"), "`post` holds a #"),
    ({"probe": {}}, ("probe",), "this one has none"),
    ({"probe": {"get": "/x/{{ receipt }}"}}, ("probe", "get"), "takes the name 'receipt', which there is not"),
    ({"body": "{{ secrets.key }}"}, ("body",), "takes the name 'secrets', which there is not"),
    ({"secrets": {"key": Secret("s")}, "body": "{{ secrets.kee }}"}, ("body",), "did you mean 'key'?"),
]


@pytest.mark.parametrize(("settings", "steps", "sentence"), MISTAKES)
def test_check_finds_with_its_place(
    settings: dict[str, Any], steps: tuple[Any, ...], sentence: str, make_http: Make
) -> None:
    (found,) = make_http(**{"url": URL, **settings}).check()
    assert isinstance(found, Mistake)
    assert sentence in found
    assert (found.steps, found.severity, found[-1]) == (steps, "error", found[-1])
    assert re.search(r"[.)?`]$", found)


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([FIND, STEP], "the step make has no unless or when over what find saves"),
        ([STEP, FIND], "the step make stands before find"),
        # It does not ask for what was found.
        ([FIND, {**STEP, "unless": "account_reference"}], "the step make has no unless or when over what find saves"),
    ],
)
def test_check_warns_of_a_lost_answer_that_nobody_could_look_for(
    steps: list[dict[str, Any]], sentence: str, make_http: Make
) -> None:
    (found,) = make_http(URL, steps=steps).check()
    assert isinstance(found, Mistake)
    assert found.startswith(sentence)
    assert found.severity == "warning"
    assert make_http(URL, steps=steps, idempotent=True).check() == ()


LIVE = [
    ({}, [Answer(200)], ["HEAD /x"], ""),
    ({}, [Answer(405), Answer(200)], ["HEAD /x", "GET /x"], ""),
    # It takes payments only, but it is there and knows us.
    ({}, [Answer(405), Answer(405)], ["HEAD /x", "GET /x"], ""),
    ({}, [Answer(401)], ["HEAD /x"], "127.0.0.1 answered 401 Unauthorized. Look at the destination's `auth`."),
    ({}, [Answer(503)], ["HEAD /x"], "127.0.0.1 answered 503 Service Unavailable."),
    ({}, [Answer(cut="before")], ["HEAD /x"], "127.0.0.1 cut the connection before its answer was complete."),
    ({"steps": [FIND, {**STEP, **UNLESS}]}, [Answer(200)], ["HEAD /x"], ""),
    ({"probe": {"get": "/user?a=1"}}, [Answer(200)], ["GET /x/user?a=1"], ""),
    ({"probe": {"get": "/user"}}, [Answer(404)], ["GET /x/user"], "`probe`: 127.0.0.1 answered 404 Not Found."),
    # What every step carries of an event, a question about none goes without.
    (
        {
            "probe": {"get": "/user"},
            "headers": {"X-A": "{{ receipt }}", "X-B": "b"},
            "query": {"a": "1", "r": "{{ id }}"},
        },
        [Answer(200)],
        ["GET /x/user?a=1"],
        "",
    ),
    (
        {"probe": {"get": "/user", "success_when": "body.user"}},
        [Answer(200, body=b'{"user": null}')],
        ["GET /x/user"],
        "`probe`: 127.0.0.1 answered 200 OK, but `success_when` is not true of what it said.",
    ),
]


@pytest.mark.parametrize(("settings", "answers", "asked", "sentence"), LIVE)
def test_a_live_check_asks_one_harmless_question_with_the_credential(
    settings: dict[str, Any],
    answers: list[Answer],
    asked: list[str],
    sentence: str,
    receiver: Receiver,
    make_http: Make,
) -> None:
    receiver.script(*answers)
    found = make_http(receiver.url + "/x", auth={"bearer": Secret("tok-9")}, **settings).check(live=True)
    assert len(found) == (1 if sentence else 0)
    assert "".join(found).startswith(sentence)
    assert [f"{one.method} {one.path}" for one in receiver.requests] == asked
    assert {one.headers["authorization"] for one in receiver.requests} == {"Bearer tok-9"}
    assert all(not one.body and "webhook-id" not in one.headers for one in receiver.requests)


def test_a_live_check_tells_that_nobody_listens(make_http: Make) -> None:
    (found,) = make_http("http://127.0.0.1:9/x").check(live=True)
    assert found == "No connection to 127.0.0.1 could be made; nothing was sent."


def test_faulty_settings_are_told_before_anybody_is_asked(receiver: Receiver, make_http: Make) -> None:
    assert make_http(receiver.url, body="{{ recipt }}").check(live=True)
    assert receiver.requests == []


def test_the_credential_goes_to_the_destination_only(receiver: Receiver, make_http: Make) -> None:
    with Receiver() as other:
        steps = [{"name": "a", "get": "/x"}, {"name": "b", "get": other.url + "/y"}]
        make_http(receiver.url, steps=steps, auth={"bearer": Secret("tok-9")}).deliver(sample_event(), MemoryProgress())
        assert receiver.requests[0].headers["authorization"] == "Bearer tok-9"
        assert "authorization" not in other.requests[0].headers


def test_named_secrets_go_into_the_body_and_nowhere_else(receiver: Receiver, make_http: Make) -> None:
    receiver.default = Answer(422, body=b"wrong key tok-9")
    settings = {"body": {"args": ["db", "{{ secrets.api_key }}"]}, "secrets": {"api_key": Secret("tok-9")}}
    adapter = make_http(receiver.url, **settings)
    verdict = adapter.deliver(sample_event(), MemoryProgress())
    assert json.loads(receiver.requests[0].body) == {"args": ["db", "tok-9"]}
    assert "tok-9" not in repr([verdict, adapter.preview(sample_event()), adapter.check()])
    assert '"***"' in adapter.preview(sample_event())[0].body


def test_a_preview_of_steps_shows_each_with_what_is_not_known_yet(make_http: Make) -> None:
    steps = [
        FIND,
        {**STEP, **UNLESS, "body": {"r": "{{ receipt }}", "n": "{{ amount | number }}"}, "save": {"move": "body.id"}},
        {
            "name": "post",
            "when": "move",
            "post": "/x/{{ move }}/post",
            "form": {"m": "{{ move }}", "a": "{{ amount }}"},
        },
    ]
    shown = make_http("https://erp.duka.example/api", steps=steps).preview(sample_event())
    assert [(one.step, one.title, one.note) for one in shown] == [
        ("find", "GET https://erp.duka.example/api/x", ""),
        ("make", "POST https://erp.duka.example/api/x", "Sent unless move. Not known yet: move (saved by find)."),
        (
            "post",
            "POST https://erp.duka.example/api/x/{{ move }}/post",
            "Sent when move. Not known yet: move (saved by make).",
        ),
    ]
    assert shown[1].body == '{\n  "r": "UC2A1B2C3D",\n  "n": 1500.00\n}'
    assert shown[2].body == "m={{ move }}\na=1500.00"
    assert shown[1].headers["Idempotency-Key"] == f"{sample_event().id}:erp:make"


def test_a_preview_tells_what_cannot_be_made(make_http: Make) -> None:
    adapter = make_http(URL, steps=[{"name": "make", "post": "/c/{{ account_reference }}"}])
    (shown,) = adapter.preview(sample_event(account_reference=None))
    assert shown.body.startswith("The step make cannot be made: '{{ account_reference }}' gives nothing")
