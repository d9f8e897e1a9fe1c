"""`include`: one file a tenant, the file's stem is the tenant's name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from glob import glob
from pathlib import Path
from typing import Any

from gateway.settings.document import Document, joined
from gateway.settings.files import Source, read
from gateway.settings.interpolate import interpolate
from gateway.settings.paths import shown
from gateway.settings.places import Flaw, Place, Steps


@dataclass(frozen=True, slots=True)
class Whole:
    """The configuration with its included files hung in; `sources` are all files read, in a stable order."""

    document: Document
    sources: tuple[Source, ...]


def with_includes(main: Source, document: Document, environ: Mapping[str, str]) -> Whole:
    """Return the main document with the body of each included file under `tenants.<stem>`."""
    flaws: list[Flaw] = []
    sources, parts = [main], []
    tenants = _own_tenants(document.value)
    origins = {name: document.key_place(("tenants", name)) for name in tenants}
    for path in _paths(main.path.parent, document, flaws):
        source = read(path)
        sources.append(source)
        name, place = path.stem, Place(str(path), 1, 1)
        if name in origins:
            flaws.append(_twice(name, place, origins[name]))
            continue
        origins[name] = place
        part = _part(source, environ)
        tenants[name] = part.value
        parts.append((("tenants", name), part))
    whole = joined(document, parts)
    whole.key_places.update({("tenants", name): origins[name] for name in tenants})
    value = document.value
    if parts and isinstance(value.get("tenants", {}), dict):
        value = {**value, "tenants": tenants}
    return Whole(replace(whole, value=value, flaws=(*whole.flaws, *flaws)), tuple(sources))


def _own_tenants(value: Any) -> dict[str, Any]:
    tenants = value.get("tenants") if isinstance(value, dict) else None
    return dict(tenants) if isinstance(tenants, dict) else {}


def _part(source: Source, environ: Mapping[str, str]) -> Document:
    """Return an included document; one that cannot be read is an empty tenant with its flaw."""
    if source.document is not None:
        return interpolate(source.document, environ)
    return Document({}, {(): source.flaws[0].place}, flaws=source.flaws)


def _twice(name: str, place: Place, first: Place) -> Flaw:
    message = f"this tenant already stands in {first.file}, line {first.line}."
    return Flaw(("tenants", name), place, message, "Keep it in one place.", spoils=False)


def _paths(folder: Path, document: Document, flaws: list[Flaw]) -> Iterator[Path]:
    seen: set[Path] = set()
    for index, pattern in _patterns(document.value):
        found = sorted(glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 (Path.glob raises for odd patterns)
        if not found:
            steps: Steps = ("include", index)
            remedy = f"Paths are relative to {shown(folder)}."
            flaws.append(Flaw(steps, document.place(steps), "matches no file.", remedy))
        for path in (folder / name for name in found):
            if path not in seen:
                seen.add(path)
                yield path


def _patterns(value: Any) -> list[tuple[int, str]]:
    patterns = value.get("include") if isinstance(value, dict) else None
    items = patterns if isinstance(patterns, list) else []
    return [(index, item) for index, item in enumerate(items) if isinstance(item, str) and item]
