"""Errors as RFC 9457 tells them."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from tornado.web import RequestHandler

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.more: Mapping[str, Any] = more


# The same for what is not there and for what is somebody else's: nobody learns of the other's ids.
NOT_FOUND = Problem(404, "There is nothing here of that name that you may see.")
UNAUTHORIZED = Problem(401, "Send a valid token: Authorization: Bearer <token>. `pesagate tokens new` makes one.")
FORBIDDEN = Problem(403, "This token may not do that: it lacks the action.")
UNAVAILABLE = Problem(503, "The store cannot be asked at the moment. Try again later.")


def send(handler: RequestHandler, problem: Problem) -> None:
    """Answer with a problem."""
    status = HTTPStatus(problem.status)
    handler.set_status(status, status.phrase)
    handler.set_header("Content-Type", CONTENT_TYPE)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        handler.set_header("WWW-Authenticate", 'Bearer realm="pesagate"')
    told = {"type": "about:blank", "title": status.phrase, "status": problem.status, "detail": problem.detail}
    handler.finish(json.dumps({**told, **problem.more}, ensure_ascii=False))
