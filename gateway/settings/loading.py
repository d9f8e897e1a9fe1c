"""Configuration files -> Settings, or every problem in them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from gateway import resources
from gateway.domain.access import Access
from gateway.domain.problem import Problem
from gateway.domain.settings import Settings
from gateway.settings.access import Accesses
from gateway.settings.adapters import Adapters, Known
from gateway.settings.alerts import alerts_of
from gateway.settings.destination_recipes import with_destination_recipes
from gateway.settings.destinations import Destinations
from gateway.settings.document import Document
from gateway.settings.files import Source, read
from gateway.settings.hmacs import Hmacs
from gateway.settings.include import Whole, with_includes
from gateway.settings.interpolate import interpolate
from gateway.settings.keys import Keys
from gateway.settings.nearest import nearest
from gateway.settings.numbers import refuse_unclear_numbers
from gateway.settings.places import Steps, dotted
from gateway.settings.providers import Providers
from gateway.settings.recipes import with_recipes
from gateway.settings.references import References
from gateway.settings.report import Report, Section, problems_of
from gateway.settings.retention import retention_of
from gateway.settings.routes import Routes
from gateway.settings.schema_check import check
from gateway.settings.secrets import Secrets
from gateway.settings.server import server_of
from gateway.settings.shortcodes import Shortcodes
from gateway.settings.spool import spool_of
from gateway.settings.store_url import store_url
from gateway.settings.tenants import Tenants
from gateway.settings.validation import Validation
from gateway.settings.variable_types import settle_types


@dataclass(frozen=True, slots=True)
class Loaded:
    """The outcome of reading a configuration: `settings` is None exactly if one of the problems is an error."""

    settings: Settings | None
    problems: tuple[Problem, ...]
    document: Document = field(default_factory=lambda: Document(None, {}))

    def problem(self, steps: Steps, message: str, severity: str = "error") -> Problem:
        """Return a mistake that was found after reading, at the place of its value."""
        place = self.document.place(steps)
        key = dotted(self.document.origin(steps))
        return Problem(place.file, place.line, place.column, key, message, severity=severity)


def load(path: Path, known: Known, environ: Mapping[str, str]) -> Loaded:
    """Read and check a configuration and all that it includes; return the settings, or all problems at once.

    Never raises for what the files hold. `environ` gives the values of ${NAME} and {env: NAME}.
    """
    source = read(path)
    if source.document is None:
        return Loaded(None, problems_of(source.flaws))
    whole = _whole(source, source.document, environ)
    report = Report(whole.document)
    settle_types(whole.document, _validator(), whole.document.value)
    check(report, _validator(), whole.document.value)
    _require_tenants(report)
    digest = sha256(b"".join(each.data for each in whole.sources)).hexdigest()
    settings = _built(report, path, known, environ, digest)
    refuse_unclear_numbers(report)
    return Loaded(None if report.has_errors() else settings, report.problems(), report.document)


def read_whole(path: Path, environ: Mapping[str, str]) -> Whole:
    """Return the configuration with all that it includes, unchecked: for what `load` has found no error in."""
    source = read(path)
    assert source.document is not None  # noqa: S101
    whole = _whole(source, source.document, environ)
    settle_types(whole.document, _validator(), whole.document.value)
    return whole


def _whole(source: Source, document: Document, environ: Mapping[str, str]) -> Whole:
    whole = with_includes(source, interpolate(document, environ), environ)
    return with_destination_recipes(with_recipes(whole, environ), environ)


def _built(report: Report, path: Path, known: Known, environ: Mapping[str, str], digest: str) -> Settings:
    root = Section(report)
    secrets = Secrets(report, environ)
    described = Providers(report, secrets, known.kinds)
    providers = described.build(root.section("providers"))
    # Those of an entry that is wrong too: its name is known all the same.
    declared = tuple(root.section("providers"))
    kinds = (*known.kinds, *declared)
    hmacs = Hmacs(report, secrets, declared, [name for name, each in providers.items() if each.signature])
    built = Tenants(
        report,
        Shortcodes(report, Keys(report, secrets, kinds), hmacs),
        Destinations(report, secrets, Adapters(known)),
        Routes(report, kinds),
        Validation(report),
        References(report, secrets),
    )
    tenants = built.build(root.section("tenants").sections())
    store = store_url(root.section("store"), secrets, str(path))
    return Settings(
        path=path,
        server=server_of(root.section("server")),
        store_url=store,
        tenants=tenants,
        digest=digest,
        providers=described.settled(providers, tenants.values()),
        access=_access(root, secrets),
        retention=retention_of(root.section("store").section("retention")),
        spool=spool_of(root.section("store"), store.reveal(), str(path)),
        alerts=alerts_of(root.section("alerts"), secrets, tuple(tenants)) if "alerts" in root else None,
    )


def _access(root: Section, secrets: Secrets) -> Access | None:
    built = Accesses(root.report, secrets, tuple(root.section("tenants"))).build(root.section("access"))
    return built if built.tokens or built.users else None


def _require_tenants(report: Report) -> None:
    value = report.document.value
    names = ("tenants", "include")
    if isinstance(value, dict) and not any(nearest(key, names) for key in value):
        report.missing(("tenants",), "Add tenants: with at least one tenant, or include: with a file for each.")


@cache
def _validator() -> Any:
    return Draft202012Validator(resources.schema("config.schema"))
