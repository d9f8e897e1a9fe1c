"""Beancount: a transaction for each payment, the receipt as its link. Accounts are opened in your main file."""

import re

from adapters.export.entry import Entry
from adapters.export.options import Options
from adapters.export.statement import Statement
from adapters.export.words import joined

_NO_LINK = re.compile(r"[^A-Za-z0-9\-_/.]")


def render(statement: Statement, options: Options) -> bytes:  # noqa: ARG001
    """Return the file."""
    return "\n".join(_transaction(entry) for entry in statement.entries).encode()


def _transaction(entry: Entry) -> str:
    words = joined("M-Pesa", entry.movements[0].words.lower(), entry.receipt, entry.reference)
    lines = [
        f"{entry.at:%Y-%m-%d} * {_quoted(entry.name or '')} {_quoted(words)} ^{_NO_LINK.sub('-', entry.id)}",
        f"  time: {_quoted(f'{entry.at:%H:%M:%S}')}",
        f"  event: {_quoted(entry.event.id)}",
    ]
    if entry.event.original_receipt:
        lines.append(f"  original-receipt: {_quoted(entry.event.original_receipt)}")
    lines += [f"  {posting.account}  {posting.amount:.2f} {entry.currency}" for posting in entry.postings]
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
