"""A mistake in the configuration, told so that a person can mend it without the docs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake (or warning) with its place. Lines and columns count from 1; 0 means 'the file as a whole'."""

    file: str
    line: int
    column: int
    # Dotted path of the key, e.g. tenants.duka.shortcodes."600638".key
    key: str
    message: str
    # The edit that mends it, or empty.
    remedy: str = ""
    # "error" stops the gateway, "warning" does not.
    severity: str = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        remedy = f" {self.remedy}" if self.remedy else ""
        key = f"{self.key}: " if self.key else ""
        return f"{where}: {self.severity}: {key}{self.message}{remedy}"

    def as_dict(self) -> dict[str, str | int]:
        """Return the JSON form that `check --json` prints."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "key": self.key,
            "severity": self.severity,
            "message": self.message,
            "remedy": self.remedy,
        }
