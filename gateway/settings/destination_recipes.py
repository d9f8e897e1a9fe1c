"""Recipes of destinations: what a shipped file knows of an ERP, with the parameters that the user gives it.

    erp: {adapter: http, recipe: tryton, url: https://erp.example.com/db, with: {key: {env: ERP_KEY}, journal: 3}}

What is written beside `recipe` overrides it, mapping by mapping; `auth`, texts and lists are replaced as a whole. In a
recipe, `{with: journal}` stands for a parameter of the user, place and all, and templates reach those that are no
secrets as `{{ with.journal }}`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import resources
from gateway.settings.document import Document, joined
from gateway.settings.files import Source, read
from gateway.settings.include import Whole
from gateway.settings.interpolate import interpolate
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Flaw, Steps, quoted
from gateway.settings.recipe_parameters import WITH, Parameters
from gateway.settings.recipes import over

FOLDER = "destinations"
"""Where they lie below config/recipes/."""

_WHOLE = ("auth", "probe")
"""Keys of which one form takes the place of another, rather than joining it."""

_TAKEN = re.compile(r"\bwith\.([a-z]\w*)")


def with_destination_recipes(whole: Whole, environ: Mapping[str, str]) -> Whole:
    """Return the document in which each destination has what its recipe says, and the recipes' files."""
    document, sources = whole.document, {source.path: source for source in whole.sources}
    value, flaws, unusable = document.value, list(document.flaws), list(document.unusable)
    parts: list[tuple[Steps, Document]] = []
    origins: dict[Steps, Steps] = {}
    for steps, entry in list(_with_recipe(value)):
        found = _recipe(document, steps, entry)
        if isinstance(found, Flaw):
            flaws.append(found)
            # Without its recipe nobody can tell what the parameters are.
            unusable.append((*steps, WITH))
            continue
        sources[found.path] = found
        filled = _Filled.of(document, steps, entry, interpolate(_body(found), environ))
        value = _put(value, steps, filled.destination)
        parts.append((steps, filled.recipe))
        origins.update(filled.origins)
        flaws += filled.parameters.flaws()
        unusable += filled.unusable
    told = joined(document, parts)
    # What stands in the configuration itself is on top, and so is its place.
    told.places.update(document.places)
    told.key_places.update(document.key_places)
    told.places.update({steps: document.place(given) for steps, given in origins.items()})
    told.texts.update({steps: document.texts[given] for steps, given in origins.items() if given in document.texts})
    complete = replace(told, value=value, flaws=tuple(flaws), unusable=tuple(unusable), origins=origins)
    return Whole(complete, tuple(sources.values()))


def _with_recipe(value: Any) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Yield each destination that names a recipe."""
    for tenant, body in _mapping(_mapping(value).get("tenants")).items():
        for name, entry in _mapping(_mapping(body).get("destinations")).items():
            if isinstance(entry, dict) and isinstance(entry.get("recipe"), str):
                yield ("tenants", tenant, "destinations", name), entry


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _recipe(document: Document, steps: Steps, entry: Mapping[str, Any]) -> Source | Flaw:
    """Return the file of a destination's recipe, or why there is none that fits."""
    name, known = entry["recipe"], resources.recipes(FOLDER)
    at = (*steps, "recipe")
    if name not in known:
        message, remedy = f"no recipe is called {quoted(name)}.", did_you_mean(name, known, "recipes")
        return Flaw(at, document.place(at), message, remedy)
    source = read(resources.recipe(FOLDER, name))
    adapter = _body(source).at(("destination", "adapter"))
    if entry.get("adapter", adapter) != adapter:
        message = f"the recipe {quoted(name)} is one of the adapter {adapter}."
        return Flaw(at, document.place(at), message, f"Write adapter: {adapter}, or leave the recipe out.")
    return source


def _body(source: Source) -> Document:
    # They are shipped, and a test reads every one.
    assert source.document is not None  # noqa: S101
    return source.document


