"""The parameters of a destination's recipe: what it asks for, what the user gave it, and what is wrong with that."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.settings.document import Document
from gateway.settings.nearest import did_you_mean, listed
from gateway.settings.places import Flaw, Steps, quoted

WITH = "with"
"""The key of a destination that holds them."""


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a recipe asks for, as it stands under `parameters`, and what stands under `with` of a destination."""

    recipe: str
    asked: Mapping[str, Mapping[str, Any]]
    # Those that the recipe still needs when what is written beside it has taken its place.
    used: Collection[str]
    document: Document
    steps: Steps
    written: Mapping[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        written = self.document.at(self.steps)
        object.__setattr__(self, "written", written if isinstance(written, dict) else {})

    def value(self, name: str) -> Any:
        """Return a parameter's value: the user's, else the recipe's default, else None."""
        return self.written.get(name, self.asked[name].get("default"))

    def is_usable(self, name: str) -> bool:
        """Tell whether the value can stand where the recipe has it; where not, a flaw or a schema says so."""
        value = self.value(name)
        return (value is not None or "default" in self.asked[name]) and (
            self.is_secret(name) or not isinstance(value, dict)
        )

    def is_secret(self, name: str) -> bool:
        """Tell whether it goes to where secrets go, and nowhere else."""
        return self.asked[name].get("secret") is True

    def open(self) -> dict[str, Any]:
        """Return what templates may take and `config show` may show."""
        values = {name: self.value(name) for name in self.asked if not self.is_secret(name)}
        return {name: value for name, value in values.items() if value is not None}

    def flaws(self) -> Iterator[Flaw]:
        """Give every mistake in what the user wrote."""
        written = self.document.at(self.steps)
        if written is not None and not isinstance(written, dict):
            remedy = f"Its parameters: {listed(self.asked)}." if self.asked else "The recipe has none: leave it out."
            place = self.document.place(self.steps)
            yield Flaw(self.steps, place, "must be a mapping of the recipe's parameters.", remedy)
            return
        for name in self.written:
            if name not in self.asked:
                message = f"the recipe {quoted(self.recipe)} has no parameter {quoted(name)}."
                place = self.document.key_place((*self.steps, name))
                yield Flaw((*self.steps, name), place, message, did_you_mean(name, self.asked, "parameters"))
        for name in self.asked:
            if name in self.used and self.value(name) is None and "default" not in self.asked[name]:
                yield self._missing(name)

    def _missing(self, name: str) -> Flaw:
        steps, about = (*self.steps, name), self.asked[name]["description"]
        if name in self.written:
            return Flaw(steps, self.document.place(steps), f"is empty: {about}.", "Write its value.")
        message = f"the recipe {quoted(self.recipe)} needs the parameter {quoted(name)}: {about}."
        remedy = f"Add it under `{WITH}`."
        if self.steps in self.document.key_places:
            return Flaw(steps, self.document.key_place(self.steps), message, remedy)
        return Flaw(self.steps, self.document.place((*self.steps[:-1], "recipe")), message, remedy)
