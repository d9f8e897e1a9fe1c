"""What a run found, as a table for people and as JSON."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rounds import Ratio
from targets import TARGETS, Target

COLUMNS = ("case", "measurement", "value", "min-max", "realistic", "wanted", "reached", "note")


@dataclass(frozen=True)
class Row:
    """One measurement. `value` None: it could not be made, and `note` says why."""

    case: str
    name: str
    value: float | None = None
    low: float | None = None
    high: float | None = None
    note: str = ""
    target: Target | None = None
    # True where lost or duplicated is not 0, or where a case failed though all it needs is there.
    fault: bool = False

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text, in the order of COLUMNS."""
        between = "" if self.low is None or self.high is None else f"{_number(self.low)}-{_number(self.high)}"
        shown = "-" if self.value is None else _number(self.value)
        target = self.target or TARGETS.get(self.name)
        aims = target.texts if target else ("", "")
        reached = target.verdict(self.value) if target and self.value is not None else ""
        return (self.case, self.name, shown, between, *aims, "FAULT" if self.fault else reached, self.note)


def ratio_row(case: str, name: str, ratio: Ratio, note: str = "") -> Row:
    """Return the row of a ratio of paired rounds."""
    return Row(case, name, ratio.value, ratio.low, ratio.high, note)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table that can be read as it is."""
    lines = [COLUMNS, *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS) - 1)]
    lines.insert(1, tuple("-" * width for width in (*widths, 4)))
    return "\n".join(_line(line, widths) for line in lines)


def write_json(path: Path, about: dict[str, str], rows: Iterable[Row]) -> None:
    """Write everything to a file."""
    document: dict[str, Any] = {"about": about, "rows": [asdict(row) for row in rows]}
    path.write_text(json.dumps(document, indent=2) + "\n", "utf-8")


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=False))
    return f"| {' | '.join((*padded, cells[-1]))} |"


def _number(value: float) -> str:
    if (value == int(value) and abs(value) < 100000) or abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