@dataclass(frozen=True, slots=True)
class _Filled:
    """One destination as if the user had written all of it."""

    destination: dict[str, Any]
    # The places of what is the recipe's.
    recipe: Document
    parameters: Parameters
    # Which value of the user stands where the recipe names it.
    origins: Mapping[Steps, Steps]
    # Where a value is missing of which `parameters` tells.
    unusable: tuple[Steps, ...]

    @classmethod
    def of(cls, document: Document, steps: Steps, entry: Mapping[str, Any], recipe: Document) -> "_Filled":
        """Fill a recipe with what stands in a destination's entry."""
        beside = {key: inner for key, inner in entry.items() if key not in ("recipe", WITH)}
        body = _left(recipe.value["destination"], beside)
        asked = recipe.value.get("parameters") or {}
        parameters = Parameters(entry["recipe"], asked, frozenset(_used(body)), document, (*steps, WITH))
        filling = _Filling(parameters, steps)
        filled = filling.value(body, steps)
        given = parameters.open()
        destination: dict[str, Any] = over(filled, {**beside, **({WITH: given} if given else {})})
        kept = _places_of(body, recipe, "destination")
        return cls(destination, kept, parameters, filling.origins, tuple(filling.unusable))


@dataclass
class _Filling:
    """Puts parameters where `{with: name}` stands."""

    parameters: Parameters
    above: Steps
    origins: dict[Steps, Steps] = field(default_factory=dict)
    unusable: list[Steps] = field(default_factory=list)

    def value(self, value: Any, steps: Steps) -> Any:
        """Return a value of the recipe with the parameters in it. One that is null by default leaves its key out."""
        name = _parameter(value)
        if name is not None:
            return self._given(name, steps)
        if isinstance(value, dict):
            filled = {key: self.value(inner, (*steps, key)) for key, inner in value.items()}
            return {key: inner for key, inner in filled.items() if inner is not None or self._stays(value, key)}
        if isinstance(value, list):
            return [self.value(inner, (*steps, index)) for index, inner in enumerate(value)]
        return value

    def _stays(self, value: Mapping[str, Any], key: str) -> bool:
        name = _parameter(value[key])
        return name is None or not self.parameters.is_usable(name)

    def _given(self, name: str, steps: Steps) -> Any:
        value = self.parameters.value(name)
        self._note(steps, (*self.above, WITH, name), value)
        if not self.parameters.is_usable(name):
            self.unusable.append(steps)
        return value

    def _note(self, steps: Steps, source: Steps, value: Any) -> None:
        if source not in self.parameters.document.places:
            return
        self.origins[steps] = source
        if isinstance(value, dict):
            for key, inner in value.items():
                self._note((*steps, key), (*source, key), inner)


def _parameter(value: Any) -> str | None:
    """Return the name in `{with: name}`, None of any other value."""
    name = value.get(WITH) if isinstance(value, dict) and len(value) == 1 else None
    return name if isinstance(name, str) else None


def _used(value: Any) -> Iterator[str]:
    """Yield the parameters that a recipe's value takes."""
    name = _parameter(value)
    if name is not None:
        yield name
    elif isinstance(value, str):
        yield from _TAKEN.findall(value)
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _used(inner)


def _left(below: dict[str, Any], above: Mapping[str, Any], whole: tuple[str, ...] = _WHOLE) -> dict[str, Any]:
    """Return what is left of a recipe's mapping where something else is written over it."""
    left = {}
    for key, inner in below.items():
        if key not in above:
            left[key] = inner
        elif key not in whole and isinstance(inner, dict) and isinstance(above[key], dict):
            left[key] = _left(inner, above[key], ())
    return left


def _places_of(left: Any, recipe: Document, key: str) -> Document:
    """Return the places of what is left of a recipe below one of its keys."""
    stands = frozenset(_all_steps(left, (key,)))
    return Document(
        None,
        {steps[1:]: place for steps, place in recipe.places.items() if steps in stands and steps[1:]},
        {steps[1:]: place for steps, place in recipe.key_places.items() if steps in stands and steps[1:]},
        {steps[1:]: text for steps, text in recipe.texts.items() if steps in stands},
    )


def _all_steps(value: Any, steps: Steps) -> Iterator[Steps]:
    yield steps
    if isinstance(value, dict | list):
        for step, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _all_steps(inner, (*steps, step))


def _put(value: Any, steps: Steps, inner: Any) -> Any:
    """Return the value with something else at the steps; what is not on the way is shared."""
    if not steps:
        return inner
    return {**value, steps[0]: _put(value[steps[0]], steps[1:], inner)}
