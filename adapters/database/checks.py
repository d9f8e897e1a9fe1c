"""What can be wrong with the settings that a JSON Schema cannot express. Nothing is asked of the database."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import SQLAlchemyError

from adapters.database.connect import fault_of
from adapters.database.options import Options, Source
from adapters.database.statements import parameters

SHORTEST_TIMEOUT = timedelta(seconds=1)
LONGEST_TIMEOUT = timedelta(minutes=5)


def problems(options: Options) -> tuple[str, ...]:
    """Return every mistake, a sentence each, without a secret in it."""
    looks = (_url, _timeout, _unique, _update, _sources, _also)
    return tuple(problem for look in looks for problem in look(options))


def _url(options: Options) -> Iterator[str]:
    fault = fault_of(options.url)
    if fault:
        yield f"`url`: {fault}"


def _timeout(options: Options) -> Iterator[str]:
    if not SHORTEST_TIMEOUT <= options.timeout <= LONGEST_TIMEOUT:
        yield "`timeout` must be at least 1s and at most 5m."


def _unique(options: Options) -> Iterator[str]:
    for name in options.unique:
        source = options.columns.get(name)
        if source is None:
            yield f"`unique` names {name}, which is not in `columns`: write there what it gets."
        elif source.cut:
            yield f"`columns`: {name} is `unique` and may not have `cut: true`: two payments could become one."
    if not any(options.columns[name].names for name in options.unique if name in options.columns):
        yield "`unique` holds nothing of the event, so that all payments would be one: put {{ receipt }} in it."


def _update(options: Options) -> Iterator[str]:
    for name in options.update:
        if name in options.unique:
            yield f"`on_duplicate`: {name} is `unique`, and what tells two payments apart is never changed."
        elif name not in options.columns:
            yield f"`on_duplicate`: {name} is not in `columns`: write there what it gets."


def _sources(options: Options) -> Iterator[str]:
    named = [(f"`columns`: {name}", source) for name, source in options.columns.items()]
    named += [(f"`also`: {name}", source) for also in options.also for name, source in also.values.items()]
    for what, source in named:
        yield from (f"{what}: {fault}" for fault in _faults(source))


def _faults(source: Source) -> Iterator[str]:
    if source.cut and source.kind not in (None, "text"):
        yield f"`cut: true` is for texts, and this is `type: {source.kind}`."
    try:
        ZoneInfo(source.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"there is no time zone {source.zone!r}; write one such as Africa/Nairobi or UTC."


def _also(options: Options) -> Iterator[str]:
    for number, also in enumerate(options.also, 1):
        try:
            wanted = parameters(also.sql)
        except SQLAlchemyError:
            yield f"`also`: statement {number} cannot be read."
            continue
        for name in sorted(wanted - set(also.values)):
            yield f"`also`: statement {number} has :{name}, which its `with` does not give (a colon itself is \\:)."
        for name in sorted(set(also.values) - wanted):
            yield f"`also`: statement {number} has no :{name}, which its `with` gives."
        if any(source.cut for source in also.values.values()):
            yield f"`also`: statement {number}: `cut: true` is for columns; use the filter `cut(n)`."
