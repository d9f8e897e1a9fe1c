"""The OpenAPI 3.1 document of the API, built from the table of operations and schemas/api.json."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from gateway import __version__, resources
from gateway.server.api.operations import OPERATIONS, Operation
from gateway.server.api.problems import CONTENT_TYPE

PREFIX = "/api/v1"

_PROBLEMS = {
    400: "What was asked is not of the form that this document says.",
    401: "No token, or one that is not valid (any more).",
    403: "The token lacks the action.",
    404: "There is nothing of that name, or it is another tenant's.",
    503: "The store cannot be asked at the moment.",
}


@cache
def document() -> dict[str, Any]:
    """Return the document."""
    said = resources.schema("api")
    schemas = {**said["schemas"], "event": _event()}
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, said["parameters"])
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Pesagate",
            "version": __version__,
            "description": said["description"],
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": PREFIX}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


@cache
def parameters() -> Mapping[str, Mapping[str, Any]]:
    """Return what is known of each parameter."""
    known: Mapping[str, Mapping[str, Any]] = resources.schema("api")["parameters"]
    return known


def path_names(path: str) -> list[str]:
    """Return the names of the parts of a path that vary."""
    return re.findall(r"\{(\w+)\}", path)


def _operation(operation: Operation, known: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "description": f"Needs the action `{operation.right.value}`.",
        "parameters": [
            *(_parameter(name, "path", known) for name in path_names(operation.path)),
            *(_parameter(name, "query", known) for name in operation.query),
        ],
        "responses": {
            "200": {"description": "Done.", "content": _content("application/json", operation.gives)},
            **{str(code): _problem(text, "problem") for code, text in _PROBLEMS.items()},
            **{str(code): _problem("It is another number by now.", name) for code, name in operation.also.items()},
        },
    }
    if operation.takes is not None:
        told["responses"]["415"] = _problem("The body is no JSON.", "problem")
        told["requestBody"] = {"required": True, "content": _content("application/json", operation.takes)}
    return told


def _parameter(name: str, place: str, known: Mapping[str, Any]) -> dict[str, Any]:
    said = known[name]
    return {
        "name": name,
        "in": place,
        "required": place == "path",
        "description": said["description"],
        "schema": {key: value for key, value in said.items() if key != "description"},
    }


def _content(kind: str, schema: str) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _problem(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": _content(CONTENT_TYPE, schema)}


def _event() -> dict[str, Any]:
    return {key: value for key, value in resources.schema("event.schema").items() if key not in ("$schema", "$id")}
