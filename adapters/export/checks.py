"""What can be wrong with the settings that a JSON Schema cannot express, and with the folder."""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from adapters.export.accounts import DEFAULTS, NAMES, accounts_of
from adapters.export.close import DEFAULT_CLOSE, BadCloseError, close_of
from adapters.export.formats import FORMATS, Format
from gateway.domain.event import Event
from gateway.domain.outcome import Outcome
from gateway.domain.times import NAIROBI
from gateway.expressions.templates import FaultyTemplate, compile_template

_TABLES = ("csv", "xlsx")
_TABLES_ONLY = ("preset", "columns", "date_format")
_TEXT_ONLY = ("decimal", "delimiter", "bom")

# How each format spells an account; the second says it in words.
_ACCOUNT_FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "any": (re.compile(r"[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*"), "text on one line"),
    "beancount": (
        re.compile(r"(Assets|Liabilities|Equity|Income|Expenses)(:[A-Z0-9][A-Za-z0-9-]*)+", re.ASCII),
        "Assets:, Liabilities:, Equity:, Income: or Expenses:, each part beginning with a capital letter or a digit "
        "and made of letters, digits and -",
    ),
    "journal": (
        re.compile(r"[^\s;()\[\]{}@=!*&|\"'\x00-\x1f]([^\s;\x00-\x1f]| (?=[^\s;]))*"),
        "a name that begins with a letter or a digit, without a semicolon, a tab or two spaces one after the other",
    ),
}

_MOMENT = datetime(2026, 12, 31, 23, 59, 58, tzinfo=NAIROBI)
# An event with whatever a name of an account may take.
_SAMPLE = Event("", "payment.succeeded", "duka", "600638", "mpesa", "", Outcome.SUCCEEDED, "", _MOMENT, currency="KES")
_COLUMN_NAMES = frozenset({*_SAMPLE.as_dict(frozenset({"balances"})), "line"})


def problems(settings: Mapping[str, Any]) -> tuple[str, ...]:
    """Return every mistake, a sentence each."""
    used = FORMATS[settings["format"]]
    return (
        *_close(settings),
        *_out_of_place(settings, used),
        *_locale(settings),
        *_columns(settings),
        *_accounts(settings, used),
        *_vat(settings),
        *_folder(Path(settings["folder"])),
    )


def _close(settings: Mapping[str, Any]) -> Iterator[str]:
    try:
        close_of(settings.get("close", DEFAULT_CLOSE))
    except BadCloseError as error:
        yield str(error)


def _out_of_place(settings: Mapping[str, Any], used: Format) -> Iterator[str]:
    for key in _TABLES_ONLY:
        if key in settings and used.name not in _TABLES:
            yield f"`{key}` is for the formats csv and xlsx; {used.name} has no use for it: leave it out."
    for key in _TEXT_ONLY:
        if key in settings and used.name != "csv":
            yield f"`{key}` is for the format csv; {used.name} has no use for it: leave it out."
    if "company" in settings and used.name != "tally":
        yield f"`company` is for the format tally; {used.name} has no use for it: leave it out."
    if "preset" in settings and "columns" in settings:
        yield "`preset` and `columns` say the same thing differently: leave one of them out."


def _locale(settings: Mapping[str, Any]) -> Iterator[str]:
    if settings.get("decimal", ".") == settings.get("delimiter", ","):
        yield '`decimal` and `delimiter` are the same character: set `delimiter` to ";" or tab.'
    written = settings.get("date_format")
    if written is not None and not _is_date_format(written):
        yield (
            f"`date_format` is {written[:40]!r}; it has to give a day, month and year without letters: "
            "%Y-%m-%d, %d/%m/%Y, %m/%d/%Y."
        )


def _is_date_format(written: str) -> bool:
    try:
        shown = _MOMENT.strftime(written)
    except ValueError:
        return False
    return bool(re.fullmatch(r"[0-9]+[-/. ][0-9]+[-/. ][0-9]+", shown)) and {"31", "12"} <= set(re.split(r"\D", shown))


def _columns(settings: Mapping[str, Any]) -> Iterator[str]:
    for header, text in (settings.get("columns") or {}).items():
        try:
            compile_template(text, _COLUMN_NAMES)
        except FaultyTemplate as error:
            yield f"`columns`: the column {header[:40]!r}: {error}."


def _accounts(settings: Mapping[str, Any], used: Format) -> Iterator[str]:
    named = {**DEFAULTS, **(settings.get("accounts") or {})}
    for place, rule in enumerate(settings.get("rules") or ()):
        if rule["account"] not in named:
            near = get_close_matches(rule["account"], named, n=1)
            guess = f"Did you mean {near[0]!r}? " if near else ""
            yield (
                f"`rules`: number {place + 1} names the account {rule['account'][:40]!r}, which `accounts` has not. "
                f"{guess}Add it to `accounts`, or choose from {', '.join(sorted(named))}."
            )
    form, words = _ACCOUNT_FORMS[used.accounts]
    for role, text in named.items():
        try:
            compile_template(text, NAMES)
        except FaultyTemplate as error:
            yield f"`accounts`: {role}: {error}."
            continue
        shown = accounts_of({role: text}, ()).name(role, _SAMPLE)
        if not form.fullmatch(shown):
            yield f"`accounts`: {role} is {shown[:60]!r}, which {used.name} does not take: it has to be {words}."


def _vat(settings: Mapping[str, Any]) -> Iterator[str]:
    try:
        rate = Decimal(str(settings.get("vat", 0)))
    except InvalidOperation:
        rate = Decimal(-1)
    if not 0 <= rate < 100:
        yield "`vat` has to be a percentage from 0 to 99.99, such as 16."


def _folder(folder: Path) -> Iterator[str]:
    # Made when the first file is written; what is there already must take a file.
    there = folder
    # Not Path.exists: it raises where a folder on the way may not be entered.
    while not os.path.exists(there) and there != there.parent:  # noqa: PTH110
        there = there.parent
    if not there.is_dir():
        yield f"`folder`: {there} is no folder: name another one."
    elif not os.access(there, os.W_OK | os.X_OK):
        yield f"`folder`: {there} takes no file from this user: give it write permission, or name another folder."
