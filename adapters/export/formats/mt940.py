"""MT940 customer statement (SWIFT): the receipt is the bank's reference in :61:, the reference and name stand in :86:.

SWIFT's character set X has Latin letters without accents, digits and a little punctuation; anything else becomes a
space here, so that a name in another script is lost in this format alone.
"""

import re
from datetime import datetime
from decimal import Decimal

from adapters.export.formats.columns import description
from adapters.export.options import Options
from adapters.export.statement import Line, Statement
from adapters.export.words import ascii_only

_X = re.compile(r"[A-Za-z0-9/?:().,'+ -]", re.ASCII)
_NO_REFERENCE = re.compile(r"[A-Za-z0-9.]", re.ASCII)
# :20:, :61: customer and bank reference; :25:; a line of :86:, of which there may be six.
_REFERENCE, _ACCOUNT, _TEXT, _TEXTS = 16, 35, 65, 6


def render(statement: Statement, options: Options) -> bytes:
    """Return the file."""
    account = ascii_only(options.account_number or statement.shortcode, _X)[:_ACCOUNT]
    lines = [
        f":20:{statement.id.replace('-', '').upper()[:_REFERENCE]}",
        f":25:{account}",
        ":28C:1/1",
        f":60F:{_balance(statement.opening, statement.first, statement.currency)}",
    ]
    for line in statement.lines:
        lines += _line(line)
    lines.append(f":62F:{_balance(statement.closing, statement.last, statement.currency)}")
    return "".join(f"{line}\r\n" for line in [*lines, "-"]).encode("ascii")


def _line(line: Line) -> list[str]:
    movement, at = line.movement, line.entry.at
    bank = ascii_only(movement.id, _NO_REFERENCE).replace(" ", "")[-_REFERENCE:]
    ours = ascii_only(line.entry.reference or "", _NO_REFERENCE).replace(" ", "")[:_REFERENCE] or "NONREF"
    kind = "NCHG" if movement.is_charge else "NTRF"
    return [f":61:{at:%y%m%d%m%d}{_way(movement.amount)}{_amount(movement.amount)}{kind}{ours}//{bank}", *_text(line)]


def _text(line: Line) -> list[str]:
    words = ascii_only(description(line), _X)
    parts = [words[start : start + _TEXT] for start in range(0, len(words), _TEXT)][:_TEXTS]
    # A line that begins with : or - would be read as the next field, or as the end.
    return [f":86:{parts[0]}", *(re.sub(r"^[:-]", " ", part) for part in parts[1:])]


def _balance(amount: Decimal, at: datetime, currency: str) -> str:
    return f"{_way(amount)}{at:%y%m%d}{currency}{_amount(amount)}"


def _way(amount: Decimal) -> str:
    return "C" if amount >= 0 else "D"


def _amount(amount: Decimal) -> str:
    return f"{abs(amount):.2f}".replace(".", ",")
