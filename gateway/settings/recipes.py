"""Recipes and files of providers: what they say, with what is written beside them on top."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway import resources
from gateway.settings.document import Document, joined
from gateway.settings.files import Source, read
from gateway.settings.include import Whole
from gateway.settings.interpolate import interpolate
from gateway.settings.nearest import did_you_mean
from gateway.settings.paths import absolute, shown
from gateway.settings.places import Flaw, Steps, quoted

_SOURCES = ("recipe", "file")

FOLDER = "providers"
"""Where the recipes of providers lie below config/recipes/, and the key that they serve."""


def with_recipes(whole: Whole, environ: Mapping[str, str]) -> Whole:
    """Return the document with what each entry of `providers` takes from its recipe or file, and these files."""
    document = whole.document
    value = document.value
    entries = value.get(FOLDER) if isinstance(value, dict) else None
    if not isinstance(entries, dict):
        return whole
    hung: dict[str, Any] = dict(entries)
    sources, parts, flaws = list(whole.sources), [], []
    for name, entry in entries.items():
        found = _source(document, (FOLDER, name), entry)
        if isinstance(found, Flaw):
            flaws.append(found)
        elif found is not None and found.document is not None:
            part = interpolate(found.document, environ)
            sources.append(found)
            parts.append(((FOLDER, name), part))
            beside = {key: inner for key, inner in entry.items() if key not in _SOURCES}
            hung[name] = over(part.value, beside)
        elif found is not None:
            flaws += [_unread(document, (FOLDER, name), found, flaw) for flaw in found.flaws]
    told = joined(document, parts)
    # What stands in the configuration itself is on top, and so is its place.
    for mine, theirs in ((document.places, told.places), (document.key_places, told.key_places)):
        theirs.update(mine)
    complete = replace(told, value={**value, FOLDER: hung}, flaws=(*told.flaws, *flaws))
    return Whole(complete, tuple(sources))


def _source(document: Document, steps: Steps, entry: Any) -> Source | Flaw | None:
    """Return the file that an entry names, a flaw where there is none of that name, None where it names none."""
    if not isinstance(entry, dict):
        return None
    recipe, file = entry.get("recipe"), entry.get("file")
    if isinstance(recipe, str):
        known = resources.recipes(FOLDER)
        if recipe in known:
            return read(resources.recipe(FOLDER, recipe))
        remedy = did_you_mean(recipe, known, "recipes")
        return Flaw(steps, document.place((*steps, "recipe")), f"no recipe is called {quoted(recipe)}.", remedy)
    if isinstance(file, str):
        return read(Path(absolute(file, document.place((*steps, "file")).file)))
    return None


def _unread(document: Document, steps: Steps, source: Source, flaw: Flaw) -> Flaw:
    """Return the flaw of a file that is no document: in the file where it has a line, else where the file is named."""
    if flaw.place.line:
        return replace(flaw, steps=steps)
    remedy = f"Paths are relative to {shown(Path(document.place(steps).file).parent)}."
    return Flaw(steps, document.place((*steps, "file")), f"{shown(source.path)}: {flaw.message}", remedy)


def over(below: Any, above: Any) -> Any:
    """Return `below` with what `above` says in its place, mapping by mapping."""
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: over(below.get(key), inner) for key, inner in above.items()}}
