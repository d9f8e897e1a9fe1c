"""Numbers that YAML readers disagree about, such as 10:30 (630), 010 (8) and 1_000."""

from gateway.settings.places import quoted
from gateway.settings.report import Report
from gateway.settings.scalars import is_clear_number


def refuse_unclear_numbers(report: Report) -> None:
    """Add an error for each such number that no other check has refused."""
    document = report.document
    for steps, text in document.texts.items():
        value = document.at(steps)
        # A number that came from a variable was written plainly, or it would have stayed text.
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and "${" not in text
        if is_number and not is_clear_number(text) and report.is_sound(steps):
            message = f"YAML reads {text[:20]} as a number that may not be the one meant."
            report.error(steps, message, f"Put it in quotes ({quoted(text)}), or write a plain decimal number.")
