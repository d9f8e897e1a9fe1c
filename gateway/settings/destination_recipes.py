"""Recipes of destinations: what a shipped file knows of an ERP, with the parameters that the user gives it.

    erp: {adapter: http, recipe: tryton, url: https://erp.example.com/db, with: {key: {env: ERP_KEY}, journal: 3}}

What is written beside `recipe` overrides it, mapping by mapping. In a recipe, `{with: journal}` stands for a parameter
of the user, place and all, and templates reach parameters as `{{ with.journal }}`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from gateway import resources
from gateway.settings.document import Document, joined
from gateway.settings.files import Source, read
from gateway.settings.include import Whole
from gateway.settings.interpolate import interpolate
from gateway.settings.nearest import did_you_mean
from gateway.settings.places import Flaw, Place, Steps, quoted
from gateway.settings.recipes import over

FOLDER = "destinations"
"""Where they lie below config/recipes/."""

_MARK = "with"


def with_destination_recipes(whole: Whole, environ: Mapping[str, str]) -> Whole:
    """Return the document in which each destination has what its recipe says, and the recipes' files."""
    document, sources = whole.document, list(whole.sources)
    value, parts, flaws = document.value, [], []
    moved: dict[Steps, Steps] = {}
    for steps, entry in list(_with_recipe(value)):
        found = _recipe(document, steps, entry)
        if isinstance(found, Flaw):
            flaws.append(found)
            continue
        sources.append(found)
        part = _Filled(document, steps, entry, interpolate(_body(found), environ))
        value = _put(value, steps, part.merged())
        parts.append((steps, replace(part.recipe, value=None)))
        moved.update(part.moved)
        flaws += part.flaws
    told = joined(document, parts)
    for mine, theirs in ((document.places, told.places), (document.key_places, told.key_places)):
        theirs.update(mine)
    told.places.update({steps: document.place(given) for steps, given in moved.items()})
    told.texts.update({steps: document.texts[given] for steps, given in moved.items() if given in document.texts})
    complete = replace(told, value=value, flaws=(*told.flaws, *flaws))
    return Whole(complete, tuple(sources))


def _with_recipe(value: Any) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Yield each destination that names a recipe."""
    for tenant, body in _mapping(_mapping(value).get("tenants")).items():
        for name, entry in _mapping(_mapping(body).get("destinations")).items():
            if isinstance(entry, dict) and isinstance(entry.get("recipe"), str):
                yield ("tenants", tenant, "destinations", name), entry


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _recipe(document: Document, steps: Steps, entry: Mapping[str, Any]) -> Source | Flaw:
    name, known = entry["recipe"], resources.recipes(FOLDER)
    if name in known:
        return read(resources.recipe(FOLDER, name))
    remedy = did_you_mean(name, known, "recipes")
    return Flaw((*steps, "recipe"), document.place((*steps, "recipe")), f"no recipe is called {quoted(name)}.", remedy)


def _body(source: Source) -> Document:
    # They are shipped, and a test reads every one.
    assert source.document is not None  # noqa: S101
    return source.document


@dataclass
class _Filled:
    """One destination with its recipe; `moved` tells which value of the user stands where the recipe names it."""

    document: Document
    steps: Steps
    entry: Mapping[str, Any]
    recipe: Document
    moved: dict[Steps, Steps] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)

    def merged(self) -> dict[str, Any]:
        """Return the destination as if the user had written all of it."""
        given = self._given()
        body = self._filled(self.recipe.value["destination"], given, self.steps)
        self.recipe = _below(self.recipe, "destination")
        beside = {key: inner for key, inner in self.entry.items() if key not in ("recipe", _MARK)}
        if "auth" in beside:
            # One kind of authentication takes the place of another, it does not join it.
            body.pop("auth", None)
        plain = {name: value for name, value in given.items() if not isinstance(value, dict)}
        merged: dict[str, Any] = over(body, {**beside, **({_MARK: plain} if plain else {})})
        return merged

    def _given(self) -> dict[str, Any]:
        """Return every parameter's value: the user's, else the recipe's default, else null (and a flaw)."""
        wanted = self.recipe.value.get("parameters") or {}
        written = self.entry.get(_MARK) or {}
        if not isinstance(written, dict):
            self._flaw((*self.steps, _MARK), "must be a mapping of the recipe's parameters.", self._list(wanted))
            written = {}
        for name in written:
            if name not in wanted:
                message = f"the recipe {quoted(self.entry['recipe'])} has no parameter {quoted(name)}."
                self._flaw((*self.steps, _MARK, name), message, did_you_mean(name, wanted, "parameters"), key=True)
        for name, about in wanted.items():
            if name not in written and "default" not in about:
                message = f"the recipe {quoted(self.entry['recipe'])} needs the parameter {quoted(name)}."
                self._flaw((*self.steps, "recipe"), message, f"Add it under with: {about['description']}")
        return {name: written.get(name, about.get("default")) for name, about in wanted.items()}

    def _list(self, wanted: Mapping[str, Any]) -> str:
        return f"Its parameters: {', '.join(wanted) or 'none'}."

    def _flaw(self, steps: Steps, message: str, remedy: str, *, key: bool = False) -> None:
        place: Place = self.document.key_place(steps) if key else self.document.place(steps)
        self.flaws.append(Flaw(steps, place, message, remedy))

    def _filled(self, value: Any, given: Mapping[str, Any], steps: Steps) -> Any:
        if isinstance(value, dict):
            if set(value) == {_MARK} and value[_MARK] in given:
                name = value[_MARK]
                self._note(steps, (*self.steps, _MARK, name), given[name])
                return given[name]
            filled = {key: self._filled(inner, given, (*steps, key)) for key, inner in value.items()}
            # A parameter that is null leaves its key out.
            return {key: inner for key, inner in filled.items() if inner is not None or value[key] is None}
        if isinstance(value, list):
            return [self._filled(inner, given, (*steps, index)) for index, inner in enumerate(value)]
        return value

    def _note(self, steps: Steps, source: Steps, value: Any) -> None:
        if source not in self.document.places:
            return
        self.moved[steps] = source
        if isinstance(value, dict):
            for key, inner in value.items():
                self._note((*steps, key), (*source, key), inner)


def _below(document: Document, key: str) -> Document:
    """Return the part of a document below one of its keys, with its places."""
    return Document(
        document.value[key],
        {steps[1:]: place for steps, place in document.places.items() if steps[:1] == (key,)},
        {steps[1:]: place for steps, place in document.key_places.items() if steps[:1] == (key,) and steps[1:]},
        {steps[1:]: text for steps, text in document.texts.items() if steps[:1] == (key,)},
        document.flaws,
    )


def _put(value: Any, steps: Steps, inner: Any) -> Any:
    """Return the value with something else at the steps; what is not on the way is shared."""
    if not steps:
        return inner
    return {**value, steps[0]: _put(value[steps[0]], steps[1:], inner)}
