"""Journal entries as Odoo's import of `account.move` reads them: external id first, one line of the table a posting.

The external id makes a second import change nothing new: Odoo finds the entry and does not make another.
"""

import csv
import io
from collections.abc import Iterator
from decimal import Decimal

from adapters.export.entry import Entry
from adapters.export.formats.columns import external_id
from adapters.export.options import Options
from adapters.export.statement import Statement
from adapters.export.words import guarded, joined

_HEADERS = (
    "id", "ref", "date", "journal_id", "line_ids/account_id", "line_ids/name", "line_ids/debit", "line_ids/credit",
)  # fmt: skip


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    table = io.StringIO(newline="")
    writer = csv.writer(table, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(_HEADERS)
    for entry in statement.entries:
        writer.writerows(_rows(entry, options))
    return table.getvalue().encode()


def _rows(entry: Entry, options: Options) -> Iterator[list[str]]:
    name = guarded(joined(entry.receipt, entry.reference, entry.name) or entry.id)
    head = [
        external_id(entry, entry.id),
        guarded(joined(entry.id, entry.reference)),
        f"{entry.at:%Y-%m-%d}",
        options.journal,
    ]
    for posting in entry.postings:
        debit, credit = max(posting.amount, Decimal(0)), max(-posting.amount, Decimal(0))
        yield [*head, posting.account, name, f"{debit:.2f}", f"{credit:.2f}"]
        # The lines below belong to the entry above them.
        head = [""] * len(head)
