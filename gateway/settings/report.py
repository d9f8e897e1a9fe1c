"""The mistakes found so far, and which values are so wrong that later checks leave them alone."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from gateway.domain.problem import Problem
from gateway.settings.document import Document
from gateway.settings.places import Flaw, Steps, dotted


class Report:
    """Collects flaws of one document. Each check adds to it, and asks it before it reads a value."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._flaws: list[Flaw] = []
        self._wrong: set[Steps] = set()
        # Everything around a wrong value: such a mapping can still be walked, but not used whole.
        self._around: set[Steps] = set()
        self.extend(document.flaws)
        for steps in document.unusable:
            self._spoil(steps)

    def extend(self, flaws: Iterable[Flaw]) -> None:
        """Add flaws that were found elsewhere."""
        for flaw in flaws:
            self._flaws.append(flaw)
            if flaw.spoils and flaw.severity == "error":
                self._spoil(flaw.steps)

    def _spoil(self, steps: Steps) -> None:
        self._wrong.add(steps)
        self._around.update(steps[:length] for length in range(len(steps) + 1))

    def error(self, steps: Steps, message: str, remedy: str = "", *, at_key: bool = False) -> None:
        """Add an error about the value at `steps`, shown at the value or at its key."""
        place = self.document.key_place(steps) if at_key else self.document.place(steps)
        self.extend((Flaw(steps, place, message, remedy),))

    def missing(self, steps: Steps, remedy: str) -> None:
        """Add an error about a value that is not there, shown at the key of the mapping that lacks it."""
        place = self.document.key_place(steps[:-1])
        self.extend((Flaw(steps, place, "is missing.", remedy),))

    def warning(self, steps: Steps, message: str, remedy: str = "", *, at_key: bool = False) -> None:
        """Add a warning: the gateway starts all the same."""
        place = self.document.key_place(steps) if at_key else self.document.place(steps)
        self.extend((Flaw(steps, place, message, remedy, "warning"),))

    def is_wrong(self, steps: Steps) -> bool:
        """Tell whether the value itself, or something around it, is wrong: it must not be entered."""
        return any(steps[:length] in self._wrong for length in range(len(steps) + 1))

    def is_sound(self, steps: Steps) -> bool:
        """Tell whether nothing at, in or around the value is wrong: it can be used whole."""
        return steps not in self._around and not self.is_wrong(steps)

    def has_errors(self) -> bool:
        """Tell whether the gateway must not start."""
        return any(flaw.severity == "error" for flaw in self._flaws)

    def problems(self) -> tuple[Problem, ...]:
        """Return everything found, by file, line and column."""
        return problems_of(replace(flaw, steps=self.document.origin(flaw.steps)) for flaw in self._flaws)


def problems_of(flaws: Iterable[Flaw]) -> tuple[Problem, ...]:
    """Return flaws as problems, by file, line and column, each once."""
    problems = {
        Problem(f.place.file, f.place.line, f.place.column, dotted(f.steps), f.message, f.remedy, f.severity)
        for f in flaws
    }
    return tuple(sorted(problems, key=lambda p: (p.file, p.line, p.column, p.key, p.message)))


class Section:
    """A mapping of the document, read key by key; whatever is wrong reads as absent."""

    def __init__(self, report: Report, steps: Steps = ()) -> None:
        self.report = report
        self.steps = steps
        value = report.document.at(steps)
        self._value: dict[str, Any] = value if isinstance(value, dict) and not report.is_wrong(steps) else {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._value)

    def __contains__(self, key: str) -> bool:
        return key in self._value

    def at(self, *keys: str | int) -> Steps:
        """Return the steps of something in this section."""
        return (*self.steps, *keys)

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value that is wholly sound, else the default."""
        return self._value[key] if key in self._value and self.report.is_sound(self.at(key)) else default

    def raw(self, key: str) -> Any:
        """Return a value as it stands, sound or not."""
        return self._value.get(key)

    def section(self, key: str) -> "Section":
        """Return a mapping inside, an empty section where there is none."""
        return Section(self.report, self.at(key))

    def sections(self) -> dict[str, "Section"]:
        """Return the mappings inside by name."""
        return {key: self.section(key) for key in self._value if isinstance(self._value[key], dict)}
