"""From a request to an operation of the table, and back."""

import functools
import json
import re
from collections.abc import Mapping
from typing import Any

import structlog
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy.exc import DBAPIError
from tornado.httputil import HTTPServerRequest
from tornado.web import RequestHandler

from gateway.domain.access import Right
from gateway.domain.errors import StoreUnavailable
from gateway.domain.times import utc_now
from gateway.server.api import problems
from gateway.server.api.openapi import PREFIX, document, parameters
from gateway.server.api.operations import OPERATIONS, Ask, Operation, moment
from gateway.server.api.problems import Problem
from gateway.server.office import Changed, Forbidden, NotFound, Office
from gateway.server.reads import Reads
from gateway.server.site import Route
from gateway.server.source import origin_of

_LOG = structlog.get_logger("api")

_COERCED = {"integer": int, "boolean": lambda text: {"true": True, "false": False}.get(text, text)}
FORMATS = FormatChecker(())
FORMATS.checks("date-time", ValueError)(lambda text: not isinstance(text, str) or bool(moment(text)))


class Api(RequestHandler):
    """One path of the API. `operations` are its methods."""

    def initialize(self, office: Office, reads: Reads, operations: Mapping[str, Operation]) -> None:
        """Take what it needs."""
        self._office = office
        self._reads = reads
        self._operations = operations

    def set_default_headers(self) -> None:
        """Nothing of an answer is to be kept by anybody on its way."""
        self.clear_header("Server")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def check_xsrf_cookie(self) -> None:
        """Nothing here is done by cookie."""

    def write_error(self, status_code: int, **_more: Any) -> None:
        """Tell what Tornado itself refuses, such as a path that is no text."""
        problems.send(
            self, problems.NOT_FOUND if status_code == 400 else Problem(status_code, "It cannot be answered.")
        )

    async def _answer(self, **path: str) -> None:
        operation = self._operations.get(str(self.request.method))
        try:
            if operation is None:
                self.set_header("Allow", ", ".join(self._operations))
                raise Problem(405, f"Here is only {' and '.join(self._operations)}.")
            said = await self._said(operation, path)
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(said, ensure_ascii=False))
        except Exception as error:
            problems.send(self, _problem_of(error))

    get = post = put = delete = patch = options = _answer

    async def _said(self, operation: Operation, path: Mapping[str, str]) -> dict[str, Any]:
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        who = self._office.access.holder(token.strip(), utc_now()) if scheme.lower() == "bearer" else None
        if who is None:
            raise problems.UNAUTHORIZED
        query = _query(self.request, operation)
        body = {} if operation.takes is None else _body(self.request, operation.takes)
        if any(not _fits(parameters()[name], value) for name, value in path.items()):
            raise problems.NOT_FOUND
        # Where one thing is meant, whether it is there comes first: what is another's is not forbidden, but not there.
        if not who.may(operation.right) and (operation.right is Right.READ or not path):
            raise problems.FORBIDDEN
        source = origin_of(self.request, self._office.settings.server.trusted_proxies)
        ask = Ask(self._office, who, source, path, query, body)
        return await self._reads.do(lambda: operation.act(ask))


class Unknown(Api):
    """Any other path below that of the API."""

    async def _answer(self, *_path: str, **_more: str) -> None:
        problems.send(self, problems.NOT_FOUND)

    get = post = put = delete = patch = options = _answer


class Document(Api):
    """The OpenAPI document."""

    async def _answer(self, **_path: str) -> None:
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(document(), ensure_ascii=False))

    get = _answer


def routes(office: Office, reads: Reads) -> list[Route]:
    """Return the paths of the API."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    given: dict[str, Any] = {"office": office, "reads": reads}
    nothing: dict[str, Any] = {**given, "operations": {}}
    # What is written out goes before what varies: /quarantine/reprocess is no row.
    ordered = sorted(by_path.items(), key=lambda each: ("{" in each[0], each[0]))
    return [
        (f"{PREFIX}/openapi.json", Document, {**given, "operations": {"GET": None}}),
        *((PREFIX + _pattern(path), Api, {**given, "operations": methods}) for path, methods in ordered),
        (f"{PREFIX}/(?P<rest>.*)", Unknown, nothing),
    ]


def _pattern(path: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path)


def _query(request: HTTPServerRequest, operation: Operation) -> dict[str, Any]:
    """Return the query parameters, checked. Raises Problem."""
    asked = {name: [value.decode("utf-8", "replace") for value in values] for name, values in _arguments(request)}
    for name, values in asked.items():
        if name not in operation.query:
            known = ", ".join(operation.query) or "none"
            raise Problem(400, f"There is no parameter {name[:64]!r} here; there are: {known}.")
        if len(values) > 1:
            raise Problem(400, f"The parameter {name} stands there more than once.")
    said = {name: parameters()[name] for name in operation.query}
    found = {name: each["default"] for name, each in said.items() if "default" in each}
    for name, (text,) in asked.items():
        found[name] = _value(said[name], name, text)
    return found


def _arguments(request: HTTPServerRequest) -> list[tuple[str, list[bytes]]]:
    return [(name, values) for name, values in request.query_arguments.items()]


def _value(schema: Mapping[str, Any], name: str, text: str) -> Any:
    try:
        value: Any = _COERCED.get(schema["type"], str)(text)  # type: ignore[operator]
    except ValueError:
        value = text
    if not _fits(schema, value):
        raise Problem(400, f"The parameter {name} is not of the form that is asked for: {schema['description']}")
    return value


def _body(request: HTTPServerRequest, name: str) -> dict[str, Any]:
    """Return the body, checked. Raises Problem."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "application/json":
        raise Problem(415, "Send JSON: Content-Type: application/json.")
    try:
        told = json.loads(request.body)
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not readable JSON.") from None
    found = next(_validator(name).iter_errors(told), None)
    if found is not None:
        # Not the validator's own words: they quote what was sent.
        place = "/".join(map(str, found.absolute_path)) or "the body"
        raise Problem(400, f"{place} is not as the document says ({found.validator}).")
    assert isinstance(told, dict)  # noqa: S101 - the schema says so
    return told


@functools.cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document()["components"]}
    return Draft202012Validator(schema, format_checker=FORMATS)


def _fits(schema: Mapping[str, Any], value: Any) -> bool:
    return Draft202012Validator(schema, format_checker=FORMATS).is_valid(value)


def _problem_of(error: Exception) -> Problem:
    match error:
        case Problem():
            return error
        case NotFound():
            return problems.NOT_FOUND
        case Forbidden():
            return problems.FORBIDDEN
        case Changed():
            return Problem(409, f"It would be {error.count} by now: look again.", count=error.count)
        case DBAPIError() | StoreUnavailable():
            return problems.UNAVAILABLE
    _LOG.error("a request could not be answered", error=type(error).__name__, exc_info=True)
    return Problem(500, "That is a mistake of ours; the log has it.")
