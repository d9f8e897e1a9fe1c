"""A configuration file -> settings, or every problem of it."""

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from gateway import registry
from gateway.app.hooks import kinds
from gateway.app.lists import lists_of
from gateway.domain.adapter import Mistake
from gateway.domain.errors import ConfigurationError
from gateway.domain.problem import Problem
from gateway.domain.settings import Settings

if TYPE_CHECKING:
    from gateway.settings import Entry, Known, Loaded


def load_settings(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings of a configuration file. Raises ConfigurationError with every problem found."""
    loaded = _load(path, environ)
    if loaded.settings is None:
        raise ConfigurationError(loaded.problems)
    return loaded.settings


def check(path: Path, live: bool = False) -> tuple[Problem, ...]:
    """Return the problems and warnings of a configuration file: the way of `serve`, as far as it needs no network.

    With `live` each destination is asked one harmless question, too.
    """
    return _checked(path, live)[1]


def settings_to_serve(path: Path) -> Settings:
    """Return the settings of a configuration that `check` finds no error in.

    Raises ConfigurationError with every problem: what `check` refuses does not start, for the same reasons.
    """
    settings, problems = _checked(path, live=False)
    if settings is None or any(problem.severity == "error" for problem in problems):
        raise ConfigurationError(problems)
    return settings


def _checked(path: Path, live: bool) -> tuple[Settings | None, tuple[Problem, ...]]:
    loaded = _load(path)
    if loaded.settings is None:
        return None, loaded.problems
    settings = loaded.settings
    return settings, (*loaded.problems, *_adapter_problems(loaded, settings, live), *_list_problems(settings))


def effective(path: Path) -> "tuple[Entry, ...]":
    """Return every value of a configuration without errors, secrets masked, with the place that it comes from."""
    from gateway.settings import effective as values

    return values(path, _known(), os.environ)


def _load(path: Path, environ: Mapping[str, str] = os.environ) -> "Loaded":
    from gateway.settings import load

    return load(path, _known(), environ)


def _known() -> "Known":
    from gateway.settings import Known

    return Known(kinds(), registry.names(), registry.schema_of)


def _adapter_problems(loaded: "Loaded", settings: Settings, live: bool) -> list[Problem]:
    """Return what the adapters themselves find wrong, beyond what their schemas can say, each at its place."""
    problems = []
    for tenant in settings.tenants.values():
        for name, destination in tenant.destinations.items():
            at = ("tenants", tenant.id, "destinations", name)
            with closing(registry.make(destination)) as adapter:
                problems += [_problem(loaded, at, said) for said in adapter.check(live)]
    return problems


def _problem(loaded: "Loaded", at: tuple[str, ...], said: str) -> Problem:
    if isinstance(said, Mistake):
        return loaded.problem((*at, *said.steps), said, said.severity)
    return loaded.problem(at, said)


def _list_problems(settings: Settings) -> list[Problem]:
    """Return what makes a list of references unreadable whatever its source holds, such as a driver that is missing."""
    from gateway.references.sources import fault_of

    found = [(each, fault_of(each.source)) for each in lists_of(settings)]
    return [
        Problem(str(settings.path), 0, 0, f"tenants.{each.tenant}.references.{each.name}", said)
        for each, said in found
        if said
    ]
