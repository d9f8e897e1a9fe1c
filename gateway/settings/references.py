"""Lists of references: the place that each is read from, made ready, and how often."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.references import DatabaseSource, FileSource, HttpSource, ReferenceList, Source
from gateway.domain.settings import Secret
from gateway.settings.database_url import absolute_url
from gateway.settings.durations import duration
from gateway.settings.nearest import listed
from gateway.settings.paths import absolute
from gateway.settings.report import Report, Section
from gateway.settings.secrets import Secrets

SOURCES = ("file", "database", "http")

THE_ONE = "open"
"""The name of a tenant's list where `references` holds one list instead of a mapping of several."""

_LONGEST_TIMEOUT = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class References:
    """Builds lists of references; whatever is wrong with one goes to the report."""

    report: Report
    secrets: Secrets

    def build(self, tenant: str, section: Section) -> dict[str, ReferenceList]:
        """Return the lists of a tenant's `references` by name."""
        sections = {THE_ONE: section} if any(kind in section for kind in SOURCES) else section.sections()
        built = {name: self._list(name, tenant, each) for name, each in sections.items()}
        return {name: made for name, made in built.items() if made is not None}

    def _list(self, name: str, tenant: str, section: Section) -> ReferenceList | None:
        source = self._source(section)
        default = ReferenceList("", "", FileSource(""))
        refresh = self._duration(section, "refresh", default.refresh)
        max_age = self._duration(section, "max_age", default.max_age)
        timeout = self._duration(section, "timeout", default.timeout)
        if max_age < refresh:
            message = "is shorter than refresh: the list would be unknown between two readings."
            key = "max_age" if "max_age" in section else "refresh"
            self.report.error(section.at(key), message, "Write a longer max_age, such as 24h.")
        if timeout > _LONGEST_TIMEOUT:
            self.report.error(section.at("timeout"), "must be at most 5m.")
        steps = tuple(section.get("normalise", default.normalise))
        return None if source is None else ReferenceList(name, tenant, source, refresh, max_age, timeout, steps)

    def _source(self, section: Section) -> Source | None:
        found = [kind for kind in SOURCES if kind in section]
        if self.report.is_wrong(section.steps):
            return None
        if len(found) != 1:
            said = f"has {listed(found)}" if found else "does not say where its references are"
            remedy = f"Write exactly one of {listed(SOURCES)}."
            self.report.error(section.steps, f"{said}.", remedy, at_key=True)
            return None
        return _BUILDERS[found[0]](self, section) if self.report.is_sound(section.at(found[0])) else None

    def file(self, section: Section) -> Source:
        """Return the source of a `file`."""
        steps = section.at("file")
        return FileSource(str(absolute(section.get("file"), self.report.document.place(steps).file)))

    def database(self, section: Section) -> Source | None:
        """Return the source of a `database`."""
        inner = section.section("database")
        steps = inner.at("url")
        secret = self.secrets.resolve(inner.get("url"), steps, plain_is_fine=True)
        if secret is None:
            return None
        if "://" not in secret.reveal():
            self.report.error(steps, "is no database URL.", "Write one such as postgresql+psycopg://user@host/name.")
        return DatabaseSource(absolute_url(self.report, secret, steps), inner.get("query"))

    def http(self, section: Section) -> Source:
        """Return the source of an `http` address."""
        inner = section.section("http")
        return HttpSource(inner.get("url"), self._auth(inner.section("auth")), inner.get("items"), inner.get("field"))

    def _auth(self, section: Section) -> tuple[str, Secret] | None:
        for kind in section:
            return _HEADERS[kind](self, section)
        return None

    def bearer(self, section: Section) -> tuple[str, Secret] | None:
        """Return the header of a bearer token."""
        token = self.secrets.resolve(section.get("bearer"), section.at("bearer"))
        return None if token is None else ("Authorization", Secret(f"Bearer {token.reveal()}"))

    def basic(self, section: Section) -> tuple[str, Secret] | None:
        """Return the header of a user and password."""
        inner = section.section("basic")
        password = self.secrets.resolve(inner.get("password"), inner.at("password"))
        if password is None:
            return None
        pair = b64encode(f"{inner.get('user')}:{password.reveal()}".encode()).decode()
        return ("Authorization", Secret(f"Basic {pair}"))

    def header(self, section: Section) -> tuple[str, Secret] | None:
        """Return a header of any other name."""
        inner = section.section("header")
        value = self.secrets.resolve(inner.get("value"), inner.at("value"))
        return None if value is None else (inner.get("name", ""), value)

    def _duration(self, section: Section, key: str, default: timedelta) -> timedelta:
        text = section.get(key)
        found = None if text is None else duration(self.report, text, section.at(key))
        if found is not None and found < timedelta(seconds=1):
            self.report.error(section.at(key), "must be at least 1s.")
        return default if found is None else found


_BUILDERS: Mapping[str, Callable[[References, Section], Source | None]] = {
    "file": References.file,
    "database": References.database,
    "http": References.http,
}

_HEADERS: Mapping[str, Callable[[References, Section], tuple[str, Secret] | None]] = {
    "bearer": References.bearer,
    "basic": References.basic,
    "header": References.header,
}
