"""The `steps` of a destination, or its one request, out of the settings."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from lxml import etree

from adapters.http.address import Address, is_whole
from adapters.http.body import Body, EventBody, FormBody, JsonBody, NoBody, RawBody, TextBody
from adapters.http.options import DEFAULT_TIMEOUT, GIVEN, Options
from adapters.http.plan import REFUSALS, SEND, Condition, Plan, Step
from adapters.http.reader import NOTHING, Path, Reader
from adapters.http.rules import RULES, Rules
from gateway.domain.adapter import Mistake
from gateway.domain.event import NAMES
from gateway.expressions.pieces import Pieces, compile_pieces
from gateway.expressions.templates import FaultyTemplate

METHODS = ("get", "post", "put", "patch", "delete")
"""Keys of a step that say what is done, each with a path or a whole URL."""

BODIES = ("body", "form", "xml", "text")

_TYPES = {
    "body": "application/json",
    "form": "application/x-www-form-urlencoded",
    "xml": "application/xml; charset=utf-8",
    "text": "text/plain; charset=utf-8",
}

_RESERVED = frozenset(NAMES | {"event", "secrets", REFUSALS, GIVEN, "true", "false", "none"})


def plan_of(settings: Mapping[str, Any], options: Options) -> Plan:
    """Return the plan of accepted and resolved settings, with every mistake in it."""
    reader = Reader({*NAMES, "event"}, options.groups)
    requires = _condition("requires", settings, (), reader)
    given = settings.get("steps")
    if given is None:
        only = _request(settings, options, reader)
        return Plan((only,), False, None, tuple(reader.mistakes), requires)
    reader.names.add(REFUSALS)
    steps = [_step(one, ("steps", index), settings, options, reader) for index, one in enumerate(given)]
    _refuse_twice(given, steps, reader)
    find = _find(given, steps)
    plan = Plan(tuple(steps), True, find)
    if not reader.mistakes:
        _warn(plan, reader)
    return Plan(plan.steps, True, find, tuple(reader.mistakes), requires)


def probe_of(settings: Mapping[str, Any], options: Options) -> tuple[Step | None, tuple[Mistake, ...]]:
    """Return the `probe` step, None where none is set, and its mistakes."""
    reader = Reader(set(), options.groups)
    given = settings.get("probe")
    if given is None or given is False:
        return None, ()
    # What all steps carry of an event, a question that is about none goes without.
    common = {**settings, "query": _of_no_event(settings.get("query") or {}, reader)}
    options = replace(options, headers=_of_no_event(options.headers, reader))
    step = _step({**given, "name": "probe"}, ("probe",), common, options, reader)
    return replace(step, reads=True, repeatable=True), tuple(reader.mistakes)


def _of_no_event(given: Mapping[str, Any], reader: Reader) -> dict[str, Any]:
    return {name: value for name, value in given.items() if _names(str(value)) <= reader.names}


def _names(text: str) -> frozenset[str]:
    try:
        return compile_pieces(text).names
    except FaultyTemplate:
        # The steps tell of it.
        return frozenset({text})


def _request(settings: Mapping[str, Any], options: Options, reader: Reader) -> Step:
    """Return the one request of a destination without `steps`."""
    method = settings.get("method", "POST")
    query = reader.fields(settings.get("query") or {}, ("query",))
    if options.raw:
        body: Body = RawBody()
    else:
        body = _body(settings, (), reader) or (
            NoBody() if method == "GET" else EventBody(options.include, options.enveloped)
        )
    return Step(
        name=SEND,
        method=method,
        address=Address(options.url, None, query, options.hides_path),
        headers=reader.lines(options.headers, ("headers",)),
        body=body,
        conditions=(),
        rules=_rules(settings, {}, (), reader),
        timeout=options.timeout,
        reads=False,
        repeatable=not options.once,
    )


def _step(given: Mapping[str, Any], path: Path, settings: Mapping[str, Any], options: Options, reader: Reader) -> Step:
    name = given.get("name", "")
    word = _method(given, path, reader)
    reads = given.get("find", False) or (word == "get" and given.get("idempotent") is not False)
    step = Step(
        name=name,
        method=word.upper(),
        address=_address(given, word, path, settings, options, reader),
        headers=_headers(given, path, options, reader),
        body=_body(given, path, reader) or NoBody(),
        conditions=tuple(
            condition for word in ("when", "unless", "requires") if (condition := _condition(word, given, path, reader))
        ),
        rules=_rules(given, settings, path, reader),
        timeout=_timeout(given, options),
        reads=reads,
        repeatable=reads or given.get("idempotent", options.idempotent),
        ends="duplicate_when" in given,
    )
    reader.names.update(step.rules.save)
    return step


def _condition(word: str, given: Mapping[str, Any], path: Path, reader: Reader) -> Condition | None:
    return Condition(word, reader.expression(given[word], (*path, word)), given[word]) if word in given else None


def _timeout(given: Mapping[str, Any], options: Options) -> timedelta:
    timeout: timedelta = given.get("timeout") or options.timeout or DEFAULT_TIMEOUT
    return timeout


def _method(given: Mapping[str, Any], path: Path, reader: Reader) -> str:
    words = [word for word in METHODS if word in given]
    if len(words) != 1:
        has = f"has {' and '.join(words)}" if words else "has none"
        reader.mistake(f"a step does one thing: exactly one of {', '.join(METHODS)}; this one {has}.", path)
    return words[0] if words else "get"


def _address(
    given: Mapping[str, Any], word: str, path: Path, settings: Mapping[str, Any], options: Options, reader: Reader
) -> Address:
    text = given.get(word, "")
    beginning = text.partition("{{")[0]
    if is_whole(beginning) and beginning.count("/") < 3 and "{{" in text:
        reader.mistake(
            "the host of an address must be written out: an expression may only stand behind it.", (*path, word)
        )
    query = {**(settings.get("query") or {}), **(given.get("query") or {})}
    own = {name: (*path, "query") if name in (given.get("query") or {}) else ("query",) for name in query}
    pairs = tuple((name, reader.leaf(str(value), (*own[name], name))) for name, value in query.items())
    return Address(options.url, reader.pieces(text, (*path, word)), pairs, options.hides_path)


def _headers(given: Mapping[str, Any], path: Path, options: Options, reader: Reader) -> Any:
    mine = given.get("headers") or {}
    lower = {name.lower() for name in mine}
    common = {name: value for name, value in options.headers.items() if name.lower() not in lower}
    return (*reader.lines(common, ("headers",)), *reader.lines(mine, (*path, "headers")))


def _rules(given: Mapping[str, Any], common: Mapping[str, Any], path: Path, reader: Reader) -> Rules:
    """Return the predicates of a step; what it does not say itself, the destination says for all."""
    picks = {}
    for name in RULES:
        source, place = (given, (*path, name)) if name in given else (common, (name,))
        if name in source:
            picks[name] = reader.pick(source[name], place)
    save = {}
    for name, text in (given.get("save") or {}).items():
        if name in _RESERVED:
            reader.mistake(
                f"`save` may not use the name {name}: it is a field of the event already.", (*path, "save", name)
            )
        save[name] = reader.pick(text, (*path, "save", name))
    return Rules(picks, save)


def _body(given: Mapping[str, Any], path: Path, reader: Reader) -> Body | None:
    words = [word for word in BODIES if word in given]
    if not words:
        return None
    if len(words) > 1:
        reader.mistake(
            f"a request has one body: {' and '.join(words)} cannot stand beside each other.", (*path, words[1])
        )
    word = words[0]
    content_type = given.get("content_type", _TYPES[word])
    at = (*path, word)
    if word == "body":
        return JsonBody(reader.tree(given["body"], at), content_type)
    if word == "form":
        return FormBody(reader.fields(given["form"], at), content_type)
    pieces = reader.pieces(given[word], at)
    if word == "xml":
        _refuse_broken_xml(pieces, at, reader)
    return TextBody(pieces, content_type, is_xml=word == "xml")


def _refuse_broken_xml(pieces: Pieces, path: Path, reader: Reader) -> None:
    """Tell of XML that is none whatever an event holds: values are escaped and cannot mend it."""
    text = "".join("x" if part.template else part.source for part in pieces.parts)
    try:
        etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError as error:
        if pieces is not NOTHING:
            reader.mistake(f"`xml` is no well-formed XML: {error.msg}.", path)


def _find(given: Sequence[Mapping[str, Any]], steps: Sequence[Step]) -> int | None:
    """Return the step that looks: the one that says so, else the first that only reads."""
    declared = next((index for index, one in enumerate(given) if one.get("find")), None)
    return declared if declared is not None else next((i for i, step in enumerate(steps) if step.reads), None)


def _refuse_twice(given: Sequence[Mapping[str, Any]], steps: Sequence[Step], reader: Reader) -> None:
    names = [step.name for step in steps]
    for index, name in enumerate(names):
        if name in names[:index]:
            reader.mistake(f"another step is called {name} already.", ("steps", index, "name"))
    for index in [index for index, one in enumerate(given) if one.get("find")][1:]:
        reader.mistake("only one step can be the one that looks.", ("steps", index, "find"))


def _warn(plan: Plan, reader: Reader) -> None:
    """Warn of steps that a lost answer makes a dead letter although a find step is there."""
    for index, step in enumerate(plan.steps):
        if step.once and plan.find is not None and not plan.can_look(index):
            where = plan.steps[plan.find].name
            why = f"has no unless or when over what {where} saves, so that nothing keeps it from being sent twice"
            if plan.find > index:
                why = f"stands before {where}, which could tell whether it has arrived"
            reader.mistake(
                f"the step {step.name} {why}: when its answer is lost, the delivery becomes a dead letter.",
                ("steps", index),
                "warning",
            )
