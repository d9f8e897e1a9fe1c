"""The formats: one row each, one module each, imported when a file of it is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from adapters.export.options import Options
    from adapters.export.statement import Statement

Render = Callable[["Statement", "Options"], bytes]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of files. `accounts` says how it writes the names of accounts."""

    name: str
    extension: str
    # "module:function" below this package.
    target: str
    # statement: movements of one account. journal: postings of all accounts.
    kind: Literal["statement", "journal"]
    accounts: Literal["any", "beancount", "journal"] = "any"

    @property
    def render(self) -> Render:
        """What writes it."""
        module, _, function = self.target.partition(":")
        render: Render = getattr(import_module(f"{__name__}.{module}"), function)
        return render


_ROWS = (
    Format("csv", "csv", "csv_text:render", "statement"),
    Format("xlsx", "xlsx", "workbook:render", "statement"),
    Format("ofx", "ofx", "ofx:render", "statement"),
    Format("camt.053.001.02", "xml", "camt:render_02", "statement"),
    Format("camt.053.001.08", "xml", "camt:render_08", "statement"),
    Format("mt940", "sta", "mt940:render", "statement"),
    Format("beancount", "beancount", "beancount:render", "journal", "beancount"),
    Format("hledger", "journal", "journal:render_hledger", "journal", "journal"),
    Format("ledger", "ledger", "journal:render_ledger", "journal", "journal"),
    Format("odoo-journal", "csv", "odoo_journal:render", "journal"),
    Format("tally", "xml", "tally:render", "journal"),
)

FORMATS: Mapping[str, Format] = {row.name: row for row in _ROWS}
"""Name -> format, as `format:` takes it."""
