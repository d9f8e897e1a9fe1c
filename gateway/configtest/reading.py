"""A test file -> its cases, or every mistake in it with its place."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gateway import resources
from gateway.configtest.case import Case, File, Post
from gateway.configtest.payments import FIRST_AT, body_of, query_of
from gateway.domain.times import NAIROBI, utc_now
from gateway.settings.durations import duration_of
from gateway.settings.files import read
from gateway.settings.numbers import refuse_unclear_numbers
from gateway.settings.paths import absolute, shown
from gateway.settings.places import Steps
from gateway.settings.report import Report, problems_of
from gateway.settings.schema_check import check

_JSON = ("Content-Type", "application/json")
_SOURCES = ("payment", "callback", "body")


def read_file(path: Path) -> File:
    """Read a file of tests. Never raises for what it holds or for its absence."""
    source = read(path)
    if source.document is None:
        return File(path, problems=problems_of(source.flaws))
    report = Report(source.document)
    check(report, _validator(), source.document.value)
    refuse_unclear_numbers(report)
    cases = () if report.has_errors() else _Cases(report, path).all()
    environment = {} if report.has_errors() else source.document.value.get("environment", {})
    return File(path, () if report.has_errors() else cases, environment, report.problems())


class _Cases:
    def __init__(self, report: Report, path: Path) -> None:
        self._report = report
        self._path = path

    def all(self) -> tuple[Case, ...]:
        tests = self._report.document.value["tests"]
        return tuple(self._case(body, ("tests", number)) for number, body in enumerate(tests))

    def _case(self, body: Mapping[str, Any], steps: Steps) -> Case:
        first = self._post(body, steps, body, self._at(body))
        posts = [first, first] if body.get("deliver_twice") else [first]
        if "twin" in body:
            # Of the same payment, unless it says otherwise.
            same = {key: body[key] for key in ("payment",) if key in body}
            told = {**({} if _told(body["twin"]) else same), **body["twin"]}
            after = duration_of(told.get("after", "1s")) or timedelta()
            posts.append(self._post(told, (*steps, "twin"), body, first.at + after))
        lists = {name: frozenset(each) for name, each in body.get("lists", {}).items()}
        line = self._report.document.place(steps).line
        return Case(
            body["name"], self._path, line, tuple(posts), body["expect"], bool(body.get("deliver_twice")), lists
        )

    def _post(self, told: Mapping[str, Any], steps: Steps, test: Mapping[str, Any], at: datetime) -> Post:
        shortcode, kind = test["shortcode"], told["kind"]
        written = {"content-type": _JSON, **{name.lower(): (name, value) for name, value in _headers(told)}}
        post = Post(
            shortcode, kind, b"", at, tuple(written.values()), {**query_of(told, kind), **told.get("query", {})}
        )
        return replace(post, body=self._body(told, steps, post))

    def _body(self, told: Mapping[str, Any], steps: Steps, post: Post) -> bytes:
        if len(_told(told)) > 1:
            self._report.error(steps, "has more than one of payment, callback and body.", "Keep one of them.")
        if "body" in told:
            return json.dumps(told["body"], ensure_ascii=False).encode()
        if "callback" in told:
            return self._file(told["callback"], (*steps, "callback"))
        body = body_of(told.get("payment", {}), post.kind, post.shortcode)
        if body is None:
            remedy = "Name a file with callback:, or write body:."
            self._report.error((*steps, "kind"), f"no payment can be made up for the kind {post.kind}.", remedy)
        return json.dumps(body).encode()

    def _file(self, name: str, steps: Steps) -> bytes:
        path = absolute(name, str(self._path))
        try:
            return path.read_bytes()
        except OSError as error:
            reason = error.strerror or "it cannot be read"
            self._report.error(steps, f"{shown(path)} cannot be read: {reason}.", "Name a file beside this one.")
            return b""

    def _at(self, body: Mapping[str, Any]) -> datetime:
        if "at" in body:
            return datetime.fromisoformat(body["at"]).replace(tzinfo=NAIROBI)
        return utc_now() if {"callback", "body"} & body.keys() else FIRST_AT + timedelta(seconds=5)


def _told(told: Mapping[str, Any]) -> list[str]:
    return [key for key in _SOURCES if key in told]


def _headers(told: Mapping[str, Any]) -> list[tuple[str, str]]:
    return list(told.get("headers", {}).items())


@cache
def _validator() -> Any:
    return Draft202012Validator(resources.schema("test.schema"))
