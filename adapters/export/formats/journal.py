"""hledger and ledger journals: the receipt as the transaction's code. They declare what they use, so that strict
checks pass, and a declaration may come again."""

import re
from collections.abc import Iterator

from adapters.export.entry import Entry
from adapters.export.options import Options
from adapters.export.statement import Statement
from adapters.export.words import joined

# A description ends at ; (a remark), | parts the payee off, parentheses belong to the code.
_SPECIAL = re.compile(r"[;|()\[\]{}]")
_SPACES = re.compile(r"\s{2,}")


def render_hledger(statement: Statement, options: Options) -> bytes:  # noqa: ARG001
    """Return an hledger journal."""
    return _journal(statement, [f"commodity 1,000.00 {statement.currency}"])


def render_ledger(statement: Statement, options: Options) -> bytes:  # noqa: ARG001
    """Return a ledger journal."""
    commodity = [f"commodity {statement.currency}", f"    format 1,000.00 {statement.currency}"]
    return _journal(statement, [*commodity, "tag time", "tag event"])


def _journal(statement: Statement, commodity: list[str]) -> bytes:
    accounts = sorted({posting.account for entry in statement.entries for posting in entry.postings})
    head = [*commodity, *(f"account {account}" for account in accounts), ""]
    return "\n".join([*head, *(line for entry in statement.entries for line in _transaction(entry))]).encode()


def _transaction(entry: Entry) -> Iterator[str]:
    words = joined("M-Pesa", entry.movements[0].words.lower(), entry.receipt, entry.reference, entry.name)
    yield f"{entry.at:%Y-%m-%d} * ({_plain(entry.id)}) {_plain(words)}"
    yield f"    ; time: {entry.at:%H:%M:%S}"
    yield f"    ; event: {entry.event.id}"
    yield from (f"    {posting.account}  {posting.amount:.2f} {entry.currency}" for posting in entry.postings)
    yield ""


def _plain(text: str) -> str:
    return _SPACES.sub(" ", _SPECIAL.sub(" ", text)).strip()
