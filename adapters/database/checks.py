"""What can be wrong with the settings that a JSON Schema cannot express. Nothing is asked of the database."""

from collections.abc import Iterator
from datetime import timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.exc import SQLAlchemyError

from adapters.database.connect import fault_of
from adapters.database.options import Options, Source
from adapters.database.statements import parameters
from gateway.domain.adapter import Mistake

SHORTEST_TIMEOUT = timedelta(seconds=1)
LONGEST_TIMEOUT = timedelta(minutes=5)


def problems(options: Options) -> tuple[Mistake, ...]:
    """Return every mistake, a sentence each with its place, without a secret in it."""
    looks = (_url, _timeout, _unique, _update, _sources, _also)
    return tuple(problem for look in looks for problem in look(options))


def _url(options: Options) -> Iterator[Mistake]:
    fault = fault_of(options.url)
    if fault:
        yield Mistake(f"`url`: {fault}", ("url",))


def _timeout(options: Options) -> Iterator[Mistake]:
    if not SHORTEST_TIMEOUT <= options.timeout <= LONGEST_TIMEOUT:
        yield Mistake("`timeout` must be at least 1s and at most 5m.", ("timeout",))


def _unique(options: Options) -> Iterator[Mistake]:
    for number, name in enumerate(options.unique):
        source = options.columns.get(name)
        if source is None:
            said = f"`unique` names {name}, which is not in `columns`: write there what it gets."
            yield Mistake(said, ("unique", number))
        elif source.cut:
            said = f"{name} is `unique` and may not have `cut: true`: two payments could become one."
            yield Mistake(said, ("columns", name))
    given = [options.columns[name] for name in options.unique if name in options.columns]
    if given and not any(source.names for source in given):
        said = "`unique` holds nothing of the event, so that all payments would be one: put {{ receipt }} in it."
        yield Mistake(said, ("unique",))


def _update(options: Options) -> Iterator[Mistake]:
    for number, name in enumerate(options.update):
        at = ("on_duplicate", "update", number)
        if name in options.unique:
            yield Mistake(f"{name} is `unique`, and what tells two payments apart is never changed.", at)
        elif name not in options.columns:
            yield Mistake(f"{name} is not in `columns`: write there what it gets.", at)


def _sources(options: Options) -> Iterator[Mistake]:
    for name, source in options.columns.items():
        yield from (Mistake(fault, ("columns", name)) for fault in _faults(source))
    for number, also in enumerate(options.also):
        for name, source in also.values.items():
            at = ("also", number, "with", name)
            yield from (Mistake(fault, at) for fault in _faults(source))
            if source.cut:
                yield Mistake("`cut: true` is for columns, whose length is known; use the filter `cut(n)`.", at)


def _faults(source: Source) -> Iterator[str]:
    if source.cut and source.kind not in (None, "text"):
        yield f"`cut: true` is for texts, and this is `type: {source.kind}`."
    try:
        ZoneInfo(source.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        yield f"there is no time zone {source.zone!r}; write one such as Africa/Nairobi or UTC."


def _also(options: Options) -> Iterator[Mistake]:
    for number, also in enumerate(options.also):
        try:
            wanted = parameters(also.sql)
        except SQLAlchemyError:
            yield Mistake("the statement cannot be read.", ("also", number, "sql"))
            continue
        for name in sorted(wanted - set(also.values)):
            said = f"the statement has :{name}, which its `with` does not give (a colon itself is written \\:)."
            yield Mistake(said, ("also", number, "sql"))
        for name in sorted(set(also.values) - wanted):
            yield Mistake(f"the statement has no :{name}.", ("also", number, "with", name))
